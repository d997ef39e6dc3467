import type { Log } from '../shared/platform/log.ts';
import { loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';
import { repeat } from '../shared/platform/repeat.ts';
import type { Repeating } from '../shared/platform/repeat.ts';

const sql = {
  selectOld: loadSql(import.meta.url, './sql/select-old-sales.sql'),
  selectUnremoved: loadSql(import.meta.url, './sql/select-unremoved-sales.sql'),
  markRemoved: loadSql(import.meta.url, './sql/mark-removed.sql'),
  lockVersions: loadSql(import.meta.url, './projections/sql/lock-versions.sql'),
  selectUnfinished: loadSql(import.meta.url, './sql/select-unfinished-projections.sql'),
  deleteEvents: loadSql(import.meta.url, './sql/delete-old-events.sql'),
};

/** Few enough that nobody waits for the rows' locks or the log of the server. */
const EVENTS_PER_DELETE = 5_000;
const SALES_PER_LOOK = 100;
const LOOK_MS = 3_600_000;
/**
 * What stays of a sale beside its last event: what an archived sale is put back into an empty Redis from
 * (services/relay/recovery). None of it is about a buyer, or grows with what was sold.
 */
export const KEPT_TYPES = ['sale.defined', 'price.changed', 'capacity.changed'];

export interface RetentionParts {
  /** of the event store */
  events: Pool;
  /** of the projections' database */
  legacy: Pool;
  retentionDays: number;
  log: Log;
}

/** Removes what is old while the projector runs; nothing with `retentionDays` 0. */
export function createRetention(parts: RetentionParts): Repeating {
  const { retentionDays, log } = parts;
  return repeat(LOOK_MS, async (signal) => {
    if (retentionDays > 0) await removeOldSales(parts, signal);
  }, (err) => log.warn({ err }, 'the events of old sales cannot be removed yet'));
}

/**
 * Removes the events of sales that were archived more than `retentionDays` days ago, sale by sale, in
 * batches. The head says so first: from then on nobody takes the rest for the whole. Whoever is killed in the
 * middle leaves that mark, and the next one goes on. Any number of processes may do it. A sale of which a
 * projection still needs an event keeps them all. Throws when PostgreSQL does not answer.
 *
 * @returns the sales of which the last old event was removed by this call
 */
export async function removeOldSales(
  { events, legacy, retentionDays, log }: RetentionParts, signal: AbortSignal,
): Promise<string[]> {
  const old = await events.query<{ saleId: string; seq: number }>(
    sql.selectOld, [retentionDays, SALES_PER_LOOK],
  );
  for (const { saleId, seq } of old.rows) {
    // Under the lock that a replay takes: it is done before and seen here, or behind the mark and refused.
    await withTransaction(legacy, async (client) => {
      await client.query(sql.lockVersions);
      const { rowCount } = await client.query(sql.selectUnfinished, [saleId, seq]);
      if (rowCount === 0) await events.query(sql.markRemoved, [saleId, seq]);
    });
  }
  const removed: string[] = [];
  const marked = await events.query<{ saleId: string; seq: number }>(sql.selectUnremoved, [KEPT_TYPES]);
  for (const { saleId, seq } of marked.rows) {
    let deleted = EVENTS_PER_DELETE;
    while (deleted === EVENTS_PER_DELETE && !signal.aborted) {
      const { rowCount } = await events.query(
        sql.deleteEvents, [saleId, seq, KEPT_TYPES, EVENTS_PER_DELETE],
      );
      deleted = rowCount ?? 0;
    }
    if (signal.aborted) return removed;
    removed.push(saleId);
    log.info({ saleId, seq }, 'the events of an archived sale are removed');
  }
  return removed;
}
