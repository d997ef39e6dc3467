import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import t from 'tap';
import { partitionKeys, saleKeys } from '../../../services/shared/contracts/keys.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { readStream } from '../../harness/read-stream.ts';
import { startKinesisProxy } from '../../harness/start-kinesis-proxy.ts';
import { startTcpProxy } from '../../harness/start-tcp-proxy.ts';
import { startPrivateRedis, startService } from '../../stack.ts';
import { OutboxWriter, metricOf, openPartitions, openRelayBench, troublesOf } from './open-relay-bench.ts';

t.test('what is in the outbox gets into the log in order, is announced, and then trimmed', async (t) => {
  const { stack, redis, writer, logOf, drained, announced } = await openRelayBench(t, 2);
  const relay = await startService(t, 'relay', stack.env);
  const sales = ['hamlet', 'macbeth', 'othello'].map(writer);
  const [hamlet] = sales as [OutboxWriter];
  await redis.hset(partitionKeys(hamlet.partition).unconfirmed, 'other', 'o_2');
  await hamlet.add(1, '*', 'o_1');
  for (let i = 0; i < 20; i++) for (const sale of sales) await sale.add(1 + (i % 3));
  await drained(...sales);
  for (const sale of sales) {
    t.same(await logOf(sale.saleId), sale.ids, 'in order, nothing missing');
    t.same((await announced(sale.partition)).filter((id) => sale.ids.includes(id)), sale.ids);
  }
  t.same(await redis.hgetall(partitionKeys(hamlet.partition).unconfirmed), { other: 'o_2' });
  for (const { partition } of sales) {
    const { written, trimmed, sinceMs } = await redis.hgetall(partitionKeys(partition).standing);
    t.ok(Number(written) > 0);
    t.same({ trimmed, sinceMs }, { trimmed: written, sinceMs: undefined }, 'nothing stands any more');
  }
  t.equal(await metricOf(relay.url, 'onsale_relay_outbox_bytes'), 0);
  t.equal(await metricOf(relay.url, 'onsale_relay_duplicates_total'), 0);
  const { records } = await readStream(stack);
  t.ok(records < sales.flatMap(({ ids }) => ids).length, 'several events went into one record');
});

t.test('a first start opens the partitions; an empty Redis before a log is no first start', async (t) => {
  const { stack, redis, writer, drained } = await openRelayBench(t);
  const relay = await startService(t, 'relay', stack.env);
  const sale = writer('lear');
  const { generation } = partitionKeys(sale.partition);
  t.match(await redis.get(generation), /^.{16}$/);
  await sale.add(3);
  await drained(sale);
  await relay.stop();
  await redis.flushdb();

  const again = await startService(t, 'relay', stack.env, { untilReady: false });
  const missing = await awaitThat('it says that recovery is needed', async () => {
    const reply = await fetch(`${again.url}/health/ready`);
    const { missing } = await reply.json() as { missing: string[] };
    return missing.every((reason) => /recovery/.test(reason)) && missing;
  });
  t.equal(missing.length, 1, 'only of the partition that has a log');
  t.equal(await redis.get(generation), null);
  t.ok(await redis.get(partitionKeys((sale.partition + 1) % 64).generation), 'the others are open');
});

t.test('kill -9 in mid-stream, again and again: the log has every event once, in order', async (t) => {
  const { stack, writer, logOf, drained } = await openRelayBench(t, 2);
  const sales = ['a', 'b', 'c', 'd'].map(writer);
  let writing = true;
  const written = (async () => {
    for (let i = 0; writing || i < 150; i++) {
      for (const sale of sales) await sale.add(1 + (i % 4));
      await sleep(2);
    }
  })();
  // So short that the next one works before it is killed as well.
  const env = { ...stack.env, LEASE_MS: '200' };
  for (let kills = 0; kills < 5; kills++) {
    const relay = await startService(t, 'relay', env);
    await sleep(Math.random() * 300);
    relay.kill('SIGKILL');
    await relay.exited;
  }
  writing = false;
  await written;
  await startService(t, 'relay', env);
  await drained(...sales);
  for (const sale of sales) t.same(await logOf(sale.saleId), sale.ids, `${sale.ids.length} events`);
  t.equal((await readStream(stack)).rejected, 0);
});

t.test('lost replies, throttling and errors make duplicates at most', async (t) => {
  const { stack, writer, logOf, drained } = await openRelayBench(t, 1);
  const proxy = await startKinesisProxy(t, stack.kinesisEndpoint);
  const calls = { GetRecords: 0, PutRecord: 0 };
  proxy.decide((action) => {
    if (action === 'GetRecords') {
      return (['none', 'none', 'throttle'] as const)[calls.GetRecords++ % 3] ?? 'none';
    }
    if (action !== 'PutRecord') return 'none';
    // Each is met by whoever sends anything at all: what was throttled or failed is sent again.
    const deck = ['throttle', 'fail', 'lose-reply', 'none', 'lose-reply', 'none'] as const;
    return deck[calls.PutRecord++ % deck.length] ?? 'none';
  });
  const relay = await startService(t, 'relay', { ...stack.env, KINESIS_ENDPOINT: proxy.url });
  const sales = ['pericles', 'timon'].map(writer);
  for (let i = 0; i < 40; i++) {
    for (const sale of sales) await sale.add(2);
    await sleep(3);
  }
  await drained(...sales);
  for (const sale of sales) t.same(await logOf(sale.saleId), sale.ids);
  t.equal((await readStream(stack)).rejected, 0);
  const { throttle, fail, 'lose-reply': lost } = proxy.counts;
  t.ok(lost > 0 && throttle > 0 && fail > 0, 'all faults occurred');
  t.ok(await metricOf(relay.url, 'onsale_relay_send_failures_total') > 0);
});

t.test('two relays at once share the work', async (t) => {
  const { stack, writer, logOf, drained } = await openRelayBench(t, 2);
  const sales = ['x', 'y', 'z'].map(writer);
  await Promise.all([startService(t, 'relay', stack.env), startService(t, 'relay', stack.env)]);
  for (let i = 0; i < 60; i++) for (const sale of sales) await sale.add(3);
  await drained(...sales);
  for (const sale of sales) t.same(await logOf(sale.saleId), sale.ids);
  t.equal((await readStream(stack)).rejected, 0);
});

t.test('an outbox that contradicts the log stops its sale, is kept, and hinders no other sale', async (t) => {
  const { stack, redis, writer, logOf, drained, stateOf } = await openRelayBench(t, 1);
  const relay = await startService(t, 'relay', stack.env);
  const sale = writer('cymbeline');
  await redis.hset(saleKeys(sale.partition, sale.saleId).sale, 'state', 'open');
  await sale.add(3);
  await drained(sale);
  const before = sale.head;
  const inLog = [...sale.ids, ...await sale.add()];
  await drained(sale);
  sale.head = before;
  const fork = await sale.add(2);
  t.equal(await awaitThat('the sale is suspended', async () =>
    await stateOf(sale) === 'recovering' && 'recovering'), 'recovering');
  t.equal(await metricOf(relay.url, 'onsale_relay_contradictions_total'), 1);
  const other = writer('coriolanus');
  await other.add(3);
  await awaitThat('the other sale goes on', async () => (await logOf(other.saleId)).length === 3);
  t.same(await logOf(sale.saleId), inLog, 'nothing of the fork was sent');
  await drained(sale);
  const { contradicted } = saleKeys(sale.partition, sale.saleId);
  const kept = await redis.hgetall(contradicted);
  t.same(Object.keys(kept).toSorted(), fork.toSorted(), 'all of it is kept for the recovery');
  t.match(kept[fork[0] ?? ''], new RegExp(`^sale\\.paused\tcymbeline\t4\t${fork[0]}\t`));
  t.match(await awaitThat('it says what keeps the sale', async () => {
    const troubles = await troublesOf(relay.url);
    return troubles.length > 0 && troubles;
  }), ['cymbeline is recovering: its log cannot be folded: '
    + 'cymbeline seq 1 (sale.paused): the sale is draft']);

  await relay.stop();
  await redis.hset(saleKeys(sale.partition, sale.saleId).sale, 'state', 'open');
  await startService(t, 'relay', stack.env);
  fork.push(...await sale.add());
  await awaitThat('a new relay finds it as well', async () => await stateOf(sale) === 'recovering');
  await drained(sale);
  t.same((await redis.hkeys(contradicted)).toSorted(), fork.toSorted());
});

t.test('nothing is trimmed before it is accepted: the bus away, the outbox grows, then drains', async (t) => {
  const { stack, redis, writer, logOf, drained } = await openRelayBench(t, 1);
  const proxy = await startTcpProxy(t, stack.kinesisEndpoint);
  const relay = await startService(t, 'relay', { ...stack.env, KINESIS_ENDPOINT: proxy.url });
  const sale = writer('antony');
  await sale.add(2);
  await drained(sale);
  proxy.cut();
  for (let i = 0; i < 50; i++) await sale.add(2);
  await awaitThat('it says so', async () => (await fetch(`${relay.url}/health/ready`)).status === 503);
  const entries = await redis.xrange(sale.outbox, '-', '+');
  t.equal(entries.length, 50);
  const bytes = entries.reduce((sum, [, [, block = '']]) => sum + block.length, 0);
  t.equal(await metricOf(relay.url, 'onsale_relay_outbox_bytes'), bytes);
  proxy.open();
  await drained(sale);
  t.same(await logOf(sale.saleId), sale.ids);
  await awaitThat('it is ready again', async () => (await fetch(`${relay.url}/health/ready`)).ok);
});

t.test('it needs no PostgreSQL, and starts from the event store when there is one', async (t) => {
  const { stack, redis, writer, logOf, drained } = await openRelayBench(t, 1);
  const nowhere = 'postgres://nobody@127.0.0.1:1/nothing';
  const sale = writer('titus');
  // A Redis that was in use: a new one is opened only when the event store was asked.
  await openPartitions(redis);
  await sale.add(5);
  const entries = await redis.xrange(sale.outbox, '-', '+');
  const without = { ...stack.env, DATABASE_URL: nowhere, EVENT_STORE_URL: nowhere };
  const first = await startService(t, 'relay', without);
  await drained(sale);
  await first.stop();
  const projector = await startService(t, 'projector', stack.env);
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 1 });
  t.teardown(() => pool.end());
  await awaitThat('the event store has the log', async () =>
    (await pool.query('SELECT 1 FROM event_store.heads WHERE seq = 5')).rows.length === 1);
  await projector.stop();
  // As if the relay had been killed after the log took the events and before it announced them.
  for (const [, fields] of entries) await redis.xadd(sale.outbox, '*', ...fields);
  await sale.add(4);
  const second = await startService(t, 'relay', stack.env);
  await drained(sale);
  t.same(await logOf('titus'), sale.ids);
  t.equal(await metricOf(second.url, 'onsale_relay_sent_total'), 4, 'what the event store has is not sent');
  t.equal(await metricOf(second.url, 'onsale_relay_accepted_total'), 4, 'nor read again');
});

t.test('Redis away: it waits and goes on by itself', async (t) => {
  const { stack, logOf } = await openRelayBench(t, 1);
  const server = await startPrivateRedis(t);
  const relay = await startService(t, 'relay', { ...stack.env, REDIS_URL: server.url });
  const redis = new Redis(server.url);
  redis.on('error', () => undefined);
  t.teardown(() => redis.disconnect());
  const sale = new OutboxWriter(redis, 'troilus', false);
  await sale.add(5);
  server.kill('SIGKILL');
  await server.exited();
  await awaitThat('it says so', async () => (await fetch(`${relay.url}/health/ready`)).status === 503);
  await server.restart();
  await awaitThat('Redis is back', () => redis.ping().catch(() => ''));
  await sale.add(5);
  await awaitThat('the outbox is empty', async () => await redis.xlen(sale.outbox) === 0);
  t.same(await logOf('troilus'), sale.ids);
});
