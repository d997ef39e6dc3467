import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { partitionKeys } from '../../shared/contracts/keys.ts';
import { partitionOf } from '../../shared/contracts/partition-of.ts';
import { redisNowMs } from '../../shared/hot-state/redis-now-ms.ts';
import type { Log } from '../../shared/platform/log.ts';
import type { RelayScripts } from '../relay-scripts.ts';
import type { SaleLog } from './sale-log.ts';

export interface ReopenParts {
  redis: Redis;
  scripts: RelayScripts;
  saleLog: SaleLog;
  relays: readonly unknown[];
  partitionOfSale: ReadonlyMap<string, number>;
  aliveAtMs(partition: number): number;
  log: Log;
}

/**
 * Opens a partition again that has lost its generation. First every sale that the log knows in it is
 * suspended, and the places of sales pinned elsewhere are written down again, so that nobody ever sees an
 * empty Redis as one without sales; only then the partition gets a new generation. Repeatable.
 *
 * @returns the generation that holds, which is another one when somebody else was first
 * @throws what Redis throws, and an Error when the partition has a generation already
 */
export async function reopenPartition(parts: ReopenParts, partition: number): Promise<string> {
  const { redis, scripts, relays, partitionOfSale, log } = parts;
  const sinceMs = await stoppedAtMs(parts, partition);
  const sales = [...partitionOfSale].filter(([, where]) => where === partition).map(([saleId]) => saleId);
  for (const saleId of sales) {
    await scripts.suspend(partition, '', { saleId, reason: 'state_missing', sinceMs });
  }
  const { pins } = partitionKeys(partition);
  for (const [saleId, where] of partitionOfSale) {
    const isPinned = where !== partition && partitionOf(saleId, relays.length) === partition;
    if (isPinned) await redis.hset(pins, saleId, where);
  }
  const generation = await scripts.renewGeneration(partition, randomBytes(12).toString('base64url'));
  log.warn({ partition, sales: sales.length }, 'the partition had lost its generation and has a new one');
  return generation;
}

/** The last sign of life, by Redis' clock. */
async function stoppedAtMs(
  { redis, saleLog, aliveAtMs }: ReopenParts,
  partition: number,
): Promise<number> {
  const nowMs = await redisNowMs(redis);
  const aliveMs = aliveAtMs(partition) || (await saleLog.lastEventAtMs(partition) ?? Date.now());
  return nowMs - Math.max(0, Date.now() - aliveMs);
}
