/** A relay that has lost Redis or the log leaves the work to those that have both. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import { readStream } from '../../harness/read-stream.ts';
import { startTcpProxy } from '../../harness/start-tcp-proxy.ts';
import { startService } from '../../stack.ts';
import { metricOf, openRelayBench, shared } from './open-relay-bench.ts';

const SALES = ['goneril', 'regan', 'cordelia', 'edgar', 'edmund', 'kent', 'oswald', 'fool'];

t.test('without contact to Redis it stops sending before another one begins', async (t) => {
  const { stack, writer, logOf, drained } = await openRelayBench(t, 1);
  const proxy = await startTcpProxy(t, stack.redisUrl);
  const env = { ...stack.env, LEASE_MS: '600' };
  const cutOff = await startService(t, 'relay', { ...env, REDIS_URL: proxy.url });
  const sales = SALES.map(writer);
  for (const sale of sales) await sale.add(2);
  await drained(...sales);
  proxy.cut();
  const other = await startService(t, 'relay', env);
  await shared(other);
  const sent = await metricOf(cutOff.url, 'onsale_relay_sent_total');
  for (const sale of sales) await sale.add(5);
  await drained(...sales);
  t.equal(await metricOf(cutOff.url, 'onsale_relay_sent_total'), sent);
  t.equal(await metricOf(cutOff.url, 'onsale_relay_partitions'), 0);
  proxy.open();
  await shared(cutOff, other);
  for (const sale of sales) await sale.add(2);
  await drained(...sales);
  for (const sale of sales) t.same(await logOf(sale.saleId), sale.ids);
  t.equal((await readStream(stack)).rejected, 0);
});

t.test('one that cannot read the log leaves it to one that can, if there is one', async (t) => {
  const { stack, writer, drained } = await openRelayBench(t, 1);
  const bus = await startTcpProxy(t, stack.kinesisEndpoint);
  const env = { ...stack.env, LEASE_MS: '600' };
  const blind = await startService(t, 'relay', { ...env, KINESIS_ENDPOINT: bus.url });
  await shared(blind);
  bus.cut();
  await awaitThat('it says so', async () => (await fetch(`${blind.url}/health/ready`)).status === 503);
  await sleep(1_500);
  await shared(blind);
  const other = await startService(t, 'relay', env);
  await shared(other);
  const sale = writer('gloucester');
  await sale.add(3);
  await drained(sale);
  bus.open();
  await shared(blind, other);
});
