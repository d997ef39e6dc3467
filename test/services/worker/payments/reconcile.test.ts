/** What a provider has and no webhook has told is found, whoever is killed; what is of no order is shown. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { awaitThat } from '../../../harness/await-that.ts';
import { callSandbox } from '../../../harness/open-sandbox.ts';
import type { Json } from '../../../harness/open-sandbox.ts';
import { openTill } from '../../../harness/open-till.ts';
import { startService } from '../../../harness/start-service.ts';
import { metricOf } from '../../relay/open-relay-bench.ts';

t.setTimeout(240_000);

// Whatever the provider tells, it tells nobody.
const till = await openTill(t, { PAYMENT_WEBHOOKS_URL: 'http://127.0.0.1:9' });
const { shop, provider, saleId, price } = till;
const env = {
  ...shop.stack.env, ...till.env, PORT: '0', LEASE_MS: '1000', BUS_FAN_OUT: 'false', RECONCILE_MS: '300',
  SELLING_URL: shop.selling.url, SELLING_TOKEN: shop.stack.adminToken,
};
// Of the file, whichever test starts it.
const start = () => startService(t, 'worker', env);
let worker = await start();
const typesOf = async (orderId: string) => (await till.eventsOf(orderId)).map(({ type }) => type);
const admin = async (method: string, path: string): Promise<{ status: number; body: Json }> => {
  const reply = await fetch(`${worker.url}/admin/v1/payments/${path}`,
    { method, headers: { authorization: `Bearer ${shop.stack.adminToken}`, 'x-reason': 'looked into' } });
  return { status: reply.status, body: await reply.json() as Json };
};
const unmatched = async () => (await admin('GET', 'unmatched')).body['unmatched'] as Json[];

t.test('captures that were never told become orders, with the worker killed again and again', async (t) => {
  const orders = await Promise.all(Array.from({ length: 12 }, (_, i) =>
    till.ordered(i % 3 === 0 ? 'decline' : 'success')));
  for (let i = 0; i < 4; i++) {
    await sleep(Math.random() * 600);
    worker.kill('SIGKILL');
    await worker.exited;
    worker = await start();
  }
  for (const [i, { orderId }] of orders.entries()) {
    await till.awaitStatus(orderId, i % 3 === 0 ? 'failed' : 'confirmed');
    const end = i % 3 === 0 ? 'payment.failed' : 'order.confirmed';
    t.same(await typesOf(orderId), ['payment.started', end]);
  }
  t.same(await unmatched(), []);
});

t.test('while the log takes nothing, no place in the list is left', async (t) => {
  const { orderId } = await till.ordered('slow');
  await till.stopRelay();
  await awaitThat('it was tried', () =>
    worker.logLines.some((line) => line.includes('selling cannot take what a provider has')));
  await till.startRelay();
  await till.awaitStatus(orderId, 'confirmed');
  t.same(await typesOf(orderId), ['payment.started', 'order.confirmed']);
});

t.test('money that no order knows of is shown until it is known or dealt with', async (t) => {
  const reference = `${saleId}/o_${'A'.repeat(22)}/1`;
  const made = await callSandbox(provider, 'POST', '/v1/payments', { key: randomUUID(), body: {
    amountMinor: price, currency: 'EUR', reference, returnUrl: 'http://127.0.0.1:9', outcome: 'success',
    webhookUrl: 'http://127.0.0.1:9', expiresAt: new Date(Date.now() + 60_000).toISOString(),
  } });
  t.equal(made.status, 201);
  const [found] = await awaitThat('it is found', async () => {
    const rows = await unmatched();
    return rows.length > 0 && rows;
  });
  t.match(found, { method: 'sandbox', kind: 'captured', told: 'unknown',
    report: { amountMinor: price, paymentId: made.body['paymentId'] } });
  await awaitThat('the gauge says so', async () =>
    await metricOf(worker.url, 'onsale_payments_unmatched{method="sandbox"}') === 1);
  t.equal((await admin('POST', `unmatched/${String(found?.['id'])}/dismiss`)).status, 200);
  t.match(await admin('POST', `unmatched/${String(found?.['id'])}/dismiss`),
    { status: 404, body: { code: 'payment_unknown' } });
  t.same(await unmatched(), []);
  await awaitThat('the gauge says so', async () =>
    await metricOf(worker.url, 'onsale_payments_unmatched{method="sandbox"}') === 0);
});
