/** Orders whose money the legacy checkout takes: told by its webhooks, or found in its lists. */
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { Pool } from 'pg';
import { findAnyFreePort } from '../../../infra/local/find-free-port.ts';
import { awaitThat } from '../../harness/await-that.ts';
import type { Json } from '../../harness/open-sandbox.ts';
import { openTill } from '../../harness/open-till.ts';
import type { ShopAnswer } from '../../harness/open-shop.ts';
import { startService } from '../../harness/start-service.ts';

t.setTimeout(240_000);

const KEY = 'handover-key-of-the-tests';
const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const port = await findAnyFreePort();
const url = `http://127.0.0.1:${port}`;
const till = await openTill(t, {
  HANDOVER_URL: `${url}/handover`, HANDOVER_KEY: KEY, HANDOVER_WEBHOOK_SECRET: SECRET,
});
const { shop, saleId, price } = till;
const pool = new Pool({ connectionString: shop.stack.databaseUrl, max: 2 });
t.teardown(() => pool.end());
const legacyEnv = {
  ...shop.stack.env, HANDOVER_KEY: KEY, HANDOVER_WEBHOOK_SECRET: SECRET, PORT: String(port),
};
// Of the file, whichever test starts it.
const startLegacy = () => startService(t, 'legacy', legacyEnv);
let legacy = await startLegacy();

const typesOf = async (orderId: string) => (await till.eventsOf(orderId)).map(({ type }) => type);
const pageOf = ({ body }: ShopAnswer) => (body['payment'] as { redirectUrl?: string }).redirectUrl ?? '';
/** What a person does on the page. */
const decide = (page: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(page, { method: 'POST', redirect: 'manual', headers, body: new URLSearchParams(form) });
const pay = (page: string) => decide(page, { decision: 'pay', method: 'cash' });
const call = async (method: string, path: string, body?: Json, more: Record<string, string> = {}) => {
  const reply = await fetch(`${url}/handover/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, ...body && { 'content-type': 'application/json' }, ...more },
    ...body && { body: JSON.stringify(body) },
  });
  return { status: reply.status, body: await reply.json() as Json };
};
const handover = (more: Json = {}): Json => ({
  reference: `x/${randomUUID()}`, amountMinor: price, currency: 'EUR', returnUrl: 'http://127.0.0.1:9/',
  webhookUrl: 'http://127.0.0.1:9/', expiresAt: new Date(Date.now() + 60_000).toISOString(), ...more,
});

t.test('paid in the legacy checkout: one order, confirmed once', async (t) => {
  const { made, orderId } = await till.ordered('', 'handover');
  const page = pageOf(made);
  t.equal(pageOf(await till.repeat(made)), page, 'a repeat leads to the same page');
  const shown = await fetch(page);
  t.equal(shown.status, 200);
  t.match(await shown.text(), /Pay €10\.00|Pay EUR|10\.00/);
  const back = await pay(page);
  t.equal(back.status, 303);
  t.match(back.headers.get('location'), orderId);
  t.equal((await pay(page)).status, 409, 'nobody decides twice');
  await till.awaitStatus(orderId, 'confirmed');
  t.same(await typesOf(orderId), ['payment.started', 'order.confirmed']);
  const { rows } = await pool.query('SELECT status, payment_method FROM handovers WHERE reference LIKE $1',
    [`${saleId}/${orderId}/%`]);
  t.same(rows, [{ status: 'captured', payment_method: 'cash' }]);
  await awaitThat('it need not be told any more', async () =>
    (await pool.query('SELECT 1 FROM handovers WHERE tell_at IS NOT NULL')).rows.length === 0);
});

t.test('not paid: another attempt is another handover; given up: it is ended there', async (t) => {
  const { made, orderId } = await till.ordered('', 'handover');
  t.equal((await decide(pageOf(made), { decision: 'decline' })).status, 303);
  await till.awaitStatus(orderId, 'failed');
  const second = await shop.call('PUT', `/v1/sales/${saleId}/orders/${orderId}/payments/2`,
    { body: { method: 'handover' } });
  t.not(pageOf(second), pageOf(made));
  t.equal((await shop.call('POST', `/v1/sales/${saleId}/orders/${orderId}/cancel`)).status, 200);
  t.equal((await pay(pageOf(second))).status, 409);
  t.same(await typesOf(orderId),
    ['payment.started', 'payment.failed', 'payment.started', 'order.cancelled']);
});

t.test('killed behind the decision, it is told by the next process', async () => {
  const orders = await Promise.all([0, 1, 2].map(() => till.ordered('', 'handover')));
  await Promise.all(orders.map(({ made }) => pay(pageOf(made))));
  legacy.kill('SIGKILL');
  await legacy.exited;
  legacy = await startLegacy();
  for (const { orderId } of orders) await till.awaitStatus(orderId, 'confirmed');
});

t.test('money goes back once, and what no webhook told is found in the list', async (t) => {
  const { made, orderId } = await till.ordered('', 'handover');
  const { orderId: untold, made: other } = await till.ordered('', 'handover');
  await pool.query(`UPDATE handovers SET webhook_url = 'http://127.0.0.1:9/' WHERE reference LIKE $1`,
    [`${saleId}/${untold}/%`]);
  await Promise.all([pay(pageOf(made)), pay(pageOf(other))]);
  await till.awaitStatus(orderId, 'confirmed');
  const env = { ...shop.stack.env, ...till.env, PORT: '0', LEASE_MS: '1000', BUS_FAN_OUT: 'false',
    RECONCILE_MS: '300', SELLING_URL: shop.selling.url, SELLING_TOKEN: shop.stack.adminToken };
  await Promise.all([startService(t, 'projector', env), startService(t, 'worker', env)]);
  await till.awaitStatus(untold, 'confirmed');
  await shop.call('POST', `/admin/v1/sales/${saleId}/orders/${orderId}/cancel`,
    { body: { places: 'return', refund: 'all', reason: 'a test' } });
  await awaitThat('it is in the log', async () => (await typesOf(orderId)).includes('refund.completed'));
  const { rows } = await pool.query('SELECT amount_minor::integer FROM handover_refunds');
  t.same(rows, [{ amount_minor: price }]);
});

t.test('what onsale asks is done once, and what does not fit is refused', async (t) => {
  const asked = handover();
  const [one, two] = await Promise.all([call('POST', 'payments', asked), call('POST', 'payments', asked)]);
  t.match(one, { status: 201, body: { status: 'requires_action', amountMinor: price } });
  t.same(one.body, two.body);
  t.match(await call('POST', 'payments', { ...asked, amountMinor: 1 }), { status: 422 });
  t.match(await call('POST', 'payments', { ...asked, amountMinor: 0 }), { status: 400 });
  t.match(await call('POST', 'payments', asked, { authorization: 'Bearer nobody' }), { status: 401 });
  const paymentId = String(one.body['paymentId']);
  const refund = { paymentId, amountMinor: price, reference: 'r' };
  const key = { 'idempotency-key': 'r-1' };
  t.match(await call('POST', 'refunds', refund, key), { status: 409, body: { leftMinor: 0 } });
  const page = String(one.body['pageUrl']);
  t.equal((await decide(page, { decision: 'pay', method: 'shells' })).status, 400);
  const paying = { decision: 'pay', method: 'card' };
  t.equal((await decide(page, paying, { 'sec-fetch-site': 'cross-site' })).status, 403);
  t.equal((await decide(page, paying)).status, 303);
  t.match(await call('POST', `payments/${paymentId}/cancel`), { status: 200, body: { status: 'captured' } });
  const answers = await Promise.all([0, 1, 2].map(() => call('POST', 'refunds', refund, key)));
  t.ok(answers.every(({ status }) => status === 201));
  t.match(await call('POST', 'refunds', refund, { 'idempotency-key': 'r-2' }), { status: 409 });
  t.match(await call('POST', 'refunds', { ...refund, paymentId: `pay_${'A'.repeat(22)}` }, key),
    { status: 404 });
  t.equal((await fetch(`${url}/handover/pay/pay_${'A'.repeat(22)}`)).status, 404);
});

t.test('one whose time is over is told so, and takes no money', async (t) => {
  const late = handover({ expiresAt: new Date(Date.now() + 300).toISOString() });
  const { body } = await call('POST', 'payments', late);
  await awaitThat('it has expired', async () => {
    const { rows } = await pool.query(
      'SELECT status FROM handovers WHERE handover_id = $1', [body['paymentId']]);
    return (rows[0] as { status: string }).status === 'expired';
  });
  t.equal((await pay(String(body['pageUrl']))).status, 409);
  t.match(await (await fetch(String(body['pageUrl']))).text(), 'The time to pay is over.');
});

t.test('who follows the lists sees everything', async () => {
  const made = new Set<string>();
  const making = Promise.all(Array.from({ length: 12 }, async () => {
    const { body } = await call('POST', 'payments', handover());
    await pay(String(body['pageUrl']));
    made.add(String(body['paymentId']));
  }));
  const seen = new Set<string>();
  let after = '0-0';
  let isMade = false;
  void making.then(() => {
    isMade = true;
  });
  await awaitThat('all are seen as they ended', async () => {
    const { body } = await call('GET', `payments?after=${after}&limit=3`);
    for (const one of body['payments'] as Json[]) {
      if (one['status'] === 'captured') seen.add(String(one['paymentId']));
    }
    after = String(body['next']);
    return isMade && [...made].every((id) => seen.has(id));
  });
  await making;
});
