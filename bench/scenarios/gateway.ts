import { pino } from 'pino';
import { migrate as migrateGateway } from '../../services/gateway/migrate.ts';
import { migrate as migrateLegacy } from '../../services/legacy/migrate.ts';
import { holdRequest } from '../load/hold-request.ts';
import { measureRound, sumUp } from '../load/measure-round.ts';
import type { Round } from '../load/measure-round.ts';
import {
  BENCH_AREA, openBenchSale, startGenerations, UNREAD_OUTBOX_LIMITS,
} from '../load/open-bench-sale.ts';
import { createSecrets } from '../open-lab.ts';
import type { Lab, LabServer } from '../open-lab.ts';
import { median } from '../report/percentile.ts';
import type { Findings, Scenario } from '../scenario.ts';

/**
 * What the gateway costs: holds through it against holds asked of selling itself. The two take turns, round
 * by round; the ratio is the median of the rounds' ratios, and so is what a hold waits longer.
 *
 * Placed twice, since two cores are too few for a load, a database and two services of their own. `ratio`:
 * the gateway alone on a core, as it has machines of its own in production, and all else on the other,
 * whether it takes part or not. `ratioOneCore`: gateway and selling together on one core, load and Redis on
 * the other. Latencies are compared with few connections, where nobody queues.
 */
const ROUNDS = 8;
const ROUND_MS = 700;
const WARM_UP_MS = 2_500;
const CONNECTIONS = 256;
/** Where latency is measured. */
const CALM_CONNECTIONS = 8;
const PARTITIONS = 64;
/** More than can be sold meanwhile: every claim must be accepted. */
const CAPACITY = 5_000_000;
const SALE_ID = 'bench';

export const gateway: Scenario = {
  name: 'gateway',
  summary: 'holds per second through the gateway, against those asked of selling itself',
  run: runGateway,
};

interface Compared {
  direct: Round[];
  through: Round[];
}

/** Selling with a gateway before it. */
interface Placed {
  selling: LabServer;
  server: LabServer;
}

async function runGateway(lab: Lab, say: (line: string) => void): Promise<Findings> {
  const redisUrl = await lab.redisUrl('everysec');
  await startGenerations(redisUrl, PARTITIONS);
  const databaseUrl = await lab.postgresUrl();
  const log = pino({ enabled: false });
  await migrateLegacy(databaseUrl, log);
  await migrateGateway(databaseUrl, log);
  const { adminToken, ...secrets } = createSecrets();
  const place = async (core: 'own' | 'shared'): Promise<Placed> => {
    const selling = await lab.startServer('selling', {
      ...secrets, REDIS_URL: redisUrl, PARTITIONS: String(PARTITIONS), ...UNREAD_OUTBOX_LIMITS,
    }, core);
    const sides = { SELLING_URL: selling.url, LEGACY_URL: selling.url };
    return { selling, server: await lab.startServer('gateway', { DATABASE_URL: databaseUrl, ...sides }) };
  };
  const [apart, together] = [await place('shared'), await place('own')];
  await openBenchSale(apart.selling.url, SALE_ID, { capacity: CAPACITY, adminToken });
  const path = `/v1/sales/${SALE_ID}/holds`;
  const measure = (
    { url, pid }: LabServer, run: string, connections: number, durationMs = ROUND_MS,
  ): Promise<Round> => {
    const request = holdRequest({ path, areaId: BENCH_AREA, checkoutKey: secrets.CHECKOUT_KEY, run });
    return measureRound({ url, connections, durationMs, request }, pid);
  };
  const compare = async ({ selling, server }: Placed, name: string, connections: number) => {
    const compared: Compared = { direct: [], through: [] };
    await measure(selling, `${name}-warm`, connections, WARM_UP_MS);
    await measure(server, `${name}-warm-g`, connections, WARM_UP_MS);
    for (let i = 0; i < ROUNDS; i++) {
      const direct = await measure(selling, `${name}${i}`, connections);
      const through = await measure(server, `${name}${i}g`, connections);
      compared.direct.push(direct);
      compared.through.push(through);
      say(`  ${name}, ${connections} connections, round ${i + 1} of ${ROUNDS}: `
        + `${Math.round(through.acceptedPerSecond)} holds/s through, `
        + `${Math.round(direct.acceptedPerSecond)}/s direct`);
    }
    return compared;
  };
  const fast = await compare(apart, 'apart', CONNECTIONS);
  const oneCore = await compare(together, 'together', CONNECTIONS);
  return report({ fast, oneCore, calm: await compare(apart, 'calm', CALM_CONNECTIONS) }, lab.isPinned);
}

function report(
  { fast, oneCore, calm }: Record<'fast' | 'oneCore' | 'calm', Compared>, isPinned: boolean,
): Findings {
  const [through, direct] = [sumUp(fast.through), sumUp(fast.direct)];
  const ratio = ratioOf(fast);
  const ratioOneCore = ratioOf(oneCore);
  return {
    conditions: {
      rounds: ROUNDS, roundMs: ROUND_MS, connections: CONNECTIONS, calmConnections: CALM_CONNECTIONS,
      load: 'closed loop, one request under way per connection, every request another buyer and key',
      pinned: isPinned ? 'gateway on core 0; selling, Redis, PostgreSQL and load on core 1; '
        + 'ratioOneCore: gateway and selling on core 0' : 'no',
      redis: 'appendfsync everysec; nobody reads the outbox',
    },
    results: {
      throughPerSecond: through.acceptedPerSecond,
      directPerSecond: direct.acceptedPerSecond,
      ratio,
      ratioOneCore,
      addedP50Ms: addedMs(calm, 'p50Ms'),
      addedP99Ms: addedMs(calm, 'p99Ms'),
      gatewayCpuUs: through.serverCpuUs,
      refused: through.refused,
      errors: through.errors,
      through,
      direct,
      oneCoreThrough: sumUp(oneCore.through),
      oneCoreDirect: sumUp(oneCore.direct),
      calmThrough: sumUp(calm.through),
      calmDirect: sumUp(calm.direct),
    },
    table: [
      ['', 'per second', 'p50 ms', 'p99 ms', 'process µs', 'errors'],
      row('through the gateway, on its own core', through),
      row('direct', direct),
      row('through, gateway and selling on one core', sumUp(oneCore.through)),
      row('direct, selling on that core', sumUp(oneCore.direct)),
      row(`through, ${CALM_CONNECTIONS} connections`, sumUp(calm.through)),
      row(`direct, ${CALM_CONNECTIONS} connections`, sumUp(calm.direct)),
      ['ratio', ratio, '', '', '', ''],
      ['ratio on one core', ratioOneCore, '', '', '', ''],
    ],
    chart: {
      title: 'Holds through the gateway and direct',
      unit: 'accepted per second',
      note: `ratio ${ratio} (medians of ${ROUNDS} rounds, ${CONNECTIONS} connections)`,
      bars: [
        { label: 'gateway', value: through.acceptedPerSecond },
        { label: 'direct', value: direct.acceptedPerSecond },
      ],
    },
  };
}

function ratioOf({ direct, through }: Compared): number {
  return Number(median(through.map((round, i) =>
    round.acceptedPerSecond / (direct[i]?.acceptedPerSecond ?? NaN))).toFixed(3));
}

function addedMs({ direct, through }: Compared, field: 'p50Ms' | 'p99Ms'): number {
  return Number(median(through.map((round, i) => round[field] - (direct[i]?.[field] ?? NaN))).toFixed(3));
}

function row(label: string, round: Round): (string | number)[] {
  const { acceptedPerSecond, p50Ms, p99Ms, serverCpuUs } = round;
  return [label, acceptedPerSecond, p50Ms, p99Ms, serverCpuUs, round.errors + round.refused];
}
