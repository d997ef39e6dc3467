/** A legacy database of the test's own with two small shows, and the questions that every test of it asks. */
import { pino } from 'pino';
import { seed } from '../../../services/legacy/seed.ts';
import type { SeedShow } from '../../../services/legacy/seed-shows.ts';
import { SEED_SHOWS } from '../../../services/legacy/seed-shows.ts';
import { placeCart } from '../../../services/legacy/selling/place-cart.ts';
import type { CartItem } from '../../../services/legacy/selling/cart-request.ts';
import type { PlacedCart } from '../../../services/legacy/selling/place-cart.ts';
import { connectPg, loadSql } from '../../../services/shared/platform/pg.ts';
import type { Pool } from '../../../services/shared/platform/pg.ts';
import type { Teardown } from '../../harness/teardown.ts';
import { openTestStack } from '../../stack.ts';

const FIND_STOCK_FAULTS = loadSql(import.meta.url, './find-stock-faults.sql');
const TAKE_SNAPSHOT = loadSql(import.meta.url, './take-snapshot.sql');

/** Standing: 100 on the floor, 5 in the gallery. */
export const CLUB: SeedShow = {
  slug: 'club',
  name: 'Club Night',
  venue: 'Club',
  daysAhead: 10,
  startsAtTime: '22:00',
  currency: 'EUR',
  prices: { Standing: { adult: 2000, child: 900 }, Gallery: { adult: 3500 } },
  standing: [
    { areaId: 'floor', name: 'Floor', capacity: 100, category: 'Standing' },
    { areaId: 'gallery', name: 'Gallery', capacity: 5, category: 'Gallery' },
  ],
};

export interface Legacy {
  pool: Pool;
  env: Record<string, string>;
  /** Places a cart that must succeed. */
  place(slug: string, items: CartItem[], holdMs?: number): Promise<PlacedCart>;
  /** Sets a cart's time to the past, as if it had waited. */
  lapse(cartId: string): Promise<void>;
  /** held and sold by area */
  stock(slug: string): Promise<Record<string, { held: number; sold: number }>>;
  /** Whatever contradicts itself in the tables: counters, seats, carts, order lines, tickets. */
  faults(): Promise<string[]>;
  /** All rows that selling may change, to see that nothing has changed. */
  snapshot(): Promise<string>;
}

/** `club` and the seeded `hamlet` (786 seats) unless other shows are given. */
export async function openLegacy(
  t: Teardown,
  shows: SeedShow[] = [CLUB, ...SEED_SHOWS.filter(({ slug }) => slug === 'hamlet')],
): Promise<Legacy> {
  const { databaseUrl, env } = await openTestStack(t);
  // The attacks queue for connections, on a machine that may be busy with other tests.
  const patience = { poolMax: 20, connectMs: 60_000 };
  const pool = connectPg(databaseUrl, { name: 'test', log: pino({ enabled: false }), ...patience });
  t.teardown(() => pool.end());
  await seed(pool, shows);
  return {
    pool,
    env,
    place: async (slug, items, holdMs = 600_000) => {
      const cart = await placeCart(pool, { slug, buyerRef: 'buyer', items, holdMs });
      if (!cart.ok) throw new Error(`refused: ${JSON.stringify(cart)}`);
      return cart;
    },
    lapse: async (cartId) => {
      await pool.query(`UPDATE carts SET expires_at = now() - interval '1 second' WHERE id = $1`, [cartId]);
    },
    stock: async (slug) => {
      const { rows } = await pool.query<{ code: string; held: number; sold: number }>(
        'SELECT code, held, sold FROM areas WHERE show_id = (SELECT id FROM shows WHERE slug = $1)', [slug]);
      return Object.fromEntries(rows.map(({ code, held, sold }) => [code, { held, sold }]));
    },
    faults: async () => {
      const { rows } = await pool.query<{ fault: string }>(FIND_STOCK_FAULTS);
      return rows.map(({ fault }) => fault);
    },
    snapshot: async () => {
      const { rows } = await pool.query<{ snapshot: string }>(TAKE_SNAPSHOT);
      return rows[0]?.snapshot ?? '';
    },
  };
}
