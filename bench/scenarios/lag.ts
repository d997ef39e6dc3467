import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { deriveId } from '../../services/selling/derive-id.ts';
import { connectKinesis, ensureStream } from '../../services/shared/platform/kinesis.ts';
import { loadSql } from '../../services/shared/platform/pg.ts';
import { awaitDrained } from '../load/await-drained.ts';
import { busEnv } from '../load/bus-services.ts';
import { hammer } from '../load/hammer.ts';
import { holdRequest } from '../load/hold-request.ts';
import { COMPANY_PARTITIONS, openCompany } from '../load/open-company.ts';
import type { Company } from '../load/open-company.ts';
import { BENCH_AREA, openBenchSale } from '../load/open-bench-sale.ts';
import { orderRequest } from '../load/order-request.ts';
import { pace } from '../load/pace.ts';
import { awaitProjected, connectWatcher, createDatabase, prepareStream } from '../load/projected-database.ts';
import { makeSaleLogs, retellSale } from '../load/sale-logs.ts';
import { createSecrets } from '../open-lab.ts';
import type { Lab } from '../open-lab.ts';
import { percentile } from '../report/percentile.ts';
import type { Findings, Scenario } from '../scenario.ts';

/**
 * How long after its answer an order is in the rows that the CMS reads, while the API sells as fast as it
 * can: holds and orders at once, closed loops, one hot sale. Then how long a projector with an empty database
 * takes for a stream that is full (`BENCH_REPLAY_EVENTS`, default 100,000).
 */
const SALE_ID = 'bench';
const CONNECTIONS = 128;
const SELL_MS = 10_000;
/** Placed before, to be ordered; more than a process orders meanwhile. */
const HOLDS = 40_000;
const LOOK_MS = 10;
const VISIBLE_MS_MAX = 60_000;
const REPLAY_EVENTS = Number(process.env['BENCH_REPLAY_EVENTS'] ?? 100_000);
const REPLAY_SALES = ['one', 'two', 'three', 'four'];
const REPLAY_HOLDS_PER_SALE = 3_000;

const SELECT_NEW_ORDERS = loadSql(import.meta.url, '../load/select-new-orders.sql');

interface Sold {
  /** by order, from its answer until it was seen */
  lagsMs: number[];
  ordersPerSecond: number;
  holdsPerSecond: number;
  others: number;
}

export const lag: Scenario = {
  name: 'lag',
  summary: 'from an order\'s answer to its rows in the legacy tables at full speed; and a replay from zero',
  run: runLag,
};

async function runLag(lab: Lab, say: (line: string) => void): Promise<Findings> {
  const company = await openCompany(lab);
  const sold = await sell(company);
  say(`  ${sold.lagsMs.length} orders were answered and seen`);
  const replay = await replayFromZero(lab);
  say(`  ${replay.events} events from zero: ${replay.seconds.toFixed(1)} s`);
  return report(sold, replay, lab.isPinned);
}

async function sell(company: Company): Promise<Sold> {
  const { selling: { url }, databaseUrl, adminToken, checkoutKey, idSecret, redisUrl } = company;
  await openBenchSale(url, SALE_ID, { capacity: 5_000_000, adminToken });
  const path = `/v1/sales/${SALE_ID}/holds`;
  const held = holdRequest({ path, areaId: BENCH_AREA, checkoutKey, run: 'order' });
  await pace({ url, connections: CONNECTIONS, perSecond: 1_000_000, count: HOLDS, request: held });
  const redis = new Redis(redisUrl);
  await awaitDrained(redis, COMPANY_PARTITIONS);
  redis.disconnect();
  const watch = await watchOrders(databaseUrl);
  const answeredAtMs = new Map<string, number>();
  try {
    const [holds, orders] = await Promise.all([
      hammer({
        url, connections: CONNECTIONS, durationMs: SELL_MS,
        request: holdRequest({ path, areaId: BENCH_AREA, checkoutKey, run: 'hold' }),
      }),
      hammer({
        url, connections: CONNECTIONS, durationMs: SELL_MS,
        request: orderRequest({ saleId: SALE_ID, checkoutKey, idSecret, run: 'order' }),
        onAnswer(n, status) {
          if (status === 201) answeredAtMs.set(orderIdOf(idSecret, n), performance.now());
        },
      }),
    ]);
    const deadlineAtMs = performance.now() + VISIBLE_MS_MAX;
    while ([...answeredAtMs.keys()].some((orderId) => !watch.seenAtMs.has(orderId))) {
      if (performance.now() > deadlineAtMs) throw new Error('answered orders are not in the legacy tables');
      await sleep(LOOK_MS);
    }
    const perSecond = (count = 0, ms: number): number => Math.round(count / ms * 1_000);
    return {
      // It may be seen before it is answered.
      lagsMs: [...answeredAtMs].map(([orderId, atMs]) =>
        Math.max(0, (watch.seenAtMs.get(orderId) ?? NaN) - atMs)),
      ordersPerSecond: perSecond(orders.countByStatus.get(201), orders.durationMs),
      holdsPerSecond: perSecond(holds.countByStatus.get(201), holds.durationMs),
      others: [orders, holds].reduce((sum, { latenciesMs, countByStatus }) =>
        sum + latenciesMs.length - (countByStatus.get(201) ?? 0), 0),
    };
  } finally {
    await watch.stop();
  }
}

function orderIdOf(idSecret: string, n: number): string {
  return deriveId(idSecret, 'o', { saleId: SALE_ID, buyerId: `b-order-${n}`, key: `o-order-${n}` });
}

/** Looks for new orders as the CMS would see them, again and again. */
async function watchOrders(databaseUrl: string) {
  const database = await connectWatcher(databaseUrl);
  const seenAtMs = new Map<string, number>();
  const stopping = new AbortController();
  const watching = (async () => {
    let last = 0;
    while (!stopping.signal.aborted) {
      const { rows } = await database.query<{ id: number; number: string }>(SELECT_NEW_ORDERS, [last]);
      const nowMs = performance.now();
      for (const { number } of rows) seenAtMs.set(number, nowMs);
      last = rows.at(-1)?.id ?? last;
      await sleep(LOOK_MS);
    }
  })();
  return {
    seenAtMs,
    async stop() {
      stopping.abort();
      await watching;
      await database.end();
    },
  };
}

async function replayFromZero(lab: Lab): Promise<{ events: number; seconds: number }> {
  const endpoint = await lab.kinesisUrl();
  const streamName = 'replay';
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const kinesis = connectKinesis({ region: 'eu-west-1', endpoint, credentials });
  const { CONTACT_KEY } = createSecrets();
  const made = await makeSaleLogs(lab, {
    saleIds: REPLAY_SALES, holdsPerSale: REPLAY_HOLDS_PER_SALE,
    contactKey: Buffer.from(CONTACT_KEY, 'base64url'),
  });
  const logs = [...made];
  const count = (): number => logs.reduce((sum, { events }) => sum + events.length, 0);
  for (let copy = 1; count() < REPLAY_EVENTS; copy++) logs.push(...made.map((log) => retellSale(log, copy)));
  const databaseUrl = await createDatabase(lab, 'replay');
  const database = await connectWatcher(databaseUrl);
  try {
    const { REDIS_URL: _none, ...env } = busEnv(
      { redisUrl: '', endpoint, streamName, shards: 4, partitions: COMPANY_PARTITIONS });
    await ensureStream(kinesis, { streamName, shards: 4 });
    await prepareStream(kinesis, streamName, logs)();
    const startedAtMs = performance.now();
    await lab.startServer('projector', { ...env, DATABASE_URL: databaseUrl, CONTACT_KEY });
    await awaitProjected(database, logs);
    return { events: count(), seconds: (performance.now() - startedAtMs) / 1_000 };
  } finally {
    await database.end();
    kinesis.destroy();
  }
}

function report(sold: Sold, replay: { events: number; seconds: number }, isPinned: boolean): Findings {
  const rounded = (value: number): number => Number(value.toFixed(1));
  const p50Ms = rounded(percentile(sold.lagsMs, 0.5));
  const p99Ms = rounded(percentile(sold.lagsMs, 0.99));
  const { ordersPerSecond, holdsPerSecond, others } = sold;
  const replaySeconds = rounded(replay.seconds);
  return {
    conditions: {
      connections: `${CONNECTIONS} that hold, ${CONNECTIONS} that order`, sellMs: SELL_MS, confirmAck: 'bus',
      lookedEveryMs: LOOK_MS, replayed: `${replay.events} events, with the start of the process`,
      pinned: isPinned ? 'services on core 0; Redis, PostgreSQL, kinesalite and load on core 1' : 'no',
    },
    results: {
      p50Ms, p99Ms, orders: sold.lagsMs.length, ordersPerSecond, holdsPerSecond, others,
      replaySeconds, replayedEvents: replay.events,
    },
    table: [
      ['', 'p50 ms', 'p99 ms', 'orders/s', 'holds/s', 'others than 201'],
      ['answered to visible', p50Ms, p99Ms, ordersPerSecond, holdsPerSecond, others],
      [`${replay.events} events from zero, s`, replaySeconds, '', '', '', ''],
    ],
    chart: {
      title: 'From an order\'s answer to its rows in the legacy tables, at full speed',
      unit: 'ms',
      note: `${ordersPerSecond} orders/s beside ${holdsPerSecond} holds/s; `
        + `${replay.events} events from zero in ${replaySeconds} s`,
      bars: [{ label: 'p50', value: p50Ms }, { label: 'p99', value: p99Ms }],
    },
  };
}
