import type { DatabaseError } from 'pg';
import {
  decodeBatch, isPartitionHeads, partitionOfSource, RECORD_TEXT_BYTES_MAX,
} from '../shared/contracts/bus-record.ts';
import type { BusEvent } from '../shared/contracts/bus-record.ts';
import type { LogFold } from '../shared/contracts/log-fold.ts';
import type { Head } from '../shared/contracts/log-rule.ts';
import { partitionName } from '../shared/contracts/partition-of.ts';
import { takeKeys } from '../shared/contracts/sealed-contact.ts';
import type { ContactKey } from '../shared/contracts/sealed-contact.ts';
import { compress, decompress } from '../shared/platform/compression.ts';
import type { StreamRecord } from '../shared/platform/reader/create-reader.ts';
import { toPlainText } from './to-plain-text.ts';

const REASON_CHARS_MAX = 1_000;
const PARTITION_NAME = /^p\d{2,5}$/;

/** A record of the stream in words, or why it has none. */
export interface ReadRecord {
  record: StreamRecord;
  events: BusEvent[];
  /** which of the record's events the first of `events` is, from 0 */
  firstPosition: number;
  textBytes: number;
  /** of contacts, taken out of the text: they are kept apart from the log */
  keys: readonly ContactKey[];
  /** why it cannot be taken, in plain text */
  unreadable?: string;
}

export interface AcceptedEvent {
  saleId: string;
  seq: number;
  event: BusEvent;
  sequenceNumber: string;
}

export interface RejectedEvent extends AcceptedEvent {
  /** which of the record's events, from 0 */
  position: number;
  reason: string;
  head: Head;
}

export interface JudgedRecords {
  accepted: AcceptedEvent[];
  rejected: RejectedEvent[];
  duplicates: number;
  /** the new head of each sale that has one, with its partition */
  heads: Map<string, Head & { partition: number }>;
}

/** Unpacks a record. Never throws: what cannot be read says why. */
export function readRecord(record: StreamRecord): ReadRecord {
  let keys: ContactKey[] = [];
  try {
    const taken = takeKeys(decompress(record.data, RECORD_TEXT_BYTES_MAX));
    ({ keys } = taken);
    // A relay's note about the log is no event of it.
    const events = decodeBatch(taken.text).filter((event) => !isPartitionHeads(event));
    return { record, events, firstPosition: 0, textBytes: Buffer.byteLength(taken.text), keys };
  } catch (error) {
    return unreadableRecord(record, (error as Error).message, keys);
  }
}

/** The bytes of a record as they are kept, without the keys of contacts. */
export function keptData({ record: { data }, keys }: ReadRecord): Buffer {
  return keys.length === 0 ? Buffer.from(data)
    : compress(takeKeys(decompress(data, RECORD_TEXT_BYTES_MAX)).text);
}

/** A record, or what is left of it, that is to be kept as it is. */
export function unreadableRecord(
  record: StreamRecord, reason: string, keys: readonly ContactKey[],
): ReadRecord {
  const unreadable = toPlainText(reason, REASON_CHARS_MAX);
  return { record, events: [], firstPosition: 0, textBytes: record.data.byteLength, keys, unreadable };
}

/** Why PostgreSQL will never take the first event of what is left of a record, in plain text. */
export function refusalOf({ firstPosition }: ReadRecord, { message, code = '' }: DatabaseError): string {
  const sentence = `event ${firstPosition}: PostgreSQL refuses it: ${message} (SQLSTATE ${code})`;
  return toPlainText(sentence, REASON_CHARS_MAX);
}

/**
 * The name of the partition that a record is of: ours is what has such a name as its partition key, or
 * events whose source says so. Undefined for what others have put on the stream.
 */
export function partitionOfRecord({ record, events }: ReadRecord): string | undefined {
  if (PARTITION_NAME.test(record.partitionKey)) return record.partitionKey;
  const partition = events[0] === undefined ? undefined : partitionOfSource(events[0].source);
  return partition === undefined ? undefined : partitionName(partition);
}

/**
 * Applies the rule to the events of the records, in order. The fold moves on with every accepted event:
 * whoever does not keep the outcome has to throw the fold away too.
 *
 * @param fold knows the heads of all sales in the records
 * @param acceptedBefore what was known of these events before the first is judged, as `eventKey`: ids that
 *   the fold remembers (it forgets while it moves on) and those it has forgotten but the event store has
 */
export function judgeRecords(
  records: readonly ReadRecord[],
  fold: LogFold,
  acceptedBefore: ReadonlySet<string>,
): JudgedRecords {
  const accepted = new Set<string>();
  const judged: JudgedRecords = { accepted: [], rejected: [], duplicates: 0, heads: new Map() };
  for (const { record, events, firstPosition } of records) {
    for (const [i, event] of events.entries()) {
      const saleId = event.subject;
      const seq = Number(event.sequence);
      const head = fold.head(saleId);
      const { id, prev } = event;
      const key = eventKey(saleId, id);
      const isKnown = accepted.has(key) || acceptedBefore.has(key);
      const { verdict, reason } = fold.judge({ saleId, seq, id, prev }, isKnown);
      const found = { saleId, seq, event, sequenceNumber: record.sequenceNumber };
      if (verdict === 'accepted') {
        accepted.add(key);
        judged.accepted.push(found);
        judged.heads.set(saleId, { seq, id, partition: partitionOfSource(event.source) ?? 0 });
      } else if (verdict === 'rejected') {
        judged.rejected.push({ ...found, position: firstPosition + i, reason, head });
      } else judged.duplicates += 1;
    }
  }
  return judged;
}

/** An event's identity: ids are unique within a sale. */
export function eventKey(saleId: string, id: string): string {
  return `${saleId} ${id}`;
}
