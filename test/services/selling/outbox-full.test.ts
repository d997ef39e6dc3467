import t from 'tap';
import { floorOf, saleOf } from '../../harness/open-desk.ts';
import { openShop } from '../../harness/open-shop.ts';

t.test('each limit of the outbox refuses with 503 outbox_full, and says when to come again', async (t) => {
  const shop = await openShop(t);
  await shop.sell('s', saleOf([floorOf(5)]));
  const body = { buyerId: 'b', items: [{ areaId: 'floor', quantity: 1 }] };
  const held = await shop.call('POST', '/v1/sales/s/holds', { body });
  const hold = `/v1/sales/s/holds/${String(held.body['holdId'])}`;
  const contact = { name: 'Ann', email: 'ann@example.org' };
  const order = { buyerId: 'b', holdId: held.body['holdId'], contact, payment: { method: 'free' } };
  for (const limit of ['OUTBOX_ENTRIES_MAX', 'OUTBOX_BYTES_MAX', 'OUTBOX_AGE_MS_MAX']) {
    const { url } = await shop.startAnother({ [limit]: '1' });
    const refused = [
      await shop.call('POST', '/v1/sales/s/holds', { url, body }),
      await shop.call('POST', `${hold}/extend?buyerId=b`, { url }),
      await shop.call('POST', '/v1/sales/s/orders', { url, body: order }),
    ];
    for (const { status, body: problem, headers } of refused) {
      t.match({ status, problem }, { status: 503, problem: { code: 'outbox_full' } }, limit);
      t.match(headers.get('retry-after'), /^\d+$/);
    }
    t.equal((await shop.call('POST', '/v1/sales/s/holds', { body })).status, 201, 'another one has room');
  }
  const { url } = await shop.startAnother({ OUTBOX_ENTRIES_MAX: '1' });
  t.equal((await shop.call('DELETE', `${hold}?buyerId=b`, { url })).status, 204, 'seats come back');
  await shop.check('s');
});
