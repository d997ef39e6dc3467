/** Changes a stream's shards and waits until it is active again; every call is the client's own. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeStreamSummaryCommand, ListShardsCommand, MergeShardsCommand, SplitShardCommand,
  UpdateShardCountCommand,
} from '@aws-sdk/client-kinesis';
import type { KinesisClient, Shard } from '@aws-sdk/client-kinesis';

/** All of them, oldest first. */
export async function listShards(client: KinesisClient, streamName: string): Promise<Shard[]> {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: streamName }));
  return Shards.toSorted((a, b) => ((a.ShardId ?? '') < (b.ShardId ?? '') ? -1 : 1));
}

/** Those that take records, in the order of their hash keys: neighbours can be merged. */
export async function listOpenShards(client: KinesisClient, streamName: string): Promise<string[]> {
  const startOf = ({ HashKeyRange: range }: Shard): bigint => BigInt(range?.StartingHashKey ?? 0);
  return (await listShards(client, streamName))
    .filter(({ SequenceNumberRange: range }) => range?.EndingSequenceNumber === undefined)
    .toSorted((a, b) => (startOf(a) < startOf(b) ? -1 : 1))
    .map(({ ShardId = '' }) => ShardId);
}

export async function splitShard(client: KinesisClient, streamName: string, shardId: string): Promise<void> {
  const shard = (await listShards(client, streamName)).find(({ ShardId }) => ShardId === shardId);
  const { StartingHashKey: start = '0', EndingHashKey: end = '0' } = shard?.HashKeyRange ?? {};
  await client.send(new SplitShardCommand({
    StreamName: streamName, ShardToSplit: shardId,
    NewStartingHashKey: String((BigInt(start) + BigInt(end)) / 2n),
  }));
  await awaitActive(client, streamName);
}

export async function mergeShards(
  client: KinesisClient,
  streamName: string,
  [shardId, adjacentId]: readonly [string, string],
): Promise<void> {
  await client.send(new MergeShardsCommand({
    StreamName: streamName, ShardToMerge: shardId, AdjacentShardToMerge: adjacentId,
  }));
  await awaitActive(client, streamName);
}

/** By UpdateShardCount, which kinesalite does not know. */
export async function scaleStream(client: KinesisClient, streamName: string, shards: number): Promise<void> {
  await client.send(new UpdateShardCountCommand({
    StreamName: streamName, TargetShardCount: shards, ScalingType: 'UNIFORM_SCALING',
  }));
  await awaitActive(client, streamName);
}

/** While it is UPDATING another change is refused. */
async function awaitActive(client: KinesisClient, streamName: string): Promise<void> {
  for (;;) {
    const reply = await client.send(new DescribeStreamSummaryCommand({ StreamName: streamName }));
    if (reply.StreamDescriptionSummary?.StreamStatus === 'ACTIVE') return;
    await sleep(10);
  }
}
