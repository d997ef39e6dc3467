import { pino } from 'pino';
import t from 'tap';
import { createLayoutCache } from '../../../services/relay/layout-cache.ts';
import { PartitionRelay } from '../../../services/relay/partition-relay.ts';
import { readLog } from '../../../services/relay/read-log.ts';
import { createRelayMetrics } from '../../../services/relay/relay-metrics.ts';
import { createLogFold } from '../../../services/shared/contracts/log-fold.ts';
import { decompress } from '../../../services/shared/platform/compression.ts';
import { connectRedis } from '../../../services/shared/platform/redis.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { openRelayBench } from './open-relay-bench.ts';

const log = pino({ level: 'silent' });

t.test('what is read back behind a head learnt elsewhere is announced, and no sale waits', async (t) => {
  const { stack, redis: writing, writer } = await openRelayBench(t, 1);
  const redis = connectRedis(stack.redisUrl, { name: 'test', log });
  t.teardown(() => redis.disconnect());
  const standing = async () => ({ fullestBytes: 0, oldestAtMs: undefined });
  const metrics = createRelayMetrics(
    { entries: () => 0, waiting: () => 0, standing }, { own: () => 0, free: () => 0, live: () => 1 },
  );
  const sale = writer('cesario');
  const fold = createLogFold();
  const sent: Uint8Array[] = [];
  const announced: string[] = [];
  const relay = new PartitionRelay({
    partition: sale.partition, fold, log, metrics, layouts: createLayoutCache(redis),
    put: async (data) => void sent.push(data),
    accept: async (ids) => {
      announced.push(...ids);
      return true;
    },
    suspend: async () => undefined,
    setAside: async () => true,
    dropVoid: async () => true,
    hasSetAside: async () => false,
  });
  t.teardown(() => relay.stop());
  const offerAll = async () => {
    const entries = await writing.xrange(sale.outbox, '-', '+');
    relay.offer(entries.map(([id, fields]) => ({ id, fields })));
    await writing.del(sale.outbox);
  };
  const relays = Array.from({ length: 64 }, (_, p) => (p === sale.partition ? relay : undefined));
  const readBack = async () => await readLog({
    shardId: 's', positionBefore: undefined, position: '1',
    records: sent.splice(0).map((data) => ({ sequenceNumber: '1', partitionKey: 'p', arrivedAtMs: 0, data })),
  }, { fold, relays, metrics, log, partitionsSeen: new Map(), fromHorizon: () => false });

  relay.begin();
  await sale.add(3);
  await offerAll();
  await awaitThat('they are sent', () => sent.length > 0);
  t.match(sent.map((data) => decompress(data, 1_000_000)).join(''), sale.ids[2]);
  // The event store has read them before this relay has, and is gone again.
  fold.setHead(sale.saleId, sale.head);
  await readBack();
  t.same(announced.toSorted(), sale.ids.toSorted());
  t.equal(relay.waiting.count(), 0);
  await sale.add(2);
  await offerAll();
  await awaitThat('the next ones are sent', () => sent.length > 0);
  await readBack();
  t.same(announced.toSorted(), sale.ids.toSorted());
});
