import { loadSql } from '../platform/pg.ts';
import type { Pool } from '../platform/pg.ts';
import type { ReaderStart } from '../platform/reader/create-reader.ts';
import { positionAt } from '../platform/reader/positions.ts';

const SELECT_PLACE = loadSql(import.meta.url, './sql/select-place.sql');

/**
 * Where a reader has to start to be handed an event of a sale and all later ones of that sale: its shard at
 * the record that has the event, all others at its time. Earlier events come as well (those before it in its
 * record, and those of other sales and shards of about that time).
 *
 * @param events of the event store
 * @returns undefined when the event store does not have the event; throws when PostgreSQL does not answer
 */
export async function startAtEvent(
  events: Pool, saleId: string, seq: number,
): Promise<ReaderStart | undefined> {
  type Row = { shard_id: string; sequence_number: string; time_ms: number };
  const { rows: [row] } = await events.query<Row>(SELECT_PLACE, [saleId, seq]);
  if (row === undefined) return undefined;
  const positions = new Map([[row.shard_id, positionAt(row.sequence_number)]]);
  return { from: 'positions', positions, othersFromMs: row.time_ms };
}
