import tap from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import { floorOf, hallOf, rowOf, saleOf } from '../../harness/open-desk.ts';
import { openEventStream } from '../../harness/open-event-stream.ts';
import { openShop } from '../../harness/open-shop.ts';
import { startPrivateRedis } from '../../stack.ts';

const sale = saleOf([hallOf([rowOf('A', 6)]), floorOf(50)]);
const one = { buyerId: 'b', items: [{ areaId: 'floor', quantity: 1 }] };

tap.test('all who read or watch a sale share one read per change interval', async (t) => {
  const { url } = await startPrivateRedis(t, { durable: false });
  const shop = await openShop(t, { redisUrl: url, env: { CHANGE_MS: '10000' } });
  const other = await shop.startAnother();
  await shop.sell('warm', sale);
  await shop.sell('hot', sale);
  // Redis has the scripts then.
  await shop.call('GET', '/v1/sales/warm/seats');
  await shop.call('POST', '/v1/sales/warm/holds', { body: one });
  const callCount = async () => {
    const stats = await shop.redis.info('commandstats');
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
  };
  await shop.redis.config('RESETSTAT');
  const address = `${shop.selling.url}/v1/sales/hot/stream`;
  const [watchers, answers] = await Promise.all([
    Promise.all(Array.from({ length: 40 }, () => openEventStream(t, address))),
    Promise.all(Array.from({ length: 200 }, (_, i) =>
      shop.call('GET', `/v1/sales/hot/${i % 2 === 0 ? 'seats' : 'availability'}`))),
  ]);
  await Promise.all(watchers.map((watcher) => watcher.nth(0)));
  t.same(new Set(answers.map(({ status }) => status)), new Set([200]));
  t.equal(await callCount(), 1, '200 readers and 40 watchers: one read');

  await shop.call('POST', '/v1/sales/hot/holds', { body: one, url: other.url });
  t.equal(await callCount(), 2, 'the hold itself');
  const after = await shop.call('GET', '/v1/sales/hot/availability');
  t.equal(after.body['seq'], 3, 'as it was when it was read, which is not longer ago than the interval');
  t.equal(after.headers.get('cache-control'), 'public, max-age=0, s-maxage=1');
  const etag = after.headers.get('etag') ?? '';
  const again = await shop.call('GET', '/v1/sales/hot/seats', { headers: { 'if-none-match': etag } });
  t.equal(again.status, 304);
  t.equal(again.headers.get('cache-control'), 'public, max-age=0, s-maxage=1');
  t.equal(await callCount(), 2);

  await shop.call('POST', '/v1/sales/hot/holds', { body: one });
  const own = await Promise.all(Array.from({ length: 50 }, () =>
    shop.call('GET', '/v1/sales/hot/availability')));
  const seqs = new Set(own.map(({ body }) => body['seq']));
  t.same(seqs, new Set([5]), 'a write of this process is seen at once');
  t.equal(await callCount(), 4, 'by all with one more read');
});

tap.test('Redis away: nobody is told an old truth, and the streams end', async (t) => {
  const redis = await startPrivateRedis(t);
  const shop = await openShop(t, { redisUrl: redis.url, env: { CHANGE_MS: '20' } });
  await shop.sell('s', sale);
  const address = `${shop.selling.url}/v1/sales/s/stream`;
  const watcher = await openEventStream(t, address);
  await watcher.nth(0);
  redis.kill('SIGKILL');
  await redis.exited();
  for (const what of ['seats', 'availability', 'stream']) {
    const refused = await awaitThat(`no ${what}`, async () => {
      const answer = await shop.call('GET', `/v1/sales/s/${what}`, { headers: { accept: '*/*' } });
      return answer.status === 503 && answer;
    });
    t.equal(refused.body.code, 'unavailable', what);
    t.equal(refused.headers.get('cache-control'), 'no-store', what);
  }
  await awaitThat('the end of the stream', () => watcher.isEnded());
  await redis.restart();
  const back = await awaitThat('a new stream', async () => {
    const next = await openEventStream(t, address, '0-3');
    return next.status === 200 && next;
  });
  await awaitThat('a hold', async () =>
    (await shop.call('POST', '/v1/sales/s/holds', { body: one })).status === 201);
  t.match(await back.nth(0), { event: 'change', data: { prev: 3, seq: 4 } });
});
