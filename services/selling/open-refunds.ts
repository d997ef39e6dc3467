import type { Redis } from 'ioredis';

/** Orders read at once: some hundred kilobytes. */
const ORDERS_PER_LOOK = 500;
/** In the money of an order's record (contracts/order-record.ts): requested, and without an end yet. */
const OPEN_REFUND = /[\t ]r=[^= ]+=[^= ]+=\d+=r(?= |$)/g;

/**
 * How many refunds of a sale have been asked for and have not ended. Redis looks through the orders part by
 * part, so that nobody waits for it; what is asked for meanwhile may be missed.
 *
 * @param key of the sale's orders
 */
export async function countOpenRefunds(redis: Redis, key: string): Promise<number> {
  let count = 0;
  for (let cursor = '', isFirst = true; isFirst || cursor !== '0'; isFirst = false) {
    const [next, entries] = await redis.hscan(key, isFirst ? '0' : cursor, 'COUNT', ORDERS_PER_LOOK);
    cursor = next;
    for (let i = 1; i < entries.length; i += 2) count += entries[i]?.match(OPEN_REFUND)?.length ?? 0;
  }
  return count;
}
