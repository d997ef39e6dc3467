/** Orders paid by Stripe: its SDK, an endpoint of its wire format, and what its API is known to do. */
import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import { openTill } from '../../harness/open-till.ts';
import { startService } from '../../harness/start-service.ts';
import { STRIPE_KEY, STRIPE_SECRET, startStripe } from '../../harness/start-stripe.ts';

t.setTimeout(240_000);

const stripe = await startStripe(t);
const till = await openTill(t, {
  STRIPE_KEY, STRIPE_WEBHOOK_SECRET: STRIPE_SECRET, STRIPE_API_URL: stripe.url,
});
const { shop, saleId, price } = till;
const typesOf = async (orderId: string) => (await till.eventsOf(orderId)).map(({ type }) => type);
const intentsOf = (orderId: string) => stripe.intents.filter(({ metadata }) =>
  (metadata as { reference?: string }).reference?.includes(orderId));
const intentOf = (orderId: string) => intentsOf(orderId).at(-1)?.id ?? '';
const post = async ({ headers, body }: { headers: Record<string, string>; body: string }) =>
  (await fetch(`${shop.selling.url}/v1/webhooks/stripe`, { method: 'POST', headers, body })).status;
const cancel = (orderId: string) => shop.call('POST', `/admin/v1/sales/${saleId}/orders/${orderId}/cancel`,
  { body: { places: 'return', refund: 'all', reason: 'a test' } });
const env = {
  ...shop.stack.env, ...till.env, PORT: '0', LEASE_MS: '1000', BUS_FAN_OUT: 'false', RECONCILE_MS: '300',
  SELLING_URL: shop.selling.url, SELLING_TOKEN: shop.stack.adminToken,
};
// Of the file, whichever test starts them.
const startJobs = () =>
  Promise.all((['projector', 'worker'] as const).map((name) => startService(t, name, env)));

t.test('one PaymentIntent per attempt, confirmed by its signed webhook', async (t) => {
  const { made, orderId } = await till.ordered('', 'stripe');
  const [intent] = intentsOf(orderId);
  const { id, client_secret: secret } = intent ?? { id: '', client_secret: '' };
  t.match(intent, { amount: price, currency: 'eur', metadata: { reference: `${saleId}/${orderId}/1` } });
  t.match(made.body, { waitingFor: 'payment', payment: { method: 'stripe', clientSecret: secret } });
  t.notMatch(made.body, { payment: { redirectUrl: String } });
  const again = await till.repeat(made);
  t.match(again.body, { payment: { clientSecret: secret } });
  await shop.redis.del(...await shop.redis.keys('*:payment:*'));
  t.match((await till.repeat(made)).body, { payment: { clientSecret: secret } }, 'where it was forgotten');
  t.equal(intentsOf(orderId).length, 1);
  const paid = stripe.pay(id);
  for (let i = 0; i < 3; i++) t.equal(await post(stripe.signed(paid)), 204);
  t.equal((await till.show(orderId)).body['status'], 'confirmed');
  t.same(await typesOf(orderId), ['payment.started', 'order.confirmed']);
  t.match((await till.eventsOf(orderId)).at(-1)?.data, { paymentId: `stripe:${id}`, total: price });
});

t.test('what is not signed, old, or of nobody changes nothing', async (t) => {
  const { orderId } = await till.ordered('', 'stripe');
  const event = stripe.pay(intentOf(orderId));
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const before = await till.dump();
  t.equal(await post({ headers: {}, body: JSON.stringify(event) }), 401);
  t.equal(await post(stripe.signed(event, nowSeconds, 'whsec_of_somebody_else_0123')), 401);
  t.equal(await post(stripe.signed(event, nowSeconds - 600)), 401);
  const signed = stripe.signed(event);
  t.equal(await post({ ...signed, body: signed.body.replace('EUR', 'USD').concat(' ') }), 401);
  const others = [
    { ...event, type: 'customer.created', data: { object: { id: 'cus_1' } } },
    { ...event, data: { object: { ...(event['data'] as { object: object }).object, metadata: {} } } },
  ];
  for (const other of others) t.equal(await post(stripe.signed(other)), 204);
  t.same(await till.dump(), before);
});

t.test('a declined card: the next attempt is another intent, and the first one is ended', async (t) => {
  const { orderId } = await till.ordered('', 'stripe');
  const first = intentOf(orderId);
  t.equal(await post(stripe.signed(stripe.decline(first))), 204);
  t.match(await till.show(orderId), { body: { status: 'failed' } });
  const path = `/v1/sales/${saleId}/orders/${orderId}/payments/2`;
  t.match(await shop.call('PUT', path, { body: { method: 'stripe' } }), { status: 202,
    body: { payment: { attempt: 2 } } });
  t.same(intentsOf(orderId).map(({ status }) => status), ['canceled', 'requires_payment_method']);
  t.equal(await post(stripe.signed(stripe.pay(intentOf(orderId)))), 204);
  const [, failed] = await till.eventsOf(orderId);
  t.match(failed?.data, { reason: 'insufficient_funds' });
  t.same(await typesOf(orderId), ['payment.started', 'payment.failed', 'payment.started', 'order.confirmed']);
});

t.test('an outage while it is asked: the attempt has failed, and the next method is asked', async (t) => {
  stripe.fail({ status: 500, isDone: true });
  const { made, orderId } = await till.ordered('', 'stripe');
  stripe.fail(undefined);
  t.match(made.body, { status: 'pending', payment: { method: 'sandbox', attempt: 2 } });
  t.equal(await post(stripe.signed(stripe.pay(intentOf(orderId)))), 204);
  t.match(await till.show(orderId), { body: { status: 'confirmed' } }, 'what it took is the payment');
});

t.test('a wrong amount is held', async (t) => {
  const { orderId } = await till.ordered('', 'stripe');
  t.equal(await post(stripe.signed(stripe.pay(intentOf(orderId), price + 1))), 204);
  t.same(await typesOf(orderId), ['payment.started', 'payment.mismatched']);
});

t.test('refunds: once, also where the key was forgotten, decided late, or refused', async (t) => {
  const orders = await Promise.all([0, 1, 2].map(() => till.ordered('', 'stripe')));
  const [one = '', two = '', three = ''] = orders.map(({ orderId }) => orderId);
  for (const orderId of [one, two, three]) await post(stripe.signed(stripe.pay(intentOf(orderId))));
  // Asked for and made, and no answer: the worker asks again.
  stripe.fail({ status: 500, isDone: true });
  await startJobs();
  t.equal((await cancel(one)).status, 200);
  const refundsOf = (orderId: string) =>
    stripe.refunds.filter((refund) => refund['payment_intent'] === intentOf(orderId));
  await awaitThat('a refund was made', () => refundsOf(one).length > 0);
  stripe.fail(undefined);
  await awaitThat('it is in the log', async () => (await typesOf(one)).includes('refund.completed'));
  t.equal(refundsOf(one).length, 1);
  stripe.refundsBecome('pending');
  t.equal((await cancel(two)).status, 200);
  t.equal((await cancel(three)).status, 200);
  await awaitThat('they were made', () => refundsOf(two).length + refundsOf(three).length === 2);
  t.equal(await post(stripe.signed(stripe.decide(refundsOf(two)[0]?.id ?? '', 'succeeded'))), 204);
  t.equal(await post(stripe.signed(stripe.decide(refundsOf(three)[0]?.id ?? '', 'failed'))), 204);
  t.equal((await typesOf(two)).at(-1), 'refund.completed');
  t.equal((await typesOf(three)).at(-1), 'refund.failed');
});

t.test('what no webhook told is read from the list of events, from its old end and on', async (t) => {
  const count = 230;
  const strangers = Array.from({ length: count }, () => ({ reference: 'of another shop' }));
  for (const metadata of strangers) {
    const intent = { id: `pi_${stripe.intents.length}`, created: 0, amount: 1, currency: 'eur', metadata };
    stripe.intents.push(intent);
    stripe.pay(intent.id);
  }
  const orders = await Promise.all([0, 1, 2].map(() => till.ordered('', 'stripe')));
  for (const { orderId } of orders) stripe.pay(intentOf(orderId));
  for (const { orderId } of orders) await till.awaitStatus(orderId, 'confirmed');
  // The place in the list is gone with the events before: what is there is read again, and changes nothing.
  stripe.forgetEventsBefore(stripe.events.length);
  const { orderId } = await till.ordered('', 'stripe');
  stripe.pay(intentOf(orderId));
  await till.awaitStatus(orderId, 'confirmed');
  t.same(await typesOf(orderId), ['payment.started', 'order.confirmed']);
});
