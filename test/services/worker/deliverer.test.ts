import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import { callApi, loadVerification, makeWebhook, openWebhooks } from '../../harness/open-webhooks.ts';
import { startReceiver } from '../../harness/start-receiver.ts';
import type { Behaviour, Received } from '../../harness/start-receiver.ts';

// Requests that hang wait for their time-outs.
t.setTimeout(300_000);

interface Delivery {
  deliveryId: number;
  seq: number;
  state: string;
  attempts: number;
  lastStatus: number | null;
  lastFault: string;
}

const seqs = (received: Received[]): number[] => received.map(({ seq }) => seq);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

t.test('events are posted signed, in order, without what is private', async (t) => {
  const desk = await openWebhooks(t);
  const [worker, receiver, verify] = await Promise.all([
    desk.startWorker(), startReceiver(t), loadVerification(),
  ]);
  const secret = await makeWebhook(worker, desk, 'hall', { url: `${receiver.url}/in?a=b` });
  await makeWebhook(worker, desk, 'orders', {
    url: `${receiver.url}/orders`, saleIds: ['hamlet'], types: ['order.confirmed'],
  });
  const sale = desk.chain('hamlet');
  const events = [...sale.open(), ...await sale.traffic(5)];
  const other = desk.chain('lear');
  const added = { digest: 'secret', channelIds: ['press'], usesMax: 1, usesPerBuyerMax: 1 };
  await desk.put(events);
  await desk.put([...other.open(), other.next('codes.added', { codes: [added] }), ...await other.traffic(2)]);
  await awaitThat('all are there', () => receiver.taken().length >= events.length + 8 + 3);
  const all = receiver.taken().filter(({ path }) => path === '/in?a=b');
  t.same(seqs(all.filter(({ saleId }) => saleId === 'hamlet')), upTo(events.length));
  t.same(seqs(all.filter(({ saleId }) => saleId === 'lear')), upTo(8));
  for (const { headers, body, messageId } of all) {
    const event = verify(secret, headers, body) as { id: string; data: object };
    t.match(headers, {
      'content-type': /^application\/cloudevents\+json/, 'user-agent': /^onsale-webhooks/,
      'webhook-id': messageId,
    });
    t.notOk(headers['onsale-replay']);
    t.notMatch(body, /ann@example|ticketSeed|"contact"|"digest"|"prev"|"codes"/);
    t.throws(() => verify(secret, headers, body.replace('"specversion"', '"Specversion"')), /not signed/);
    t.throws(() => verify(secret, headers, body, Date.now() + 3_600_000), /too old/);
    t.ok(event.id);
  }
  t.equal(new Set(all.map(({ messageId }) => messageId)).size, all.length, 'ids differ');
  const orders = receiver.taken().filter(({ path }) => path === '/orders');
  const expected = Array.from({ length: 3 }, () => ['hamlet', 'order.confirmed']);
  t.same(orders.map(({ saleId, type }) => [saleId, type]), expected);
  const [first] = orders;
  t.throws(() => verify(secret, first?.headers ?? {}, first?.body ?? ''), /not signed/, 'secrets differ');
});

t.test('whatever a receiver does, a sale comes in order and nobody else waits', async (t) => {
  const desk = await openWebhooks(t);
  const [worker, bad, slow, good] = await Promise.all([
    desk.startWorker(), startReceiver(t), startReceiver(t), startReceiver(t),
  ]);
  const ways: Behaviour[] = [
    500, 'cut', 'hang', 429, { status: 302, headers: { location: `${good.url}/elsewhere` } }, 404,
    { status: 204, afterMs: 50 },
  ];
  bad.behave((_request, count) => ways[count % ways.length] ?? 204);
  slow.behave(() => 'hang');
  await Promise.all(Object.entries({ bad, slow, good }).map(([name, { url }]) =>
    makeWebhook(worker, desk, name, { url })));
  const sales = ['a', 'b', 'c', 'd', 'e', 'f'].map((saleId) => desk.chain(saleId));
  for (const sale of sales) await desk.put(sale.open());
  await awaitThat('the good one has all', () => good.taken().length === 18);
  t.equal(slow.taken().length, 0);
  await awaitThat('the bad one has all', () => sales.every(({ saleId }) => bad.taken(saleId).length >= 3));
  for (const { saleId } of sales) {
    t.same(seqs(good.taken(saleId)), [1, 2, 3]);
    t.same(seqs(bad.taken(saleId)), [1, 2, 3], 'in order, once');
    const tried = seqs(bad.received.filter((one) => one.saleId === saleId));
    t.same(tried, tried.toSorted((a, b) => a - b), 'the next is not even tried before');
    const attempts = bad.received.filter((one) => one.saleId === saleId && one.seq === 1);
    const ids = attempts.map(({ messageId }) => messageId);
    t.equal(new Set(ids).size, 1, 'each attempt has the same id');
  }
  t.notOk(good.received.some(({ path }) => path === '/elsewhere'), 'redirects are not followed');
  const token = desk.stack.viewerToken;
  const { body } = await callApi(worker, 'GET', '/slow/deliveries?state=failing', { token });
  t.match((body['deliveries'] as Delivery[])[0], { seq: 1, state: 'failing', lastFault: /no answer within/ });
  const metrics = await (await fetch(`${worker.url}/metrics`)).text();
  t.match(metrics, /onsale_webhook_attempts_total\{outcome="failed"\} [1-9]/);
});

t.test('what fails for too long is dead, and comes back when it is told to', async (t) => {
  const desk = await openWebhooks(t);
  const [worker, receiver] = await Promise.all([
    desk.startWorker({ WEBHOOK_GIVE_UP_MS: '100' }), startReceiver(t),
  ]);
  receiver.behave(({ seq }) => (seq === 2 ? 500 : 204));
  await makeWebhook(worker, desk, 'hall', { url: receiver.url });
  const sale = desk.chain('hamlet');
  await desk.put([...sale.open(), ...await sale.traffic(1)]);
  await awaitThat('the rest is delivered', () => receiver.taken().length === 4);
  t.same(seqs(receiver.taken()), [1, 3, 4, 5], 'the next one waits until it is dead');
  const token = desk.stack.operatorToken;
  const dead = (await callApi(worker, 'GET', '/hall/deliveries?state=dead', { token })).body;
  const [delivery] = dead['deliveries'] as Delivery[];
  t.match(delivery, { seq: 2, state: 'dead', lastStatus: 500, lastFault: 'answered 500' });
  t.ok((delivery?.attempts ?? 0) >= 2);
  t.equal((await callApi(worker, 'GET', '/hall', { token })).body['dead'], 1);
  await awaitThat('the alarm sees it', async () =>
    /onsale_webhook_dead 1/.test(await (await fetch(`${worker.url}/metrics`)).text()));
  receiver.behave(() => 204);
  const path = `/hall/deliveries/${delivery?.deliveryId}/retry`;
  t.equal((await callApi(worker, 'POST', path, { token })).status, 202);
  await awaitThat('it is delivered', () => receiver.taken().length === 5);
  t.equal(receiver.taken().at(-1)?.seq, 2);
  await awaitThat('that is noted', async () =>
    (await callApi(worker, 'POST', path, { token })).body['code'] === 'delivery_not_failing');
});

t.test('410 switches off; on again it goes on; Retry-After is kept', async (t) => {
  const desk = await openWebhooks(t);
  const [worker, receiver] = await Promise.all([desk.startWorker(), startReceiver(t)]);
  receiver.behave(() => 410);
  await makeWebhook(worker, desk, 'hall', { url: receiver.url });
  const sale = desk.chain('hamlet');
  await desk.put(sale.open());
  const token = desk.stack.adminToken;
  const off = await awaitThat('it is off', async () => {
    const { body } = await callApi(worker, 'GET', '/hall', { token });
    return body['isActive'] === false && body;
  });
  t.match(off, { offReason: /410/, pending: 3 });
  t.equal(receiver.received.length, 1);
  receiver.behave((_one, count) => (count === 2 ? { status: 503, headers: { 'retry-after': '2' } } : 204));
  const body = { url: receiver.url, saleIds: '*', types: '*', isActive: true };
  t.match(await callApi(worker, 'PUT', '/hall', { token, body }),
    { status: 200, body: { isActive: true, offReason: null, secret: undefined } });
  await awaitThat('all is delivered', () => receiver.taken().length === 3);
  const [failedAtMs = 0, againAtMs = 0] = receiver.received.slice(1).map(({ atMs }) => atMs);
  t.ok(againAtMs - failedAtMs > 1_900, 'not before the receiver wants it');
  t.same(seqs(receiver.taken()), [1, 2, 3]);
});
