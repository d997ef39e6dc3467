import t from 'tap';
import { loadScripts } from '../../services/shared/platform/scripts.ts';
import { awaitThat } from '../harness/await-that.ts';
import { floorOf, hallOf, rowOf, saleOf } from '../harness/open-desk.ts';
import { openShop } from '../harness/open-shop.ts';
import { startPrivateRedis } from '../stack.ts';

const holds = '/v1/sales/s/holds';
const contact = { name: 'Ana', email: 'ana@example.org' };

t.test('a Redis without memory takes no new holds, and lets go of what it has', async (t) => {
  const redis = await startPrivateRedis(t, { durable: false });
  const shop = await openShop(t, { redisUrl: redis.url });
  const areas = [hallOf([rowOf('A', 6)]), floorOf(20)];
  await shop.sell('s', saleOf(areas));
  await shop.sell('brief', saleOf(areas, { holdSeconds: 1, holdSecondsMax: 1 }));
  const items = [{ areaId: 'hall', bestAvailable: 1 }, { areaId: 'floor', quantity: 1 }];
  const hold = (key: string, saleId = 's') =>
    shop.call('POST', `/v1/sales/${saleId}/holds`, { key, body: { buyerId: 'b', items } });
  t.equal((await hold('lapses', 'brief')).status, 201);
  const ids = [];
  for (const key of ['ordered', 'released']) ids.push(String((await hold(key)).body['holdId']));
  const [ordered = '', released = ''] = ids;
  await shop.redis.config('SET', 'maxmemory', '1');

  const unavailable = { status: 503, body: { code: 'unavailable' } };
  const refused = await hold('new');
  t.match(refused, unavailable);
  t.ok(refused.headers.get('retry-after'));
  t.match(await shop.call('PUT', '/admin/v1/sales/another', { body: saleOf([floorOf(5)]) }), unavailable);
  t.match(await shop.call('POST', `${holds}/${released}/extend`), unavailable);
  const order = await shop.call('POST', '/v1/sales/s/orders',
    { body: { buyerId: 'b', holdId: ordered, contact, payment: { method: 'free' } } });
  t.equal(order.status, 201);
  t.equal((await shop.call('DELETE', `${holds}/${released}`)).status, 204);
  for (const verb of ['pause', 'resume']) {
    t.equal((await shop.call('POST', `/admin/v1/sales/s/${verb}`)).status, 200, verb);
  }
  await awaitThat('the hold that lapses is given back', async () => {
    const { body } = await shop.call('GET', '/v1/sales/brief/availability');
    return (body['areas'] as { held: number }[]).every(({ held }) => held === 0);
  });
  t.equal((await shop.call('POST', '/admin/v1/sales/s/close')).status, 200);
  await shop.redis.config('SET', 'maxmemory', '0');
  await shop.check('brief');
  t.same((await shop.check('s')).areas, {
    hall: { free: 5, held: 0, sold: 1 }, floor: { free: 19, held: 0, sold: 1 },
  });
});

t.test('only what frees memory or ends something may go past the limit', async (t) => {
  const allowed = [...loadScripts().values()].filter(({ source }) =>
    source.startsWith('#!lua flags=allow-oom\n'));
  t.same(allowed.map(({ name }) => name).toSorted(), [
    'accept-events', 'archive-sale', 'cancel-order', 'close-sale', 'confirm-order', 'drop-archived',
    'drop-void', 'expire-holds', 'fail-payment', 'give-up-lease', 'join-relays', 'open-sale', 'pause-sale',
    'release-hold', 'renew-generation', 'reopen-sale', 'request-refund', 'resume-sale', 'return-allocation',
    'set-aside-events', 'settle-payment', 'settle-refund', 'suspend-sale', 'take-lease',
  ]);
});
