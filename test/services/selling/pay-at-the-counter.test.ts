/** Orders that are paid for at the box office, given back there, and orders that cost nothing. */
import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import { floorOf, saleOf } from '../../harness/open-desk.ts';
import { openTill } from '../../harness/open-till.ts';

const till = await openTill(t, { OFFLINE_PAYMENTS: 'true', PAYMENT_SECONDS: 'offline:86400' });
const { shop, saleId, price } = till;
const typesOf = async (orderId: string) => (await till.eventsOf(orderId)).map(({ type }) => type);
const admin = (orderId: string, path: string, body?: object) =>
  shop.call('POST', `/admin/v1/sales/${saleId}/orders/${orderId}/${path}`,
    body === undefined ? {} : { body: { ...body } });
const paid = (receipt: string, more: object = {}) =>
  ({ receipt, amountMinor: price, currency: 'EUR', ...more });

t.test('it owns its places until its own deadline, and is confirmed by a receipt, once', async (t) => {
  const { made, orderId } = await till.ordered('', 'offline');
  t.match(made.body, { status: 'pending', waitingFor: 'payment', payment: { method: 'offline' } });
  const { deadline } = made.body['payment'] as { deadline: string };
  t.ok(Date.parse(deadline) - Date.now() > 23 * 3_600_000);
  const before = await till.dump();
  for (const wrong of [{ amountMinor: price - 1 }, { currency: 'USD' }]) {
    t.match(await admin(orderId, 'payments', paid('R-1', wrong)),
      { status: 400, body: { code: 'request_invalid' } });
  }
  t.equal((await admin(`o_${'A'.repeat(22)}`, 'payments', paid('R-1'))).status, 404);
  t.same(await till.dump(), before);
  for (let i = 0; i < 2; i++) {
    t.match(await admin(orderId, 'payments', paid('R-1')), { status: 200, body: { status: 'confirmed',
      payments: [{ paymentId: 'offline:R-1', kind: 'kept', amountMinor: price }] } });
  }
  t.match(await admin(orderId, 'payments', paid('R-2')), { status: 409, body: { code: 'order_confirmed' } });
  t.same(await typesOf(orderId), ['payment.started', 'order.confirmed']);
});

t.test('a buyer who changes their mind and pays at the counter: what is paid online goes back', async (t) => {
  const { orderId } = await till.ordered('never');
  const [payment] = await till.paymentsAt(orderId);
  t.equal((await admin(orderId, 'payments', paid('R-3'))).status, 200);
  await till.tell(orderId, 1, { paymentId: String(payment?.paymentId), capturedMinor: price });
  t.same(await typesOf(orderId), ['payment.started', 'order.confirmed', 'refund.requested']);
});

t.test('what the counter gave back ends in the log, once', async (t) => {
  const { orderId } = await till.ordered('', 'offline');
  await admin(orderId, 'payments', paid('R-4'));
  t.match(await admin(orderId, 'refunds/R-5/complete'), { status: 404, body: { code: 'refund_unknown' } });
  const cancelled = await admin(orderId, 'cancel', { places: 'return', refund: 'all', reason: 'a test' });
  const [refund] = cancelled.body['refunds'] as { refundId: string; status: string }[];
  t.match(refund, { status: 'requested', amountMinor: price, paymentId: 'offline:R-4' });
  for (let i = 0; i < 2; i++) {
    t.match(await admin(orderId, `refunds/${refund?.refundId}/complete`),
      { status: 200, body: { refunds: [{ status: 'completed' }] } });
  }
  t.equal((await typesOf(orderId)).filter((type) => type === 'refund.completed').length, 1);
  t.match(await admin(orderId, 'payments', paid('R-6')), { status: 409, body: { code: 'order_cancelled' } });
});

t.test('a sale is archived when its refunds have ended, and not before', async (t) => {
  const input = saleOf([floorOf(5)], { paymentMethods: ['offline'] });
  await shop.sell('short', input);
  const { buyerId } = await shop.buyer();
  const hold = await shop.call('POST', '/v1/sales/short/holds',
    { body: { buyerId, items: [{ areaId: 'floor', quantity: 2 }] } });
  const body = { buyerId, holdId: hold.body['holdId'], contact: { name: 'Ada', email: 'ada@example.org' },
    payment: { method: 'offline' } };
  const orderId = String((await shop.call('POST', '/v1/sales/short/orders', { body })).body['orderId']);
  const at = (path: string, more: object) =>
    shop.call('POST', `/admin/v1/sales/short/${path}`, { body: { ...more } });
  await at(`orders/${orderId}/payments`, { receipt: 'S-1', amountMinor: 2 * price, currency: 'EUR' });
  const how = { places: 'return', refund: 'all', reason: 'a test' };
  const cancelled = await at(`orders/${orderId}/cancel`, how);
  const [refund] = cancelled.body['refunds'] as { refundId: string }[];
  await shop.call('POST', '/admin/v1/sales/short/close');
  t.match(await shop.call('POST', '/admin/v1/sales/short/archive'),
    { status: 409, body: { code: 'sale_busy', openRefunds: 1 } });
  await shop.call('POST', `/admin/v1/sales/short/orders/${orderId}/refunds/${refund?.refundId}/complete`);
  await awaitThat('it is archived', async () =>
    (await shop.call('POST', '/admin/v1/sales/short/archive')).status === 200);
});

t.test('what costs nothing is confirmed at once, and no provider is asked', async (t) => {
  const input = saleOf([floorOf(5)], { paymentMethods: ['sandbox'] });
  await shop.sell('gift', { ...input, categories: [{ categoryId: 'C', prices: { adult: 0 } }] });
  const { buyerId } = await shop.buyer();
  const hold = await shop.call('POST', '/v1/sales/gift/holds',
    { body: { buyerId, items: [{ areaId: 'floor', quantity: 2 }] } });
  t.equal(hold.status, 201);
  const body = { buyerId, holdId: hold.body['holdId'], contact: { name: 'Ada', email: 'ada@example.org' },
    payment: { method: 'sandbox' } };
  const made = await shop.call('POST', '/v1/sales/gift/orders', { body, key: 'gift' });
  t.match(made, { status: 201, body: { status: 'confirmed', total: 0, tickets: [{}, {}] } });
  t.same((await shop.call('POST', '/v1/sales/gift/orders', { body, key: 'gift' })).body, made.body);
  const orderId = String(made.body['orderId']);
  t.same(await till.paymentsAt(orderId), []);
  const cancelled = await shop.call('POST', `/admin/v1/sales/gift/orders/${orderId}/cancel`,
    { body: { places: 'return', refund: 'all', reason: 'a test' } });
  t.match(cancelled, { status: 200, body: { status: 'cancelled', refunds: [] } });
});
