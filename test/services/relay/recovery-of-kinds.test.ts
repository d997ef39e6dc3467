/** What kinds of sales there are to rebuild. */
import t from 'tap';
import { saleKeys } from '../../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../../services/shared/contracts/partition-of.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { readStream } from '../../harness/read-stream.ts';
import { HALL, openRecoveryBench } from './open-recovery-bench.ts';

t.test('pinned, archived, paused, and a draft: each comes back as it was', async (t) => {
  const bench = await openRecoveryBench(t);
  const { shop, redis } = bench;
  const partition = (partitionOf('pinned', 64) + 1) % 64;
  await shop.call('PUT', '/admin/v1/sales/pinned', { body: { ...HALL, partition } });
  await shop.call('POST', '/admin/v1/sales/pinned/open');
  await bench.buy('pinned', 'ann');
  await shop.call('PUT', '/admin/v1/sales/draft', { body: HALL });
  for (const saleId of ['over', 'paused']) {
    await shop.sell(saleId, HALL);
    await bench.buy(saleId, 'ann');
  }
  await shop.call('POST', '/admin/v1/sales/paused/pause');
  await shop.call('POST', '/admin/v1/sales/over/close');
  await awaitThat('it is archived', async () =>
    (await shop.call('POST', '/admin/v1/sales/over/archive')).status === 200);
  const stub = await redis.hgetall(saleKeys(partitionOf('over', 64), 'over').sale);
  await bench.check('pinned', partition);
  await redis.flushdb();
  t.match(await shop.call('GET', '/v1/sales/pinned'), { status: 503, body: { code: 'recovering' } });
  await bench.recovered('pinned', 1, partition);
  await bench.recovered('draft', 1);
  await bench.recovered('paused', 1);
  await awaitThat('the archived sale is told of', async () => await bench.stateOf('over') === 'archived');
  t.same(await redis.hgetall(saleKeys(partitionOf('over', 64), 'over').sale), stub);
  t.equal(await bench.stateOf('draft'), 'draft');
  t.equal(await bench.stateOf('paused'), 'paused');
  t.match(await shop.call('GET', '/v1/sales/over'), { status: 200, body: { state: 'archived' } });
  await bench.buy('pinned', 'bob');
  t.equal((await bench.check('pinned', partition)).fold.orders.size, 2);
  await bench.check('draft');
  await bench.check('paused');
  t.equal((await readStream(shop.stack)).rejected, 0);
});
