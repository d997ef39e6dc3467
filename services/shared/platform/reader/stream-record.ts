import type { _Record as KinesisRecord } from '@aws-sdk/client-kinesis';
import { decodeAggregated } from './decode-aggregated.ts';

/** One record as a handler gets it: of the stream, or a user record out of an aggregated one. */
export interface StreamRecord {
  sequenceNumber: string;
  /** which of an aggregated record's user records, from 0; undefined for a plain record */
  subSequenceNumber?: number;
  partitionKey: string;
  data: Uint8Array;
  /** when Kinesis took it, as it says itself, ms since 1970; 0 when it does not say */
  arrivedAtMs: number;
}

/**
 * The records that Kinesis gave.
 *
 * @param deaggregates take user records out of the producer library's aggregated ones
 */
export function toStreamRecords(given: readonly KinesisRecord[], deaggregates: boolean): StreamRecord[] {
  return given.flatMap((one) => {
    const record: StreamRecord = {
      sequenceNumber: one.SequenceNumber ?? '',
      partitionKey: one.PartitionKey ?? '',
      data: one.Data ?? new Uint8Array(),
      arrivedAtMs: one.ApproximateArrivalTimestamp?.getTime() ?? 0,
    };
    const inside = deaggregates ? decodeAggregated(record.data) : undefined;
    return inside?.map((user, subSequenceNumber) => ({ ...record, ...user, subSequenceNumber })) ?? [record];
  });
}
