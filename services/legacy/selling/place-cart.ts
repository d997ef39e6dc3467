import { loadSql, withTransaction } from '../../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../../shared/platform/pg.ts';
import { CART_TICKETS_MAX, ticketsOf } from './cart-request.ts';
import type { CartItem } from './cart-request.ts';
import { chooseLines } from './choose-lines.ts';
import type { CartLine, ShowOnSale } from './choose-lines.ts';
import { giveBackLapsed } from './give-back-lapsed.ts';
import { refused } from './outcome.ts';
import type { Outcome, Refusal } from './outcome.ts';

/**
 * The row-locking way of selling: one transaction per cart, `SELECT … FOR UPDATE` on every area that it
 * needs.
 *
 * Guarantees: all items or none; no seat in two carts and no area past its capacity, under any number of
 * connections; no deadlock between carts, since everybody locks show, cart, areas (by id), seats in this
 * order; nothing is sold here after the show's switch to onsale has committed. Does not guarantee speed:
 * carts of one area wait in line. Called by the HTTP routes and by the benchmark's baseline.
 */

// Named, so that a connection plans each once: a third to a half more carts per second than planning always
// (PostgreSQL 18.4 on two busy cores, November 2026).
const LOCK_SHOW = { name: 'lock-show', text: loadSql(import.meta.url, '../sql/lock-show.sql') };
const READ_SHOW = { name: 'read-show', text: loadSql(import.meta.url, '../sql/read-show-on-sale.sql') };
const INSERT_CART = { name: 'insert-cart', text: loadSql(import.meta.url, '../sql/insert-cart.sql') };

export interface CartOrder {
  slug: string;
  /** who buys, as the caller names them; printable, at most 128 characters */
  buyerRef: string;
  items: CartItem[];
  /** life of the cart */
  holdMs: number;
}

interface NewCart {
  cartId: string;
  expiresAt: Date;
}

export interface PlacedCart extends NewCart {
  lines: CartLine[];
  currency: string;
  totalMinor: number;
}

/**
 * Claims seats and counts for a while.
 *
 * @returns the cart, or the refusal: show_unknown, show_sold_elsewhere, sale_not_open, sale_paused,
 *   sale_closed, recovering, buyer_limit (tickets per cart) and those of `chooseLines`; a refusal leaves no
 *   trace
 * @throws when the database is away, or a lock was not had within the pool's statement limit; nothing was
 *   claimed then
 */
export async function placeCart(pool: Pool, order: CartOrder): Promise<Outcome<PlacedCart>> {
  const tickets = order.items.reduce((sum, item) => sum + ticketsOf(item), 0);
  if (tickets > CART_TICKETS_MAX) return refused('buyer_limit', { limit: CART_TICKETS_MAX });
  const first = await withTransaction(pool, (client) => claim(client, order));
  if (first.ok || !isShortOfStock(first)) return first;
  // Only who would go away empty-handed pays for tidying up: carts past their time may hold what is wanted.
  if (await giveBackLapsed(pool, { slug: order.slug }) === 0) return first;
  return withTransaction(pool, (client) => claim(client, order));
}

async function claim(client: PoolClient, order: CartOrder): Promise<Outcome<PlacedCart>> {
  await client.query({ ...LOCK_SHOW, values: [order.slug] });
  const { rows: [show] } = await client.query<ShowOnSale>({ ...READ_SHOW, values: [order.slug] });
  if (show === undefined) return refused('show_unknown');
  if (show.sellsVia !== 'legacy') return refused('show_sold_elsewhere');
  if (show.state !== 'open') return refused(REASON_OF_STATE[show.state]);
  const chosen = await chooseLines(client, show, order.items);
  if (!chosen.ok) return chosen;
  const { lines } = chosen;
  const cart = await insertCart(client, show.showId, order, lines);
  const totalMinor = lines.reduce((sum, line) => sum + line.quantity * line.priceMinor, 0);
  return { ok: true, ...cart, lines, currency: show.currency, totalMinor };
}

const REASON_OF_STATE = {
  draft: 'sale_not_open',
  paused: 'sale_paused',
  closed: 'sale_closed',
  recovering: 'recovering',
} as const;

async function insertCart(
  client: PoolClient,
  showId: number,
  { buyerRef, holdMs }: CartOrder,
  lines: CartLine[],
): Promise<NewCart> {
  const values = [
    showId,
    buyerRef,
    holdMs,
    lines.map((line) => line.areaRowId),
    lines.map((line) => line.seat?.rowId ?? null),
    lines.map((line) => line.ticketType),
    lines.map((line) => line.quantity),
    lines.map((line) => line.priceMinor),
  ];
  const { rows: [cart] } = await client.query<NewCart>({ ...INSERT_CART, values });
  if (cart === undefined) throw new Error('insert-cart.sql returned no cart');
  return cart;
}

function isShortOfStock({ reason }: Refusal): boolean {
  return reason === 'sold_out' || reason === 'seats_taken' || reason === 'no_adjacent_seats';
}
