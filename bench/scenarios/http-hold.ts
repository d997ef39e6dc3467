import { holdRequest } from '../load/hold-request.ts';
import { measureRound, sumUp } from '../load/measure-round.ts';
import type { Round } from '../load/measure-round.ts';
import {
  BENCH_AREA, openBenchSale, startGenerations, UNREAD_OUTBOX_LIMITS,
} from '../load/open-bench-sale.ts';
import { createSecrets } from '../open-lab.ts';
import type { Lab } from '../open-lab.ts';
import { median } from '../report/percentile.ts';
import type { Findings, Scenario } from '../scenario.ts';

/**
 * What a hold costs beyond HTTP: one API process, everything on (caller, schema, limit, expiry, event,
 * idempotency), against an empty route of the same process with the same schemas. The two take turns, round
 * by round, and the ratio is the median of the rounds' ratios. Rounds are short and many, so that what else
 * the machine does hits both.
 */
const ROUNDS = 12;
const ROUND_MS = 700;
const WARM_UP_MS = 2_500;
const CONNECTIONS = 256;
const PARTITIONS = 64;
/** More than can be sold meanwhile: every claim must be accepted. */
const CAPACITY = 5_000_000;
const SALE_ID = 'bench';

export const httpHold: Scenario = {
  name: 'http-hold',
  summary: 'holds per second of one API process, against an empty route of the same server',
  run: runHttpHold,
};

async function runHttpHold(lab: Lab, say: (line: string) => void): Promise<Findings> {
  const redisUrl = await lab.redisUrl('everysec');
  await startGenerations(redisUrl, PARTITIONS);
  const { adminToken, ...secrets } = createSecrets();
  const server = await lab.startServer('selling', {
    ...secrets, REDIS_URL: redisUrl, PARTITIONS: String(PARTITIONS), ...UNREAD_OUTBOX_LIMITS,
  });
  await openBenchSale(server.url, SALE_ID, { capacity: CAPACITY, adminToken });
  const measure = (route: 'holds' | 'nothing', run: string, durationMs: number): Promise<Round> => {
    const path = `/v1/sales/${SALE_ID}/${route}`;
    const request = holdRequest({ path, areaId: BENCH_AREA, checkoutKey: secrets.CHECKOUT_KEY, run });
    return measureRound({ url: server.url, connections: CONNECTIONS, durationMs, request }, server.pid);
  };
  await measure('nothing', 'warm', WARM_UP_MS);
  await measure('holds', 'warm', WARM_UP_MS);
  const holds: Round[] = [];
  const empty: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const nothing = await measure('nothing', `r${i}`, ROUND_MS);
    const hold = await measure('holds', `r${i}`, ROUND_MS);
    empty.push(nothing);
    holds.push(hold);
    say(`  round ${i + 1} of ${ROUNDS}: ${Math.round(hold.acceptedPerSecond)} holds/s, `
      + `empty route ${Math.round(nothing.acceptedPerSecond)}/s`);
  }
  return report(holds, empty, lab.isPinned);
}

function report(holds: Round[], empty: Round[], isPinned: boolean): Findings {
  const hold = sumUp(holds);
  const nothing = sumUp(empty);
  const ratioOf = (field: 'acceptedPerSecond' | 'serverCpuUs'): number =>
    median(holds.map((round, i) => round[field] / (empty[i]?.[field] ?? NaN)));
  const ratio = Number(ratioOf('acceptedPerSecond').toFixed(3));
  const cpuRatio = Number((1 / ratioOf('serverCpuUs')).toFixed(3));
  const { acceptedPerSecond, p50Ms, p99Ms, refused, errors } = hold;
  return {
    conditions: {
      rounds: ROUNDS,
      roundMs: ROUND_MS,
      connections: CONNECTIONS,
      load: 'closed loop, one request under way per connection, every request another buyer and key',
      pinned: isPinned ? 'server on core 0; Redis and load on core 1' : 'no',
      redis: 'appendfsync everysec, so that the disk is not what is measured; nobody reads the outbox',
    },
    results: {
      acceptedPerSecond,
      emptyRoutePerSecond: nothing.acceptedPerSecond,
      ratio,
      cpuRatio,
      p50Ms,
      p99Ms,
      refused,
      errors,
      hold,
      emptyRoute: nothing,
    },
    table: [
      ['', 'per second', 'p50 ms', 'p99 ms', 'server µs', 'server core', 'load core', 'errors'],
      row('hold', hold),
      row('empty route', nothing),
      ['ratio', ratio, '', '', cpuRatio, '', '', ''],
    ],
    chart: {
      title: 'One API process: holds against an empty route',
      unit: 'accepted per second',
      note: `ratio ${ratio} (medians of ${ROUNDS} rounds, ${CONNECTIONS} connections)`,
      bars: [
        { label: 'hold', value: acceptedPerSecond },
        { label: 'empty route', value: nothing.acceptedPerSecond },
      ],
    },
  };
}

function row(label: string, round: Round): (string | number)[] {
  const { acceptedPerSecond, p50Ms, p99Ms, serverCpuUs, serverCpuShare, loadCpuShare } = round;
  const others = round.errors + round.refused;
  return [label, acceptedPerSecond, p50Ms, p99Ms, serverCpuUs, serverCpuShare, loadCpuShare, others];
}
