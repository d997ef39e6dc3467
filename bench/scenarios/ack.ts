import { Redis } from 'ioredis';
import { awaitDrained } from '../load/await-drained.ts';
import { awaitReady, busEnv } from '../load/bus-services.ts';
import { hammer } from '../load/hammer.ts';
import { BENCH_AREA, openBenchSale } from '../load/open-bench-sale.ts';
import { holdRequest } from '../load/hold-request.ts';
import { orderRequest } from '../load/order-request.ts';
import { pace } from '../load/pace.ts';
import { createSecrets } from '../open-lab.ts';
import type { Lab, LabServer } from '../open-lab.ts';
import { median, percentile } from '../report/percentile.ts';
import type { Findings, Scenario } from '../scenario.ts';

/**
 * What waiting for the bus adds to a confirmation: two selling processes on one Redis, with one relay and the
 * emulator, of which one answers when Redis has the order and the other when the log has accepted it. The
 * relay has the same to do either way. First both are asked as fast as they can (closed loop); then the two
 * take turns at half of that rate (open loop). Every order is of a hold of its own, placed before.
 */
const ROUNDS = 5;
const CONNECTIONS = 256;
const FULL_MS = 1_500;
const HALF_MS = 2_500;
/** More than one process takes; what is left over stays held. */
const HOLDS_PER_SECOND_MAX = 12_000;
const PARTITIONS = 64;
const SHARDS = 4;
const SALE_ID = 'bench';
const ACKS = ['redis', 'bus'] as const;
type Ack = (typeof ACKS)[number];

interface Desk {
  server: LabServer;
  ack: Ack;
}

interface Seller {
  redis: Redis;
  adminToken: string;
  checkoutKey: string;
  idSecret: string;
}

interface Paced {
  p50Ms: number;
  p99Ms: number;
  accepted: number;
  others: number;
}

export const ack: Scenario = {
  name: 'ack',
  summary: 'what waiting for the bus adds to a confirmation',
  run: runAck,
};

async function runAck(lab: Lab, say: (line: string) => void): Promise<Findings> {
  const { url: redisUrl } = await lab.bareRedis('shared');
  const endpoint = await lab.kinesisUrl();
  const env = busEnv({ redisUrl, endpoint, streamName: 'bench', shards: SHARDS, partitions: PARTITIONS });
  const relay = await lab.startServer('relay', env);
  await awaitReady(relay.url);
  const { adminToken, ...secrets } = createSecrets();
  const desks: Desk[] = [];
  for (const one of ACKS) {
    const server = await lab.startServer('selling', {
      ...env, ...secrets, CONFIRM_ACK: one, CONFIRM_WAIT_MS: '10000', OUTBOX_AGE_MS_MAX: '600000',
      BUS_OUTAGE_MS: '600000',
    });
    desks.push({ server, ack: one });
  }
  const redis = new Redis(redisUrl);
  const seller = { redis, adminToken, checkoutKey: secrets.CHECKOUT_KEY, idSecret: secrets.ID_SECRET };
  try {
    return await measure(desks, seller, lab.isPinned, say);
  } finally {
    redis.disconnect();
  }
}

async function measure(
  desks: Desk[], seller: Seller, isPinned: boolean, say: (line: string) => void,
): Promise<Findings> {
  const [first] = desks;
  if (first === undefined) throw new Error('there is no desk');
  await openBenchSale(first.server.url, SALE_ID, { capacity: 5_000_000, adminToken: seller.adminToken });
  for (const desk of desks) await full(desk, seller, `warm-${desk.ack}`);
  const fulls: Record<Ack, number[]> = { redis: [], bus: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const desk of desks) fulls[desk.ack].push(await full(desk, seller, `full-${desk.ack}-${round}`));
    say(`  round ${round + 1} of ${ROUNDS} at full speed: ${Math.round(fulls.redis[round] ?? NaN)} orders/s `
      + `with redis, ${Math.round(fulls.bus[round] ?? NaN)} with bus`);
  }
  const perSecond = Math.round(median(fulls.redis) / 2);
  const halves: Record<Ack, Paced[]> = { redis: [], bus: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const desk of desks) {
      halves[desk.ack].push(await half(desk, seller, `half-${desk.ack}-${round}`, perSecond));
    }
    const [redisMs, busMs] = ACKS.map((one) => halves[one][round]?.p99Ms.toFixed(1));
    say(`  round ${round + 1} of ${ROUNDS} at ${perSecond}/s: p99 ${redisMs} ms with redis, `
      + `${busMs} with bus`);
  }
  return report(fulls, halves, perSecond, isPinned);
}

/** Orders per second of a process that is asked as fast as it answers. */
async function full({ server }: Desk, seller: Seller, run: string): Promise<number> {
  await placeHolds(server, seller, run, Math.ceil(HOLDS_PER_SECOND_MAX * FULL_MS / 1_000));
  const request = orderRequest({ saleId: SALE_ID, run, ...seller });
  const { durationMs, countByStatus } = await hammer(
    { url: server.url, connections: CONNECTIONS, durationMs: FULL_MS, request });
  await awaitDrained(seller.redis, PARTITIONS);
  return (countByStatus.get(201) ?? 0) / durationMs * 1_000;
}

async function half({ server }: Desk, seller: Seller, run: string, perSecond: number): Promise<Paced> {
  const count = Math.round(perSecond * HALF_MS / 1_000);
  await placeHolds(server, seller, run, count);
  const request = orderRequest({ saleId: SALE_ID, run, ...seller });
  const { countByStatus, latenciesMs, errors } = await pace(
    { url: server.url, connections: 2 * CONNECTIONS, perSecond, count, request });
  await awaitDrained(seller.redis, PARTITIONS);
  const accepted = countByStatus.get(201) ?? 0;
  const others = latenciesMs.length - accepted + errors;
  return { p50Ms: percentile(latenciesMs, 0.5), p99Ms: percentile(latenciesMs, 0.99), accepted, others };
}

async function placeHolds({ url }: LabServer, seller: Seller, run: string, count: number): Promise<void> {
  const path = `/v1/sales/${SALE_ID}/holds`;
  const request = holdRequest({ path, areaId: BENCH_AREA, checkoutKey: seller.checkoutKey, run });
  const { countByStatus } = await pace(
    { url, connections: CONNECTIONS, perSecond: 1_000_000, count, request });
  const isAll = countByStatus.get(201) === count;
  if (!isAll) throw new Error(`holds were refused: ${[...countByStatus].join('; ')}`);
  await awaitDrained(seller.redis, PARTITIONS);
}

function report(
  fulls: Record<Ack, number[]>, halves: Record<Ack, Paced[]>, perSecond: number, isPinned: boolean,
): Findings {
  const rounded = (value: number): number => Number(value.toFixed(2));
  const added = (field: 'p50Ms' | 'p99Ms'): number =>
    rounded(median(halves.bus.map((round, i) => round[field] - (halves.redis[i]?.[field] ?? NaN))));
  const sum = (one: Ack, field: 'accepted' | 'others'): number =>
    halves[one].reduce((total, round) => total + round[field], 0);
  const variant = (one: Ack) => ({
    acceptedPerSecond: Math.round(median(fulls[one])),
    p50Ms: rounded(median(halves[one].map(({ p50Ms }) => p50Ms))),
    p99Ms: rounded(median(halves[one].map(({ p99Ms }) => p99Ms))),
    accepted: sum(one, 'accepted'),
    others: sum(one, 'others'),
  });
  const [redis, bus] = [variant('redis'), variant('bus')];
  const throughputRatio = rounded(median(fulls.bus.map((rate, i) => rate / (fulls.redis[i] ?? NaN))));
  const [addedLatencyP50Ms, addedLatencyP99Ms] = [added('p50Ms'), added('p99Ms')];
  const results = {
    addedLatencyP50Ms, addedLatencyP99Ms, throughputRatio,
    ordersPerSecond: perSecond, redis, bus,
  };
  return {
    conditions: {
      rounds: ROUNDS, connections: CONNECTIONS, roundMs: `${FULL_MS} at full speed, ${HALF_MS} at half`,
      load: 'full speed: closed loop; half: open loop, latencies from when a request was due',
      pinned: isPinned ? 'selling on core 0, and the relay; Redis, kinesalite and load on core 1' : 'no',
      bus: `kinesalite, ${SHARDS} shards; one sale, so one partition and one shard`,
    },
    results,
    table: [
      ['', 'orders/s at full speed', `p50 ms at ${perSecond}/s`, 'p99 ms', 'others than 201'],
      ['redis', redis.acceptedPerSecond, redis.p50Ms, redis.p99Ms, redis.others],
      ['bus', bus.acceptedPerSecond, bus.p50Ms, bus.p99Ms, bus.others],
      ['bus by redis, bus less redis', throughputRatio, addedLatencyP50Ms, addedLatencyP99Ms, ''],
    ],
    chart: {
      title: 'A confirmation answered by Redis alone, and when the log has accepted it',
      unit: `ms at half of full speed (${perSecond} orders/s)`,
      note: `full speed with bus by that with redis: ${throughputRatio}; medians of ${ROUNDS} rounds`,
      bars: [
        { label: 'redis p50', value: redis.p50Ms },
        { label: 'bus p50', value: bus.p50Ms },
        { label: 'redis p99', value: redis.p99Ms },
        { label: 'bus p99', value: bus.p99Ms },
      ],
    },
  };
}
