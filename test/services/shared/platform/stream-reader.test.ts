import { ListShardsCommand, MergeShardsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import { pino } from 'pino';
import t from 'tap';
import { ensureStream, putRecord } from '../../../../services/shared/platform/kinesis.ts';
import { SHARD_END } from '../../../../services/shared/platform/shard-reader.ts';
import type { Moved, ShardBatch } from '../../../../services/shared/platform/shard-reader.ts';
import { createStreamReader } from '../../../../services/shared/platform/stream-reader.ts';
import { awaitThat } from '../../../harness/await-that.ts';
import { connectTestKinesis } from '../../../harness/connect-test-kinesis.ts';
import { startKinesisProxy } from '../../../harness/start-kinesis-proxy.ts';
import type { Teardown } from '../../../harness/teardown.ts';
import { openTestStack } from '../../../stack.ts';

const log = pino({ level: 'silent' });
const KEYS = ['p01', 'p02', 'p03', 'p04', 'p05', 'p06'];

async function openStream(t: Teardown, shards: number) {
  const { streamName, kinesisEndpoint } = await openTestStack(t, { shards });
  const proxy = await startKinesisProxy(t, kinesisEndpoint);
  const client = connectTestKinesis(proxy.url);
  t.teardown(() => client.destroy());
  const sent = new Map<string, string[]>();
  let n = 0;
  return {
    proxy, client, streamName, sent,
    /** One record per key. */
    async put(): Promise<void> {
      for (const partitionKey of KEYS) {
        const text = `${partitionKey}-${n += 1}`;
        await putRecord(client, { streamName, partitionKey, data: Buffer.from(text) });
        sent.set(partitionKey, [...sent.get(partitionKey) ?? [], text]);
      }
    },
    shards: async () => (await client.send(new ListShardsCommand({ StreamName: streamName }))).Shards ?? [],
    active: () => ensureStream(client, { streamName, shards }),
    read(
      positions = new Map<string, string>(),
      onBatch: (batch: ShardBatch) => Promise<Moved | undefined> = async () => undefined,
    ) {
      const got = new Map<string, string[]>();
      const reader = createStreamReader({
        client, streamName, log, positions, pollMsMin: 5, pollMsMax: 20,
        async onBatch(batch) {
          const moved = await onBatch(batch);
          for (const { partitionKey, data } of batch.records) {
            got.set(partitionKey, [...got.get(partitionKey) ?? [], Buffer.from(data).toString()]);
          }
          if (moved === undefined) positions.set(batch.shardId, batch.position);
          return moved;
        },
      });
      t.teardown(() => reader.stop());
      reader.start();
      return { got, reader, positions };
    },
  };
}

const total = (lists: Map<string, string[]>): number =>
  [...lists.values()].reduce((sum, list) => sum + list.length, 0);

t.test('reads every shard in order to its tip, and goes on from its positions', async (t) => {
  const { put, sent, read } = await openStream(t, 3);
  await put();
  await put();
  const first = read();
  await first.reader.reachedTip();
  t.same(first.got, sent);
  await put();
  first.reader.wake();
  await awaitThat('the new records', () => total(first.got) === total(sent));
  await first.reader.stop();
  await put();
  const second = read(first.positions);
  await second.reader.reachedTip();
  t.same(second.got, new Map([...sent].map(([key, list]) => [key, list.slice(3)])), 'nothing twice');
  await second.reader.stop();
  await second.reader.stop();
});

t.test('an empty stream has a tip', async (t) => {
  const { read } = await openStream(t, 2);
  const { reader, got } = read();
  await reader.reachedTip();
  t.equal(got.size, 0);
  t.same(reader.troubles(), []);
});

t.test('splits and merges are followed, parents before children, also from the horizon', async (t) => {
  const { put, sent, read, shards, client, streamName, active } = await openStream(t, 2);
  await put();
  const live = read();
  await live.reader.reachedTip();
  const [{ ShardId: shardId, HashKeyRange: range } = {}] = await shards();
  const middle = (BigInt(range?.StartingHashKey ?? 0) + BigInt(range?.EndingHashKey ?? 0)) / 2n;
  await client.send(new SplitShardCommand({
    StreamName: streamName, ShardToSplit: shardId, NewStartingHashKey: String(middle),
  }));
  await active();
  // The emulator may say that it is active before it says so of the new shards.
  const children = await awaitThat('there are two children', async () => {
    const found = (await shards()).filter(({ ParentShardId }) => ParentShardId === shardId);
    return found.length === 2 && found;
  });
  await put();
  await awaitThat('what came after the split', () => total(live.got) === total(sent));
  await client.send(new MergeShardsCommand({
    StreamName: streamName, ShardToMerge: children[0]?.ShardId, AdjacentShardToMerge: children[1]?.ShardId,
  }));
  await active();
  await awaitThat('there is a child of both', async () =>
    (await shards()).some(({ AdjacentParentShardId }) => AdjacentParentShardId !== undefined));
  await put();
  await put();
  await awaitThat('what came after the merge', () => total(live.got) === total(sent));
  t.same(live.got, sent, 'in order per key');
  for (const id of [shardId, ...children.map(({ ShardId }) => ShardId)]) {
    t.equal(live.positions.get(id ?? ''), SHARD_END, 'a closed shard is never read again');
  }

  const late = read();
  await late.reader.reachedTip();
  t.same(late.got, sent, 'in order per key from the horizon');
  const resumed = read(new Map(live.positions));
  await resumed.reader.reachedTip();
  t.equal(resumed.got.size, 0, 'nothing again');
});

t.test('a handler that throws gets the same batch again', async (t) => {
  const { put, sent, read } = await openStream(t, 2);
  let failures = 0;
  await put();
  const { reader, got } = read(new Map(), async () => {
    failures += 1;
    if (failures % 3 !== 0) throw new Error('the database is away');
    return undefined;
  });
  await awaitThat('it says so', () => reader.troubles().some((trouble) => /database is away/.test(trouble)));
  await reader.reachedTip();
  t.same(got, sent);
  t.same(reader.troubles(), []);
});

t.test('a handler may say where to read on', async (t) => {
  const { put, sent, read } = await openStream(t, 1);
  await put();
  let moves = 0;
  const { reader, got } = read(new Map(), async () => {
    moves += 1;
    return moves === 1 ? { position: undefined } : undefined;
  });
  await reader.reachedTip();
  t.same(got, new Map([...sent].map(([key, list]) => [key, [...list, ...list]])), 'all of it again');
});

t.test('throttling, errors and expired iterators delay and lose nothing', async (t) => {
  const { put, sent, read, proxy } = await openStream(t, 2);
  let calls = 0;
  proxy.decide((action) => {
    if (action === 'PutRecord') return 'none';
    calls += 1;
    const faults = ['expire', 'none', 'throttle', 'none', 'fail', 'lose-reply', 'none'] as const;
    // Ten of each, and it ends: two shards can keep falling into the same fault.
    return calls > 10 * faults.length ? 'none' : faults[calls % faults.length] ?? 'none';
  });
  const { reader, got } = read();
  for (let i = 0; i < 10; i++) await put();
  await awaitThat('all records', () => total(got) >= total(sent));
  t.same(got, sent);
  proxy.decide(() => 'none');
  await reader.reachedTip();
});
