import { setTimeout as sleep } from 'node:timers/promises';
import { openWatchers } from '../load/open-watchers.ts';
import type { Watchers } from '../load/open-watchers.ts';
import {
  BENCH_AREA, openBenchSale, startGenerations, UNREAD_OUTBOX_LIMITS,
} from '../load/open-bench-sale.ts';
import { createSecrets } from '../open-lab.ts';
import type { Lab, LabServer } from '../open-lab.ts';
import { percentile } from '../report/percentile.ts';
import { readCpuMs } from '../report/read-cpu.ts';
import type { Findings, Scenario } from '../scenario.ts';

/**
 * What it costs one selling process when ten thousand buyers watch a sale over its stream: while nothing
 * happens, and while holds come in steadily; the same holds without watchers are taken off.
 */
const WATCHERS = 10_000;
const HOLDS_PER_SECOND = 100;
const ROUND_MS = 8_000;
const SETTLE_MS = 2_000;
const PARTITIONS = 64;
const SALE_ID = 'bench';

export const watchers: Scenario = {
  name: 'watchers',
  summary: `${WATCHERS} open streams on one process: share of a core, memory, delay`,
  run: runWatchers,
};

interface Round {
  /** of one core */
  cpuShare: number;
  holds: number;
  refused: number;
  /** sent to all watchers, per second */
  bytesPerSecond: number;
  /** from the answer to a hold until the probe was told of it, or of a later one */
  delaysMs: number[];
}

async function runWatchers(lab: Lab, say: (line: string) => void): Promise<Findings> {
  const redisUrl = await lab.redisUrl();
  await startGenerations(redisUrl, PARTITIONS);
  const { adminToken, ...secrets } = createSecrets();
  const server = await lab.startServer('selling',
    { ...secrets, REDIS_URL: redisUrl, PARTITIONS: String(PARTITIONS), ...UNREAD_OUTBOX_LIMITS });
  await openBenchSale(server.url, SALE_ID, { capacity: 1_000_000, adminToken });
  const holds = (run: string) => steadyHolds(server.url, secrets.CHECKOUT_KEY, run);
  await measure(server, undefined, holds('warm'));
  const without = await measure(server, undefined, holds('without'));
  say(`  without watchers: ${share(without.cpuShare)} of a core for ${without.holds} holds`);
  const memoryBefore = await readMemoryBytes(server.url);
  const open = await openWatchers(`${server.url}/v1/sales/${SALE_ID}/stream`, WATCHERS);
  await sleep(SETTLE_MS);
  const idle = await measure(server, open, undefined);
  say(`  ${WATCHERS} watchers, nothing happens: ${share(idle.cpuShare)}`);
  const busy = await measure(server, open, holds('busy'));
  say(`  ${WATCHERS} watchers and the same holds: ${share(busy.cpuShare)}`);
  const bytesPerWatcher = Math.round((await readMemoryBytes(server.url) - memoryBefore) / WATCHERS);
  const broken = open.brokenCount();
  open.close();
  return report({ without, idle, busy, bytesPerWatcher, broken, isPinned: lab.isPinned });
}

type HoldLoad = (until: number, onHold: (answeredAtMs: number, accepted: boolean) => void) => Promise<void>;

/** An open loop: a hold is sent when its time has come, whatever became of those before. */
function steadyHolds(url: string, checkoutKey: string, run: string): HoldLoad {
  return async (until, onHold) => {
    const underWay: Promise<void>[] = [];
    const startedAtMs = performance.now();
    for (let n = 0; performance.now() < until; n++) {
      underWay.push(fetch(`${url}/v1/sales/${SALE_ID}/holds`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${checkoutKey}`,
          'idempotency-key': `k-${run}-${n}`,
        },
        body: JSON.stringify({ buyerId: `b-${run}-${n}`, items: [{ areaId: BENCH_AREA, quantity: 1 }] }),
      }).then(async (answer) => {
        await answer.text();
        onHold(performance.now(), answer.status === 201);
      }));
      const dueAtMs = startedAtMs + (n + 1) * 1000 / HOLDS_PER_SECOND;
      await sleep(Math.max(0, dueAtMs - performance.now()));
    }
    await Promise.all(underWay);
  };
}

async function measure(
  server: LabServer,
  open: Watchers | undefined,
  holds: HoldLoad | undefined,
): Promise<Round> {
  const answeredAtMs: number[] = [];
  let refused = 0;
  open?.takeBytes();
  open?.toldAtMs.clear();
  const startedAtMs = performance.now();
  const cpuBeforeMs = readCpuMs(server.pid) ?? NaN;
  if (holds === undefined) await sleep(ROUND_MS);
  else {
    await holds(startedAtMs + ROUND_MS, (atMs, accepted) => {
      if (accepted) answeredAtMs.push(atMs);
      else refused += 1;
    });
  }
  const ms = performance.now() - startedAtMs;
  const cpuShare = ((readCpuMs(server.pid) ?? NaN) - cpuBeforeMs) / ms;
  const bytesPerSecond = Math.round((open?.takeBytes() ?? 0) * 1000 / ms);
  // The last ones are told a moment later.
  await sleep(open === undefined ? 0 : SETTLE_MS);
  const told = [...open?.toldAtMs.values() ?? []].toSorted((a, b) => a - b);
  // A change that is told before a hold was answered may not hold it yet: the next one does for sure.
  const delaysMs = answeredAtMs.flatMap((atMs) => {
    const next = told.find((toldMs) => toldMs >= atMs);
    return next === undefined ? [] : [next - atMs];
  });
  return { cpuShare, holds: answeredAtMs.length, refused, bytesPerSecond, delaysMs };
}

async function readMemoryBytes(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1] ?? NaN);
}

interface Measured {
  without: Round;
  idle: Round;
  busy: Round;
  bytesPerWatcher: number;
  broken: number;
  isPinned: boolean;
}

function report({ without, idle, busy, bytesPerWatcher, broken, isPinned }: Measured): Findings {
  const watchingCpuShare = rounded(busy.cpuShare - without.cpuShare);
  const p50DelayMs = Math.round(percentile(busy.delaysMs, 0.5));
  const p99DelayMs = Math.round(percentile(busy.delaysMs, 0.99));
  return {
    conditions: {
      watchers: WATCHERS,
      holdsPerSecond: HOLDS_PER_SECOND,
      roundMs: ROUND_MS,
      load: 'open loop of holds; raw sockets that read everything',
      pinned: isPinned ? 'server on core 0; Redis and load on core 1' : 'no',
    },
    results: {
      watchers: WATCHERS,
      idleCpuShare: rounded(idle.cpuShare),
      busyCpuShare: rounded(busy.cpuShare),
      holdsCpuShare: rounded(without.cpuShare),
      watchingCpuShare,
      p50DelayMs,
      p99DelayMs,
      bytesPerSecond: busy.bytesPerSecond,
      bytesPerWatcher,
      holds: busy.holds,
      refused: busy.refused + without.refused,
      broken,
    },
    table: [
      ['', 'server core', 'holds', 'sent MB/s', 'p50 delay ms', 'p99 delay ms'],
      ['holds alone', share(without.cpuShare), without.holds, '', '', ''],
      ['watchers, idle', share(idle.cpuShare), '', (idle.bytesPerSecond / 1e6).toFixed(2), '', ''],
      ['watchers and holds', share(busy.cpuShare), busy.holds, (busy.bytesPerSecond / 1e6).toFixed(2),
        p50DelayMs, p99DelayMs],
      ['memory per watcher', `${bytesPerWatcher} bytes`, '', '', '', ''],
    ],
    chart: {
      title: `${WATCHERS} watchers on one process`,
      unit: 'percent of one core',
      note: `${HOLDS_PER_SECOND} holds/s; a change is seen ${p50DelayMs} ms after the hold (median)`,
      bars: [
        { label: 'holds alone', value: without.cpuShare * 100 },
        { label: 'watchers, idle', value: idle.cpuShare * 100 },
        { label: 'watchers and holds', value: busy.cpuShare * 100 },
      ],
    },
  };
}

function share(cpuShare: number): string {
  return `${(cpuShare * 100).toFixed(1)} %`;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
