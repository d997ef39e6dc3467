/**
 * Buyers pay with everything that can go wrong at a provider, while the API and the relay are killed again
 * and again, between script and answer, between capture and confirmation, before and after the publish. In
 * the end each cent that was taken is in the log once: the price of a confirmed order, or to be given back,
 * or held for an operator. What was confirmed to somebody is in the log and in SQL, and nobody has two
 * orders from one hold.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import { readPayments } from '../../harness/open-sandbox.ts';
import { openTill } from '../../harness/open-till.ts';
import { startService } from '../../harness/start-service.ts';
import { readStream } from '../../harness/read-stream.ts';

interface Row {
  number: string;
  total_minor: string;
}

interface Told {
  orderId: string;
  holdId: string;
  paymentId: string;
  total: number;
  amount: number;
}

const ORDERS = 60;
const KILLS = 8;
const OUTCOMES = [
  'success', 'success', 'slow', 'webhook-twice', 'webhook-before-redirect', 'out-of-order', 'wrong-amount',
  'decline', 'provider-down',
];

t.test('each cent that was taken is in the log once', async (t) => {
  // So short that some are paid for after their time.
  const till = await openTill(t, { PAYMENT_SECONDS: 'sandbox:2', PAYMENT_RETRY_SECONDS: '1' });
  const { shop, sandbox, saleId } = till;
  const confirmedToSomebody = new Set<string>();
  let isBuying = true;

  const buy = async (i: number): Promise<void> => {
    const outcome = OUTCOMES[i % OUTCOMES.length] ?? '';
    const made = await till.persist(() => till.order(outcome));
    const orderId = String(made.body['orderId']);
    for (let look = 0; look < 8; look++) {
      if (made.status === 201) confirmedToSomebody.add(orderId);
      const again = await till.persist(() => look % 2 === 0 ? till.repeat(made) : till.show(orderId));
      if (again.body['status'] === 'confirmed') confirmedToSomebody.add(orderId);
      if (again.body['status'] === 'failed') {
        await till.persist(() => shop.call('PUT', `/v1/sales/${saleId}/orders/${orderId}/payments/2`,
          { body: { method: 'sandbox', outcome: 'success' } }));
      }
      await sleep(100);
    }
  };
  const kill = async (): Promise<void> => {
    for (let i = 0; i < KILLS && isBuying; i++) {
      await sleep(400 + Math.random() * 800);
      await (i % 2 === 0 ? till.killSelling() : till.killRelay());
    }
  };
  const buying = Promise.all(Array.from({ length: ORDERS }, async (_, i) => {
    await sleep(Math.random() * 3_000);
    await buy(i);
  }));
  const killing = kill();
  await buying;
  isBuying = false;
  await killing;
  // The outcomes that take longest come after the orders' time.
  await awaitThat('the provider has told everything', async () => {
    const { rows: [row] } = await sandbox.pool.query<{ open: string }>(
      `SELECT count(*) AS open FROM sandbox.webhooks WHERE state <> 'delivered'`);
    const { rows: [undecided] } = await sandbox.pool.query<{ open: string }>(
      `SELECT count(*) AS open FROM sandbox.payments WHERE status IN ('requires_action', 'processing')`);
    return Number(row?.open) + Number(undecided?.open) === 0;
  }, 90_000);

  const log = (await readStream(shop.stack)).sales.get(saleId) ?? [];
  const accounted = new Map<string, number>();
  const confirmed = new Map<string, string>();
  const totals = new Map<string, number>();
  for (const { type, data } of log) {
    const { orderId, holdId, paymentId, total, amount } = data as Told;
    const isMoney = ['order.confirmed', 'refund.requested', 'payment.mismatched'].includes(type);
    if (isMoney) {
      t.notOk(accounted.has(paymentId), `${paymentId} is in the log once`);
      accounted.set(paymentId, type === 'order.confirmed' ? total : amount);
    }
    if (type === 'order.confirmed') {
      t.notOk([...confirmed.values()].includes(holdId), 'one order from one hold');
      confirmed.set(orderId, holdId);
      totals.set(orderId, total);
    }
  }
  const captured = (await readPayments(sandbox)).filter(({ status }) => status === 'captured');
  t.ok(captured.length > ORDERS / 3);
  const taken = captured.map(({ paymentId, capturedMinor }) =>
    [`sandbox:${String(paymentId)}`, capturedMinor] as const);
  t.same(new Map(taken), accounted);
  for (const orderId of confirmedToSomebody) t.ok(confirmed.has(orderId), `${orderId} is in the log`);

  const pool = new Pool({ connectionString: shop.stack.databaseUrl, max: 1 });
  t.teardown(() => pool.end());
  await startService(t, 'projector', { ...shop.stack.env, BUS_FAN_OUT: 'false' });
  const inSql = await awaitThat('all orders are in SQL', async () => {
    const { rows } = await pool.query<Row>('SELECT number, total_minor FROM orders');
    return rows.length >= confirmed.size && rows;
  }, 60_000);
  t.same(inSql.map(({ number }) => number).toSorted(), [...confirmed.keys()].toSorted());
  const sumOf = (amounts: number[]) => amounts.reduce((sum, amount) => sum + amount, 0);
  t.equal(sumOf(inSql.map((row) => Number(row.total_minor))), sumOf([...totals.values()]));
});
