import {
  GetRecordsCommand, GetShardIteratorCommand, InvalidArgumentException, ResourceNotFoundException,
} from '@aws-sdk/client-kinesis';
import type { KinesisClient, _Record as KinesisRecord } from '@aws-sdk/client-kinesis';
import {
  decodeBatch, isPartitionHeads, RECORD_TEXT_BYTES_MAX, sourceOf,
} from '../shared/contracts/bus-record.ts';
import type { Head } from '../shared/contracts/log-rule.ts';
import { readHeadsEvent } from '../shared/contracts/partition-heads.ts';
import type { HeadsStatement, LogPosition } from '../shared/contracts/partition-heads.ts';
import { decompress } from '../shared/platform/compression.ts';
import type { Log } from '../shared/platform/log.ts';
import { backoffMs, createPause } from '../shared/platform/pause.ts';
import { SHARD_END } from '../shared/platform/shard-reader.ts';

export interface LearntHeads {
  /** up to where the heads below are the log's, by partition */
  readTo: Map<number, LogPosition>;
  heads: Map<string, Head & { partition: number }>;
  /** partitions that have events */
  partitions: Set<number>;
}

export interface HeadsSource {
  client: KinesisClient;
  streamName: string;
  log: Log;
  signal: AbortSignal;
}

const ATTEMPTS_MAX = 8;
const RETRY_MS_MIN = 200;
const RETRY_MS_MAX = 2_000;
/** A place of the shard that holds no record of ours (Kinesis gives empty answers between records). */
const EMPTY_READS_MAX = 5;

/**
 * Reads the heads that relays have left in the stream. A statement counts only if all of it is still there:
 * its records, and the place it speaks of. What was behind a place that the stream has forgotten might be
 * forgotten as well, and a reader that begins with a gap would reject what the log accepts. The rest of the
 * partitions are read from the horizon.
 *
 * @param chains the shards of each partition, as listed now
 * @throws the error of the stream when it goes on not answering
 */
export async function learnHeads(
  statements: ReadonlyMap<number, HeadsStatement>,
  chains: ReadonlyMap<number, string[]>,
  source: HeadsSource,
): Promise<LearntHeads> {
  const learnt: LearntHeads = { readTo: new Map(), heads: new Map(), partitions: new Set() };
  const standing = new Map<string, Promise<boolean>>();
  // One after the other: a shard takes five reads a second, and others read as well.
  for (const [partition, statement] of statements) {
    const heads = await tryHeads(partition, statement, chains.get(partition) ?? []);
    if (heads === undefined) {
      source.log.warn({ partition }, 'the heads of a partition are not in the stream any more');
      continue;
    }
    learnt.readTo.set(partition, statement.readTo);
    if (statement.records.length > 0) learnt.partitions.add(partition);
    for (const [saleId, head] of heads) learnt.heads.set(saleId, { ...head, partition });
  }
  return learnt;

  async function tryHeads(
    partition: number, { readTo, records }: HeadsStatement, chain: string[],
  ): Promise<Map<string, Head> | undefined> {
    if (!chain.includes(readTo.shardId) || !await isStanding(readTo)) return undefined;
    const heads = new Map<string, Head>();
    for (const place of records) {
      const found = await insist(() => readHeads(partition, place, source), source);
      if (found === undefined) return undefined;
      for (const [saleId, head] of found) heads.set(saleId, head);
    }
    return heads;
  }

  /** Places are often the same: all partitions of a shard are read up to one. */
  async function isStanding(place: LogPosition): Promise<boolean> {
    // A closed shard that is still listed closed within the retention, so its children are whole.
    if (place.sequenceNumber === SHARD_END) return true;
    const key = `${place.shardId}/${place.sequenceNumber}`;
    const asked = standing.get(key)
      ?? insist(async () => await recordAt(place, source) !== undefined, source);
    standing.set(key, asked);
    return await asked;
  }
}

/** The heads in the record at this place; undefined when it is gone or is not what it should be. */
async function readHeads(
  partition: number, place: LogPosition, source: HeadsSource,
): Promise<[string, Head][] | undefined> {
  const record = await recordAt(place, source);
  if (record?.Data === undefined) return undefined;
  try {
    const [event] = decodeBatch(decompress(record.Data, RECORD_TEXT_BYTES_MAX));
    const isOurs = event !== undefined && isPartitionHeads(event) && event.source === sourceOf(partition);
    return isOurs ? readHeadsEvent(event).heads : undefined;
  } catch (error) {
    source.log.warn({ err: error, partition }, 'a record of heads cannot be read');
    return undefined;
  }
}

/** The record with exactly that sequence number, if the stream still has it. */
async function recordAt(
  { shardId, sequenceNumber }: LogPosition,
  { client, streamName, signal }: HeadsSource,
): Promise<KinesisRecord | undefined> {
  try {
    const { ShardIterator } = await client.send(new GetShardIteratorCommand({
      StreamName: streamName, ShardId: shardId, ShardIteratorType: 'AT_SEQUENCE_NUMBER',
      StartingSequenceNumber: sequenceNumber,
    }), { abortSignal: signal });
    let iterator = ShardIterator;
    for (let reads = 0; iterator !== undefined && reads < EMPTY_READS_MAX; reads++) {
      const reply = await client.send(
        new GetRecordsCommand({ ShardIterator: iterator, Limit: 1 }), { abortSignal: signal });
      const [record] = reply.Records ?? [];
      if (record !== undefined) return record.SequenceNumber === sequenceNumber ? record : undefined;
      iterator = reply.NextShardIterator;
    }
    return undefined;
  } catch (error) {
    // The place is older than all the stream has, or of another stream.
    const isUnknown = error instanceof InvalidArgumentException || error instanceof ResourceNotFoundException;
    if (isUnknown) return undefined;
    throw error;
  }
}

async function insist<T>(step: () => Promise<T>, { signal }: HeadsSource): Promise<T> {
  const pause = createPause(signal);
  for (let failures = 0; ;) {
    try {
      return await step();
    } catch (error) {
      failures += 1;
      if (signal.aborted || failures === ATTEMPTS_MAX) throw error;
      await pause.wait(backoffMs(failures, RETRY_MS_MIN, RETRY_MS_MAX));
    }
  }
}
