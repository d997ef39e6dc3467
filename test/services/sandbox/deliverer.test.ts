/** The sandbox provider's webhooks come, whatever the shop answers and whoever is killed meanwhile. */
import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import {
  awaitStatus, awaitTold, callSandbox, isSigned, makePayment, openSandbox,
} from '../../harness/open-sandbox.ts';
import type { Json } from '../../harness/open-sandbox.ts';

const sandbox = await openSandbox(t);
t.beforeEach(() => sandbox.answer(() => 204));

const deliveries = async (service: { url: string }, paymentId: string): Promise<Json[]> =>
  (await callSandbox(service, 'GET', `/v1/payments/${paymentId}/webhooks`)).body['webhooks'] as Json[];

t.test('a webhook comes until it is taken, the next of its payment behind it', async (t) => {
  const service = await sandbox.start();
  sandbox.answer(({ type }, count) => (type === 'payment.processing' && count < 4 ? 503 : 204));
  const paymentId = await makePayment(service, sandbox, { outcome: 'slow', delayMs: 0 });
  const told = await awaitTold(sandbox, paymentId, 2);
  t.same(told.map(({ type }) => type),
    [...Array.from({ length: 4 }, () => 'payment.processing'), 'payment.captured']);
  t.equal(new Set(told.slice(0, 4).map(({ id }) => id)).size, 1, 'every attempt has the same id');
  t.ok(told.every(isSigned));
  const [first] = await awaitThat('the last is noted', async () => {
    const all = await deliveries(service, paymentId);
    return all.every(({ state }) => state === 'delivered') && all;
  });
  t.match(first, { attempts: 4, lastStatus: 204, lastFault: null, type: 'payment.processing' });
  await service.stop();
});

t.test('one that nobody takes is given up, and comes again on request', async (t) => {
  const service = await sandbox.start({ SANDBOX_GIVE_UP_MS: '300' });
  sandbox.answer(() => 500);
  const paymentId = await makePayment(service, sandbox, { outcome: 'success' });
  const [dead] = await awaitThat('it is dead', async () => {
    const all = await deliveries(service, paymentId);
    return all[0]?.['state'] === 'dead' && all;
  });
  t.match(dead, { lastStatus: 500, lastFault: 'answered 500' });
  sandbox.answer(() => 204);
  const asked = await callSandbox(service, 'POST', `/v1/payments/${paymentId}/webhooks/redeliver`);
  t.match(asked, { status: 202, body: { queued: 1 } });
  const told = await awaitTold(sandbox, paymentId, 1);
  t.equal(new Set(told.map(({ id }) => id)).size, 1);
  t.equal(new Set(told.map(({ body }) => body)).size, 1);
  t.match(await callSandbox(service, 'POST', `/v1/payments/pay_${'C'.repeat(22)}/webhooks/redeliver`),
    { status: 404, body: { code: 'payment_unknown' } });
  await service.stop();
});

t.test('killed between capture and webhook: it still comes', async (t) => {
  const service = await sandbox.start();
  sandbox.answer(() => 503);
  const ids = await Promise.all(Array.from({ length: 8 }, () =>
    makePayment(service, sandbox, { outcome: 'success' })));
  await Promise.all(ids.map((paymentId) => awaitStatus(service, paymentId, 'captured')));
  service.kill('SIGKILL');
  await service.exited;
  sandbox.answer(() => 204);
  t.same(sandbox.told.filter(({ isTaken, data }) => isTaken && ids.includes(String(data['paymentId']))), []);
  const next = await sandbox.start();
  for (const paymentId of ids) {
    const told = await awaitTold(sandbox, paymentId, 1);
    t.match(told.at(-1), { type: 'payment.captured', data: { capturedMinor: 4_250 } });
  }
  await next.stop();
});

t.test('killed before the capture of a slow payment: it is captured and told', async (t) => {
  const service = await sandbox.start();
  const paymentId = await makePayment(service, sandbox, { outcome: 'slow', delayMs: 800 });
  await awaitTold(sandbox, paymentId, 1);
  service.kill('SIGKILL');
  await service.exited;
  const next = await sandbox.start();
  // What was told last before the end may come again.
  const [first] = await awaitThat('its capture is told', () => {
    const about = sandbox.told.filter(({ data }) => data['paymentId'] === paymentId);
    return about.some(({ type }) => type === 'payment.captured') && about;
  });
  t.equal(first?.type, 'payment.processing');
  await next.stop();
});

t.test('while the provider is down nothing is told; after that it is', async (t) => {
  const service = await sandbox.start();
  const paymentId = await makePayment(service, sandbox, { outcome: 'success', delayMs: 600_000 });
  await callSandbox(service, 'PUT', '/v1/outage', { body: { mode: 'down', seconds: 600 } });
  // Not before: it would be told before the outage, however short that takes.
  await sandbox.pool.query(
    'UPDATE sandbox.payments SET decide_at = now() WHERE payment_id = $1', [paymentId]);
  await awaitThat('it is captured all the same', async () => {
    const { rows: [row] } = await sandbox.pool.query<{ status: string }>(
      'SELECT status FROM sandbox.payments WHERE payment_id = $1', [paymentId]);
    return row?.status === 'captured';
  });
  service.kill('SIGKILL');
  await service.exited;
  const next = await sandbox.start();
  await awaitThat('the new one is down as well', async () =>
    (await callSandbox(next, 'GET', `/v1/payments/${paymentId}`)).status === 503);
  t.same(sandbox.told.filter(({ data }) => data['paymentId'] === paymentId), []);
  await callSandbox(next, 'PUT', '/v1/outage', { body: { mode: 'none', seconds: 0 } });
  t.equal((await awaitTold(sandbox, paymentId, 1)).length, 1);
  await next.stop();
});
