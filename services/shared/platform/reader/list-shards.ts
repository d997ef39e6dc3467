import type { KinesisClient, Shard } from '@aws-sdk/client-kinesis';
import { ListShardsCommand } from '@aws-sdk/client-kinesis';

/** A shard as readers see it. */
export interface ListedShard {
  shardId: string;
  /** of which it was split or merged; they may be past their retention and not listed any more */
  parents: string[];
}

/** All shards and their parents, oldest first. Throws as the SDK does. */
export async function listFamilies(client: KinesisClient, streamName: string): Promise<ListedShard[]> {
  return (await listShards(client, streamName)).map((shard) => ({
    shardId: shard.ShardId ?? '',
    parents: [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined),
  }));
}

/** All shards, oldest first: a child's id is greater than its parents'. Throws as the SDK does. */
export async function listShards(client: KinesisClient, streamName: string): Promise<Shard[]> {
  const listed: Shard[] = [];
  let token: string | undefined;
  do {
    const reply = await client.send(
      new ListShardsCommand(token === undefined ? { StreamName: streamName } : { NextToken: token }),
    );
    listed.push(...reply.Shards ?? []);
    token = reply.NextToken;
  } while (token !== undefined);
  return listed.toSorted((a, b) => ((a.ShardId ?? '') < (b.ShardId ?? '') ? -1 : 1));
}
