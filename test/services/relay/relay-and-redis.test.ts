/** What Redis can do to a relay: lose its generation, come back as another one, fall silent. */
import t from 'tap';
import { REMEMBERED_IDS } from '../../../services/shared/contracts/log-fold.ts';
import { partitionKeys, saleKeys } from '../../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../../services/shared/contracts/partition-of.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { startKinesisProxy } from '../../harness/start-kinesis-proxy.ts';
import { startTcpProxy } from '../../harness/start-tcp-proxy.ts';
import { startService } from '../../stack.ts';
import { metricOf, openRelayBench, troublesOf } from './open-relay-bench.ts';

t.test('a stopped sale does not keep the outbox of its partition from being trimmed', async (t) => {
  const { stack, redis, writer, drained, stateOf, logOf } = await openRelayBench(t, 1);
  const relay = await startService(t, 'relay', stack.env);
  const good = writer('good');
  let n = 0;
  while (partitionOf(`bad${n}`, 64) !== good.partition) n += 1;
  const bad = writer(`bad${n}`);
  const keys = saleKeys(bad.partition, bad.saleId);
  await redis.hset(keys.sale, 'state', 'open');
  await bad.add(2);
  await good.add(2);
  await drained(good);
  bad.head = { seq: 0, id: '0' };
  const fork = await bad.add(2);
  for (let i = 0; i < 10; i++) await good.add(3);
  await drained(good);
  t.equal(await stateOf(bad), 'recovering');
  t.same(await logOf(good.saleId), good.ids);
  const kept = await redis.hgetall(keys.contradicted);
  t.same(Object.keys(kept).toSorted(), fork.toSorted(), 'nothing is dropped');
  t.equal(await metricOf(relay.url, 'onsale_relay_set_aside_total'), 2);
  t.equal(await metricOf(relay.url, 'onsale_relay_voided_total'), 0, 'what is void is counted by itself');
});

t.test('the generation goes away: the relay gives a new one, and nothing it has read is lost', async (t) => {
  const { stack, redis, sensibleWriter, drained, announced, stateOf, logOf } = await openRelayBench(t, 1);
  const relay = await startService(t, 'relay', stack.env);
  const sale = sensibleWriter('cordelia');
  const { generation } = partitionKeys(sale.partition);
  const ids = await sale.add(2);
  await drained(sale);
  const before = await redis.get(generation) ?? '';
  await redis.del(generation);
  const after = await awaitThat('there is a new one', () => redis.get(generation));
  t.not(after, before);
  await awaitThat('the sale is rebuilt', async () => await stateOf(sale) === 'draft');
  await drained(sale);
  t.same((await logOf(sale.saleId)).slice(0, 2), ids);
  t.equal(new Set(await announced(sale.partition)).size, 3, 'what was announced lately may come twice');
  await awaitThat('it is ready', async () => (await troublesOf(relay.url)).length === 0);

  await relay.stop();
  await redis.del(generation);
  const later = await startService(t, 'relay', stack.env, { untilReady: false });
  await awaitThat('a relay that starts finds it as well', () => redis.get(generation));
  await awaitThat('the sale is rebuilt again', async () => (await logOf(sale.saleId)).length === 4);
  await awaitThat('it is ready', async () => (await troublesOf(later.url)).length === 0);
});

t.test('a failover to a slower clock: entries below those read before are sent, and trimmed by nobody else',
  async (t) => {
    const { stack, redis, writer, drained, logOf, stateOf } = await openRelayBench(t, 1);
    const proxy = await startTcpProxy(t, stack.redisUrl);
    const relay = await startService(t, 'relay', { ...stack.env, REDIS_URL: proxy.url });
    const sale = writer('edmund');
    await redis.hset(saleKeys(sale.partition, sale.saleId).sale, 'state', 'open');
    for (let i = 0; i < 5; i++) await sale.add(2);
    await drained(sale);
    // Another server answers now: the outbox is another stream, and its clock is years behind.
    proxy.cut();
    await redis.del(sale.outbox);
    await sale.add(2, '1000-0');
    proxy.open();
    await sale.add(2, '1000-1');
    await sale.add(2, '2000-0');
    await drained(sale);
    t.same(await logOf(sale.saleId), sale.ids);
    await sale.add(1, '3000-0');
    await drained(sale);
    t.same(await logOf(sale.saleId), sale.ids);
    t.equal(await stateOf(sale), 'open');
    t.equal(await metricOf(relay.url, 'onsale_relay_contradictions_total'), 0);
  });

t.test('a connection that goes silent is told of, and replaced', async (t) => {
  const { stack, writer, drained, logOf } = await openRelayBench(t, 1);
  const proxy = await startTcpProxy(t, stack.redisUrl);
  const relay = await startService(t, 'relay', { ...stack.env, REDIS_URL: proxy.url });
  const sale = writer('gloucester');
  await sale.add();
  await drained(sale);
  proxy.swallow();
  await sale.add();
  await awaitThat('it says that it does not read', async () =>
    (await troublesOf(relay.url)).some((trouble) => /outboxes were last read/.test(trouble)));
  // Only new connections reach anybody: the old ones stay silent.
  proxy.open();
  await drained(sale);
  t.same(await logOf(sale.saleId), sale.ids);
  await awaitThat('it is ready again', async () => (await troublesOf(relay.url)).length === 0);
});

t.test('never is more sent than the memory can recognise when it comes back', async (t) => {
  const { stack, writer, drained, logOf } = await openRelayBench(t, 1);
  const proxy = await startKinesisProxy(t, stack.kinesisEndpoint);
  let isBlind = false;
  proxy.decide((action) => (isBlind && action === 'GetRecords' ? 'throttle' : 'none'));
  const relay = await startService(t, 'relay', { ...stack.env, KINESIS_ENDPOINT: proxy.url });
  const sale = writer('lafew');
  isBlind = true;
  for (let i = 0; i < 20; i++) await sale.add(500);
  const sent = () => metricOf(relay.url, 'onsale_relay_sent_total');
  await awaitThat('as much as may be is sent', async () => await sent() > REMEMBERED_IDS / 2);
  await awaitThat('all is read', async () => await metricOf(relay.url, 'onsale_relay_outbox_entries') === 20);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  t.ok(await sent() <= REMEMBERED_IDS, `${await sent()} events are on their way`);
  isBlind = false;
  await drained(sale);
  t.equal((await logOf(sale.saleId)).length, 10_000);
  t.equal(await metricOf(relay.url, 'onsale_relay_duplicates_total'), 0);
});
