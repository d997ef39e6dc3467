import { randomBytes } from 'node:crypto';
import { assertNever } from '../../shared/contracts/assert-never.ts';
import { loadSql, withTransaction } from '../../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../../shared/platform/pg.ts';
import { readOrder } from '../read-order.ts';
import type { Order } from '../read-order.ts';
import type { CheckoutRequest } from './cart-request.ts';
import { closeCarts, lockCartAreas } from './close-carts.ts';
import { lockCart } from './lock-cart.ts';
import { refused } from './outcome.ts';
import type { Outcome } from './outcome.ts';

const INSERT_ORDER = loadSql(import.meta.url, '../sql/insert-order.sql');
const READ_ORDER_NUMBER = loadSql(import.meta.url, '../sql/read-order-number.sql');

export interface Checkout extends CheckoutRequest {
  slug: string;
  /** a UUID */
  cartId: string;
}

/**
 * Makes the order of a cart: customer, order, lines, tickets, payment, and the seats sold, in one
 * transaction. A card has been charged at the terminal before this is called; an invoice stays open. One cart
 * makes one order: a repeat gets that order again, whatever contact it brings, with `repeated` true.
 *
 * @returns the order, or the refusal: cart_unknown, cart_expired, cart_released, show_sold_elsewhere
 */
export async function checkOutCart(
  pool: Pool,
  checkout: Checkout,
): Promise<Outcome<{ order: Order; repeated: boolean }>> {
  const done = await withTransaction(pool, (client) => makeOrder(client, checkout));
  if (!done.ok) return done;
  const order = await readOrder(pool, done.number);
  if (order === undefined) throw new Error(`order ${done.number} is gone right after it was made`);
  return { ok: true, order, repeated: done.repeated };
}

async function makeOrder(
  client: PoolClient,
  { slug, cartId, contact, paymentMethod }: Checkout,
): Promise<Outcome<{ number: string; repeated: boolean }>> {
  const cart = await lockCart(client, slug, cartId);
  if (cart === undefined) return refused('cart_unknown');
  switch (cart.status) {
    case 'ordered':
      return { ok: true, number: await orderNumberOf(client, cartId), repeated: true };
    case 'released':
      return refused('cart_released');
    case 'expired':
      return refused('cart_expired');
    case 'open':
      break;
    default:
      return assertNever(cart.status);
  }
  if (cart.sellsVia !== 'legacy') return refused('show_sold_elsewhere');
  if (cart.lapsed) {
    await closeCarts(client, [cartId], 'expired');
    return refused('cart_expired');
  }
  await lockCartAreas(client, [cartId]);
  const number = newOrderNumber();
  const paymentStatus = paymentMethod === 'card' ? 'paid' : 'open';
  const { name, email } = contact;
  await client.query(INSERT_ORDER, [cartId, number, name, email, paymentMethod, paymentStatus]);
  return { ok: true, number, repeated: false };
}

async function orderNumberOf(client: PoolClient, cartId: string): Promise<string> {
  const { rows: [order] } = await client.query<{ number: string }>(READ_ORDER_NUMBER, [cartId]);
  if (order === undefined) throw new Error(`cart ${cartId} is ordered but has no order`);
  return order.number;
}

/**
 * L- and 12 letters or digits that nobody confuses on the phone: 60 random bits, so it can be neither guessed
 * nor met twice.
 */
function newOrderNumber(): string {
  const letters = [...randomBytes(12)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return `L-${letters.slice(0, 4)}-${letters.slice(4, 8)}-${letters.slice(8)}`;
}

/** Crockford's base 32: no I, L, O, U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
