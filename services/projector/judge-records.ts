import { decodeBatch, partitionOfSource, RECORD_TEXT_BYTES_MAX } from '../shared/contracts/bus-record.ts';
import type { BusEvent } from '../shared/contracts/bus-record.ts';
import type { LogFold } from '../shared/contracts/log-fold.ts';
import type { Head } from '../shared/contracts/log-rule.ts';
import { decompress } from '../shared/platform/compression.ts';
import type { StreamRecord } from '../shared/platform/shard-reader.ts';

/** A record of the stream in words, or why it has none. */
export type ReadRecord =
  | { record: StreamRecord; events: BusEvent[]; unreadable?: undefined }
  | { record: StreamRecord; events: []; unreadable: string };

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
  try {
    return { record, events: decodeBatch(decompress(record.data, RECORD_TEXT_BYTES_MAX)) };
  } catch (error) {
    return { record, events: [], unreadable: (error as Error).message };
  }
}

/**
 * Applies the rule to the events of the records, in order. The fold moves on with every accepted event:
 * whoever does not keep the outcome has to throw the fold away too.
 *
 * @param fold knows the heads of all sales in the records
 * @param isStored for events older than the fold's memory: whether the event store has that id in that sale
 */
export function judgeRecords(
  records: readonly ReadRecord[],
  fold: LogFold,
  isStored: (saleId: string, id: string) => boolean,
): JudgedRecords {
  const judged: JudgedRecords = { accepted: [], rejected: [], duplicates: 0, heads: new Map() };
  for (const { record, events } of records) {
    for (const [position, event] of events.entries()) {
      const saleId = event.subject;
      const seq = Number(event.sequence);
      const head = fold.head(saleId);
      const { id, prev } = event;
      const { verdict, reason } = fold.judge({ saleId, seq, id, prev }, isStored(saleId, id));
      const found = { saleId, seq, event, sequenceNumber: record.sequenceNumber };
      if (verdict === 'accepted') {
        judged.accepted.push(found);
        judged.heads.set(saleId, { seq, id, partition: partitionOfSource(event.source) ?? 0 });
      } else if (verdict === 'rejected') judged.rejected.push({ ...found, position, reason, head });
      else judged.duplicates += 1;
    }
  }
  return judged;
}
