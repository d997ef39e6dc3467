import type { Redis } from 'ioredis';

/** The time by Redis' clock, which is the one that scripts go by; ms. */
export async function redisNowMs(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}
