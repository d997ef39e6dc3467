import type { ShardBatch } from '../shared/platform/reader/create-reader.ts';
import { readRecord } from './judge-records.ts';
import type { ReadRecord } from './judge-records.ts';

/**
 * A shard's batch in pieces that a transaction can take. 10 MiB of records may be hundreds of MiB of JSON: in
 * one statement that would be too slow, and as it would be repeated as it is, too slow for ever. The records
 * are unpacked one by one, so that no more than a piece of them is in memory.
 */
export const CHUNK_EVENTS_MAX = 20_000;
/** Of the JSON; 27 MB/s were measured (event-store/sql/insert-chunk.sql), a statement may take 15 s. */
export const CHUNK_TEXT_BYTES_MAX = 16 * 1024 * 1024;

export interface Chunk {
  shardId: string;
  records: ReadRecord[];
  positionBefore: string | undefined;
  /** `positionBefore` when it ends within a record: positions are between records */
  position: string | undefined;
}

/** The chunks of a batch, in order. A record is never divided: one that is too large is a chunk by itself. */
export function* cutBatch({ shardId, records, positionBefore, position }: ShardBatch): Generator<Chunk> {
  let chunk: Chunk = { shardId, records: [], positionBefore, position };
  let [events, textBytes] = [0, 0];
  for (const record of records) {
    const read = readRecord(record);
    const isFull = events + read.events.length > CHUNK_EVENTS_MAX
      || textBytes + read.textBytes > CHUNK_TEXT_BYTES_MAX;
    if (isFull && chunk.records.length > 0) {
      const between = chunk.records.at(-1)?.record.sequenceNumber;
      yield { ...chunk, position: between };
      chunk = { shardId, records: [], positionBefore: between, position };
      [events, textBytes] = [0, 0];
    }
    chunk.records.push(read);
    events += read.events.length;
    textBytes += read.textBytes;
  }
  yield chunk;
}

/** The two halves of a chunk, of a record if it has only one; undefined when it is a single event. */
export function halveChunk(chunk: Chunk): [Chunk, Chunk] | undefined {
  const { records, positionBefore } = chunk;
  const [first] = records;
  if (first === undefined) return undefined;
  if (records.length > 1) {
    const middle = Math.floor(records.length / 2);
    const between = records[middle - 1]?.record.sequenceNumber;
    return [
      { ...chunk, records: records.slice(0, middle), position: between },
      { ...chunk, records: records.slice(middle), positionBefore: between },
    ];
  }
  const { events, firstPosition } = first;
  if (events.length < 2) return undefined;
  const middle = Math.floor(events.length / 2);
  return [
    { ...chunk, records: [{ ...first, events: events.slice(0, middle) }], position: positionBefore },
    {
      ...chunk,
      records: [{ ...first, events: events.slice(middle), firstPosition: firstPosition + middle }],
    },
  ];
}
