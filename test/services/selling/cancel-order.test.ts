/** Orders that are given up or cancelled, and the money that goes back: each cent once, each seat once. */
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import { callSandbox } from '../../harness/open-sandbox.ts';
import { openTill } from '../../harness/open-till.ts';

const till = await openTill(t);
const { shop, saleId, price } = till;
const adminPath = (orderId: string, rest = '') => `/admin/v1/sales/${saleId}/orders/${orderId}${rest}`;
const ALL = { places: 'return', refund: 'all', reason: 'the organiser asked' };
const typesOf = async (orderId: string) => (await till.eventsOf(orderId)).map(({ type }) => type);
const dataOf = async (orderId: string, type: string) =>
  (await till.eventsOf(orderId)).filter((event) => event.type === type).map(({ data }) => data);
const free = async (): Promise<number> => {
  const { body } = await shop.call('GET', `/v1/sales/${saleId}/availability`);
  return (body['areas'] as { free: number }[])[0]?.free ?? NaN;
};
const giveUp = (orderId: string, more: Record<string, unknown> = {}) =>
  shop.call('POST', `/v1/sales/${saleId}/orders/${orderId}/cancel`, { key: randomUUID(), ...more });
const cancel = (orderId: string, body: object = ALL) =>
  shop.call('POST', adminPath(orderId, '/cancel'), { body: { ...body } });

/** A paid order of so many tickets. */
async function paid(quantity = 1): Promise<{ orderId: string; paymentId: string; ticketIds: string[] }> {
  const { buyerId } = await shop.buyer();
  const hold = await shop.call('POST', `/v1/sales/${saleId}/holds`,
    { body: { buyerId, items: [{ areaId: 'floor', quantity }] } });
  const made = await shop.call('POST', `/v1/sales/${saleId}/orders`, { body: {
    buyerId, holdId: hold.body['holdId'], contact: { name: 'Ada', email: 'ada@example.org' },
    payment: { method: 'sandbox', outcome: 'success' },
  } });
  const orderId = String(made.body['orderId']);
  const { body } = await till.awaitStatus(orderId, 'confirmed');
  await till.quiet(orderId);
  const [payment] = await till.paymentsAt(orderId);
  return {
    orderId, paymentId: `sandbox:${String(payment?.['paymentId'])}`,
    ticketIds: (body['tickets'] as { ticketId: string }[]).map(({ ticketId }) => ticketId),
  };
}

t.test('a buyer gives up what is not paid for: places and payment end, and stay so', async (t) => {
  const before = await free();
  const { orderId } = await till.ordered('never');
  const stranger = await giveUp(orderId, { token: (await shop.buyer()).token });
  t.match(stranger, { status: 404, body: { code: 'order_unknown' } });
  t.match(await giveUp(orderId), { status: 200, body: { status: 'cancelled', tickets: [] } });
  t.match(await giveUp(orderId), { status: 200, body: { status: 'cancelled' } });
  t.same(await typesOf(orderId), ['payment.started', 'order.cancelled']);
  t.equal(await free(), before);
  const [payment] = await till.paymentsAt(orderId);
  t.match(payment, { status: 'canceled' }, 'nobody can pay for it any more');
  await till.tell(orderId, 1, { paymentId: String(payment?.['paymentId']), capturedMinor: price });
  t.match(await dataOf(orderId, 'refund.requested'), [{ amount: price, reason: 'late' }],
    'what was paid after all goes back');
  t.match(await till.show(orderId), { body: { status: 'cancelled', tickets: [] } });
});

t.test('what is paid for is the organiser\'s to cancel', async (t) => {
  const { orderId, paymentId, ticketIds } = await paid(2);
  t.match(await giveUp(orderId), { status: 409, body: { code: 'order_confirmed' } });
  t.equal((await shop.call('POST', adminPath(orderId, '/cancel'), { body: ALL, token: '' })).status, 401);
  t.match(await cancel(orderId, { ...ALL, places: 'keep' }), { status: 400 });
  t.match(await cancel(orderId, { ...ALL, tickets: [`${orderId}-9`] }),
    { status: 404, body: { code: 'ticket_unknown', tickets: [`${orderId}-9`] } });
  t.same(await typesOf(orderId), ['payment.started', 'order.confirmed']);
  const before = await free();
  t.match(await cancel(orderId), { status: 200, body: {
    status: 'cancelled', tickets: ticketIds.map((ticketId) => ({ ticketId, isCancelled: true })),
    payments: [{ paymentId, amountMinor: 2 * price, kind: 'kept', leftMinor: 0 }],
    refunds: [{ paymentId, amountMinor: 2 * price, status: 'requested' }],
  } });
  t.equal(await free(), before + 2);
  const { body } = await shop.call('GET', adminPath(orderId));
  t.match(body, { status: 'cancelled', isInLog: true });
  t.notMatch(JSON.stringify(body), '"code"');
  t.match(await cancel(orderId), { status: 200, body });
  t.same(await typesOf(orderId),
    ['payment.started', 'order.confirmed', 'order.cancelled', 'refund.requested']);
  t.match((await till.eventsOf(orderId)).at(-2)?.actor, /^operator:/);
});

t.test('tickets one by one, at once and again: what goes back is what was paid', async (t) => {
  const { orderId, ticketIds } = await paid(5);
  const before = await free();
  const asks = ticketIds.flatMap((ticketId) => [ticketId, ticketId]);
  const answers = await Promise.all(asks.map((ticketId, i) =>
    cancel(orderId, { ...ALL, tickets: [ticketId], places: i % 4 < 2 ? 'return' : 'block' })));
  t.same([...new Set(answers.map(({ status }) => status))], [200]);
  const cancelled = await dataOf(orderId, 'order.cancelled') as { tickets: number[]; returned: boolean }[];
  t.same(cancelled.flatMap(({ tickets }) => tickets).toSorted((a, b) => a - b), [1, 2, 3, 4, 5]);
  const back = await dataOf(orderId, 'refund.requested') as { amount: number }[];
  t.same(back.map(({ amount }) => amount), [price, price, price, price, price]);
  t.equal(await free() - before, cancelled.filter(({ returned }) => returned).length);
  t.match(await till.show(orderId), { body: { status: 'cancelled', tickets: [] } });
});

t.test('some tickets go, the others stay; nothing is given back where that is asked', async (t) => {
  const { orderId, ticketIds } = await paid(3);
  const [first = '', second = ''] = ticketIds;
  t.match(await cancel(orderId, { ...ALL, tickets: [first], refund: 'none' }),
    { status: 200, body: { status: 'confirmed', refunds: [] } });
  const { body } = await till.show(orderId);
  t.same((body['tickets'] as { ticketId: string }[]).map(({ ticketId }) => ticketId), ticketIds.slice(1));
  t.match(await cancel(orderId, { ...ALL, tickets: [first, second] }),
    { status: 200, body: { status: 'confirmed', refunds: [{ amountMinor: price }] } });
});

t.test('paid for while it is given up: one of the two, and each cent is kept or goes back', async (t) => {
  const orders = await Promise.all(Array.from({ length: 24 }, () => till.ordered('never')));
  await Promise.all(orders.map(async ({ orderId }, i) => {
    const [payment] = await till.paymentsAt(orderId);
    const told = { paymentId: String(payment?.['paymentId']), capturedMinor: price };
    const both = [() => till.tell(orderId, 1, told), () => giveUp(orderId)];
    await Promise.all((i % 2 === 0 ? both : both.toReversed()).map((one) => one()));
    await awaitThat('it is taken', async () => await till.tell(orderId, 1, told) === 204);
  }));
  const ends = await Promise.all(orders.map(async ({ orderId }) => (await typesOf(orderId)).join(' ')));
  for (const end of ends) {
    t.match(end, /^payment.started (order.confirmed|order.cancelled refund.requested)$/);
  }
});

t.test('a wrong amount goes back when the operator says so, once, and no more than was taken', async (t) => {
  const { orderId } = await till.ordered('wrong-amount');
  await awaitThat('it is held', async () => (await typesOf(orderId)).includes('payment.mismatched'));
  const { body } = await shop.call('GET', adminPath(orderId));
  const [payment] = body['payments'] as { paymentId: string; amountMinor: number; kind: string }[];
  t.match(payment, { kind: 'mismatched' });
  const { paymentId = '', amountMinor = 0 } = payment ?? {};
  const put = (refundId: string, ask: object) =>
    shop.call('PUT', adminPath(orderId, `/refunds/${refundId}`), { body: { ...ask } });
  t.match(await put('a', { paymentId, amountMinor: amountMinor + 1 }),
    { status: 409, body: { code: 'refund_too_large', leftMinor: amountMinor } });
  t.match(await put('a', { paymentId: 'sandbox:nobody', amountMinor: 1 }),
    { status: 404, body: { code: 'payment_unknown' } });
  for (let i = 0; i < 2; i++) {
    t.match(await put('a', { paymentId, amountMinor }),
      { status: 200, body: { refunds: [{ refundId: 'a', amountMinor, status: 'requested' }] } });
  }
  t.match(await put('a', { paymentId, amountMinor: 1 }),
    { status: 422, body: { code: 'idempotency_key_reused' } });
  t.match(await put('b', { paymentId, amountMinor: 1 }), { status: 409, body: { code: 'refund_too_large' } });
  t.match(await dataOf(orderId, 'refund.requested'), [{ amount: amountMinor, reason: 'mismatched' }]);
  const { body: at } = await callSandbox(till.provider, 'GET', '/v1/refunds?limit=500');
  t.same(at['refunds'], [], 'the worker asks the provider, not the API');
});

t.test('what is free is cancelled too, and has nothing to give back', async (t) => {
  const { buyerId } = await shop.buyer();
  const hold = await shop.call('POST', `/v1/sales/${saleId}/holds`,
    { body: { buyerId, items: [{ areaId: 'floor', quantity: 1 }] } });
  const made = await shop.call('POST', `/v1/sales/${saleId}/orders`, { body: {
    buyerId, holdId: hold.body['holdId'], contact: { name: 'Ada', email: 'ada@example.org' },
    payment: { method: 'free' },
  } });
  const orderId = String(made.body['orderId']);
  t.match(await cancel(orderId, { ...ALL, refund: 'withoutFees' }),
    { status: 200, body: { status: 'cancelled', payments: [], refunds: [] } });
  t.equal((await till.show(orderId)).body['payment'], undefined);
  t.match(await cancel(`o_${'A'.repeat(22)}`), { status: 404, body: { code: 'order_unknown' } });
});
