import {
  decodeBatch, isPartitionHeads, partitionOfSource, RECORD_TEXT_BYTES_MAX,
} from '../shared/contracts/bus-record.ts';
import type { BusEvent } from '../shared/contracts/bus-record.ts';
import type { LogFold } from '../shared/contracts/log-fold.ts';
import { GENESIS } from '../shared/contracts/log-rule.ts';
import { decompress } from '../shared/platform/compression.ts';
import type { Log } from '../shared/platform/log.ts';
import type { ShardBatch, StreamRecord } from '../shared/platform/shard-reader.ts';
import type { PartitionRelay } from './partition-relay.ts';
import type { RelayMetrics } from './relay-metrics.ts';

export interface LogReading {
  fold: LogFold;
  /** by partition; those that another relay works on have none here */
  relays: readonly (PartitionRelay | undefined)[];
  metrics: RelayMetrics;
  log: Log;
  /** by partition of which the log has something, when its last event happened, ms */
  partitionsSeen: Map<number, number>;
  /** The partition is read from the horizon to its tip, and nobody has told where its sales stood there. */
  fromHorizon(partition: number): boolean;
  /** Called for each event of whatever verdict. */
  seen?(partition: number, saleId: string): void;
  /** Called for each event that becomes part of the log, with the epoch it was made in. */
  moved?(partition: number, saleId: string, epoch: number): void;
  /** Called for each record of a partition's heads. */
  heads?(event: BusEvent): void;
}

/**
 * Applies the rule to the records of a shard, tells each partition what became of its events, and returns
 * when all of that is announced. Never throws: what cannot be read is counted, logged, and nobody's event.
 */
export async function readLog(batch: ShardBatch, reading: LogReading): Promise<void> {
  const touched = new Set<PartitionRelay>();
  for (const record of batch.records) {
    for (const event of tryDecode(record, batch.shardId, reading)) {
      if (isPartitionHeads(event)) reading.heads?.(event);
      const relay = isPartitionHeads(event) ? undefined : judgeEvent(event, reading);
      if (relay !== undefined) touched.add(relay);
    }
  }
  await Promise.all([...touched].map((relay) => relay.flush()));
}

function judgeEvent(event: BusEvent, reading: LogReading): PartitionRelay | undefined {
  const { fold, metrics, log } = reading;
  const partition = partitionOfSource(event.source) ?? -1;
  const known = { saleId: event.subject, seq: Number(event.sequence), id: event.id, prev: event.prev };
  // What was before the horizon is gone; the first event of a sale that is left tells where the sale stood.
  if (reading.fromHorizon(partition) && known.seq > 1 && fold.head(known.saleId) === GENESIS) {
    fold.setHead(known.saleId, { seq: known.seq - 1, id: known.prev });
  }
  reading.partitionsSeen.set(partition,
    Math.max(Date.parse(event.time), reading.partitionsSeen.get(partition) ?? 0));
  reading.seen?.(partition, known.saleId);
  // Older than the memory: sent again by somebody, long ago accepted or long ago rejected. The event store
  // knows.
  if (fold.standing(known) === 'unknown') {
    metrics.duplicates.inc();
    reading.relays[partition]?.doubt(known.id);
    return undefined;
  }
  const judgement = fold.judge(known);
  metrics[judgement.verdict === 'duplicate' ? 'duplicates' : judgement.verdict].inc();
  if (judgement.verdict === 'rejected') {
    log.error({ ...known, reason: judgement.reason }, 'the log has an event that the rule rejects');
  }
  const relay = reading.relays[partition];
  relay?.settle(known, judgement);
  // Of every event: the recovery itself may be older than what this relay has read.
  if (judgement.verdict === 'accepted') {
    const { epoch = 0 } = event;
    reading.moved?.(partition, known.saleId, epoch);
    relay?.enterEpoch(known.saleId, epoch);
  }
  return relay;
}

function tryDecode(record: StreamRecord, shardId: string, { metrics, log }: LogReading): BusEvent[] {
  try {
    return decodeBatch(decompress(record.data, RECORD_TEXT_BYTES_MAX));
  } catch (error) {
    metrics.unreadable.inc();
    log.error({ err: error, shardId, sequenceNumber: record.sequenceNumber }, 'a record cannot be read');
    return [];
  }
}
