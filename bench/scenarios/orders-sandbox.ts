import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Redis } from 'ioredis';
import { findAnyFreePort } from '../../infra/local/find-free-port.ts';
import { migrate } from '../../services/sandbox/migrate.ts';
import { awaitDrained } from '../load/await-drained.ts';
import { awaitReady, busEnv } from '../load/bus-services.ts';
import { hammer } from '../load/hammer.ts';
import { holdRequest } from '../load/hold-request.ts';
import { BENCH_AREA, openBenchSale } from '../load/open-bench-sale.ts';
import { orderRequest } from '../load/order-request.ts';
import { pace } from '../load/pace.ts';
import { createSecrets } from '../open-lab.ts';
import type { Lab } from '../open-lab.ts';
import { median } from '../report/percentile.ts';
import type { Findings, Scenario } from '../scenario.ts';

/**
 * Orders that the sandbox provider takes the money for, confirmed by its webhooks, without trouble and with
 * one in five payments late or told twice. Everything is real: selling, relay, emulator, the provider with
 * its PostgreSQL. Orders come in a closed loop; what counts is how many are confirmed per second once late
 * ones come as well. Every order is of a hold of its own, placed before.
 */
const ROUNDS = 3;
const CONNECTIONS = 64;
const RUN_MS = 12_000;
/** Longer than a late payment takes. */
const WARM_MS = 5_000;
const ORDERS_PER_SECOND_MAX = 1_500;
const PARTITIONS = 64;
const SHARDS = 4;
const SALE_ID = 'bench';

interface Shop {
  url: string;
  redis: Redis;
  checkoutKey: string;
  idSecret: string;
}

type Outcome = (n: number) => object;

const CALM: Outcome = () => ({ method: 'sandbox', outcome: 'success' });
const TROUBLED: Outcome = (n) =>
  ({ method: 'sandbox', outcome: n % 10 === 3 ? 'slow' : n % 10 === 8 ? 'webhook-twice' : 'success' });

export const ordersSandbox: Scenario = {
  name: 'orders-sandbox',
  summary: 'orders paid by the sandbox provider, with one in five late or told twice, against none',
  run: runOrdersSandbox,
};

async function runOrdersSandbox(lab: Lab, say: (line: string) => void): Promise<Findings> {
  const { url: redisUrl } = await lab.bareRedis('shared');
  const endpoint = await lab.kinesisUrl();
  const databaseUrl = await lab.postgresUrl();
  await migrate(databaseUrl, pino({ level: 'silent' }));
  const env = busEnv({ redisUrl, endpoint, streamName: 'bench', shards: SHARDS, partitions: PARTITIONS });
  const relay = await lab.startServer('relay', env);
  await awaitReady(relay.url);
  const { adminToken, ...secrets } = createSecrets();
  const port = await findAnyFreePort();
  const merchant = {
    SANDBOX_KEY: randomBytes(24).toString('base64url'),
    SANDBOX_WEBHOOK_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
  };
  const provider = await lab.startServer('sandbox', { ...merchant, SANDBOX_DATABASE_URL: databaseUrl });
  await awaitReady(provider.url);
  const url = `http://127.0.0.1:${port}`;
  await lab.startServer('selling', {
    ...env, ...secrets, ...merchant, PORT: String(port), SANDBOX_URL: provider.url, PAYMENT_WEBHOOKS_URL: url,
    CHECKOUT_URL: url, CONFIRM_WAIT_MS: '10000', OUTBOX_AGE_MS_MAX: '600000', BUS_OUTAGE_MS: '600000',
  });
  const redis = new Redis(redisUrl);
  try {
    const paymentMethods = ['sandbox' as const];
    await openBenchSale(url, SALE_ID, { capacity: 5_000_000, adminToken, paymentMethods });
    const shop = { url, redis, checkoutKey: secrets.CHECKOUT_KEY, idSecret: secrets.ID_SECRET };
    return await measure(shop, lab.isPinned, say);
  } finally {
    redis.disconnect();
  }
}

async function measure(shop: Shop, isPinned: boolean, say: (line: string) => void): Promise<Findings> {
  const calm: number[] = [];
  const troubled: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    calm.push(await confirmedPerSecond(shop, `calm-${round}`, CALM));
    troubled.push(await confirmedPerSecond(shop, `troubled-${round}`, TROUBLED));
    say(`  round ${round + 1} of ${ROUNDS}: ${Math.round(calm[round] ?? NaN)} confirmed/s, `
      + `with trouble ${Math.round(troubled[round] ?? NaN)}`);
  }
  const ratio = Number(median(troubled.map((rate, i) => rate / (calm[i] ?? NaN))).toFixed(3));
  const results = {
    confirmedPerSecond: Math.round(median(calm)), troubledPerSecond: Math.round(median(troubled)), ratio,
  };
  return {
    conditions: {
      rounds: ROUNDS, connections: CONNECTIONS,
      roundMs: `${RUN_MS}, of which the first ${WARM_MS} do not count`,
      trouble: 'one in ten is captured seconds later, one in ten is told twice',
      pinned: isPinned ? 'selling, relay and provider on core 0; all else on core 1' : 'no',
      bus: `kinesalite, ${SHARDS} shards; one sale, so one partition and one shard`,
    },
    results,
    table: [
      ['', 'confirmed per second'],
      ['without trouble', results.confirmedPerSecond],
      ['one in five late or told twice', results.troubledPerSecond],
      ['ratio', ratio],
    ],
    chart: {
      title: 'Orders paid by the sandbox provider',
      unit: 'confirmed per second',
      note: `ratio ${ratio}; medians of ${ROUNDS} rounds`,
      bars: [
        { label: 'without trouble', value: results.confirmedPerSecond },
        { label: 'one in five late or told twice', value: results.troubledPerSecond },
      ],
    },
  };
}

async function confirmedPerSecond(shop: Shop, run: string, payment: Outcome): Promise<number> {
  const { url, redis, checkoutKey, idSecret } = shop;
  const count = ORDERS_PER_SECOND_MAX * RUN_MS / 1_000;
  const holds = holdRequest({ path: `/v1/sales/${SALE_ID}/holds`, areaId: BENCH_AREA, checkoutKey, run });
  await pace({ url, connections: CONNECTIONS, perSecond: 1_000_000, count, request: holds });
  await awaitDrained(redis, PARTITIONS);
  const request = orderRequest({ saleId: SALE_ID, checkoutKey, idSecret, run, payment });
  const [rate] = await Promise.all([
    sleep(WARM_MS).then(() => rateOfSales(shop, RUN_MS - WARM_MS)),
    hammer({ url, connections: CONNECTIONS, durationMs: RUN_MS, request }),
  ]);
  // What is told late must not count for the next one.
  for (let before = -1, sold = await soldOf(shop); sold !== before; sold = await soldOf(shop)) {
    before = sold;
    await sleep(WARM_MS);
  }
  await awaitDrained(redis, PARTITIONS);
  return rate;
}

async function rateOfSales(shop: Shop, windowMs: number): Promise<number> {
  const [startedAtMs, before] = [performance.now(), await soldOf(shop)];
  await sleep(windowMs);
  const after = await soldOf(shop);
  return (after - before) / (performance.now() - startedAtMs) * 1_000;
}

async function soldOf({ url, checkoutKey }: Shop): Promise<number> {
  const headers = { authorization: `Bearer ${checkoutKey}` };
  const answer = await fetch(`${url}/v1/sales/${SALE_ID}/availability`, { headers });
  const { areas } = await answer.json() as { areas: { sold: number }[] };
  return areas.reduce((sum, { sold }) => sum + sold, 0);
}
