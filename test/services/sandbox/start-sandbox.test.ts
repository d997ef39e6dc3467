/** Every outcome of the sandbox payment provider, and what it says of each, over its own HTTP API. */
import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import {
  awaitStatus, awaitTold, callSandbox, isSigned, makePayment, openSandbox, paymentBody,
} from '../../harness/open-sandbox.ts';
import type { Json } from '../../harness/open-sandbox.ts';

const sandbox = await openSandbox(t);
const service = await sandbox.start();

const get = async (paymentId: string): Promise<Json> =>
  (await callSandbox(service, 'GET', `/v1/payments/${paymentId}`)).body;
const typesOf = (messages: { type: string }[]): string[] => messages.map(({ type }) => type);

t.test('a payment that nobody has decided yet', async (t) => {
  const made = await callSandbox(service, 'POST', '/v1/payments', { body: paymentBody(sandbox) });
  t.equal(made.status, 201);
  t.match(made.body, {
    paymentId: /^pay_[\w-]{22}$/, status: 'requires_action', amountMinor: 4_250, capturedMinor: 0,
    refundedMinor: 0, currency: 'EUR', reference: 'o_1', outcome: 'ask', capturedAt: null,
  });
  t.equal(made.body['pageUrl'], `${service.url}/pay/${String(made.body['paymentId'])}`);
  t.same(await get(String(made.body['paymentId'])), made.body);
});

t.test('success: captured, told once, signed as Standard Webhooks say', async (t) => {
  const paymentId = await makePayment(service, sandbox, { outcome: 'success' });
  const [message, ...more] = await awaitTold(sandbox, paymentId, 1);
  t.same(more, []);
  t.match(message, { type: 'payment.captured', path: '/hook', id: /^msg_/ });
  t.ok(message !== undefined && isSigned(message));
  t.equal(isSigned({ ...message, body: '{}' } as typeof message & object), false, 'the check can fail');
  t.match(message?.headers, { 'content-type': /^application\/json/ });
  t.match(message?.data, { paymentId, status: 'captured', capturedMinor: 4_250, reference: 'o_1' });
  const { pageUrl: _, ...shown } = await get(paymentId);
  t.same(message?.data, shown, 'a webhook shows what the API shows');
});

t.test('decline, slow, never', async (t) => {
  const [declined, slow, never] = await Promise.all([
    makePayment(service, sandbox, { outcome: 'decline' }),
    makePayment(service, sandbox, { outcome: 'slow', delayMs: 300 }),
    makePayment(service, sandbox, { outcome: 'never' }),
  ]);
  t.same(typesOf(await awaitTold(sandbox, declined, 1)), ['payment.declined']);
  t.match(await get(declined), { status: 'declined', capturedMinor: 0 });
  const told = await awaitTold(sandbox, slow, 2);
  t.same(typesOf(told), ['payment.processing', 'payment.captured']);
  t.match(told[0]?.data, { status: 'processing', capturedMinor: 0 });
  t.match(await get(never), { status: 'requires_action' });
  t.same(sandbox.told.filter(({ data }) => data['paymentId'] === never), []);
});

t.test('a slow payment is captured although its deadline has passed', async (t) => {
  const expiresAt = new Date(Date.now() + 2_000).toISOString();
  const paymentId = await makePayment(service, sandbox, { outcome: 'slow', delayMs: 2_500, expiresAt });
  const captured = await awaitStatus(service, paymentId, 'captured');
  t.ok(String(captured['capturedAt']) > expiresAt);
});

t.test('one that nobody pays expires', async (t) => {
  const expiresAt = new Date(Date.now() + 1_500).toISOString();
  const paymentId = await makePayment(service, sandbox, { outcome: 'never', expiresAt });
  t.same(typesOf(await awaitTold(sandbox, paymentId, 1)), ['payment.expired']);
  const answer = await callSandbox(service, 'POST', `/v1/payments/${paymentId}/cancel`);
  t.match(answer, { status: 409, body: { code: 'payment_not_cancelable', paymentStatus: 'expired' } });
});

t.test('webhook-twice: one message, two times', async (t) => {
  const paymentId = await makePayment(service, sandbox, { outcome: 'webhook-twice' });
  const [one, two] = await awaitTold(sandbox, paymentId, 2);
  t.equal(one?.id, two?.id);
  t.equal(one?.body, two?.body);
});

t.test('out-of-order: captured first, processing behind it', async (t) => {
  const paymentId = await makePayment(service, sandbox, { outcome: 'out-of-order' });
  const told = await awaitTold(sandbox, paymentId, 2);
  t.same(typesOf(told), ['payment.captured', 'payment.processing']);
  t.match(told[1]?.data, { status: 'processing', capturedMinor: 0, capturedAt: null });
  t.match(await get(paymentId), { status: 'captured' });
});

t.test('wrong-amount: another one is captured', async (t) => {
  const paymentId = await makePayment(service, sandbox, { outcome: 'wrong-amount' });
  const [message] = await awaitTold(sandbox, paymentId, 1);
  t.match(message?.data, { amountMinor: 4_250, capturedMinor: 4_249 });
});

t.test('webhook-before-redirect: who comes by is sent back when it was taken', async (t) => {
  let isAllowed = false;
  sandbox.answer(() => (isAllowed ? 204 : 500));
  const paymentId = await makePayment(service, sandbox, { outcome: 'webhook-before-redirect' });
  let isBack = false;
  const back = fetch(`${service.url}/pay/${paymentId}`, { redirect: 'manual' }).then((reply) => {
    isBack = true;
    return reply;
  });
  await awaitThat('it was told in vain', () =>
    sandbox.told.filter(({ data }) => data['paymentId'] === paymentId).length >= 2);
  t.equal(isBack, false);
  isAllowed = true;
  const reply = await back;
  sandbox.answer(() => 204);
  t.equal(reply.status, 303);
  t.equal(reply.headers.get('location'), `${sandbox.shopUrl}/back?order=o_1&paymentId=${paymentId}`);
  t.same((await awaitTold(sandbox, paymentId, 1)).filter(({ isTaken }) => isTaken).length, 1);
});

t.test('provider-down: 503, and nothing was made', async (t) => {
  const before = await countPayments();
  const body = paymentBody(sandbox, { outcome: 'provider-down' });
  const answer = await callSandbox(service, 'POST', '/v1/payments', { body });
  t.match(answer, { status: 503, contentType: /problem\+json/, body: { code: 'provider_down' } });
  t.equal(await countPayments(), before);
});

t.test('what is canceled stays so; what was captured cannot be', async (t) => {
  const open = await makePayment(service, sandbox);
  for (const _ of [1, 2]) {
    const answer = await callSandbox(service, 'POST', `/v1/payments/${open}/cancel`);
    t.match(answer, { status: 200, body: { status: 'canceled' } });
  }
  t.same(typesOf(await awaitTold(sandbox, open, 1)), ['payment.canceled'], 'told once');
  const paid = await makePayment(service, sandbox, { outcome: 'success' });
  await awaitStatus(service, paid, 'captured');
  const answer = await callSandbox(service, 'POST', `/v1/payments/${paid}/cancel`);
  t.match(answer, { status: 409, body: { code: 'payment_not_cancelable', paymentStatus: 'captured' } });
});

t.test('an outage: everything fails, until it is over', async (t) => {
  const paymentId = await makePayment(service, sandbox);
  const put = (body: object) => callSandbox(service, 'PUT', '/v1/outage', { body });
  t.match(await put({ mode: 'down', seconds: 600 }), { status: 200, body: { mode: 'down' } });
  for (const path of [`/v1/payments/${paymentId}`, '/v1/payments', '/v1/refunds', `/pay/${paymentId}`]) {
    t.equal((await callSandbox(service, 'GET', path)).status, 503, path);
  }
  await put({ mode: 'slow', seconds: 600, delayMs: 300 });
  const startedAtMs = performance.now();
  t.equal((await callSandbox(service, 'GET', `/v1/payments/${paymentId}`)).status, 200);
  t.ok(performance.now() - startedAtMs >= 290);
  t.match(await put({ mode: 'none', seconds: 0 }), { body: { mode: 'none' } });
  t.equal((await callSandbox(service, 'GET', `/v1/payments/${paymentId}`)).status, 200);
});

t.test('what does not fit is refused with its reason, and changes nothing', async (t) => {
  const before = await countPayments();
  const refusals: [Json, RegExp][] = [
    [{ amountMinor: 0 }, /amountMinor/], [{ amountMinor: 1.5 }, /amountMinor/],
    [{ amountMinor: '5' }, /amountMinor/], [{ currency: 'eur' }, /currency/],
    [{ returnUrl: 'javascript:alert(1)' }, /returnUrl/], [{ webhookUrl: 'http://' }, /webhookUrl/],
    [{ returnUrl: 'https://a:b@shop.example' }, /returnUrl: must have no credentials/],
    [{ expiresAt: 'soon' }, /expiresAt/],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, /expiresAt: is in the past/],
    [{ expiresAt: '2999-01-01T00:00:00Z' }, /expiresAt: must be within 31 days/],
    [{ outcome: 'miracle' }, /outcome/], [{ delayMs: -1 }, /delayMs/], [{ colour: 'red' }, /./],
    [{ reference: '' }, /reference/],
  ];
  for (const [more, detail] of refusals) {
    const body = paymentBody(sandbox, more);
    const answer = await callSandbox(service, 'POST', '/v1/payments', { body });
    t.match(answer, {
      status: 400, contentType: /problem\+json/, body: { code: 'request_invalid', detail },
    }, JSON.stringify(more));
  }
  const body = paymentBody(sandbox);
  t.match(await callSandbox(service, 'POST', '/v1/payments', { body, key: '' }),
    { status: 400, body: { code: 'idempotency_key_missing' } });
  t.match(await callSandbox(service, 'POST', '/v1/payments', { body, token: 'another' }), { status: 401 });
  t.match(await callSandbox(service, 'POST', '/v1/payments', { body: '{' }),
    { status: 400, body: { code: 'json_malformed' } });
  t.match(await callSandbox(service, 'GET', `/v1/payments/pay_${'A'.repeat(22)}`),
    { status: 404, body: { code: 'payment_unknown' } });
  t.match(await callSandbox(service, 'GET', '/v1/payments?limit=999'), { status: 400 });
  t.equal(await countPayments(), before);
});

async function countPayments(): Promise<number> {
  const { rows: [row] } =
    await sandbox.pool.query<{ n: string }>('SELECT count(*) AS n FROM sandbox.payments');
  return Number(row?.n);
}
