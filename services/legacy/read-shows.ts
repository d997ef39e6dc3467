import { loadSql } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';

const READ_SHOWS = loadSql(import.meta.url, './sql/read-shows.sql');
const READ_AREAS = loadSql(import.meta.url, './sql/read-areas.sql');
const READ_PRICES = loadSql(import.meta.url, './sql/read-prices.sql');

/**
 * A show with its totals: tickets, and money of confirmed orders in minor units, with fees and taxes. That of
 * an area is the price of its tickets alone.
 */
export interface ShowTotals {
  showId: number;
  slug: string;
  name: string;
  venueName: string;
  startsAt: Date | null;
  currency: string;
  sellsVia: 'legacy' | 'onsale';
  state: 'draft' | 'open' | 'paused' | 'closed' | 'recovering';
  capacity: number;
  held: number;
  sold: number;
  blocked: number;
  orders: number;
  revenueMinor: number;
}

export interface AreaTotals {
  areaId: string;
  name: string;
  kind: 'seated' | 'general';
  /** of a general area; seats have their own */
  categoryName: string | null;
  capacity: number;
  held: number;
  sold: number;
  blocked: number;
  revenueMinor: number;
}

export interface PriceEntry {
  categoryName: string;
  ticketType: string;
  priceMinor: number;
}

/** One page of the calendar, by start, shows without a date last. */
export async function readShows(
  pool: Pool,
  { countMax, offset }: { countMax: number; offset: number },
): Promise<ShowTotals[]> {
  const { rows } = await pool.query<ShowTotals>(READ_SHOWS, [null, countMax, offset]);
  return rows;
}

/** One show with its areas and prices in the order of the venue; undefined when there is no such show. */
export async function readShow(
  pool: Pool,
  slug: string,
): Promise<(ShowTotals & { areas: AreaTotals[]; prices: PriceEntry[] }) | undefined> {
  const { rows: [show] } = await pool.query<ShowTotals>(READ_SHOWS, [slug, 1, 0]);
  if (show === undefined) return undefined;
  const [areas, prices] = await Promise.all([
    pool.query<AreaTotals>(READ_AREAS, [show.showId, slug]),
    pool.query<PriceEntry>(READ_PRICES, [show.showId]),
  ]);
  return { ...show, areas: areas.rows, prices: prices.rows };
}
