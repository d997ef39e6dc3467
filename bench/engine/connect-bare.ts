import { Redis } from 'ioredis';
import type { LabRedis } from '../open-lab.ts';

/** A connection that is not made anew: when the lab stops its Redis, what is under way fails at once. */
export function connectBare({ url }: LabRedis): Redis {
  const redis = new Redis(url, { retryStrategy: () => null });
  // The commands that fail say so themselves; without a listener the client would print it as well.
  redis.on('error', () => undefined);
  return redis;
}
