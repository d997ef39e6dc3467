import { loadSql, withTransaction } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import { areaFact, orderFact } from './stock-view.ts';
import type { Facts } from './stock-view.ts';

const sql = {
  position: loadSql(import.meta.url, '../sql/select-legacy-position.sql'),
  areas: loadSql(import.meta.url, '../sql/select-legacy-areas.sql'),
  seats: loadSql(import.meta.url, '../sql/select-legacy-seats.sql'),
  orders: loadSql(import.meta.url, '../sql/select-legacy-orders.sql'),
  snapshot: loadSql(import.meta.url, '../sql/begin-snapshot.sql'),
};

type AreaRow = Parameters<typeof areaFact>[0] & { code: string };
type OrderRow = Parameters<typeof orderFact>[0] & { number: string };

/**
 * The legacy rows of a sale and the seq they are at, as of one moment.
 *
 * @returns undefined when nothing of the sale was projected yet
 * @throws Error when PostgreSQL does not answer
 */
export async function readLegacyRows(
  pool: Pool, saleId: string,
): Promise<{ seq: number; facts: Facts } | undefined> {
  return withTransaction(pool, async (client) => {
    await client.query(sql.snapshot);
    const { rows: [position] } = await client.query<{ seq: number }>(sql.position, [saleId]);
    if (position === undefined) return undefined;
    const facts = new Map<string, string>();
    const areas = await client.query<AreaRow>(sql.areas, [saleId]);
    for (const row of areas.rows) facts.set(`area ${row.code}`, areaFact(row));
    const seats = await client.query<{ code: string; status: string }>(sql.seats, [saleId]);
    for (const { code, status } of seats.rows) facts.set(`seat ${code}`, status);
    const orders = await client.query<OrderRow>(sql.orders, [saleId]);
    for (const row of orders.rows) facts.set(`order ${row.number}`, orderFact(row));
    return { seq: position.seq, facts };
  });
}
