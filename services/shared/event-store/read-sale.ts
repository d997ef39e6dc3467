import { loadSql } from '../platform/pg.ts';
import type { Pool } from '../platform/pg.ts';
import { BATCH_COUNT, toStoredEvent } from './stored-event.ts';
import type { EventRow, ReadOptions, StoredEvent } from './stored-event.ts';

/**
 * Events of one stream: a sale's, or another. Each batch is a query of its own: what is appended meanwhile is
 * read, and nothing is skipped or told twice. Throws when PostgreSQL does not answer.
 */
const sql = {
  forwards: loadSql(import.meta.url, './sql/select-sale-events.sql'),
  backwards: loadSql(import.meta.url, './sql/select-sale-events-backwards.sql'),
  selectHead: loadSql(import.meta.url, './sql/select-head.sql'),
};

const SEQ_MAX = Number.MAX_SAFE_INTEGER;

/** What the event store says of a sale as a whole. */
export interface SaleHead {
  seq: number;
  id: string;
  /** undefined: its last events are not chained yet */
  digest: Buffer | undefined;
  /** since when its events are gone (retention) */
  removedAt: Date | undefined;
}

/** The head of a sale; undefined when the event store does not know it. */
export async function readHead(pool: Pool, saleId: string): Promise<SaleHead | undefined> {
  type Row = { seq: number; id: string; digest: Buffer | null; chained_seq: number; removed_at: Date | null };
  const { rows: [row] } = await pool.query<Row>(sql.selectHead, [saleId]);
  if (row === undefined) return undefined;
  const digest = row.chained_seq < row.seq ? undefined : row.digest ?? undefined;
  return { seq: row.seq, id: row.id, digest, removedAt: row.removed_at ?? undefined };
}

/**
 * The events of a sale by seq, batch by batch.
 *
 * @param saleId or the key of another stream
 * @param options.after forwards: only behind this seq
 * @param options.through no seq above this one
 */
export async function* readSale(
  pool: Pool, saleId: string, options: ReadOptions & { after?: number; through?: number } = {},
): AsyncGenerator<StoredEvent[]> {
  const { isBackwards = false, batchCountMax = BATCH_COUNT, isUpcast = false } = options;
  const { types = null, fromTime = null, toTime = null } = options;
  let [after, through] = [options.after ?? 0, options.through ?? SEQ_MAX];
  for (let rowCount = batchCountMax; rowCount === batchCountMax;) {
    const { rows } = await pool.query<EventRow>({
      name: isBackwards ? 'sale-events-backwards' : 'sale-events',
      text: isBackwards ? sql.backwards : sql.forwards,
      values: [saleId, after, through, types, fromTime, toTime, batchCountMax],
    });
    rowCount = rows.length;
    const last = rows.at(-1)?.seq ?? 0;
    if (isBackwards) through = last - 1;
    else after = last;
    if (rowCount > 0) yield rows.map((row) => toStoredEvent(row, row.position ?? null, isUpcast));
  }
}
