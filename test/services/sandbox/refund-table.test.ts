/** Refunds of the sandbox payment provider, repeats under one key, and the lists for reconciliation. */
import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import {
  awaitStatus, awaitTold, callSandbox, makePayment, openSandbox, paymentBody,
} from '../../harness/open-sandbox.ts';
import type { ApiReply, Json } from '../../harness/open-sandbox.ts';

const sandbox = await openSandbox(t);
const service = await sandbox.start();
/** A second process on the same database, as keys and sums are nobody's own. */
const other = await sandbox.start();

const post = (path: string, body: Json, key?: string, at = service): Promise<ApiReply> =>
  callSandbox(at, 'POST', path, { body, ...key !== undefined && { key } });

async function paid(more: Json = {}): Promise<string> {
  const paymentId = await makePayment(service, sandbox, { outcome: 'success', ...more });
  await awaitStatus(service, paymentId, 'captured');
  return paymentId;
}

t.test('the same key: one payment, one answer, whichever process is asked', async (t) => {
  const body = paymentBody(sandbox, { outcome: 'success' });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) =>
    post('/v1/payments', body, 'one-key', n % 2 === 0 ? service : other)));
  t.same(new Set(answers.map(({ status }) => status)), new Set([201]));
  t.equal(new Set(answers.map(({ body }) => body['paymentId'])).size, 1);
  const paymentId = String(answers[0]?.body['paymentId']);
  await awaitStatus(service, paymentId, 'captured');
  const late = await post('/v1/payments', Object.fromEntries(Object.entries(body).toReversed()), 'one-key');
  t.same(late, answers[0], 'also when it has been captured meanwhile, and with the fields in another order');
  t.match(await post('/v1/payments', { ...body, amountMinor: 1 }, 'one-key'),
    { status: 409, body: { code: 'idempotency_key_reused' } });
  t.equal((await awaitTold(sandbox, paymentId, 1)).length, 1);
});

t.test('a repeat is answered also behind the deadline', async (t) => {
  const body = paymentBody(sandbox, { expiresAt: new Date(Date.now() + 1_500).toISOString() });
  const first = await post('/v1/payments', body, 'late-key');
  await awaitStatus(service, String(first.body['paymentId']), 'expired');
  t.same(await post('/v1/payments', body, 'late-key'), first);
});

t.test('whole, part, and never above what was captured, however many ask at once', async (t) => {
  const paymentId = await paid({ amountMinor: 1_000 });
  const answers = await Promise.all(Array.from({ length: 16 }, (_, n) =>
    post('/v1/refunds', { paymentId, amountMinor: 150 }, undefined, n % 2 === 0 ? service : other)));
  const made = answers.filter(({ status }) => status === 201);
  t.equal(made.length, 6);
  for (const { status, body } of answers.filter((one) => one.status !== 201)) {
    t.match({ status, body }, { status: 409, body: { code: 'refund_too_large', leftMinor: Number } });
  }
  const { body: rest } = await post('/v1/refunds', { paymentId });
  t.match(rest, { amountMinor: 100, status: 'succeeded', refundId: /^ref_/ });
  t.match(await post('/v1/refunds', { paymentId }), { status: 409, body: { leftMinor: 0 } });
  const { body: payment } = await callSandbox(service, 'GET', `/v1/payments/${paymentId}`);
  t.match(payment, { status: 'captured', capturedMinor: 1_000, refundedMinor: 1_000 });
  const told = await awaitTold(sandbox, paymentId, 8);
  t.equal(told.filter(({ type }) => type === 'refund.succeeded').length, 7);
});

t.test('a refund under one key is made once; what was refused is judged anew', async (t) => {
  const paymentId = await makePayment(service, sandbox);
  const body = { paymentId, amountMinor: 4_250, reference: 'r-1' };
  t.match(await post('/v1/refunds', body, 'refund-key'),
    { status: 409, body: { code: 'payment_not_captured', paymentStatus: 'requires_action' } });
  const captured = { ...body, paymentId: await paid() };
  const answers = await Promise.all(Array.from({ length: 10 }, (_, n) =>
    post('/v1/refunds', captured, 'refund-key', n % 2 === 0 ? service : other)));
  t.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
  t.match(answers[0], { status: 201, body: { status: 'succeeded', reference: 'r-1' } });
  t.match(await post('/v1/refunds', { ...captured, amountMinor: 1 }, 'refund-key'),
    { status: 409, body: { code: 'idempotency_key_reused' } });
});

t.test('one that is to fail gives its amount back; one that takes its time is pending', async (t) => {
  const paymentId = await paid();
  const { body: failing } = await post('/v1/refunds', { paymentId, outcome: 'fail', delayMs: 400 });
  t.match(failing, { status: 'pending', amountMinor: 4_250 });
  t.match(await post('/v1/refunds', { paymentId }), { status: 409, body: { leftMinor: 0 } });
  const [, told] = await awaitTold(sandbox, paymentId, 2);
  t.match(told, { type: 'refund.failed', data: { refundId: failing['refundId'], status: 'failed' } });
  t.match(await callSandbox(service, 'GET', `/v1/refunds/${String(failing['refundId'])}`),
    { status: 200, body: { status: 'failed' } });
  t.match(await post('/v1/refunds', { paymentId }), { status: 201, body: { amountMinor: 4_250 } });
});

t.test('refunds that do not fit are refused', async (t) => {
  const paymentId = await paid();
  t.match(await post('/v1/refunds', { paymentId, amountMinor: 0 }),
    { status: 400, body: { code: 'request_invalid', detail: /amountMinor/ } });
  t.match(await post('/v1/refunds', { paymentId: 'p' }), { status: 400, body: { code: 'request_invalid' } });
  t.match(await post('/v1/refunds', { paymentId: `pay_${'B'.repeat(22)}` }),
    { status: 404, body: { code: 'payment_unknown' } });
  t.match(await post('/v1/refunds', { paymentId, amountMinor: 4_251 }),
    { status: 409, body: { code: 'refund_too_large', leftMinor: 4_250 } });
  const { body } = await callSandbox(service, 'GET', `/v1/payments/${paymentId}`);
  t.match(body, { refundedMinor: 0 });
});

t.test('who follows the lists by cursor sees every capture and refund, page by page', async (t) => {
  const seen = { payments: new Map<string, Json>(), refunds: new Map<string, Json>() };
  const after = { payments: '0-0', refunds: '0-0' };
  const follow = async (list: 'payments' | 'refunds', id: string): Promise<void> => {
    const { body } = await callSandbox(service, 'GET', `/v1/${list}?after=${after[list]}&limit=3`);
    for (const row of body[list] as Json[]) seen[list].set(String(row[id]), row);
    after[list] = String(body['next']);
  };
  // It reads while they are made and captured, so some pass by it before they are.
  const making = Promise.all(Array.from({ length: 15 }, async (_, n) => {
    const paymentId = await makePayment(n % 2 === 0 ? service : other, sandbox,
      { outcome: n % 3 === 0 ? 'slow' : 'success', delayMs: 20 * n, reference: `list-${n}` });
    await awaitStatus(service, paymentId, 'captured');
    return [paymentId, String((await post('/v1/refunds', { paymentId })).body['refundId'])] as const;
  }));
  let ids: (readonly [string, string])[] = [];
  void making.then((made) => {
    ids = made;
  });
  await awaitThat('all of them are seen as they ended', async () => {
    await follow('payments', 'paymentId');
    await follow('refunds', 'refundId');
    return ids.length > 0 && ids.every(([paymentId, refundId]) =>
      seen.payments.get(paymentId)?.['status'] === 'captured' && seen.refunds.has(refundId));
  });
  const since = String(seen.payments.get(ids[0]?.[0] ?? '')?.['changedAt']);
  const query = `since=${encodeURIComponent(since)}&status=captured&limit=500`;
  const { body } = await callSandbox(service, 'GET', `/v1/payments?${query}`);
  const rows = body['payments'] as Json[];
  t.ok(rows.some(({ paymentId }) => paymentId === ids[0]?.[0]));
  t.ok(rows.every(({ status, changedAt }) => status === 'captured' && String(changedAt) >= since));
});

t.test('nothing is listed while something older may still come before it', async (t) => {
  const old = await paid();
  const seen = async (after: string): Promise<{ ids: unknown[]; next: string }> => {
    const { body } = await callSandbox(service, 'GET', `/v1/payments?after=${after}&limit=500`);
    const ids = (body['payments'] as Json[]).map(({ paymentId }) => paymentId);
    return { ids, next: String(body['next']) };
  };
  const { next } = await awaitThat('the old one is listed', async () => {
    const page = await seen('0-0');
    return page.ids.includes(old) && page;
  });
  const client = await sandbox.pool.connect();
  await client.query('BEGIN');
  await client.query(`UPDATE sandbox.payments SET change_xid = pg_current_xact_id(),
    change_no = nextval('sandbox.changes') WHERE payment_id = $1`, [old]);
  const young = await makePayment(service, sandbox);
  t.same((await seen(next)).ids, [], 'a cursor behind the young one would pass the old one by');
  await client.query('COMMIT');
  client.release();
  await awaitThat('both are listed', async () => {
    const { ids } = await seen(next);
    return ids.includes(old) && ids.includes(young);
  });
});
