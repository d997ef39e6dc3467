/**
 * Money that was taken twice goes back once, whoever is killed or away meanwhile; and what became of it ends
 * in the log.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Pool } from 'pg';
import { awaitThat } from '../../../harness/await-that.ts';
import { callSandbox } from '../../../harness/open-sandbox.ts';
import { openTill } from '../../../harness/open-till.ts';
import { startService } from '../../../harness/start-service.ts';

t.setTimeout(240_000);

const till = await openTill(t);
const { shop, provider, saleId, price } = till;
const env = {
  ...shop.stack.env, ...till.env, PORT: '0', LEASE_MS: '1000', BUS_FAN_OUT: 'false',
  SELLING_URL: shop.selling.url, SELLING_TOKEN: shop.stack.adminToken,
};
const pool = new Pool({ connectionString: shop.stack.databaseUrl, max: 2 });
t.teardown(() => pool.end());
await startService(t, 'projector', env);

/** Its first attempt is said to have failed, the second one is paid; the first is captured after all. */
async function payTwice(): Promise<string> {
  const { orderId } = await till.ordered('slow');
  const [first] = await till.paymentsAt(orderId);
  const paymentId = String(first?.['paymentId']);
  await till.tell(orderId, 1, { paymentId, status: 'declined', capturedMinor: 0 });
  await shop.call('PUT', `/v1/sales/${saleId}/orders/${orderId}/payments/2`,
    { body: { method: 'sandbox', outcome: 'success' } });
  return orderId;
}

const endsOf = async (orderId: string) => (await till.eventsOf(orderId))
  .filter(({ type }) => type.startsWith('refund.')).map(({ type }) => type);

t.test('what was paid twice goes back once, with the worker killed and the provider away', async (t) => {
  let worker = await startService(t, 'worker', env);
  const orders = await Promise.all(Array.from({ length: 8 }, payTwice));
  await awaitThat('a refund is asked for', async () =>
    (await Promise.all(orders.map(endsOf))).some((ends) => ends.length > 0));
  await callSandbox(provider, 'PUT', '/v1/outage', { body: { mode: 'down', seconds: 2 } });
  for (let i = 0; i < 4; i++) {
    await sleep(Math.random() * 800);
    worker.kill('SIGKILL');
    await worker.exited;
    worker = await startService(t, 'worker', env);
  }
  for (const orderId of orders) {
    await awaitThat(`the refund of ${orderId} is in the log`, async () =>
      (await endsOf(orderId)).includes('refund.completed'), 120_000);
    t.same(await endsOf(orderId), ['refund.requested', 'refund.completed']);
    // Either of the two may have been the first.
    const { data } = (await till.eventsOf(orderId)).find(({ type }) => type === 'order.confirmed') ?? {};
    const kept = (data as { paymentId?: string } | undefined)?.paymentId;
    for (const { paymentId, refundedMinor } of await till.paymentsAt(orderId)) {
      t.equal(refundedMinor, kept === `sandbox:${String(paymentId)}` ? 0 : price);
    }
    t.match(await till.show(orderId), { body: { status: 'confirmed', tickets: [{}] } });
  }
  const { rows: refunds } = await till.sandbox.pool.query('SELECT 1 FROM sandbox.refunds');
  t.equal(refunds.length, orders.length, 'one refund each');
  await awaitThat('no job is left', async () => (await pool.query(
    `SELECT FROM graphile_worker.jobs WHERE task_identifier = 'give-back'`)).rowCount === 0);
  await worker.stop();
});

t.test('what the provider refuses ends in the log as failed', async (t) => {
  const { orderId } = await till.ordered('success');
  await till.awaitStatus(orderId, 'confirmed');
  const stranger = `pay_${'A'.repeat(22)}`;
  await till.tell(orderId, 1, { paymentId: stranger, capturedMinor: price });
  await startService(t, 'worker', env);
  await awaitThat('it is in the log', async () => (await endsOf(orderId)).length === 2);
  const { type, data } = (await till.eventsOf(orderId)).at(-1) ?? {};
  t.equal(type, 'refund.failed');
  t.match(data, { refundId: `sandbox:${stranger}`, reason: 'sandbox answered 404 payment_unknown' });
});

t.test('only an operator tells of money', async (t) => {
  const body = { method: 'sandbox', reports: [{
    kind: 'captured', paymentId: 'p', amountMinor: 1, currency: 'EUR',
    reference: { saleId, orderId: `o_${'A'.repeat(22)}`, attempt: 1 },
  }] };
  const path = '/admin/v1/payments/reports';
  t.equal((await shop.call('POST', path, { body, token: '' })).status, 401);
  t.match(await shop.call('POST', path, { body }), { status: 200, body: { results: ['unknown'] } });
  t.equal((await shop.call('POST', path, { body: { ...body, reports: [] } })).status, 400);
});
