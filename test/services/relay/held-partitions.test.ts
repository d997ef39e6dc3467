import { pino } from 'pino';
import t from 'tap';
import { HeldPartitions } from '../../../services/relay/held-partitions.ts';
import { createLayoutCache } from '../../../services/relay/layout-cache.ts';
import { LogFollower } from '../../../services/relay/log-follower.ts';
import { createOutboxReader } from '../../../services/relay/outbox-reader.ts';
import type { PartitionRelay } from '../../../services/relay/partition-relay.ts';
import { createRelayMetrics } from '../../../services/relay/relay-metrics.ts';
import { createRelayScripts } from '../../../services/relay/relay-scripts.ts';
import { partitionKeys } from '../../../services/shared/contracts/keys.ts';
import { connectRedis, redisReady } from '../../../services/shared/platform/redis.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { connectTestKinesis } from '../../harness/connect-test-kinesis.ts';
import { openRelayBench } from './open-relay-bench.ts';

const log = pino({ level: 'silent' });

t.test('a partition that is taken is worked on at once, without waiting for a tick', async (t) => {
  const { stack, redis: writing, writer } = await openRelayBench(t, 1);
  const redis = connectRedis(stack.redisUrl, { name: 'test', log });
  const outboxRedis = connectRedis(stack.redisUrl, { name: 'test-outbox', log, blocking: true });
  await Promise.all([redisReady(redis, 5_000), redisReady(outboxRedis, 5_000)]);
  const kinesis = connectTestKinesis(stack.kinesisEndpoint);
  const stopping = new AbortController();
  const { signal } = stopping;
  const standing = async () => ({ fullestBytes: 0, oldestAtMs: undefined });
  const metrics = createRelayMetrics(
    { entries: () => 0, waiting: () => 0, standing }, { own: () => 0, free: () => 0, live: () => 1 },
  );
  const relays: (PartitionRelay | undefined)[] = [];
  const { streamName: KINESIS_STREAM } = stack;
  const config = { KINESIS_STREAM, PARTITIONS: 64, BUS_POLL_MS_MIN: 5, BUS_POLL_MS_MAX: 50 };
  const follower = new LogFollower({
    config: { ...config, KINESIS_ENDPOINT: stack.kinesisEndpoint }, kinesis, log, fanOut: undefined,
    liveCount: () => 1, metrics, relays, signal, onLost: () => undefined,
  });
  const put: number[] = [];
  const held = new HeldPartitions({
    relays, follower, log, metrics, signal, fold: follower.fold, layouts: createLayoutCache(redis),
    outboxes: createOutboxReader(outboxRedis, (partition) => partitionKeys(partition).outbox),
    scripts: createRelayScripts(redis), streamKey: () => 'stream@1', storeTrouble: () => '',
    onOtherGeneration: () => undefined,
    put: async (partition) => {
      put.push(partition);
      return { shardId: 'shardId-000000000000', sequenceNumber: '1' };
    },
  });
  const following = held.follow();
  t.teardown(async () => {
    stopping.abort();
    outboxRedis.disconnect();
    await following;
    redis.disconnect();
    kinesis.destroy();
  });
  const sales = ['viola', 'orsino', 'olivia'].map(writer);
  await writing.set(partitionKeys(sales[0]?.partition ?? 0).generation, 'g1');
  for (const sale of sales) await sale.add(2);
  for (const { partition } of sales) held.take(partition);
  const partitions = sales.map(({ partition }) => partition).toSorted((a, b) => a - b);
  await awaitThat('their events are sent', () => put.length >= partitions.length);
  t.same(put.toSorted((a, b) => a - b), partitions);
  t.equal(await writing.get(partitionKeys(sales[0]?.partition ?? 0).generation), 'g1');
  for (const { partition } of sales) await held.drop(partition, { isOurs: false });
  t.same(held.relays(), []);
});
