import { loadSql, withTransaction } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import { closeCarts } from './close-carts.ts';

const LOCK_LAPSED_CARTS = loadSql(import.meta.url, '../sql/lock-lapsed-carts.sql');

/** Carts closed in one transaction: keeps the locks on hot areas short. */
const CARTS_PER_CALL_MAX = 100;

/**
 * Gives the stock of carts past their time back, each cart once, however many processes do it at the same
 * moment.
 *
 * @param slug one show only; without it, all shows
 * @returns how many carts were closed, at most 100: call again until it is 0
 */
export async function giveBackLapsed(pool: Pool, { slug }: { slug?: string } = {}): Promise<number> {
  return withTransaction(pool, async (client) => {
    const parameters = [CARTS_PER_CALL_MAX, slug ?? null];
    const { rows } = await client.query<{ id: string }>(LOCK_LAPSED_CARTS, parameters);
    if (rows.length > 0) await closeCarts(client, rows.map((cart) => cart.id), 'expired');
    return rows.length;
  });
}
