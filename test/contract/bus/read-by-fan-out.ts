/**
 * Reads by enhanced fan-out with nothing but the SDK: a consumer of its own, one subscription per shard, each
 * renewed where it ended. It is what the contract says about SubscribeToShard, spelled out; services read
 * with the reader of services/shared/platform.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeStreamConsumerCommand, DescribeStreamSummaryCommand, GetRecordsCommand, GetShardIteratorCommand,
  ListShardsCommand, RegisterStreamConsumerCommand, SubscribeToShardCommand,
} from '@aws-sdk/client-kinesis';
import type {
  KinesisClient, Shard, SubscribeToShardEvent, _Record as KinesisRecord,
} from '@aws-sdk/client-kinesis';
import { SHARD_END } from '../../../services/shared/platform/shard-reader.ts';
import type { StreamRecord } from '../../../services/shared/platform/shard-reader.ts';
import { awaitThat } from '../../harness/await-that.ts';
import type { ReadWay } from './start-reading.ts';
import { untilTaken } from './until-taken.ts';

/**
 * AWS refuses a second subscription of a consumer to a shard for 5 s; kinesis-local until it notices that the
 * first one is gone, about a second.
 */
const RESUBSCRIBE_MS = 100;
const LIST_MS = 50;

export const readByFanOut: ReadWay = async (options) => {
  const { client, direct, streamName } = options;
  const consumerArn = await registerConsumer(direct, streamName);
  const stopping = new AbortController();
  const positions = new Map(options.positions);
  const tasks = new Map<string, Promise<void>>();
  const closedIds = new Set<string>();

  /** Follows what is listed until it is stopped: a child when its parents, as far as listed, are read. */
  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      const { Shards: shards = [] } = await untilTaken(() =>
        client.send(new ListShardsCommand({ StreamName: streamName })));
      const ids = new Set(shards.map(({ ShardId }) => ShardId));
      for (const shard of shards) {
        const shardId = shard.ShardId ?? '';
        if (shard.SequenceNumberRange?.EndingSequenceNumber !== undefined) closedIds.add(shardId);
        const isDue = parentsOf(shard).every((id) => positions.get(id) === SHARD_END || !ids.has(id));
        if (isDue && !tasks.has(shardId)) tasks.set(shardId, readShard(shardId));
      }
      await sleep(LIST_MS);
    }
  }

  async function readShard(shardId: string): Promise<void> {
    while (!stopping.signal.aborted && positions.get(shardId) !== SHARD_END) {
      try {
        await subscribe(shardId);
      } catch {
        await sleep(RESUBSCRIBE_MS);
      }
    }
  }

  async function subscribe(shardId: string): Promise<void> {
    const position = positions.get(shardId);
    const ending = new AbortController();
    const abortSignal = AbortSignal.any([stopping.signal, ending.signal]);
    try {
      const { EventStream: stream } = await client.send(new SubscribeToShardCommand({
        ConsumerARN: consumerArn,
        ShardId: shardId,
        StartingPosition: position === undefined
          ? { Type: 'TRIM_HORIZON' }
          : { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position },
      }), { abortSignal });
      for await (const { SubscribeToShardEvent: event } of stream ?? []) {
        if (event !== undefined) await take(shardId, event);
        // kinesis-local goes on with empty events when a shard is closed, and never names its children.
        if (event?.Records?.length === 0 && closedIds.has(shardId)) await readRest(shardId);
        if (positions.get(shardId) === SHARD_END || stopping.signal.aborted) return;
      }
    } finally {
      ending.abort();
    }
  }

  async function take(shardId: string, event: SubscribeToShardEvent): Promise<void> {
    const records = recordsOf(event.Records);
    // AWS: the last event of a closed shard names its children and has no continuation.
    const hasEnded = event.ChildShards !== undefined && event.ChildShards.length > 0;
    const position = hasEnded ? SHARD_END : event.ContinuationSequenceNumber;
    if (position === undefined || (records.length === 0 && !hasEnded)) return;
    await move(shardId, records, position);
  }

  /** One GetRecords behind the position; without a next iterator it was the shard's last. */
  async function readRest(shardId: string): Promise<void> {
    const position = positions.get(shardId);
    const { ShardIterator: iterator } = await direct.send(new GetShardIteratorCommand({
      StreamName: streamName,
      ShardId: shardId,
      ...(position === undefined
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: position }),
    }));
    const reply = await direct.send(new GetRecordsCommand({ ShardIterator: iterator }));
    if (reply.NextShardIterator === undefined) await move(shardId, recordsOf(reply.Records), SHARD_END);
  }

  async function move(shardId: string, records: StreamRecord[], position: string): Promise<void> {
    await options.onBatch({ shardId, records, positionBefore: positions.get(shardId), position });
    positions.set(shardId, position);
  }

  const following = follow();
  return {
    async stop() {
      stopping.abort();
      await following;
      await Promise.all(tasks.values());
    },
  };
};

function recordsOf(records: KinesisRecord[] = []): StreamRecord[] {
  return records.map(({ SequenceNumber, PartitionKey, Data }) => ({
    sequenceNumber: SequenceNumber ?? '', partitionKey: PartitionKey ?? '', data: Data ?? new Uint8Array(),
    arrivedAtMs: 0,
  }));
}

export async function registerConsumer(client: KinesisClient, streamName: string): Promise<string> {
  const { StreamDescriptionSummary: summary } = await client.send(
    new DescribeStreamSummaryCommand({ StreamName: streamName }),
  );
  const { Consumer: consumer } = await client.send(new RegisterStreamConsumerCommand({
    StreamARN: summary?.StreamARN, ConsumerName: `reader-${randomBytes(4).toString('hex')}`,
  }));
  return await awaitThat('the consumer is active', async () => {
    const { ConsumerDescription: now } = await client.send(
      new DescribeStreamConsumerCommand({ ConsumerARN: consumer?.ConsumerARN }),
    );
    return now?.ConsumerStatus === 'ACTIVE' && (now.ConsumerARN ?? '');
  });
}

function parentsOf(shard: Shard): string[] {
  return [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined);
}
