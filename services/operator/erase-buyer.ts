import type { Actor } from '../shared/projections/projection-acts.ts';
import { loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';
import { tellAct } from '../shared/stream-outbox/tell-act.ts';

const sql = {
  lockKeys: loadSql(import.meta.url, './sql/lock-keys.sql'),
  eraseKeys: loadSql(import.meta.url, './sql/erase-keys.sql'),
  eraseRows: loadSql(import.meta.url, './sql/erase-rows.sql'),
};

/** The stream of what is erased, by whom and why; it says nothing about the buyer but the opaque id. */
const ERASURES_STREAM = 'operator-erasures';

/** What was erased. */
export interface Erased {
  /** keys of contacts in the log: without them nobody can open these, in no copy of the log */
  keys: number;
  /** of the buyer, in the legacy tables: those stay, without name and e-mail */
  orders: number;
  customers: number;
  tickets: number;
  /** PDFs */
  documents: number;
}

/**
 * Erases name and e-mail of a buyer for good: the keys of all contacts in the log, and what stands in the
 * rows of the legacy application. The log stays as it is, and can be verified as before. It can be
 * repeated, and has to be for an order that was not projected yet.
 *
 * @param pool of the legacy database; throws when it does not answer
 */
export function eraseBuyer(pool: Pool, buyerId: string, doer: Actor): Promise<Erased> {
  return withTransaction(pool, async (client) => {
    await client.query('SET LOCAL lock_timeout = \'10s\'');
    await client.query(sql.lockKeys);
    const { rowCount } = await client.query(sql.eraseKeys, [buyerId]);
    const { rows: [rows] } = await client.query<Omit<Erased, 'keys'>>(sql.eraseRows, [buyerId]);
    if (rows === undefined) throw new Error('PostgreSQL gave no row of counts');
    const erased = { keys: rowCount ?? 0, ...rows };
    await tellAct(client, {
      service: 'operator', stream: ERASURES_STREAM, doer, what: `erase buyer ${buyerId}`, outcome: 'done',
      details: { ...erased },
    });
    return erased;
  });
}
