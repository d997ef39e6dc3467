import { loadSql } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import type { CartStatus } from './lock-cart.ts';

const READ_CART = loadSql(import.meta.url, '../sql/read-cart.sql');

export interface Cart {
  cartId: string;
  status: CartStatus;
  currency: string;
  expiresAt: Date;
  /** once ordered */
  orderNumber: string | null;
  /** empty once the cart is closed */
  items: CartEntry[];
}

interface CartEntry {
  areaId: string;
  seatId: string | null;
  seatLabel: string | null;
  ticketType: string;
  quantity: number;
  priceMinor: number;
}

/** A cart with its present truth, or undefined when the show has no such cart. `cartId` is a UUID. */
export async function readCart(pool: Pool, slug: string, cartId: string): Promise<Cart | undefined> {
  const { rows: [cart] } = await pool.query<Cart>(READ_CART, [slug, cartId]);
  return cart;
}
