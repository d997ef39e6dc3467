import { loadSql } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';
import type { Order } from './read-order.ts';

const LIST_ORDERS = loadSql(import.meta.url, './sql/list-orders.sql');
const SEARCH_ORDERS = loadSql(import.meta.url, './sql/search-orders.sql');

/**
 * Counting stops here: the page says "more than", and a search never reads a whole year of orders to say how
 * many.
 */
export const ORDERS_COUNTED_MAX = 10_000;
const SEARCH_WORDS_MAX = 8;
const WORDS = /[\p{L}\p{M}\p{N}]+/gu;

export interface OrderQuery {
  /**
   * beginning of an order's number, a ticket's number, or beginnings of words of the customer's name or
   * e-mail
   */
  search?: string;
  /** only this show */
  slug?: string;
  /** only orders older than this one: `rowId` of the last order of the page before */
  beforeRowId?: number;
  countMax: number;
}

type Details = 'tickets' | 'lines' | 'payments' | 'startsAt' | 'venueName';

export interface OrderSummary extends Omit<Order, Details> {
  rowId: number;
  tickets: number;
}

export interface OrderPage {
  orders: OrderSummary[];
  /** of all that match, not of this page; `ORDERS_COUNTED_MAX` + 1 means more than that */
  countUpToMax: number;
  /** whether there are older ones */
  more: boolean;
}

type OrderRow = OrderSummary & { countUpToMax: number };

/** One page of orders, newest first. A search that holds no letter or digit finds nothing. */
export async function listOrders(pool: Pool, query: OrderQuery): Promise<OrderPage> {
  const { search, slug, beforeRowId, countMax } = query;
  const parameters = [slug ?? null, beforeRowId ?? null, countMax + 1, ORDERS_COUNTED_MAX + 1];
  const { rows } = search === undefined
    ? await pool.query<OrderRow>(LIST_ORDERS, parameters)
    : await pool.query<OrderRow>(SEARCH_ORDERS, [...parameters, ...searchParameters(search)]);
  const countUpToMax = rows[0]?.countUpToMax ?? 0;
  return { orders: rows.slice(0, countMax), countUpToMax, more: rows.length > countMax };
}

/**
 * The legacy application's own numbers are in capitals, and read out on the phone: both spellings are looked
 * up.
 */
function searchParameters(search: string): (string | null)[] {
  const prefix = search.replace(/[\\%_]/g, '\\$&');
  const words = (search.normalize().toLowerCase().match(WORDS) ?? []).slice(0, SEARCH_WORDS_MAX);
  const found = words.length === 0 ? null : words.map((word) => `'${word}':*`).join(' & ');
  return [`${prefix}%`, `${prefix.toUpperCase()}%`, search, found];
}
