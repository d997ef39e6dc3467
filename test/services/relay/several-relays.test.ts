/** Any number of relays share the partitions; whatever happens to one of them, the log is the same. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { partitionKeys, RELAYS_KEY } from '../../../services/shared/contracts/keys.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { readStream } from '../../harness/read-stream.ts';
import { startKinesisLocal } from '../../harness/start-kinesis-local.ts';
import { startKinesisProxy } from '../../harness/start-kinesis-proxy.ts';
import { startService } from '../../stack.ts';
import type { TestService } from '../../stack.ts';
import { metricOf, openRelayBench, shared } from './open-relay-bench.ts';
import type { OutboxWriter } from './open-relay-bench.ts';

const SALES = ['goneril', 'regan', 'cordelia', 'edgar', 'edmund', 'kent', 'oswald', 'fool'];

/** Writes events of all the sales until it is told to stop. */
function keepWriting(sales: OutboxWriter[]): { stop(): Promise<void> } {
  let isWriting = true;
  const written = (async () => {
    for (let i = 0; isWriting; i++) {
      for (const sale of sales) await sale.add(1 + (i % 3));
      await sleep(10);
    }
  })();
  return {
    stop: async () => {
      isWriting = false;
      await written;
    },
  };
}

t.test('one is killed, one sleeps and wakes: everything once, in order, nothing lost', async (t) => {
  const { stack, writer, logOf, drained } = await openRelayBench(t, 2);
  const env = { ...stack.env, LEASE_MS: '600', HEADS_MS: '200' };
  const [a, b, c] = await Promise.all([1, 2, 3].map(() => startService(t, 'relay', env))) as
    [TestService, TestService, TestService];
  const sales = SALES.map(writer);
  await shared(a, b, c);
  const writing = keepWriting(sales);
  a.kill('SIGKILL');
  await shared(b, c);
  for (let i = 0; i < 3; i++) {
    b.kill('SIGSTOP');
    await shared(c);
    b.kill('SIGCONT');
    await shared(b, c);
  }
  await writing.stop();
  await drained(...sales);
  for (const sale of sales) t.same(await logOf(sale.saleId), sale.ids, `${sale.ids.length} events`);
  const { rejected, heads } = await readStream(stack);
  t.equal(rejected, 0);
  t.ok(heads > 0, 'they say on the bus how far the log is');
  for (const { url } of [b, c]) {
    await awaitThat('it has read all of it', async () =>
      await metricOf(url, 'onsale_relay_accepted_total') === sales.flatMap(({ ids }) => ids).length);
    t.equal(await metricOf(url, 'onsale_relay_contradictions_total'), 0);
    t.equal(await metricOf(url, 'onsale_relay_heads_contradicted_total'), 0);
  }
});

t.test('who stops hands over at once, and leaves nothing behind', async (t) => {
  const { stack, redis, writer, logOf, drained } = await openRelayBench(t, 2);
  // So long that whoever waited for it to lapse would be seen waiting.
  const env = { ...stack.env, LEASE_MS: '60000' };
  const sales = SALES.map(writer);
  const a = await startService(t, 'relay', env);
  await shared(a);
  const writing = keepWriting(sales);
  const b = await startService(t, 'relay', env);
  await shared(a, b);
  t.equal((await fetch(`${b.url}/health/ready`)).status, 200);
  await a.stop();
  await shared(b);
  t.equal(await redis.zcard(RELAYS_KEY), 1);
  await writing.stop();
  await drained(...sales);
  for (const sale of sales) t.same(await logOf(sale.saleId), sale.ids);
  await b.stop();
  const left = await redis.exists(...SALES.map((saleId) => partitionKeys(writer(saleId).partition).relay));
  t.equal(left, 0);
  t.equal(await redis.exists(RELAYS_KEY), 0);
});

t.test('relays share the reads that a shard allows, however much there is to read', async (t) => {
  const { stack, writer, drained } = await openRelayBench(t, 1);
  const proxy = await startKinesisProxy(t, stack.kinesisEndpoint);
  const env = {
    ...stack.env, KINESIS_ENDPOINT: proxy.url, BUS_POLL_MS_MIN: '5', BUS_POLL_MS_MAX: '5',
    BUS_READS_MAX: '10',
  };
  const [a, b] = await Promise.all([startService(t, 'relay', env), startService(t, 'relay', env)]);
  await shared(a, b);
  const sale = writer('malvolio');
  const reads = () => proxy.count('none', 'GetRecords');
  await sale.add();
  await drained(sale);
  const [before, startedAtMs] = [reads(), performance.now()];
  for (let i = 0; i < 5; i++) {
    await sale.add();
    await drained(sale);
  }
  await awaitThat('both have read several times', () => reads() - before >= 10);
  // One of each relay may have been under way at either end.
  const most = 4 + 10 * (performance.now() - startedAtMs) / 1_000;
  t.ok(reads() - before <= most, `${reads() - before} reads, ${most} may be`);
});

t.test('a relay has records pushed where the endpoint can', async (t) => {
  const { stack, writer, drained, logOf } = await openRelayBench(t, 1);
  const { url } = await startKinesisLocal(t);
  const proxy = await startKinesisProxy(t, url);
  const env = { ...stack.env, KINESIS_ENDPOINT: proxy.url, BUS_CONSUMER: 'relay-1' };
  const relay = await startService(t, 'relay', env);
  const sale = writer('orsino');
  await sale.add(3);
  await drained(sale);
  t.ok(proxy.count('none', 'SubscribeToShard') > 0);
  t.equal(await metricOf(relay.url, 'onsale_relay_accepted_total'), 3);
  t.same(await logOf(sale.saleId), [], 'which is not in the stack\'s own stream');
});
