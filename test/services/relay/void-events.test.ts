/** What was made before a recovery that the log has is done with once, at a bounded cost, and counted. */
import { pino } from 'pino';
import t from 'tap';
import { PartitionRelay } from '../../../services/relay/partition-relay.ts';
import type { PartitionRelayOptions } from '../../../services/relay/partition-relay-options.ts';
import type { RelayMetrics } from '../../../services/relay/relay-metrics.ts';
import { createRelayScripts } from '../../../services/relay/relay-scripts.ts';
import { StoppedSales } from '../../../services/relay/stopped-sales.ts';
import { createLogFold, REMEMBERED_IDS } from '../../../services/shared/contracts/log-fold.ts';
import { partitionKeys, saleKeys } from '../../../services/shared/contracts/keys.ts';
import type { PackedEvent } from '../../../services/shared/contracts/outbox.ts';
import { connectRedis } from '../../../services/shared/platform/redis.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { simMetrics } from '../../simulation/sim-surroundings.ts';
import { openRelayBench } from './open-relay-bench.ts';

const log = pino({ level: 'silent' });

/** Of one event each: `count` events of `saleId` in a chain. */
function entriesOf(saleId: string, { count, epoch = 0 }: { count: number; epoch?: number }) {
  return Array.from({ length: count }, (_, i) => ({
    id: `${i + 1}-0`,
    fields: [saleId, [
      [i + 1, i === 0 ? '0' : `${saleId}-${i - 1}-1`, epoch, 1_000, `${saleId}-${i}-`, 1].join('\t'),
      'sale.paused\toperator:ann \t{}',
    ].join('\n')],
  }));
}

const unused = { inc: () => undefined, observe: () => undefined };
const noMetrics = { sent: unused, sendFailures: unused, contradictions: unused, lagMs: unused };
const turns = () => new Promise((resolve) => setImmediate(resolve));

function optionsOf(given: Partial<PartitionRelayOptions>): PartitionRelayOptions {
  return {
    partition: 3, fold: createLogFold(), log, metrics: simMetrics,
    layouts: { get: async () => undefined, forget: () => undefined },
    put: async () => undefined, accept: async () => true, suspend: async () => undefined,
    setAside: async () => true, dropVoid: async () => true, hasSetAside: async () => false, ...given,
  };
}

t.test('what is void is looked for once, however much it is and whatever comes again', async (t) => {
  const dropped: string[] = [];
  const counts = { setAside: 0, voided: 0 };
  const relay = new PartitionRelay(optionsOf({
    metrics: {
      ...noMetrics,
      setAside: { inc: (n: number) => void (counts.setAside += n) },
      voided: { inc: (n: number) => void (counts.voided += n) },
    } as unknown as RelayMetrics,
    dropVoid: async (_saleId, _epoch, ids) => dropped.push(...ids) > 0,
  }));
  t.teardown(() => relay.stop());
  let looks = 0;
  const { openEventsOf } = relay.ledger;
  relay.ledger.openEventsOf = (saleId) => {
    looks += 1;
    return openEventsOf(saleId);
  };
  const entries = entriesOf('s', { count: 3_000 });
  // Redis goes on in its old epoch while the log has the sale in the next one.
  relay.enterEpoch('s', 1);
  relay.begin();
  relay.offer(entries);
  relay.enterEpoch('s', 2);
  relay.restart();
  relay.offer(entries);
  relay.tick();
  await awaitThat('nothing is open', () => relay.ledger.openCount() === 0);
  await turns();
  t.equal(dropped.length, 3_000, 'nobody is told twice');
  t.equal(new Set(dropped).size, 3_000);
  t.ok(looks < 10, `${looks} looks through all that is open`);
  t.same(counts, { setAside: 0, voided: 3_000 });
});

t.test('while Redis answers more becomes void, in a later epoch: each is done with once', async (t) => {
  const event = (id: string, epoch: number): PackedEvent => ({
    type: 'sale.paused', saleId: 's', seq: 1, id, prev: '0', timeMs: 0, epoch, context: '', body: ['{}'],
  });
  const asked: [epoch: number, ids: string][] = [];
  const voided: string[] = [];
  const sales = new StoppedSales({
    log, setAside: async () => false,
    suspend: async () => {
      t.fail('nothing is to be suspended');
      return undefined;
    },
    dropVoid: async (_saleId, epoch, ids) => {
      asked.push([epoch, ids.join(' ')]);
      if (asked.length === 1) sales.outdate('s', 2, [event('b', 2)]);
      return true;
    },
    done: () => t.fail('nothing is set aside'),
    dropped: (events) => void voided.push(...events.map(({ id }) => id)),
    recovered: () => undefined,
  });
  sales.outdate('s', 1, [event('a', 1)]);
  t.ok(sales.isOutdated(event('a', 1)));
  await sales.work();
  await sales.work();
  t.same(asked, [[1, 'a'], [2, 'b']]);
  t.same(voided, ['a', 'b']);
  t.notOk(sales.isOutdated(event('a', 1)));
});

t.test('a sale that is gone from Redis is not suspended for what was made in it before', async (t) => {
  const { stack, redis: reading, writer } = await openRelayBench(t, 1);
  const redis = connectRedis(stack.redisUrl, { name: 'test', log });
  t.teardown(() => redis.disconnect());
  const scripts = createRelayScripts(redis);
  const [gone, going] = [writer('bassanio'), writer('portia')];
  for (const sale of [gone, going]) {
    const { partition, saleId } = sale;
    const keys = { ...partitionKeys(partition), ...saleKeys(partition, saleId) };
    await reading.set(keys.generation, 'g1');
    const [id = ''] = await sale.add(1, '*', 'order-1');
    if (sale === gone) await reading.del(keys.sale);
    const relay = new PartitionRelay(optionsOf({
      partition,
      suspend: (of, epoch) => scripts.suspend(partition, 'g1', { saleId: of, epoch, reason: 'operator' }),
      setAside: (of, events) => scripts.setAside(partition, 'g1', of, events),
      dropVoid: (of, epoch, ids) => scripts.dropVoid(partition, 'g1', { saleId: of, epoch }, ids),
    }));
    t.teardown(() => relay.stop());
    relay.enterEpoch(saleId, 1);
    relay.begin();
    relay.offer((await reading.xrange(sale.outbox, '-', '+')).map(([at, fields]) => ({ id: at, fields })));
    relay.tick();
    await awaitThat('it is done', () => relay.ledger.openCount() === 0);
    t.same((await reading.xrange(keys.accepted, '-', '+')).map(([, fields]) => fields), [['lost', id]]);
    const isSuspended = await reading.hexists(keys.suspended, saleId) === 1;
    t.equal(isSuspended, sale === going, 'the one that Redis still has in the old epoch');
    t.equal(await reading.exists(keys.contradicted), sale === going ? 1 : 0);
    t.equal(await reading.exists(keys.sale), sale === going ? 1 : 0);
    t.equal(await reading.hexists(keys.unconfirmed, id), sale === going ? 1 : 0);
  }
});

t.test('no more is sent than the fold remembers, also when all that is open is queued anew', async (t) => {
  const sizes: number[] = [];
  const relay = new PartitionRelay(optionsOf({
    metrics: { ...noMetrics, sent: { inc: (n: number) => void sizes.push(n) } } as unknown as RelayMetrics,
    // Never ends: what is to be set aside stays open.
    setAside: async () => false,
  }));
  t.teardown(() => relay.stop());
  const isStill = async (): Promise<boolean> => {
    const before = sizes.length;
    for (let i = 0; i < 50; i++) await turns();
    return before === sizes.length;
  };
  relay.begin();
  relay.offer(entriesOf('stopped', { count: REMEMBERED_IDS }));
  await awaitThat('it waits for what it has sent', async () => sizes.length > 1 && await isStill());
  // What of it was sent may still be accepted: that is waited for, and fills what may be sent.
  relay.giveUp('stopped', 'it is to be stopped');
  for (let i = 0; i < 100; i++) relay.offer(entriesOf(`other-${i}`, { count: 1 }));
  for (let i = 0; i < 5; i++) {
    relay.restart();
    relay.tick();
    await awaitThat('nothing moves any more', isStill);
  }
  const sum = sizes.reduce((a, b) => a + b, 0);
  t.ok(sum <= REMEMBERED_IDS, `records of ${sizes.join(', ')} events`);
});
