import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { migrate as migrateLegacy } from '../../services/legacy/migrate.ts';
import { migrate as migrateEventStore } from '../../services/projector/migrate.ts';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../services/shared/contracts/partition-of.ts';
import { arenaSale } from '../engine/engine-sale.ts';
import { createSecrets } from '../open-lab.ts';
import type { Lab } from '../open-lab.ts';
import type { Findings, Scenario } from '../scenario.ts';

/**
 * How long a sale stands still when its Redis fails over and has lost something: a primary whose replica is
 * behind is killed while it sells, and the time is taken until the first order after the sale was rebuilt.
 */
const SALE_ID = 'arena';
const PARTITIONS = 64;
const SEATS = 20_000;
const SEATS_PER_ORDER = 5;
const BUYERS = 24;
const FAILOVERS = 5;
/** How far the replica is behind when its primary is killed. */
const BEHIND_MS = 300;
const WAIT_MS_MAX = 120_000;

export const recovery: Scenario = {
  name: 'recovery',
  summary: `${SEATS} seats, half sold: seconds from the kill of a Redis primary to the first sale after it`,
  run: runRecovery,
};

async function runRecovery(lab: Lab, say: (line: string) => void): Promise<Findings> {
  const { pair, url, secrets, adminToken } = await openStack(lab);
  const redis = new Redis(pair.url);
  redis.on('error', () => undefined);
  try {
    await openArena(url, adminToken);
    const shop = new Shop(url, secrets.CHECKOUT_KEY);
    await shop.sellSeats(SEATS / 2);
    say(`  ${shop.orders * SEATS_PER_ORDER} seats are sold`);
    const rounds: number[] = [];
    for (let round = 1; round <= FAILOVERS; round++) {
      const selling = shop.sellOn();
      const epoch = await epochOf(redis);
      await sleep(500);
      pair.holdBackReplication();
      await sleep(BEHIND_MS);
      const killedAtMs = performance.now();
      await pair.failOver();
      await until('the sale is rebuilt', async () => await epochOf(redis).catch(() => epoch) > epoch);
      const before = shop.orders;
      await until('it sells', async () => shop.orders > before);
      rounds.push((performance.now() - killedAtMs) / 1_000);
      say(`  failover ${round}: ${rounds.at(-1)?.toFixed(2)} s`);
      await selling.stop();
    }
    return report(rounds, shop.orders, lab.isPinned);
  } finally {
    redis.disconnect();
  }
}

async function openStack(lab: Lab) {
  const [pair, databaseUrl, kinesisUrl] = await Promise.all([
    lab.redisPair(), lab.postgresUrl(), lab.kinesisUrl(),
  ]);
  const silent = { info: (): void => undefined };
  await migrateLegacy(databaseUrl, silent);
  await migrateEventStore(databaseUrl, silent);
  const { adminToken, ...secrets } = createSecrets();
  const env = {
    ...secrets, REDIS_URL: pair.url, DATABASE_URL: databaseUrl, KINESIS_ENDPOINT: kinesisUrl,
    AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench', PARTITIONS: String(PARTITIONS),
  };
  const [server, relay] = await Promise.all([
    lab.startServer('selling', env), lab.startServer('relay', env), lab.startServer('projector', env),
  ]);
  await until('the relay is ready', async () => (await fetch(`${relay.url}/health/ready`)).ok);
  return { pair, url: server.url, secrets, adminToken };
}

async function openArena(url: string, adminToken: string): Promise<void> {
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  const address = `${url}/admin/v1/sales/${SALE_ID}`;
  const put = await fetch(address, { method: 'PUT', headers, body: JSON.stringify(arenaSale()) });
  if (!put.ok) throw new Error(`the arena could not be defined: ${await put.text()}`);
  const { authorization } = headers;
  const open = await fetch(`${address}/open`, { method: 'POST', headers: { authorization } });
  if (!open.ok) throw new Error(`the arena could not be opened: ${await open.text()}`);
}

type Body = { buyerId: string } & Record<string, unknown>;

/** Buyers who hold five seats and order them; every order counts that was answered with 201. */
class Shop {
  orders = 0;
  readonly #url: string;
  readonly #checkoutKey: string;
  #buyerCount = 0;

  constructor(url: string, checkoutKey: string) {
    this.#url = url;
    this.#checkoutKey = checkoutKey;
  }

  async sellSeats(count: number): Promise<void> {
    await Promise.all(Array.from({ length: BUYERS }, async () => {
      while (this.orders * SEATS_PER_ORDER < count) await this.#buy();
    }));
  }

  /** Sells until it is stopped. */
  sellOn(): { stop(): Promise<void> } {
    let isOpen = true;
    const selling = Array.from({ length: BUYERS }, async () => {
      while (isOpen) if (!await this.#buy()) await sleep(10);
    });
    return {
      async stop() {
        isOpen = false;
        await Promise.all(selling);
      },
    };
  }

  async #buy(): Promise<boolean> {
    this.#buyerCount += 1;
    const buyerId = `b${this.#buyerCount}`;
    const held = await this.#post('holds', { buyerId, items: [{ bestAvailable: SEATS_PER_ORDER }] });
    if (held === undefined) return false;
    const ordered = await this.#post('orders', {
      buyerId, holdId: held['holdId'], payment: { method: 'free' },
      contact: { name: 'Bench', email: 'bench@example.org' },
    });
    if (ordered !== undefined) this.orders += 1;
    return ordered !== undefined;
  }

  /** The body of a 201. */
  async #post(what: string, body: Body): Promise<Record<string, unknown> | undefined> {
    const reply = await fetch(`${this.#url}/v1/sales/${SALE_ID}/${what}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.#checkoutKey}`, 'content-type': 'application/json',
        'idempotency-key': `${what}-${body.buyerId}`,
      },
      body: JSON.stringify(body),
    });
    const text = await reply.text();
    return reply.status === 201 ? JSON.parse(text) as Record<string, unknown> : undefined;
  }
}

async function epochOf(redis: Redis): Promise<number> {
  const { sale } = saleKeys(partitionOf(SALE_ID, PARTITIONS), SALE_ID);
  const [state, epoch] = await redis.hmget(sale, 'state', 'epoch');
  return state === 'open' ? Number(epoch) : -1;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadlineAtMs = performance.now() + WAIT_MS_MAX;
  while (!await holds()) {
    if (performance.now() > deadlineAtMs) throw new Error(`${what}: not within ${WAIT_MS_MAX / 1_000} s`);
    await sleep(10);
  }
}

function report(rounds: number[], orders: number, isPinned: boolean): Findings {
  const seconds = Math.max(...rounds);
  const shown = rounds.map((round) => Math.round(round * 100) / 100);
  return {
    conditions: {
      seats: SEATS, seatsPerOrder: SEATS_PER_ORDER, buyers: BUYERS, replicaBehindMs: BEHIND_MS,
      confirmAck: 'bus',
      pinned: isPinned ? 'services on core 0; Redis, Kinesis, PostgreSQL and load on core 1' : 'no',
    },
    results: { seconds: Math.round(seconds * 100) / 100, rounds: shown, failovers: rounds.length, orders },
    table: [['failover', 'seconds to the first sale'], ...shown.map((round, i) => [i + 1, round])],
    chart: {
      title: 'From the kill of a Redis primary to the first sale after it',
      unit: 'seconds',
      note: `${SEATS} seats, half sold; the replica was ${BEHIND_MS} ms behind`,
      bars: shown.map((value, i) => ({ label: `failover ${i + 1}`, value })),
    },
  };
}
