import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { percentile } from '../report/percentile.ts';
import { openDoors } from './crowd.ts';
import { createDemoSale } from './demo-sale.ts';
import type { DemoArea } from './demo-sale.ts';
import { startLiveLine } from './live-line.ts';
import { readEvidence, readLags, readPosition, readSnapshot } from './read-evidence.ts';
import type { Sources } from './read-evidence.ts';
import { ShopClient } from './shop-client.ts';
import { judgeSale, verdictLine } from './verdict.ts';

/** What `.data/stack.json` says, as far as the demo needs it. */
export interface StackAddresses {
  selling: string;
  redisUrl: string;
  databaseUrl: string;
  eventStoreUrl: string;
  checkoutKey: string;
  adminToken: string;
}

export interface DemoOptions {
  partitions: number;
  out: NodeJS.WriteStream;
  signal: AbortSignal;
}

const BUYERS = 5_000;
const ARRIVAL_MS = 8_000;
/** Buyers give up after this; what is unsold then is a fault. */
const SALE_MS_MAX = 40_000;
/** How long SQL may take after the last ticket. */
const CATCH_UP_MS_MAX = 20_000;
const LAG_POLL_MS = 500;

/** Runs the sale on a stack that is up; true if the verdict is clean. */
export async function runDemo(
  addresses: StackAddresses,
  { partitions, out, signal }: DemoOptions,
): Promise<boolean> {
  const client = new ShopClient(addresses.selling);
  const sources: Sources = {
    redis: new Redis(addresses.redisUrl),
    legacy: openPool(addresses.databaseUrl),
    eventStore: openPool(addresses.eventStoreUrl),
    partitions,
  };
  try {
    const saleId = `demo-${randomBytes(4).toString('hex')}`;
    const { input, ...plan } = createDemoSale();
    const { areas } = plan;
    await openSale(client, saleId, input, addresses.adminToken);
    out.write(`sale ${saleId} is open: ${placesOf(areas)} places, ${BUYERS} buyers\n`);
    const { checkoutKey } = addresses;
    const { tally, done } = openDoors({
      ...plan, client, saleId, checkoutKey, buyers: BUYERS, arrivalMs: ARRIVAL_MS, lastMs: SALE_MS_MAX,
    });
    const lag = followLag(sources, saleId);
    const line = startLiveLine(out, tally, lag.text);
    await Promise.race([done, aborted(signal)]);
    await caughtUp(sources, saleId, areas);
    await lag.stop();
    line.stop();
    signal.throwIfAborted();

    const { abandoned, released, changed, repeated, acknowledged, faults } = tally;
    out.write(`${acknowledged.length} orders; ${abandoned} holds abandoned, ${released} given back, `
      + `${changed} changed, ${repeated} requests repeated after a lost reply\n`);
    const verdict = judgeSale({ ...(await readEvidence(sources, saleId, areas)), acknowledged });
    for (const fault of [...faults, ...verdict.faults].slice(0, 20)) out.write(`fault: ${fault}\n`);
    out.write(`${verdictLine(verdict)}\n`);
    return verdict.isClean && faults.length === 0;
  } finally {
    client.close();
    sources.redis.disconnect();
    await Promise.all([sources.legacy.end(), sources.eventStore.end()]);
  }
}

function openPool(connectionString: string): Pool {
  const pool = new Pool({ connectionString, max: 2, connectionTimeoutMillis: 5_000 });
  pool.on('error', () => undefined);
  return pool;
}

function placesOf(areas: DemoArea[]): number {
  return areas.reduce((sum, { capacity }) => sum + capacity, 0);
}

async function openSale(client: ShopClient, saleId: string, input: unknown, token: string): Promise<void> {
  const path = `/admin/v1/sales/${saleId}`;
  const define = { method: 'PUT', path, token, body: input } as const;
  const open = { method: 'POST', path: `${path}/open`, token } as const;
  for (const wish of [define, open]) {
    const { status, body } = await client.send(wish);
    if (status < 300) continue;
    throw new Error(`the demo's sale could not be opened: ${status} ${JSON.stringify(body)}`);
  }
}

/** Keeps the lag to SQL in words, for the live line. */
function followLag(sources: Sources, saleId: string): { text: () => string; stop(): Promise<void> } {
  let text = 'none yet';
  let isOver = false;
  const following = (async () => {
    while (!isOver) {
      const lags = await readLags(sources, saleId).catch(() => []);
      if (lags.length > 0) text = `p99 ${Math.round(percentile(lags, 0.99))} ms (${lags.length} orders)`;
      await sleep(LAG_POLL_MS);
    }
  })();
  return {
    text: () => text,
    stop: async () => {
      isOver = true;
      await following;
    },
  };
}

/** Until the legacy rows have followed up to what Redis says; gives up quietly, the verdict tells. */
async function caughtUp(sources: Sources, saleId: string, areas: DemoArea[]): Promise<void> {
  const deadlineAtMs = performance.now() + CATCH_UP_MS_MAX;
  while (performance.now() < deadlineAtMs) {
    const { seq } = await readSnapshot(sources, saleId, areas);
    if (await readPosition(sources, saleId) >= seq) return;
    await sleep(100);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
