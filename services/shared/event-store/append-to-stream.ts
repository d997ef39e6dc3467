import type { BusEvent } from '../contracts/bus-record.ts';
import { sequenceOf } from '../contracts/event-schemas.ts';
import { isStreamName, streamKeyOf } from '../contracts/stream-events.ts';
import type { UnplacedEvent } from '../contracts/stream-events.ts';
import { loadSql } from '../platform/pg.ts';
import type { PoolClient } from '../platform/pg.ts';
import { appendChunk, sealEvent } from './append-chunk.ts';
import type { SealedEvent } from './append-chunk.ts';
import { NO_DIGEST } from './event-digest.ts';

const sql = {
  beginStream: loadSql(import.meta.url, './sql/begin-stream.sql'),
  lockStream: loadSql(import.meta.url, './sql/lock-stream.sql'),
  selectStreamIds: loadSql(import.meta.url, './sql/select-stream-ids.sql'),
  moveStream: loadSql(import.meta.url, './sql/move-stream.sql'),
};

/** The stream is not where its writer thought: nothing was written. */
export class StreamConflictError extends Error {
  readonly stream: string;
  readonly expectedVersion: number;
  /** what has come between, or is missing, can be read from here */
  readonly actualVersion: number;

  constructor(stream: string, expectedVersion: number, actualVersion: number) {
    super(`${stream} is at ${actualVersion}, not at ${expectedVersion}`);
    this.name = 'StreamConflictError';
    this.stream = stream;
    this.expectedVersion = expectedVersion;
    this.actualVersion = actualVersion;
  }
}

/** Where a stream is after an append. */
export interface Appended {
  /** of its last event; 0 before the first */
  version: number;
  /** of those that were given; less where the stream had some already */
  count: number;
}

/**
 * Appends events to a stream that is no sale's, in the caller's transaction: chained, linked, and placed in
 * the global order after the commit, as all events are. Others that append to the stream wait until the
 * transaction ends. An event whose id the stream has already is not stored again, so that whoever does not
 * know whether a COMMIT was heard may repeat it.
 *
 * @param expectedVersion at which the stream has to be, 0 for one that is new; `any` appends wherever it is
 * @param source shown in the rows: where the events come from
 * @throws StreamConflictError when the stream is elsewhere; Error when an event is of another stream
 */
export async function appendToStream(
  client: PoolClient,
  { stream, expectedVersion, events, source = 'direct' }: {
    stream: string; expectedVersion: number | 'any'; events: readonly UnplacedEvent[]; source?: string;
  },
): Promise<Appended> {
  if (!isStreamName(stream)) throw new Error(`"${stream}" is no name of a stream`);
  const foreign = events.find(({ subject }) => subject !== stream);
  if (foreign !== undefined) throw new Error(`${foreign.id} is an event of ${foreign.subject}`);
  const head = await lockStream(client, stream);
  if (expectedVersion !== 'any' && head.seq !== expectedVersion) {
    throw new StreamConflictError(stream, expectedVersion, head.seq);
  }
  const sealed = seal(stream, head, await newOnes(client, stream, events));
  const last = sealed.at(-1);
  if (last === undefined) return { version: head.seq, count: 0 };
  await appendChunk(client, source, sealed, ({ seq }) => String(seq));
  await client.query(sql.moveStream, [stream, last.seq, last.event.id, last.digest]);
  return { version: last.seq, count: sealed.length };
}

interface StreamHead {
  seq: number;
  id: string;
  digest: Buffer;
}

async function lockStream(client: PoolClient, stream: string): Promise<StreamHead> {
  await client.query(sql.beginStream, [stream, NO_DIGEST]);
  // A statement of its own: it has to see what the one that it waits for has committed.
  const { rows: [head] } = await client.query<StreamHead>(sql.lockStream, [stream]);
  if (head === undefined) throw new Error(`${stream} has no head`);
  return head;
}

/** Without those that the stream has, and each once. */
async function newOnes(
  client: PoolClient, stream: string, events: readonly UnplacedEvent[],
): Promise<UnplacedEvent[]> {
  const ids = events.map(({ id }) => id);
  const { rows } = await client.query<{ id: string }>(sql.selectStreamIds, [streamKeyOf(stream), ids]);
  const known = new Set(rows.map(({ id }) => id));
  return events.filter(({ id }) => {
    if (known.has(id)) return false;
    known.add(id);
    return true;
  });
}

function seal(stream: string, head: StreamHead, events: readonly UnplacedEvent[]): SealedEvent[] {
  let { seq, id: prev, digest } = head;
  return events.map((event) => {
    seq += 1;
    // Whoever reads it checks what it rests on, as for every event.
    const placed: BusEvent = { ...event, sequence: sequenceOf(seq), prev };
    const sealed = sealEvent({ saleId: streamKeyOf(stream), seq, event: placed }, digest);
    ({ digest } = sealed);
    prev = event.id;
    return sealed;
  });
}
