/** What a test of readers needs: a stream, a database for the leases, and readers that say what they got. */
import { Pool } from 'pg';
import { pino } from 'pino';
import {
  DescribeStreamSummaryCommand, KinesisClient, ListShardsCommand, MergeShardsCommand, SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { connectFanOut, ensureStream, putRecord } from '../../services/shared/platform/kinesis.ts';
import { createReader } from '../../services/shared/platform/reader/create-reader.ts';
import type { Reader, ReaderOptions } from '../../services/shared/platform/reader/create-reader.ts';
import { listFamilies } from '../../services/shared/platform/reader/list-shards.ts';
import { awaitThat } from './await-that.ts';
import { connectTestKinesis } from './connect-test-kinesis.ts';
import { openTestStack } from './open-test-stack.ts';
import type { Teardown } from './teardown.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const KEYS = Array.from({ length: 12 }, (_, i) => `key-${i}`);

/** What one reader was handed. */
export interface TestReader {
  reader: Reader;
  /** texts by partition key, in order */
  got: Map<string, string[]>;
  log: string[];
}

export async function openReadStream(
  t: Teardown, { shards = 2, endpoint }: { shards?: number; endpoint?: string } = {},
) {
  const stack = await openTestStack(t, endpoint === undefined ? { shards } : {});
  const kinesisUrl = endpoint ?? stack.kinesisEndpoint;
  const client = connectTestKinesis(kinesisUrl);
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 8 });
  pool.on('error', () => undefined);
  const readers: Reader[] = [];
  t.teardown(async () => {
    await Promise.all(readers.map((reader) => reader.stop()));
    client.destroy();
    await pool.end();
  });
  const { streamName } = stack;
  // Patient: a record that is sent twice because of a slow machine would be one too many.
  const writer = new KinesisClient({
    region: 'eu-west-1', endpoint: kinesisUrl, maxAttempts: 1, credentials,
    requestHandler: new NodeHttpHandler({ requestTimeout: 60_000 }),
  });
  t.teardown(() => writer.destroy());
  const { streamKey } = await ensureStream(client, { streamName, shards });
  const sent = new Map<string, string[]>();
  let n = 0;
  return {
    stack, client, pool, streamName, streamKey, sent, keys: KEYS, kinesisUrl,
    /** One record per key. */
    async put(): Promise<void> {
      await Promise.all(KEYS.map(async (partitionKey) => {
        const text = `${partitionKey} ${n += 1}`;
        await putRecord(writer, { streamName, partitionKey, data: Buffer.from(text) });
        sent.set(partitionKey, [...sent.get(partitionKey) ?? [], text]);
      }));
    },
    ...reshaping(client, streamName),
    ...looking(pool, streamKey),
    read(options: Partial<ReaderOptions> & { pushed?: boolean } = {}): TestReader {
      const got = new Map<string, string[]>();
      const lines: string[] = [];
      const { onBatch, pushed = false, ...others } = options;
      const fanOutClient = pushed
        ? connectFanOut({ region: 'eu-west-1', endpoint: kinesisUrl, credentials }) : undefined;
      if (fanOutClient !== undefined) t.teardown(() => fanOutClient.destroy());
      const reader = createReader({
        client, streamName, streamKey, cursor: 'test', start: { from: 'horizon' }, pool, owner: 'test',
        log: pino({ level: 'info' }, { write: (line: string) => { lines.push(line); } }),
        pollMsMin: 5, pollMsMax: 20, leaseMs: 4_000, listMs: 200, fanOutClient,
        async onBatch(batch, lease) {
          await onBatch?.(batch, lease);
          for (const { partitionKey, data } of batch.records) {
            got.set(partitionKey, [...got.get(partitionKey) ?? [], Buffer.from(data).toString()]);
          }
        },
        ...others,
      });
      readers.push(reader);
      reader.start();
      return { reader, got, log: lines };
    },
  };
}

/** What changes the shards, and tells which there are. */
function reshaping(client: KinesisClient, streamName: string) {
  return {
    shards: () => listFamilies(client, streamName),
    async openShards(): Promise<string[]> {
      const listed = await listFamilies(client, streamName);
      const closed = new Set(listed.flatMap(({ parents }) => parents));
      return listed.map(({ shardId }) => shardId).filter((id) => !closed.has(id));
    },
    /** Splits a shard in the middle; waits for its children. */
    async split(shardId: string): Promise<void> {
      const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: streamName }));
      const range = Shards.find((shard) => shard.ShardId === shardId)?.HashKeyRange;
      const middle = (BigInt(range?.StartingHashKey ?? 0) + BigInt(range?.EndingHashKey ?? 0)) / 2n;
      await client.send(new SplitShardCommand({
        StreamName: streamName, ShardToSplit: shardId, NewStartingHashKey: String(middle + 1n),
      }));
      await childrenOf(client, streamName, [shardId], 2);
    },
    async merge(one: string, other: string): Promise<void> {
      await client.send(new MergeShardsCommand({
        StreamName: streamName, ShardToMerge: one, AdjacentShardToMerge: other,
      }));
      await childrenOf(client, streamName, [one, other], 1);
    },
  };
}

/** What is in the table of the leases. */
function looking(pool: Pool, streamKey: string) {
  return {
    /** Waits until some process has renewed a lease so many times: as long as it takes. */
    async renewals(count: number): Promise<void> {
      const seen = new Set<string>();
      await awaitThat(`${count} renewals`, async () => {
        const { rows } = await pool.query(
          'SELECT max(expires_at)::text AS at FROM reader.leases WHERE stream = $1', [streamKey]);
        seen.add(String(rows[0]?.at));
        return seen.size > count;
      });
    },
    leases: async () => (await pool.query<LeaseLine>(
      `SELECT shard_id AS "shardId", owner, epoch::int, position, wanted_by AS "wantedBy"
       FROM reader.leases WHERE stream = $1 ORDER BY cursor, shard_id`, [streamKey])).rows,
  };
}

interface LeaseLine {
  shardId: string;
  owner: string | null;
  epoch: number;
  position: string | null;
  wantedBy: string | null;
}

/** How many texts there are. */
export function total(...lists: Map<string, string[]>[]): number {
  return lists.flatMap((list) => [...list.values()]).reduce((sum, texts) => sum + texts.length, 0);
}

async function childrenOf(
  client: KinesisClient, streamName: string, ids: string[], count: number,
): Promise<void> {
  await awaitThat(`${count} children of ${ids.join(', ')}`, async () => {
    const listed = await listFamilies(client, streamName);
    const children = listed.filter(({ parents }) => ids.every((id) => parents.includes(id)));
    const { StreamDescriptionSummary: summary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName: streamName }));
    return children.length >= count && summary?.StreamStatus === 'ACTIVE';
  });
}
