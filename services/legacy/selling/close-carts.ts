import { loadSql } from '../../shared/platform/pg.ts';
import type { PoolClient } from '../../shared/platform/pg.ts';

const LOCK_CART_AREAS = loadSql(import.meta.url, '../sql/lock-cart-areas.sql');
const CLOSE_CARTS = loadSql(import.meta.url, '../sql/close-carts.sql');

/**
 * Gives back what carts hold and closes them, in the caller's transaction. The caller has locked the carts
 * and seen that they are open: that is what makes it happen once.
 */
export async function closeCarts(
  client: PoolClient,
  cartIds: string[],
  status: 'released' | 'expired',
): Promise<void> {
  await lockCartAreas(client, cartIds);
  await client.query(CLOSE_CARTS, [cartIds, status]);
}

/** Locks the areas in which the carts hold something, by id, as `placeCart` does. */
export async function lockCartAreas(client: PoolClient, cartIds: string[]): Promise<void> {
  await client.query(LOCK_CART_AREAS, [cartIds]);
}
