/** What is late, missing or forgotten stops no sale: only a proven contradiction does. */
import { Pool } from 'pg';
import t from 'tap';
import { partitionKeys, saleKeys } from '../../../services/shared/contracts/keys.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { connectTestKinesis } from '../../harness/connect-test-kinesis.ts';
import { EventChain, putEvents } from '../../harness/event-chain.ts';
import { startTcpProxy } from '../../harness/start-tcp-proxy.ts';
import { startService } from '../../stack.ts';
import { metricOf, openPartitions, openRelayBench, troublesOf } from './open-relay-bench.ts';

t.test('a relay that slept while another one worked stops no sale when it wakes', async (t) => {
  const { stack, redis, writer, logOf, drained, stateOf } = await openRelayBench(t, 1);
  const kinesisOfB = await startTcpProxy(t, stack.kinesisEndpoint);
  await startService(t, 'relay', stack.env);
  const b = await startService(t, 'relay', { ...stack.env, KINESIS_ENDPOINT: kinesisOfB.url });
  const sale = writer('romeo');
  await redis.hset(saleKeys(sale.partition, sale.saleId).sale, 'state', 'open');
  await sale.add(12);
  await drained(sale);
  await awaitThat('both have read it back', async () =>
    await metricOf(b.url, 'onsale_relay_accepted_total') === 12);
  // B sees nothing of what happens now, in Redis nor in the log ...
  b.kill('SIGSTOP');
  for (let i = 0; i < 10; i++) await sale.add(5);
  await drained(sale);
  // ... and wakes to an outbox of which it knows neither the events before nor, for a while, the log.
  kinesisOfB.cut();
  b.kill('SIGCONT');
  for (let i = 0; i < 10; i++) await sale.add(2);
  await awaitThat('B says that it cannot read the log', async () =>
    (await fetch(`${b.url}/health/ready`)).status === 503);
  await drained(sale);
  kinesisOfB.open();
  await awaitThat('B has read the log', async () =>
    await metricOf(b.url, 'onsale_relay_accepted_total') === sale.ids.length);
  await sale.add(3);
  await drained(sale);
  t.equal(await stateOf(sale), 'open');
  t.equal(await metricOf(b.url, 'onsale_relay_contradictions_total'), 0);
  t.equal(await metricOf(b.url, 'onsale_relay_waiting_events'), 0);
  t.same(await logOf(sale.saleId), sale.ids);
});

t.test('a sale whose head only the event store knows waits for it; the others go on', async (t) => {
  const { stack, redis, writer, logOf, drained, stateOf } = await openRelayBench(t, 1);
  await openPartitions(redis);
  const old = writer('oldsale');
  // Accepted last week: past the stream's retention, and only the event store still has it.
  old.head = { seq: 499, id: 'last-weeks-event' };
  await redis.hset(saleKeys(old.partition, old.saleId).sale, 'state', 'open');
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 1 });
  t.teardown(() => pool.end());
  await pool.query(
    'INSERT INTO event_store.heads (sale_id, partition, seq, id) VALUES ($1, $2, 499, $3)',
    [old.saleId, old.partition, old.head.id],
  );
  const postgres = await startTcpProxy(t, stack.databaseUrl);
  postgres.cut();
  const relay = await startService(t, 'relay', {
    ...stack.env, DATABASE_URL: postgres.url, EVENT_STORE_URL: postgres.url,
  });
  const fresh = writer('newsale');
  const [first = ''] = await old.add(3);
  await fresh.add(3);
  await drained(fresh);
  t.same(await logOf(fresh.saleId), fresh.ids, 'a sale that begins now needs nobody to know it');
  t.equal(await metricOf(relay.url, 'onsale_relay_waiting_events'), 3);
  t.equal(await stateOf(old), 'open');
  t.equal(await redis.xlen(old.outbox), 1);

  postgres.open();
  await drained(old);
  t.equal(await stateOf(old), 'open');
  t.equal(await metricOf(relay.url, 'onsale_relay_waiting_events'), 0);
  t.equal(await metricOf(relay.url, 'onsale_relay_accepted_total'), 6);
  const { accepted } = partitionKeys(old.partition);
  t.match(JSON.stringify(await redis.xrange(accepted, '-', '+')), first);
});

t.test('an event older than the memory is what the event store says it is', async (t) => {
  const { stack, redis, writer, drained, stateOf } = await openRelayBench(t, 1);
  const sale = writer('cressida');
  await redis.hset(saleKeys(sale.partition, sale.saleId).sale, 'state', 'open');
  await sale.add(2);
  const again = await redis.xrange(sale.outbox, '-', '+');
  const first = await startService(t, 'relay', stack.env);
  const projector = await startService(t, 'projector', stack.env);
  for (let i = 0; i < 3; i++) await sale.add(2);
  await drained(sale);
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 1 });
  t.teardown(() => pool.end());
  await awaitThat('the event store has the log', async () =>
    (await pool.query('SELECT 1 FROM event_store.heads WHERE seq = 8')).rows.length === 1);
  await projector.stop();
  await first.stop();
  // This one has learnt the head from the event store, and remembers nothing before it.
  const relay = await startService(t, 'relay', stack.env);
  for (const [, fields] of again) await redis.xadd(sale.outbox, '*', ...fields);
  await drained(sale);
  t.equal(await stateOf(sale), 'open', 'accepted long ago');
  await sale.add(2);
  await drained(sale);

  sale.head = { seq: 3, id: sale.ids[2] ?? '' };
  const fork = await sale.add(2);
  await awaitThat('a rival that the event store does not have stops the sale', async () =>
    await stateOf(sale) === 'recovering');
  t.equal(await metricOf(relay.url, 'onsale_relay_contradictions_total'), 1);
  await drained(sale);
  const kept = await redis.hkeys(saleKeys(sale.partition, sale.saleId).contradicted);
  t.same(kept.toSorted(), fork.toSorted());
});

t.test('what has no beginning is no remainder once the log was read to its tip', async (t) => {
  const { stack, redis } = await openRelayBench(t, 1);
  await openPartitions(redis);
  const nowhere = 'postgres://nobody@127.0.0.1:1/nothing';
  const relay = await startService(t, 'relay', {
    ...stack.env, DATABASE_URL: nowhere, EVENT_STORE_URL: nowhere,
  });
  const kinesis = connectTestKinesis(stack.kinesisEndpoint);
  t.teardown(() => kinesis.destroy());
  const chain = new EventChain('nobodys-sale', stack.env['CONTACT_KEY'] ?? '');
  chain.head = { seq: 6, id: 'never-written' };
  await putEvents(kinesis, stack.streamName, [chain.next('sale.paused', {})]);
  await awaitThat('it is judged', async () =>
    await metricOf(relay.url, 'onsale_relay_rejected_total')
      + await metricOf(relay.url, 'onsale_relay_accepted_total') === 1);
  t.equal(await metricOf(relay.url, 'onsale_relay_rejected_total'), 1);
});

t.test('an empty Redis is not opened while the event store, which may know better, is away', async (t) => {
  const { stack, redis, writer, drained, logOf, stateOf } = await openRelayBench(t);
  const lost = writer('soldout');
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 1 });
  t.teardown(() => pool.end());
  await pool.query(
    'INSERT INTO event_store.heads (sale_id, partition, seq, id) VALUES ($1, $2, 20000, $3)',
    [lost.saleId, lost.partition, 'x'],
  );
  const postgres = await startTcpProxy(t, stack.databaseUrl);
  postgres.cut();
  const other = (lost.partition + 1) % 64;
  const used = writer('used');
  t.not(used.partition, lost.partition);
  await redis.set(partitionKeys(used.partition).generation, 'g1');
  const relay = await startService(t, 'relay', {
    ...stack.env, DATABASE_URL: postgres.url, EVENT_STORE_URL: postgres.url,
  }, { untilReady: false });
  await awaitThat('it says why it does not open them', async () => {
    const missing = await troublesOf(relay.url);
    return missing.some((reason) => /63 partitions .* event store/.test(reason));
  });
  t.equal(await redis.get(partitionKeys(lost.partition).generation), null);
  t.equal(await redis.get(partitionKeys(other).generation), null);
  await used.add(2);
  await drained(used);
  t.same(await logOf(used.saleId), used.ids, 'a partition that is open goes on');

  postgres.open();
  await awaitThat('the partitions without a log are opened', () =>
    redis.get(partitionKeys(other).generation));
  await awaitThat('the other one is opened as well', () =>
    redis.get(partitionKeys(lost.partition).generation));
  t.equal(await stateOf(lost), 'recovering', 'and not as if it were new');
  await awaitThat('it says what its sale waits for', async () => {
    const missing = await troublesOf(relay.url);
    return missing.length === 1 && /^soldout is recovering: .* seq 0 of 20000/.test(missing[0] ?? '');
  });
});
