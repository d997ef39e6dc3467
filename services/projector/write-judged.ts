import { appendChunk, sealEvent } from '../shared/event-store/append-chunk.ts';
import type { SealedEvent } from '../shared/event-store/append-chunk.ts';
import { NO_DIGEST } from '../shared/event-store/event-digest.ts';
import { loadSql } from '../shared/platform/pg.ts';
import type { PoolClient } from '../shared/platform/pg.ts';
import { keptData } from './judge-records.ts';
import type { AcceptedEvent, JudgedRecords, ReadRecord, RejectedEvent } from './judge-records.ts';
import { toPlainText } from './to-plain-text.ts';

const sql = {
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

/** Accepted, and ready to be stored. */
export interface ChainedEvent extends SealedEvent {
  sequenceNumber: string;
}

/**
 * Chains accepted events, in order.
 *
 * @param digests of the sales' heads before; moves on with every event
 */
export function chainAccepted(
  accepted: readonly AcceptedEvent[], digests: Map<string, Readonly<Uint8Array>>,
): ChainedEvent[] {
  return accepted.map((found) => {
    const sealed = sealEvent(found, digests.get(found.saleId) ?? NO_DIGEST);
    digests.set(found.saleId, sealed.digest);
    return { ...sealed, sequenceNumber: found.sequenceNumber };
  });
}

/** Writes accepted and rejected events and the new heads, in the caller's transaction. */
export async function writeJudged(
  client: PoolClient, place: Place, judged: JudgedRecords, chained: readonly ChainedEvent[],
): Promise<void> {
  if (chained.length > 0) {
    await appendChunk(client, place.shardId, chained, ({ sequenceNumber }) => sequenceNumber);
    await upsertHeads(client, judged.heads, chained);
  }
  if (judged.rejected.length > 0) await insertRejected(client, place, judged.rejected);
}

/** Keeps a record as it came, without keys of contacts, with the reason why it could not be read. */
export async function writeUnreadable(
  client: PoolClient, { streamKey, shardId }: Place, read: ReadRecord,
): Promise<void> {
  const { record, unreadable } = read;
  await client.query(sql.insertUnreadable, [
    streamKey, shardId, record.sequenceNumber,
    toPlainText(record.partitionKey, PARTITION_KEY_CHARS_MAX), keptData(read), unreadable ?? '',
  ]);
}

async function upsertHeads(
  client: PoolClient, heads: JudgedRecords['heads'], chained: readonly ChainedEvent[],
): Promise<void> {
  // In one order for all writers, so that two of them cannot wait for each other.
  const sales = [...heads].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const digests = new Map(chained.map(({ saleId, digest }) => [saleId, digest]));
  await client.query({
    name: 'upsert-heads',
    text: sql.upsertHeads,
    values: [
      sales.map(([saleId]) => saleId),
      sales.map(([, { partition }]) => partition),
      sales.map(([, { seq }]) => seq),
      sales.map(([, { id }]) => id),
      Buffer.concat(sales.map(([saleId]) => digests.get(saleId) ?? NO_DIGEST)),
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
