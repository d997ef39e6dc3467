import type { BusEvent } from '../contracts/bus-record.ts';
import { linkKeysOf } from '../contracts/event-links.ts';
import { loadSql, withTransaction } from '../platform/pg.ts';
import type { Pool, PoolClient } from '../platform/pg.ts';
import { timesOf } from './append-chunk.ts';
import { digestAfter, NO_DIGEST } from './event-digest.ts';

const sql = {
  lockHead: loadSql(import.meta.url, './sql/lock-head.sql'),
  selectEvents: loadSql(import.meta.url, './sql/select-unchained-events.sql'),
  chainEvents: loadSql(import.meta.url, './sql/chain-events.sql'),
  moveChained: loadSql(import.meta.url, './sql/move-chained.sql'),
  selectSales: loadSql(import.meta.url, './sql/select-unchained-sales.sql'),
};

/** Of one transaction. */
export const CHAINED_MAX = 2_000;
/** Looked at to find the sales that need it. */
const LOOKED_AT_MAX = 10_000;

interface HeadRow {
  seq: number;
  chained_seq: number;
  digest: Buffer | null;
}

interface EventRow {
  seq: number;
  id: string;
  type: string;
  time_us: string;
  body: string;
}

/**
 * Completes what a projector of the version before has stored: digests, chunks and links, in order of the
 * sale's events. May be called by anybody at any time, and repeated: the head's row lets one work at a time,
 * and says how far the chain is. A new event is only appended to a sale whose chain is complete.
 *
 * @param signal ends it after the transaction under way, which chains `CHAINED_MAX` events at most
 * @returns false when there was nothing to do
 */
export async function chainSale(pool: Pool, saleId: string, signal?: AbortSignal): Promise<boolean> {
  let isChanged = false;
  const next = (): Promise<boolean> => withTransaction(pool, (client) => chainNext(client, saleId));
  while (signal?.aborted !== true && await next()) isChanged = true;
  return isChanged;
}

/** The same of some of the sales that need it; false when there was nothing to do. */
export async function chainSales(pool: Pool, signal?: AbortSignal): Promise<boolean> {
  const { rows } = await pool.query<{ sale_id: string }>(sql.selectSales, [LOOKED_AT_MAX]);
  let isChanged = false;
  for (const { sale_id: saleId } of rows) {
    isChanged = await chainSale(pool, saleId, signal) || isChanged;
  }
  return isChanged;
}

/**
 * Chains the next events of a sale in the caller's transaction, at most `CHAINED_MAX`.
 *
 * @returns false when nothing is left to do
 */
export async function chainNext(client: PoolClient, saleId: string): Promise<boolean> {
  const { rows: [head] } = await client.query<HeadRow>(sql.lockHead, [saleId]);
  if (head === undefined || head.chained_seq >= head.seq) return false;
  const { rows } = await client.query<EventRow>(sql.selectEvents, [saleId, head.chained_seq, CHAINED_MAX]);
  if (rows.length === 0) {
    // Events that the head tells of are not here: the verification says so, and the others are not held up.
    await client.query(sql.moveChained, [saleId, head.seq, null]);
    return false;
  }
  let digest: Uint8Array = head.digest ?? NO_DIGEST;
  const chained = rows.map(({ seq, id, type, time_us: timeUs, body }) => {
    digest = digestAfter(digest, { saleId, seq, id, type, timeUs, body });
    return { seq, timeUs, digest, event: JSON.parse(body) as BusEvent };
  });
  await client.query(sql.chainEvents, [
    saleId, chained.map(({ seq }) => seq), Buffer.concat(chained.map((one) => one.digest)),
    chained.map(({ event }) => `{${linkKeysOf(event)}}`).join('\n'), ...timesOf(chained),
    [...new Set(rows.map(({ type }) => type))],
  ]);
  await client.query(sql.moveChained, [saleId, chained.at(-1)?.seq, digest]);
  return true;
}
