import { Redis } from 'ioredis';

/**
 * Stands in for test/harness/open-test-stack.ts in the workers of the mutation test: a Redis database of the
 * worker's own Redis, and nothing else, since the scripts need nothing else. A test that asks for more fails
 * here and is run under tap instead.
 */
const DATABASES = 16;
let opened = 0;

/** Takes the next database, emptied; the tests of a worker run one after the other and need a few each. */
export async function openTestStack(): Promise<{ redisUrl: string; readonly env: never }> {
  opened += 1;
  const redisUrl = `${process.env['QUICK_REDIS_URL']}/${opened % DATABASES}`;
  const redis = new Redis(redisUrl);
  await redis.flushdb();
  redis.disconnect();
  return {
    redisUrl,
    get env(): never {
      throw new Error('This test needs more than Redis.');
    },
  };
}
