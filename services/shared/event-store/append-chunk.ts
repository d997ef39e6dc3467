import type { BusEvent } from '../contracts/bus-record.ts';
import { linkKeysOf } from '../contracts/event-links.ts';
import { loadSql } from '../platform/pg.ts';
import type { PoolClient } from '../platform/pg.ts';
import { DIGEST_BYTES, digestAfter, timeUsOf, toStoredTime } from './event-digest.ts';

const INSERT_CHUNK = loadSql(import.meta.url, './sql/insert-chunk.sql');

/** An event that is ready to be stored. */
export interface SealedEvent {
  /** the sale's id, or the key of another stream */
  saleId: string;
  seq: number;
  event: BusEvent;
  /** the JSON text that is stored */
  body: string;
  timeUs: string;
  digest: Buffer;
}

/**
 * Makes an event ready: its text, and its digest in the chain.
 *
 * @param before the digest of the stream's event before it
 */
export function sealEvent(
  { saleId, seq, event }: { saleId: string; seq: number; event: BusEvent }, before: Readonly<Uint8Array>,
): SealedEvent {
  const { id, type, time } = event;
  const body = JSON.stringify(event);
  const timeUs = timeUsOf(time);
  const digest = digestAfter(before, { saleId, seq, id, type, timeUs, body });
  return { saleId, seq, event, body, timeUs, digest };
}

/**
 * Stores events as one chunk in the caller's transaction, which also moves the heads. They have a place in
 * the global order once the chunk is placed (place-chunks.ts). Throws PostgreSQL's error: a unique violation
 * when one of them is stored already.
 *
 * @param events at least one; those of a stream in its order
 * @param shardId where they were read: a shard, or the name of another source
 * @param sequenceNumberOf where in it
 */
export async function appendChunk<T extends SealedEvent>(
  client: PoolClient, shardId: string, events: readonly T[], sequenceNumberOf: (event: T) => string,
): Promise<void> {
  const digests = Buffer.allocUnsafe(events.length * DIGEST_BYTES);
  for (const [i, { digest }] of events.entries()) digests.set(digest, i * DIGEST_BYTES);
  const [first, last] = timesOf(events);
  await client.query({
    name: 'insert-chunk',
    text: INSERT_CHUNK,
    values: [
      lines(events, ({ saleId }) => saleId),
      lines(events, ({ seq }) => String(seq)),
      lines(events, ({ event }) => event.id),
      lines(events, ({ event }) => event.type),
      lines(events, ({ event }) => toStoredTime(event.time)),
      lines(events, ({ body }) => body),
      shardId,
      lines(events, sequenceNumberOf),
      digests,
      lines(events, ({ event }) => `{${linkKeysOf(event)}}`),
      first, last,
      [...new Set(events.map(({ event }) => event.type))],
    ],
  });
}

/** First and last time, as PostgreSQL takes them. */
export function timesOf(events: readonly Pick<SealedEvent, 'timeUs' | 'event'>[]): [string, string] {
  const [one] = events;
  if (one === undefined) throw new Error('a chunk has at least one event');
  let [first, last] = [one, one];
  for (const event of events) {
    if (isEarlier(event, first)) first = event;
    if (isEarlier(last, event)) last = event;
  }
  return [toStoredTime(first.event.time), toStoredTime(last.event.time)];
}

type Timed = Pick<SealedEvent, 'timeUs'>;

function isEarlier({ timeUs: one }: Timed, { timeUs: other }: Timed): boolean {
  return one.length === other.length && !one.startsWith('-') && !other.startsWith('-') ? one < other
    : BigInt(one) < BigInt(other);
}

function lines<T>(items: readonly T[], text: (item: T) => string): string {
  return items.map(text).join('\n');
}
