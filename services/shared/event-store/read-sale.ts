import { linkKey, linksOf } from '../contracts/event-links.ts';
import type { BusEvent } from '../contracts/bus-record.ts';
import { loadSql } from '../platform/pg.ts';
import type { Pool } from '../platform/pg.ts';
import { BATCH_COUNT, toStoredEvent } from './stored-event.ts';
import type { EventRow, ReadOptions, StoredEvent } from './stored-event.ts';

/**
 * Events of one stream: a sale's, or all that are linked by an order, a hold, a buyer or a seat. Each
 * batch is a query of its own: what is appended meanwhile is read, and nothing is skipped or told twice.
 * Throws when PostgreSQL does not answer.
 */
const sql = {
  forwards: loadSql(import.meta.url, './sql/select-sale-events.sql'),
  backwards: loadSql(import.meta.url, './sql/select-sale-events-backwards.sql'),
  linked: loadSql(import.meta.url, './sql/select-linked-events.sql'),
  linkedEverywhere: loadSql(import.meta.url, './sql/select-linked-events-everywhere.sql'),
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

/**
 * The events that have a link (contracts/event-links.ts), by sale and within a sale by seq.
 *
 * @param options.saleId only of this sale; links of holds, orders and seats are found faster with it
 */
export async function* readLinked(
  pool: Pool, link: string,
  options: Pick<ReadOptions, 'batchCountMax' | 'isUpcast'> & { saleId?: string } = {},
): AsyncGenerator<StoredEvent[]> {
  const { batchCountMax = BATCH_COUNT, isUpcast = false, saleId } = options;
  const key = linkKey(link);
  let [afterSale, afterSeq] = ['', 0];
  for (let rowCount = batchCountMax; rowCount === batchCountMax;) {
    const place = [afterSale, afterSeq, batchCountMax];
    const { rows } = await (saleId === undefined
      ? pool.query<EventRow>(sql.linkedEverywhere, [key, ...place])
      : pool.query<EventRow>(sql.linked, [key, saleId, ...place]));
    rowCount = rows.length;
    const last = rows.at(-1);
    if (last !== undefined) [afterSale, afterSeq] = [last.sale_id, last.seq];
    // Another link can have the same key; and an event is meant as it was written.
    const meant = rows.filter(({ body }) => linksOf(JSON.parse(body) as BusEvent).includes(link));
    if (meant.length > 0) yield meant.map((row) => toStoredEvent(row, row.position ?? null, isUpcast));
  }
}
