/** What a test of the recovery needs: selling, relay and projector on a stack, and buyers. */
import type { Redis } from 'ioredis';
import { Pool } from 'pg';
import type { SaleEvent } from '../../../services/shared/contracts/events.ts';
import { evolve, initialSale } from '../../../services/shared/contracts/evolve.ts';
import type { FoldedSale } from '../../../services/shared/contracts/evolve.ts';
import { partitionKeys, saleKeys } from '../../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../../services/shared/contracts/partition-of.ts';
import type { SaleInput } from '../../../services/shared/contracts/sale-input.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { checkAgainstFold } from '../../harness/check-against-fold.ts';
import { checkSqlAgainstLog, isProjected } from '../../harness/check-sql-against-log.ts';
import { floorOf, hallOf, rowOf, saleOf } from '../../harness/open-desk.ts';
import { openShop } from '../../harness/open-shop.ts';
import type { Shop } from '../../harness/open-shop.ts';
import { readStream } from '../../harness/read-stream.ts';
import type { Teardown } from '../../harness/teardown.ts';
import { startService } from '../../stack.ts';

export interface RecoveryBenchOptions {
  redisUrl?: string;
  env?: Record<string, string>;
  /** whether a projector runs from the beginning; default true */
  projects?: boolean;
}

/** A hall of 30 seats and a floor of 200. */
export const HALL: SaleInput = saleOf([hallOf([rowOf('A', 15), rowOf('B', 15)]), floorOf(200)], {
  buyerLimit: 50, holdSeconds: 600, holdSecondsMax: 1_200,
});

export type RecoveryBench = Awaited<ReturnType<typeof openRecoveryBench>>;

/** Opens it; the relay is ready then. */
export async function openRecoveryBench(
  t: Teardown,
  { redisUrl, env = {}, projects = true }: RecoveryBenchOptions = {},
) {
  const shop = await openShop(t, {
    startsPartitions: false, ...redisUrl !== undefined && { redisUrl },
    env: { CONFIRM_ACK: 'bus', CONFIRM_WAIT_MS: '20000', ...env },
  });
  const services = { ...shop.stack.env, ...redisUrl !== undefined && { REDIS_URL: redisUrl }, ...env };
  const [relay] = await Promise.all([
    startService(t, 'relay', services), projects ? startService(t, 'projector', services) : undefined,
  ]);
  const pool = new Pool({ connectionString: shop.stack.databaseUrl, max: 2 });
  pool.on('error', () => undefined);
  t.teardown(() => pool.end());
  return {
    ...buyersOf(shop), ...witnessesOf(shop, pool), shop, relay, pool, services, redis: shop.redis,
    startRelay: () => startService(t, 'relay', services),
    startProjector: () => startService(t, 'projector', services),
  };
}

function buyersOf(shop: Shop) {
  const hold = (saleId: string, buyerId: string, key?: string) =>
    shop.call('POST', `/v1/sales/${saleId}/holds`, {
      ...key !== undefined && { key },
      body: { buyerId, items: [{ areaId: 'hall', bestAvailable: 1 }, { areaId: 'floor', quantity: 2 }] },
    });
  const order = (saleId: string, buyerId: string, holdId: unknown, key?: string) =>
    shop.call('POST', `/v1/sales/${saleId}/orders`, {
      ...key !== undefined && { key },
      body: {
        buyerId, holdId, payment: { method: 'free' }, contact: { name: 'Ann', email: 'ann@example.org' },
      },
    });
  return {
    hold, order,
    /** Holds and orders; throws unless both are taken. */
    async buy(saleId: string, buyerId: string): Promise<string> {
      const held = await hold(saleId, buyerId);
      const ordered = await order(saleId, buyerId, held.body['holdId']);
      if (ordered.status !== 201) {
        throw new Error(`not bought: ${JSON.stringify([held.body, ordered.status, ordered.body])}`);
      }
      return String(ordered.body['orderId']);
    },
  };
}

function witnessesOf({ redis, stack }: Shop, pool: Pool) {
  const stateOf = async (saleId: string, partition = partitionOf(saleId, 64)) =>
    redis.hget(saleKeys(partition, saleId).sale, 'state');
  const epochOf = async (saleId: string, partition = partitionOf(saleId, 64)) =>
    Number(await redis.hget(saleKeys(partition, saleId).sale, 'epoch'));
  return {
    stateOf, epochOf,
    /** Waits until a sale has come to that epoch, and is not recovering any more. */
    recovered: (saleId: string, epoch: number, partition = partitionOf(saleId, 64)) =>
      awaitThat(`${saleId} is recovered`, async () => await epochOf(saleId, partition) >= epoch
        && await stateOf(saleId, partition) !== 'recovering', 60_000),
    /** Waits until the log has everything, and compares Redis and SQL with it; returns the fold. */
    async check(saleId: string, partition = partitionOf(saleId, 64)): Promise<CheckedLog> {
      await drained(redis, partition);
      const log = await readStream(stack);
      const events = (log.sales.get(saleId) ?? []) as SaleEvent[];
      await checkAgainstFold(redis, partition, saleId, { accepted: events });
      await awaitThat('the legacy rows are behind the log', () => isProjected(pool, log), 60_000);
      await checkSqlAgainstLog(pool, log);
      return { events, fold: events.reduce(evolve, initialSale()) };
    },
  };
}

interface CheckedLog {
  events: SaleEvent[];
  fold: FoldedSale;
}

async function drained(redis: Redis, partition: number): Promise<void> {
  await awaitThat('the outbox is empty', async () =>
    await redis.xlen(partitionKeys(partition).outbox) === 0, 60_000);
}
