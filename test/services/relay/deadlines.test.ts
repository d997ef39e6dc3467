/** What waits for something that does not come ends by itself. */
import { pino } from 'pino';
import t from 'tap';
import { PartitionRelay } from '../../../services/relay/partition-relay.ts';
import type { PartitionRelayOptions } from '../../../services/relay/partition-relay-options.ts';
import { createLogFold } from '../../../services/shared/contracts/log-fold.ts';
import { saleKeys } from '../../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../../services/shared/contracts/partition-of.ts';
import { systemClock } from '../../../services/shared/platform/clock.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { startKinesisProxy } from '../../harness/start-kinesis-proxy.ts';
import { startService } from '../../stack.ts';
import { simMetrics } from '../../simulation/sim-surroundings.ts';
import { openRelayBench } from './open-relay-bench.ts';
import { HALL, openRecoveryBench } from './open-recovery-bench.ts';

t.setTimeout(180_000);

t.test('what the bus took and nobody reads back is sent again after 30 s, not before', async (t) => {
  let elapsedMs = 0;
  let sentCount = 0;
  const options: PartitionRelayOptions = {
    partition: 3, fold: createLogFold(), log: pino({ level: 'silent' }), metrics: simMetrics,
    clock: { ...systemClock, elapsedMs: () => elapsedMs },
    layouts: { get: async () => undefined, forget: () => undefined },
    put: async () => {
      sentCount += 1;
    },
    accept: async () => true, suspend: async () => undefined, setAside: async () => true,
    dropVoid: async () => true, hasSetAside: async () => false,
  };
  const relay = new PartitionRelay(options);
  t.teardown(() => relay.stop());
  relay.begin();
  relay.offer([{ id: '1-0', fields: ['s', '1\t0\t0\t1000\te-\t1\nsale.paused\toperator:ann \t{}'] }]);
  await awaitThat('it is sent', () => sentCount === 1);
  const turns = () => new Promise((resolve) => setImmediate(resolve));
  await turns();
  elapsedMs = 30_000;
  relay.tick();
  await turns();
  t.equal(sentCount, 1);
  elapsedMs = 30_001;
  relay.tick();
  await awaitThat('it is sent again', () => sentCount === 2);
});

t.test('a sale whose events follow nothing is rebuilt after half a minute', async (t) => {
  const { stack, redis, sensibleWriter, drained, stateOf, logOf } = await openRelayBench(t, 1);
  await startService(t, 'relay', stack.env);
  const sale = sensibleWriter('viola');
  await sale.add(2);
  await drained(sale);
  const known = [...sale.ids];
  sale.head = { seq: 5, id: 'nobody-has-seen-this' };
  await sale.add(1);
  await awaitThat('it is suspended', async () => await stateOf(sale) === 'recovering', 90_000);
  await awaitThat('it is rebuilt', async () => await stateOf(sale) === 'draft', 60_000);
  await drained(sale);
  t.same((await logOf('viola')).slice(0, 2), known);
  t.equal((await logOf('viola')).length, 3, 'and its recovery');
  t.equal(await redis.exists(saleKeys(sale.partition, sale.saleId).contradicted), 0);
});

t.test('a sale that is to be rebuilt while the bus is away waits for it, and is rebuilt when it is back',
  async (t) => {
    const bench = await openRecoveryBench(t);
    const { shop, services } = bench;
    await bench.relay.stop();
    const proxy = await startKinesisProxy(t, shop.stack.kinesisEndpoint);
    const relay = await startService(t, 'relay', { ...services, KINESIS_ENDPOINT: proxy.url });
    await shop.sell('olivia', HALL);
    const bought = await bench.buy('olivia', 'ann');
    proxy.decide((action) => (action.startsWith('PutRecord') ? 'fail' : 'none'));
    const held = await bench.hold('olivia', 'bob', 'bobs');
    t.equal(held.status, 201, 'holds go on without the bus');
    t.equal((await shop.call('POST', '/admin/v1/sales/olivia/recover')).status, 202);
    await awaitThat('the relay says what it waits for', async () =>
      (await (await fetch(`${relay.url}/health/ready`)).text()).includes('the bus'));
    t.match(await bench.hold('olivia', 'carol'), { status: 503, body: { code: 'recovering' } });
    t.match(await shop.call('GET', `/v1/sales/olivia/orders/${bought}`),
      { status: 503, body: { code: 'recovering' } }, 'whoever asks is to ask again');
    t.equal(await bench.stateOf('olivia', partitionOf('olivia', 64)), 'recovering');
    proxy.decide(() => 'none');
    await bench.recovered('olivia', 1);
    const again = await bench.hold('olivia', 'bob', 'bobs');
    t.match(again, { status: 201, body: { holdId: held.body['holdId'] } }, 'what could be sent is not lost');
    await bench.buy('olivia', 'carol');
    await bench.check('olivia');
  });
