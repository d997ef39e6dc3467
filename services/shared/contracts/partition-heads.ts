import type { BusEvent } from './bus-record.ts';
import { PARTITION_HEADS, sourceOf } from './bus-record.ts';
import type { Head } from './log-rule.ts';
import { partitionName } from './partition-of.ts';

/**
 * What a relay says about the log of a partition, so that another one can begin there instead of at the
 * horizon: the log as of `readTo` has these heads. A statement about the past of the log stays true wherever
 * its record lands and whoever wrote it, be it a relay that slept for an hour. A full record has all heads
 * (several records when they are many), one that is not full those that moved since the last full one.
 */
export interface PartitionHeads {
  readTo: LogPosition;
  full: boolean;
  heads: [saleId: string, head: Head][];
}

/** A place in the stream: behind this record of the shard, or behind all of it (SHARD_END). */
export interface LogPosition {
  shardId: string;
  sequenceNumber: string;
}

/** What `{pNN}:heads` says: up to `readTo` the heads are those of the records, the later ones first. */
export interface HeadsStatement {
  /** positions mean something in this stream only */
  streamKey: string;
  readTo: LogPosition;
  /** where the records with the heads lie; none: the partition had no events */
  records: LogPosition[];
}

/** At 64 characters per sale's id, and ids that do not compress, less than half of what a record may hold. */
export const HEADS_PER_RECORD_MAX = 4_000;

const SEQ_MAX = 999_999_999_999_999;

/** The record as the event that it is on the bus. */
export function toHeadsEvent(
  { readTo, full, heads }: PartitionHeads,
  { partition, id, nowMs }: { partition: number; id: string; nowMs: number },
): BusEvent {
  return {
    specversion: '1.0',
    id,
    source: sourceOf(partition),
    type: PARTITION_HEADS,
    subject: partitionName(partition),
    time: new Date(nowMs).toISOString(),
    datacontenttype: 'application/json',
    sequence: '1',
    prev: '0',
    epoch: 0,
    data: {
      heads: heads.map(([saleId, head]) => [saleId, head.seq, head.id]),
      readTo: [readTo.shardId, readTo.sequenceNumber],
      full,
    },
  };
}

/** The heads in a `partition.heads` event; throws an Error that says what is wrong with it. */
export function readHeadsEvent(event: Pick<BusEvent, 'data'>): PartitionHeads {
  const { heads, readTo, full } = (event.data ?? {}) as Record<string, unknown>;
  if (!Array.isArray(heads) || !Array.isArray(readTo) || typeof full !== 'boolean') {
    throw new Error('not the data of partition.heads');
  }
  const [shardId, sequenceNumber] = readTo as unknown[];
  return {
    readTo: { shardId: nameOf(shardId), sequenceNumber: nameOf(sequenceNumber) },
    full,
    heads: heads.map((entry: unknown) => {
      const [saleId, seq, id] = Array.isArray(entry) ? entry as unknown[] : [];
      if (typeof seq !== 'number' || !Number.isInteger(seq) || seq < 1 || seq > SEQ_MAX) {
        throw new Error('a head without a seq');
      }
      return [nameOf(saleId), { seq, id: nameOf(id) }];
    }),
  };
}

/** The statement as one line: `streamKey shardId sequenceNumber`, then `shardId/sequenceNumber` a record. */
export function packStatement({ streamKey, readTo, records }: HeadsStatement): string {
  const places = records.map(({ shardId, sequenceNumber }) => `${shardId}/${sequenceNumber}`);
  return [streamKey, readTo.shardId, readTo.sequenceNumber, ...places].join(' ');
}

/** Reads what `packStatement` wrote; undefined for anything else. */
export function readStatement(text: string | null): HeadsStatement | undefined {
  const [streamKey = '', shardId = '', sequenceNumber = '', ...places] = (text ?? '').split(' ');
  const records = places.map((place) => {
    const [shard = '', number = ''] = place.split('/');
    return { shardId: shard, sequenceNumber: number };
  });
  const isWhole = [...records, { shardId, sequenceNumber }].every((at) => at.shardId && at.sequenceNumber);
  return isWhole ? { streamKey, readTo: { shardId, sequenceNumber }, records } : undefined;
}

function nameOf(value: unknown): string {
  if (typeof value !== 'string' || value === '' || value.length > 200) throw new Error('not a name or an id');
  return value;
}
