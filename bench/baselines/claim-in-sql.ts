import { placeCart } from '../../services/legacy/selling/place-cart.ts';
import { loadSql, withTransaction } from '../../services/shared/platform/pg.ts';
import type { Pool, PoolClient } from '../../services/shared/platform/pg.ts';

/**
 * The three ways of claiming tickets in PostgreSQL that ours is compared with, each as one would write it
 * for production: correct under any number of connections, prepared statements, few round trips, an index
 * for every look-up. They do the work of a hold (stock, limit per buyer, hold with its expiry,
 * Idempotency-Key) and no more: no event, no log. The legacy way is the legacy application's own code.
 */
export interface Claim {
  saleId: string;
  buyerId: string;
  key: string;
  areaId: string;
  quantity: number;
}

export type Claimed =
  | { ok: true; holdId: string; priceMinor: number; expiresAt: Date }
  | { ok: false };

export type ClaimInSql = (pool: Pool, claim: Claim) => Promise<Claimed>;

export const HOLD_MS = 600_000;
const BUYER_LIMIT = 8;

const TAKE_PLACES = { name: 'take-places', text: loadSql(import.meta.url, './take-places.sql') };
const LOCK_SALE = { name: 'lock-sale', text: loadSql(import.meta.url, './lock-sale.sql') };
const TAKE_COUNT = { name: 'take-count', text: loadSql(import.meta.url, './take-count.sql') };

/** By the name of the baseline. */
export const CLAIMS_IN_SQL: Record<string, ClaimInSql> = {
  legacyForUpdate: async (pool, { saleId, buyerId, areaId, quantity }) => {
    const items = [{ areaId, quantity }];
    const cart = await placeCart(pool, { slug: saleId, buyerRef: buyerId, items, holdMs: HOLD_MS });
    if (!cart.ok) return { ok: false };
    const { cartId: holdId, expiresAt, lines } = cart;
    return { ok: true, holdId, expiresAt, priceMinor: lines[0]?.priceMinor ?? 0 };
  },
  skipLocked: (pool, claim) => inTransaction(pool, (client) => take(client, TAKE_PLACES, claim)),
  advisoryLock: (pool, claim) => inTransaction(pool, async (client) => {
    await client.query({ ...LOCK_SALE, values: [claim.saleId] });
    return take(client, TAKE_COUNT, claim);
  }),
};

interface TakenRow {
  holdId: string;
  expiresAt: Date;
  taken: number;
  priceMinor: number;
}

class Refused extends Error {}

/** A refusal must leave no trace: it is thrown, so that the transaction is rolled back. */
async function inTransaction(pool: Pool, work: (client: PoolClient) => Promise<Claimed>): Promise<Claimed> {
  try {
    return await withTransaction(pool, work);
  } catch (error) {
    if (error instanceof Refused) return { ok: false };
    throw error;
  }
}

async function take(
  client: PoolClient,
  statement: { name: string; text: string },
  { saleId, buyerId, key, areaId, quantity }: Claim,
): Promise<Claimed> {
  const values = [saleId, buyerId, key, areaId, quantity, HOLD_MS, BUYER_LIMIT];
  const { rows: [row] } = await client.query<TakenRow>({ ...statement, values });
  if (row === undefined || row.taken < quantity) throw new Refused();
  return { ok: true, holdId: row.holdId, priceMinor: row.priceMinor, expiresAt: row.expiresAt };
}
