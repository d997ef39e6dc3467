import { loadSql } from '../shared/platform/pg.ts';
import type { PoolClient } from '../shared/platform/pg.ts';
import type { AcceptedEvent, JudgedRecords, ReadRecord, RejectedEvent } from './judge-records.ts';
import { toPlainText } from './to-plain-text.ts';

const sql = {
  insertEvents: loadSql(import.meta.url, './sql/insert-events.sql'),
  upsertHeads: loadSql(import.meta.url, './sql/upsert-heads.sql'),
  insertRejected: loadSql(import.meta.url, './sql/insert-rejected.sql'),
  insertUnreadable: loadSql(import.meta.url, './sql/insert-unreadable.sql'),
};

/** Kinesis' own limit. */
export const PARTITION_KEY_CHARS_MAX = 256;

/** Where records were read. */
export interface Place {
  streamKey: string;
  shardId: string;
}

/** Writes accepted and rejected events and the new heads, in the caller's transaction. */
export async function writeJudged(client: PoolClient, place: Place, judged: JudgedRecords): Promise<void> {
  if (judged.accepted.length > 0) {
    await insertEvents(client, place.shardId, judged.accepted);
    await upsertHeads(client, judged.heads);
  }
  if (judged.rejected.length > 0) await insertRejected(client, place, judged.rejected);
}

/** Keeps a record as it came, with the reason why it could not be read. */
export async function writeUnreadable(
  client: PoolClient, { streamKey, shardId }: Place, { record, unreadable }: ReadRecord,
): Promise<void> {
  await client.query(sql.insertUnreadable, [
    streamKey, shardId, record.sequenceNumber,
    toPlainText(record.partitionKey, PARTITION_KEY_CHARS_MAX), Buffer.from(record.data), unreadable ?? '',
  ]);
}

async function insertEvents(client: PoolClient, shardId: string, events: AcceptedEvent[]): Promise<void> {
  await client.query({
    name: 'insert-events',
    text: sql.insertEvents,
    values: [
      lines(events, ({ saleId }) => saleId),
      lines(events, ({ seq }) => String(seq)),
      lines(events, ({ event }) => event.id),
      lines(events, ({ event }) => event.type),
      lines(events, ({ event }) => event.time),
      lines(events, ({ event }) => JSON.stringify(event)),
      shardId,
      lines(events, ({ sequenceNumber }) => sequenceNumber),
    ],
  });
}

async function upsertHeads(client: PoolClient, heads: JudgedRecords['heads']): Promise<void> {
  // In one order for all writers, so that two of them cannot wait for each other.
  const sales = [...heads].toSorted(([a], [b]) => (a < b ? -1 : 1));
  await client.query({
    name: 'upsert-heads',
    text: sql.upsertHeads,
    values: [
      sales.map(([saleId]) => saleId),
      sales.map(([, { partition }]) => partition),
      sales.map(([, { seq }]) => seq),
      sales.map(([, { id }]) => id),
    ],
  });
}

async function insertRejected(
  client: PoolClient,
  { streamKey, shardId }: Place,
  events: RejectedEvent[],
): Promise<void> {
  await client.query(sql.insertRejected, [
    streamKey, shardId,
    events.map(({ sequenceNumber }) => sequenceNumber),
    events.map(({ position }) => position),
    events.map(({ saleId }) => saleId),
    events.map(({ seq }) => seq),
    events.map(({ event }) => event.id),
    events.map(({ event }) => event.type),
    events.map(({ reason }) => reason),
    events.map(({ head }) => head.seq),
    events.map(({ head }) => head.id),
    events.map(({ event }) => JSON.stringify(event)),
  ]);
}

function lines<T>(items: readonly T[], text: (item: T) => string): string {
  return items.map(text).join('\n');
}
