import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { awaitDrained } from '../load/await-drained.ts';
import { awaitReady, busEnv } from '../load/bus-services.ts';
import { hammer } from '../load/hammer.ts';
import { holdRequest } from '../load/hold-request.ts';
import { BENCH_AREA, openBenchSale } from '../load/open-bench-sale.ts';
import { orderRequest } from '../load/order-request.ts';
import { pace } from '../load/pace.ts';
import { createSecrets } from '../open-lab.ts';
import type { Lab, LabServer } from '../open-lab.ts';
import { median, percentile } from '../report/percentile.ts';
import { readCpuMs } from '../report/read-cpu.ts';
import type { Findings, Scenario } from '../scenario.ts';

/**
 * Buying through HTTP, from the hold to the order that the log has accepted: one selling process, one relay,
 * the emulator. Buyers arrive at a fixed rate (open model), hold a ticket and confirm it half a second later.
 * The rate is what the same process can do, measured before in a closed loop for holds and orders by
 * themselves, less a little. In turns with it an empty route of the same process.
 */
const ROUNDS = 5;
const CONNECTIONS = 256;
const EMPTY_MS = 1_000;
const FULL_MS = 1_500;
const BUYING_MS = 4_000;
const THINKING_MS = 500;
/** Of what could be done at most: an open model beyond that only grows a queue. */
const LOAD = 0.9;
/** More than one process takes; what is left over stays held. */
const HOLDS_PER_SECOND_MAX = 15_000;
const PARTITIONS = 64;
const SHARDS = 4;
const SALE_ID = 'bench';

interface Shop {
  selling: LabServer;
  relay: LabServer;
  redis: Redis;
  checkoutKey: string;
  idSecret: string;
}

interface Bought {
  confirmedPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  confirmed: number;
  others: number;
  sellingCpuShare: number;
  relayCpuShare: number;
  loadCpuShare: number;
}

export const orders: Scenario = {
  name: 'orders',
  summary: 'hold and free order through HTTP, answered when the log has it, against an empty route',
  run: runOrders,
};

async function runOrders(lab: Lab, say: (line: string) => void): Promise<Findings> {
  const { url: redisUrl } = await lab.bareRedis('shared');
  const endpoint = await lab.kinesisUrl();
  const env = busEnv({ redisUrl, endpoint, streamName: 'bench', shards: SHARDS, partitions: PARTITIONS });
  const relay = await lab.startServer('relay', env);
  await awaitReady(relay.url);
  const { adminToken, ...secrets } = createSecrets();
  const selling = await lab.startServer('selling', {
    ...env, ...secrets, CONFIRM_WAIT_MS: '10000', OUTBOX_AGE_MS_MAX: '600000', BUS_OUTAGE_MS: '600000',
  });
  const redis = new Redis(redisUrl);
  try {
    await openBenchSale(selling.url, SALE_ID, { capacity: 5_000_000, adminToken });
    const shop = {
      selling, relay, redis, checkoutKey: secrets.CHECKOUT_KEY, idSecret: secrets.ID_SECRET,
    };
    return await measure(shop, lab.isPinned, say);
  } finally {
    redis.disconnect();
  }
}

async function measure(shop: Shop, isPinned: boolean, say: (line: string) => void): Promise<Findings> {
  await empty(shop, 'warm');
  await fullSpeed(shop, 'warm');
  const fulls: number[] = [];
  for (let round = 0; round < 3; round++) fulls.push(await fullSpeed(shop, `full-${round}`));
  const perSecond = Math.round(median(fulls) * LOAD);
  say(`  ${Math.round(median(fulls))} purchases/s at full speed; buyers arrive at ${perSecond}/s`);
  const nothing: number[] = [];
  const rounds: Bought[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    nothing.push(await empty(shop, `r${round}`));
    const bought = await buy(shop, `r${round}`, perSecond);
    rounds.push(bought);
    say(`  round ${round + 1} of ${ROUNDS}: ${Math.round(bought.confirmedPerSecond)} confirmed/s, `
      + `p99 ${bought.p99Ms.toFixed(1)} ms, empty route ${Math.round(nothing[round] ?? NaN)}/s`);
  }
  return report(rounds, nothing, { isPinned, perSecond, fullPerSecond: Math.round(median(fulls)) });
}

/** Answers per second of the empty route. */
async function empty({ selling, checkoutKey }: Shop, run: string): Promise<number> {
  const path = `/v1/sales/${SALE_ID}/nothing`;
  const request = holdRequest({ path, areaId: BENCH_AREA, checkoutKey, run });
  const { durationMs, countByStatus } = await hammer(
    { url: selling.url, connections: CONNECTIONS, durationMs: EMPTY_MS, request });
  return (countByStatus.get(201) ?? 0) / durationMs * 1_000;
}

/** Purchases per second if holds and orders share the process by what each of them takes alone. */
async function fullSpeed(shop: Shop, run: string): Promise<number> {
  const { selling: { url }, redis } = shop;
  const count = Math.ceil(HOLDS_PER_SECOND_MAX * FULL_MS / 1_000);
  const startedAtMs = performance.now();
  await pace({ url, connections: CONNECTIONS, perSecond: 1_000_000, count, request: holdsOf(shop, run) });
  await awaitDrained(redis, PARTITIONS);
  const holdMs = (performance.now() - startedAtMs) / count;
  const { durationMs, countByStatus } = await hammer(
    { url, connections: CONNECTIONS, durationMs: FULL_MS, request: ordersOf(shop, run) });
  await awaitDrained(redis, PARTITIONS);
  return 1_000 / (holdMs + durationMs / (countByStatus.get(201) ?? 0));
}

/** Buyers at a rate; latencies are those of the order, from when its buyer wanted it. */
async function buy(shop: Shop, run: string, perSecond: number): Promise<Bought> {
  const { selling, relay, redis } = shop;
  const count = Math.round(perSecond * BUYING_MS / 1_000);
  const cpuOf = ({ pid }: LabServer) => readCpuMs(pid) ?? NaN;
  const before = [cpuOf(selling), cpuOf(relay)] as const;
  const loadBefore = process.cpuUsage();
  const startedAtMs = performance.now();
  const paced = { url: selling.url, connections: CONNECTIONS, perSecond, count };
  const [, { countByStatus, latenciesMs, errors }] = await Promise.all([
    pace({ ...paced, request: holdsOf(shop, run) }),
    sleep(THINKING_MS).then(() => pace({ ...paced, request: ordersOf(shop, run) })),
  ]);
  const durationMs = performance.now() - startedAtMs;
  const load = process.cpuUsage(loadBefore);
  await awaitDrained(redis, PARTITIONS);
  const confirmed = countByStatus.get(201) ?? 0;
  return {
    confirmedPerSecond: confirmed / (durationMs - THINKING_MS) * 1_000,
    p50Ms: percentile(latenciesMs, 0.5), p99Ms: percentile(latenciesMs, 0.99),
    confirmed, others: latenciesMs.length - confirmed + errors,
    sellingCpuShare: (cpuOf(selling) - before[0]) / durationMs,
    relayCpuShare: (cpuOf(relay) - before[1]) / durationMs,
    loadCpuShare: (load.user + load.system) / 1_000 / durationMs,
  };
}

function holdsOf({ checkoutKey }: Shop, run: string): (n: number) => string {
  return holdRequest({ path: `/v1/sales/${SALE_ID}/holds`, areaId: BENCH_AREA, checkoutKey, run });
}

function ordersOf({ checkoutKey, idSecret }: Shop, run: string): (n: number) => string {
  return orderRequest({ saleId: SALE_ID, checkoutKey, idSecret, run });
}

function report(
  rounds: Bought[],
  nothing: number[],
  { isPinned, perSecond, fullPerSecond }: { isPinned: boolean; perSecond: number; fullPerSecond: number },
): Findings {
  const rounded = (value: number): number => Number(value.toFixed(3));
  const middle = (field: keyof Bought): number => rounded(median(rounds.map((round) => round[field])));
  const sum = (field: keyof Bought): number => rounds.reduce((total, round) => total + round[field], 0);
  const ratio = rounded(median(rounds.map((one, i) => one.confirmedPerSecond / (nothing[i] ?? NaN))));
  const results = {
    confirmedPerSecond: Math.round(middle('confirmedPerSecond')),
    emptyRoutePerSecond: Math.round(median(nothing)),
    ratio, fullSpeedPerSecond: fullPerSecond, arrivalsPerSecond: perSecond,
    p50Ms: middle('p50Ms'), p99Ms: middle('p99Ms'),
    confirmed: sum('confirmed'), others: sum('others'),
    sellingCpuShare: middle('sellingCpuShare'), relayCpuShare: middle('relayCpuShare'),
    loadCpuShare: middle('loadCpuShare'),
  };
  return {
    conditions: {
      rounds: ROUNDS, connections: CONNECTIONS, roundMs: `${EMPTY_MS} empty, ${BUYING_MS} buying`,
      load: `open loop at ${LOAD} of full speed; a hold, and its order ${THINKING_MS} ms later`,
      pinned: isPinned ? 'selling on core 0, and the relay; Redis, kinesalite and load on core 1' : 'no',
      bus: `kinesalite, ${SHARDS} shards; one sale, so one partition and one shard`,
    },
    results,
    table: [
      ['', 'per second', 'p50 ms', 'p99 ms', 'others than 201'],
      ['purchase (hold and order)', results.confirmedPerSecond, results.p50Ms, results.p99Ms, results.others],
      ['empty route', results.emptyRoutePerSecond, '', '', ''],
      ['ratio', ratio, '', '', ''],
    ],
    chart: {
      title: 'One API process: purchases that the log has, against an empty route',
      unit: 'per second',
      note: `ratio ${ratio}; medians of ${ROUNDS} rounds`,
      bars: [
        { label: 'purchases', value: results.confirmedPerSecond },
        { label: 'empty route', value: results.emptyRoutePerSecond },
      ],
    },
  };
}
