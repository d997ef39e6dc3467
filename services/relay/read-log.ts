import {
  decodeBatch, isPartitionHeads, partitionOfSource, RECORD_TEXT_BYTES_MAX,
} from '../shared/contracts/bus-record.ts';
import type { BusEvent } from '../shared/contracts/bus-record.ts';
import type { LogEvent, LogFold } from '../shared/contracts/log-fold.ts';
import { GENESIS } from '../shared/contracts/log-rule.ts';
import { partitionNamed } from '../shared/contracts/partition-of.ts';
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
  const counts: Counts = { accepted: 0, duplicates: 0, rejected: 0 };
  const judgeNext = (event: ReadEvent, partition: number): void => {
    const relay = judgeEvent(event, partition, reading, counts);
    if (relay !== undefined) touched.add(relay);
  };
  for (const record of batch.records) {
    const partition = partitionNamed(record.partitionKey) ?? -1;
    const sent = reading.relays[partition]?.records.take(record.data);
    if (sent !== undefined) for (const event of sent) judgeNext(event, partition);
    else for (const event of tryDecode(record, batch.shardId, reading)) {
      if (isPartitionHeads(event)) reading.heads?.(event);
      else judgeNext(readEventOf(event), partitionOfSource(event.source) ?? -1);
    }
  }
  for (const verdict of ['accepted', 'duplicates', 'rejected'] as const) {
    if (counts[verdict] > 0) reading.metrics[verdict].inc(counts[verdict]);
  }
  await Promise.all([...touched].map((relay) => relay.flush()));
}

/** What the rule and the relay want to know of an event. */
interface ReadEvent extends LogEvent {
  timeMs: number;
  epoch: number;
}

type Counts = Record<'accepted' | 'duplicates' | 'rejected', number>;

function readEventOf({ subject, sequence, id, prev, time, epoch = 0 }: BusEvent): ReadEvent {
  return { saleId: subject, seq: Number(sequence), id, prev, epoch, timeMs: Date.parse(time) };
}

function judgeEvent(
  event: ReadEvent, partition: number, reading: LogReading, counts: Counts,
): PartitionRelay | undefined {
  const { fold, log } = reading;
  const { saleId, seq, id, prev, epoch } = event;
  const relay = reading.relays[partition];
  // What was before the horizon is gone; the first event of a sale that is left tells where the sale stood.
  if (seq > 1 && reading.fromHorizon(partition) && fold.head(saleId) === GENESIS) {
    fold.setHead(saleId, { seq: seq - 1, id: prev });
  }
  reading.partitionsSeen.set(partition, Math.max(event.timeMs, reading.partitionsSeen.get(partition) ?? 0));
  reading.seen?.(partition, saleId);
  // Older than the memory: sent again by somebody, long ago accepted or long ago rejected. The event store
  // knows.
  if (fold.standing(event) === 'unknown') {
    counts.duplicates += 1;
    relay?.doubt(id);
    return undefined;
  }
  const judgement = fold.judge(event);
  counts[judgement.verdict === 'duplicate' ? 'duplicates' : judgement.verdict] += 1;
  if (judgement.verdict === 'rejected') {
    log.error({ saleId, seq, id, prev, reason: judgement.reason },
      'the log has an event that the rule rejects');
  }
  relay?.settle(event, judgement);
  // Of every event: the recovery itself may be older than what this relay has read.
  if (judgement.verdict === 'accepted') {
    reading.moved?.(partition, saleId, epoch);
    relay?.enterEpoch(saleId, epoch);
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
