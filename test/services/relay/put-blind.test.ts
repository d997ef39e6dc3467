/** A relay that reads the log and cannot put leaves its partitions to those that can. */
import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import { readStream } from '../../harness/read-stream.ts';
import { startKinesisProxy } from '../../harness/start-kinesis-proxy.ts';
import { startService } from '../../stack.ts';
import { metricOf, openRelayBench, shared, troublesOf } from './open-relay-bench.ts';

const own = (url: string) => metricOf(url, 'onsale_relay_partitions');

t.test('whose puts fail gives its partitions up to others, and comes back when they do not', async (t) => {
  const { stack, writer, drained } = await openRelayBench(t, 1);
  const [toA, toB] = await Promise.all([1, 2].map(() => startKinesisProxy(t, stack.kinesisEndpoint)));
  const env = { ...stack.env, LEASE_MS: '600' };
  const start = (url = '') => startService(t, 'relay', { ...env, KINESIS_ENDPOINT: url });
  const [a, b] = await Promise.all([start(toA?.url), start(toB?.url)]);
  await shared(a, b);
  const fails = (action: string) => (action === 'PutRecord' ? 'fail' as const : 'none' as const);
  const works = () => 'none' as const;
  // In 36 partitions: of whichever 32 a relay has, some sales are.
  const sales = Array.from({ length: 40 }, (_, i) => writer(`s${i}`));
  const write = async () => {
    for (const sale of sales) await sale.add(2);
  };
  toA?.decide(fails);
  // Some are of a, some of b: all of them come into the log.
  await write();
  await drained(...sales);
  await awaitThat('a has given up all', async () => await own(a.url) === 0);
  t.match(await troublesOf(a.url), [/the bus has taken nothing for \d+ s: as the test wants it/]);

  toB?.decide(fails);
  await write();
  await awaitThat('b cannot either', async () =>
    (await troublesOf(b.url)).some((trouble) => trouble.includes('the bus has taken nothing')));
  await awaitThat('what it has is kept, or taken by the other', async () =>
    await own(a.url) + await own(b.url) === 64);
  toB?.decide(works);
  await drained(...sales);
  await awaitThat('who puts again has all', async () => await own(a.url) === 0 && await own(b.url) === 64);
  toA?.decide(works);
  // It has had nothing to put meanwhile, and finds out by itself.
  await shared(a, b);
  const log = await readStream(stack);
  for (const { saleId, ids } of sales) t.same(log.sales.get(saleId)?.map(({ id }) => id), ids);
  t.same(await troublesOf(a.url), []);
});
