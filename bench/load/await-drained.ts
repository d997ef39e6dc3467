import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { partitionKeys } from '../../services/shared/contracts/keys.ts';

const DRAIN_MS_MAX = 120_000;
const LOOK_MS = 10;

/** Waits until the log has accepted all that is in the outboxes; throws when that takes too long. */
export async function awaitDrained(redis: Redis, partitions: number): Promise<void> {
  const deadlineAtMs = performance.now() + DRAIN_MS_MAX;
  const keys = Array.from({ length: partitions }, (_, p) => partitionKeys(p).outbox);
  let waiting = keys;
  while (waiting.length > 0) {
    const lengths = await Promise.all(waiting.map((key) => redis.xlen(key)));
    waiting = waiting.filter((_, i) => lengths[i] !== 0);
    if (performance.now() > deadlineAtMs) throw new Error('the outboxes do not drain: is there a relay?');
    if (waiting.length > 0) await sleep(LOOK_MS);
  }
}
