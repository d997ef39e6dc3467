/** Orders that money is taken for: a real provider, a real bus, and all that can go wrong between them. */
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { signWebhook } from '../../../services/shared/platform/webhooks/sign-webhook.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { openTill } from '../../harness/open-till.ts';
import { openShop } from '../../harness/open-shop.ts';
import type { ShopAnswer } from '../../harness/open-shop.ts';

const till = await openTill(t);
const { shop } = till;

const typesOf = async (orderId: string): Promise<string[]> =>
  (await till.eventsOf(orderId)).map(({ type }) => type);
const pageOf = ({ body }: ShopAnswer) =>
  (body['payment'] as { redirectUrl?: string } | undefined)?.redirectUrl;

t.test('the log has that a payment has started before its provider is asked', async (t) => {
  const made = await till.order('never');
  t.equal(made.status, 202);
  t.match(made.body, { status: 'pending', waitingFor: 'payment', tickets: [],
    payment: { method: 'sandbox', attempt: 1, redirectUrl: /\/pay\/pay_/ } });
  const orderId = String(made.body['orderId']);
  const [started] = await till.eventsOf(orderId);
  const [asked] = await till.paymentsAt(orderId);
  t.equal(started?.type, 'payment.started');
  t.ok(Date.parse(String(started?.time)) <= Date.parse(String(asked?.createdAt)));
  const again = await till.repeat(made);
  t.equal(again.status, 202);
  t.equal(pageOf(again), pageOf(made), 'a repeat leads to the same page');
  const elsewhere = await till.repeat(made, (await till.another()).url);
  t.equal(pageOf(elsewhere), pageOf(made), 'on another process too');
  await shop.redis.del(...await shop.redis.keys('*:payment:*'));
  const forgotten = await till.repeat(made);
  t.equal(pageOf(forgotten), pageOf(made), 'and where it was forgotten');
  t.equal((await till.paymentsAt(orderId)).length, 1);
});

for (const outcome of ['success', 'slow', 'webhook-twice', 'webhook-before-redirect', 'out-of-order']) {
  t.test(`${outcome}: one order, confirmed once, for one payment`, async (t) => {
    const { orderId } = await till.ordered(outcome);
    const paid = await till.awaitStatus(orderId, 'confirmed');
    t.equal(paid.body['waitingFor'], undefined);
    t.equal((paid.body['tickets'] as unknown[]).length, 1);
    await till.quiet(orderId);
    t.same(await typesOf(orderId), ['payment.started', 'order.confirmed']);
    const [payment] = await till.paymentsAt(orderId);
    t.match((await till.eventsOf(orderId)).at(-1)?.data,
      { paymentId: `sandbox:${String(payment?.['paymentId'])}`, total: till.price, attempt: 1 });
    t.equal(payment?.['capturedMinor'], till.price);
  });
}

t.test('declined: another attempt may be made, and confirms the same order', async (t) => {
  const { orderId } = await till.ordered('decline');
  const failed = await till.awaitStatus(orderId, 'failed');
  t.match(failed.body, { tickets: [], payment: { attempt: 1 } });
  const path = `/v1/sales/${till.saleId}/orders/${orderId}/payments`;
  const early = await shop.call('PUT', `${path}/3`, { body: { method: 'sandbox' } });
  t.match(early, { status: 409, body: { code: 'payment_attempt_unknown', next: 2 } });
  const free = await shop.call('PUT', `${path}/2`, { body: { method: 'cash' } });
  t.match(free, { status: 422, body: { code: 'payment_method_unavailable' } });
  const body = { method: 'sandbox', outcome: 'never' };
  const second = await shop.call('PUT', `${path}/2`, { body });
  t.match(second, { status: 202, body: { status: 'pending', payment: { attempt: 2 } } });
  const repeat = await shop.call('PUT', `${path}/2`, { body });
  t.equal(pageOf(repeat), pageOf(second));
  t.match(await shop.call('PUT', `${path}/3`, { body }),
    { status: 409, body: { code: 'payment_under_way' } });
  t.match(await shop.call('PUT', `${path}/2`, { body, token: (await shop.buyer()).token }),
    { status: 404, body: { code: 'order_unknown' } });
  const [paid] = (await till.paymentsAt(orderId)).filter(({ status }) => status === 'requires_action');
  await till.tell(orderId, 2, { paymentId: String(paid?.paymentId), capturedMinor: till.price });
  await till.awaitStatus(orderId, 'confirmed');
  t.same(await typesOf(orderId), ['payment.started', 'payment.failed', 'payment.started', 'order.confirmed']);
});

t.test('a wrong amount is held for an operator, and confirms nothing', async (t) => {
  const { orderId } = await till.ordered('wrong-amount');
  await awaitThat('it is in the log', async () => (await typesOf(orderId)).includes('payment.mismatched'));
  t.equal((await till.show(orderId)).body['status'], 'pending');
  await till.tell(orderId, 1, { paymentId: 'pay_dollars', capturedMinor: till.price, currency: 'USD' });
  t.same(await typesOf(orderId), ['payment.started', 'payment.mismatched', 'payment.mismatched']);
});

t.test('a provider that is down has failed the attempt, and the next one goes through', async (t) => {
  const down = await till.ordered('provider-down');
  t.match(down.made, { status: 202, body: { status: 'failed', payment: { attempt: 1 } } });
  t.same(await typesOf(down.orderId), ['payment.started', 'payment.failed']);
  t.same(await till.paymentsAt(down.orderId), []);
  const next = await shop.call('PUT', `/v1/sales/${till.saleId}/orders/${down.orderId}/payments/2`,
    { body: { method: 'sandbox', outcome: 'success' } });
  t.match(next, { status: 202, body: { payment: { attempt: 2, redirectUrl: /pay_/ } } });
  await till.awaitStatus(down.orderId, 'confirmed');
  await till.tell(down.orderId, 1, { paymentId: 'pay_of-the-first', capturedMinor: till.price });
  const { type, data } = (await till.eventsOf(down.orderId)).at(-1) ?? {};
  t.equal(type, 'refund.requested', 'what the first one took after all is given back');
  t.match(data, { paymentId: 'sandbox:pay_of-the-first', amount: till.price, reason: 'duplicate' });
});

t.test('what is not signed, old, of nobody or told before changes nothing', async (t) => {
  const { orderId } = await till.ordered('success');
  await till.awaitStatus(orderId, 'confirmed');
  // What the provider still has to tell of the orders of other tests would change them.
  await till.quiet('');
  const before = await till.dump();
  const message = till.message(orderId, 1, { paymentId: 'pay_forged', capturedMinor: till.price });
  const signed = (atMs: number, key = till.webhookKey) =>
    signWebhook({ id: `msg_${randomUUID()}`, atMs, body: message, keys: [key] });
  const post = async (headers: Record<string, string>, body: string, path = '/v1/webhooks/sandbox') =>
    (await fetch(`${shop.selling.url}${path}`, { method: 'POST', headers, body })).status;
  t.equal(await post({}, message), 401);
  t.equal(await post({ ...signed(Date.now(), Buffer.alloc(32)) }, message), 401);
  t.equal(await post({ ...signed(Date.now() - 600_000) }, message), 401);
  t.equal(await post({ ...signed(Date.now() + 600_000) }, message), 401);
  t.equal(await post({ ...signed(Date.now()) }, `${message} `), 401);
  t.equal(await post({ ...signed(Date.now()) }, message, '/v1/webhooks/nobody'), 404);
  const stranger = message.replace(orderId, `o_${'A'.repeat(22)}`);
  t.equal(await post({ ...signWebhook({ id: 'msg_1', atMs: Date.now(), body: stranger,
    keys: [till.webhookKey] }) }, stranger), 204);
  const [payment] = await till.paymentsAt(orderId);
  for (let i = 0; i < 3; i++) {
    const told = { paymentId: String(payment?.['paymentId']), capturedMinor: till.price };
    t.equal(await till.tell(orderId, 1, told), 204);
  }
  t.equal(await till.tell(orderId, 2, { paymentId: 'pay_of-no-attempt', capturedMinor: till.price }), 204);
  t.same(await till.dump(), before);
});

t.test('while the log takes nothing, the provider is told to come again', async (t) => {
  const { orderId } = await till.ordered('never');
  const [payment] = await till.paymentsAt(orderId);
  await till.stopRelay();
  const paid = { paymentId: String(payment?.paymentId), capturedMinor: till.price };
  t.equal(await till.tell(orderId, 1, paid), 503);
  t.match(await till.show(orderId), { body: { status: 'pending', waitingFor: 'log', tickets: [] } });
  await till.startRelay();
  await awaitThat('it is taken', async () => await till.tell(orderId, 1, paid) === 204);
  t.equal((await till.show(orderId)).body['status'], 'confirmed');
  await till.quiet(orderId);
  t.same(await typesOf(orderId), ['payment.started', 'order.confirmed']);
});

t.test('a method that this API has no provider for', async (t) => {
  const other = await openShop(t);
  const body = { ...till.input, paymentMethods: ['free', 'sandbox'] };
  t.match(await other.call('PUT', '/admin/v1/sales/s', { body }),
    { status: 422, body: { code: 'payment_method_unknown', method: 'sandbox', methods: ['free'] } });
  t.equal((await other.call('GET', '/v1/sales/s')).status, 404);
});
