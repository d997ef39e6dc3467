import { loadSql } from '../../shared/platform/pg.ts';
import type { PoolClient } from '../../shared/platform/pg.ts';

const LOCK_SHOW = loadSql(import.meta.url, '../sql/lock-show.sql');
const LOCK_CART = loadSql(import.meta.url, '../sql/lock-cart.sql');

export const CART_STATUSES = ['open', 'released', 'expired', 'ordered'] as const;
export type CartStatus = (typeof CART_STATUSES)[number];

export interface LockedCart {
  status: CartStatus;
  sellsVia: 'legacy' | 'onsale';
  /** past its time, by the clock after the wait for the lock; the status may still be `open` */
  lapsed: boolean;
}

/**
 * Locks a cart until the end of the transaction, and its show against a switch of the way it is sold.
 *
 * @param cartId a UUID
 * @returns undefined when the show has no such cart
 */
export async function lockCart(
  client: PoolClient,
  slug: string,
  cartId: string,
): Promise<LockedCart | undefined> {
  await client.query(LOCK_SHOW, [slug]);
  const { rows: [cart] } = await client.query<LockedCart>(LOCK_CART, [slug, cartId]);
  return cart;
}
