import { loadSql } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';

/**
 * What the CMS knows of sales beside the legacy tables: the read models that the projector keeps. They know
 * only what came over the bus.
 */
const READ_CATEGORY_SALES = loadSql(import.meta.url, './sql/read-category-sales.sql');
const READ_SALES_PER_MINUTE = loadSql(import.meta.url, './sql/read-sales-per-minute.sql');
const READ_BUYER_ORDERS = loadSql(import.meta.url, './sql/read-buyer-orders.sql');

/** An hour of a sale that is busy all the time. */
const MINUTES_MAX = 60;
const BUYER_ORDERS_MAX = 20;

/** Money in minor units; `revenueMinor` is that of the tickets alone, `feesMinor` what they were charged. */
export interface CategorySales {
  categoryName: string;
  tickets: number;
  revenueMinor: number;
  feesMinor: number;
}

export interface MinuteSales {
  minute: Date;
  orders: number;
  tickets: number;
  revenueMinor: number;
}

export interface BuyerOrder {
  number: string;
  showSlug: string;
  showName: string;
  tickets: number;
  totalMinor: number;
  currency: string;
  confirmedAt: Date;
}

/** By category, in the order of the price list; nothing where nothing came over the bus. */
export async function readCategorySales(pool: Pool, showId: number, slug: string): Promise<CategorySales[]> {
  return (await pool.query<CategorySales>(READ_CATEGORY_SALES, [showId, slug])).rows;
}

/** The last minutes in which something was sold, the oldest first. */
export async function readSalesPerMinute(pool: Pool, slug: string): Promise<MinuteSales[]> {
  const { rows } = await pool.query<MinuteSales>(READ_SALES_PER_MINUTE, [slug, MINUTES_MAX]);
  return rows.toReversed();
}

/** What the buyer of an order has ordered beside it, in all shows, the newest first. */
export async function readBuyerOrders(
  pool: Pool, { showSlug, number }: { showSlug: string; number: string },
): Promise<BuyerOrder[]> {
  return (await pool.query<BuyerOrder>(READ_BUYER_ORDERS, [showSlug, number, BUYER_ORDERS_MAX])).rows;
}
