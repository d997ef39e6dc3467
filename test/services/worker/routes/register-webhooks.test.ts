import t from 'tap';
import { awaitThat } from '../../../harness/await-that.ts';
import { startTcpProxy } from '../../../harness/start-tcp-proxy.ts';
import { callApi, loadVerification, makeWebhook, openWebhooks } from '../../../harness/open-webhooks.ts';
import { startReceiver } from '../../../harness/start-receiver.ts';
import { startService } from '../../../stack.ts';

t.setTimeout(300_000);

const INPUT = { url: 'https://example.org/in', saleIds: '*', types: '*' };

t.test('webhooks are made, changed, listed, deleted; refusals are precise and change nothing', async (t) => {
  const desk = await openWebhooks(t);
  const { adminToken, operatorToken, viewerToken } = desk.stack;
  const proxy = await startTcpProxy(t, desk.stack.databaseUrl);
  const databases = { DATABASE_URL: proxy.url, EVENT_STORE_URL: proxy.url };
  const worker = await desk.startWorker(databases);
  const call = (method: string, path: string, body?: unknown, token = adminToken) =>
    callApi(worker, method, path, { token, body });

  const made = await call('PUT', '/hall', { ...INPUT, types: ['order.confirmed', 'sale.opened'] });
  t.match(made, {
    status: 201,
    body: { webhookId: 'hall', isActive: true, secret: /^whsec_[\w+/]{43}=$/, pending: 0, dead: 0 },
  });
  t.match(await call('PUT', '/hall', INPUT), { status: 200, body: { types: '*', secret: undefined } });
  t.equal((await call('PUT', '/arena', { ...INPUT, isActive: false, saleIds: ['hamlet'] })).status, 201);
  const before = await call('GET', '', undefined, viewerToken);
  t.match(before.body,
    { webhooks: [{ webhookId: 'arena', isActive: false, saleIds: ['hamlet'] }, { webhookId: 'hall' }] });
  t.match((await call('GET', '?limit=1')).body, { webhooks: [{ webhookId: 'arena' }], next: 'arena' });
  const second = await call('GET', '?limit=1&after=arena');
  t.match(second.body, { webhooks: [{ webhookId: 'hall' }], next: 'hall' });

  const refusals: [string, string, unknown, number, string, string?][] = [
    ['PUT', '/hall', { ...INPUT, url: 'http://example.org' }, 422, 'webhook_url_refused'],
    ['PUT', '/hall', { ...INPUT, url: 'https://10.0.0.1/in' }, 422, 'webhook_url_refused'],
    ['PUT', '/new', { ...INPUT, url: 'https://[::1]/in' }, 422, 'webhook_url_refused'],
    ['PUT', '/hall', { ...INPUT, types: ['no.such'] }, 400, 'request_invalid'],
    ['PUT', '/hall', { ...INPUT, types: [] }, 400, 'request_invalid'],
    ['PUT', '/hall', { ...INPUT, saleIds: ['NO'] }, 400, 'request_invalid'],
    ['PUT', '/hall', { ...INPUT, secret: 'mine' }, 400, 'request_invalid'],
    ['PUT', '/hall', { url: INPUT.url }, 400, 'request_invalid'],
    ['PUT', '/hall', '{', 400, 'json_malformed'],
    ['PUT', '/NO', INPUT, 400, 'request_invalid'],
    ['PUT', '/new', INPUT, 403, 'forbidden', operatorToken],
    ['PUT', '/new', INPUT, 401, 'unauthenticated', 'nobody'],
    ['DELETE', '/hall', undefined, 403, 'forbidden', operatorToken],
    ['POST', '/hall/rotate-secret', undefined, 403, 'forbidden', operatorToken],
    ['POST', '/hall/replay', { saleId: 'hamlet', afterSeq: 0 }, 403, 'forbidden', viewerToken],
    ['POST', '/hall/replay', { saleId: 'hamlet', afterSeq: 0 }, 404, 'sale_unknown'],
    ['POST', '/hall/replay', { saleId: 'hamlet', afterSeq: -1 }, 400, 'request_invalid'],
    ['POST', '/hall/replay', {}, 400, 'request_invalid'],
    ['POST', '/hall/deliveries/1/retry', undefined, 404, 'delivery_unknown'],
    ['POST', '/hall/deliveries/x/retry', undefined, 400, 'request_invalid'],
    ['GET', '/hall/deliveries?state=odd', undefined, 400, 'request_invalid'],
    ['GET', '/hall/deliveries?limit=501', undefined, 400, 'request_invalid'],
    ['GET', '?limit=0', undefined, 400, 'request_invalid'],
    ['GET', '/nothing', undefined, 404, 'webhook_unknown'],
    ['DELETE', '/nothing', undefined, 404, 'webhook_unknown'],
    ['POST', '/nothing/rotate-secret', undefined, 404, 'webhook_unknown'],
    ['POST', '/nothing/replay', { saleId: 'hamlet', afterSeq: 0 }, 404, 'webhook_unknown'],
    ['GET', '/nothing/deliveries', undefined, 404, 'webhook_unknown'],
    ['POST', '/nothing/deliveries/1/retry', undefined, 404, 'delivery_unknown'],
  ];
  for (const [method, path, body, status, code, token] of refusals) {
    const reply = await call(method, path, body, token);
    const says = { status, contentType: /problem\+json/, body: { code } };
    t.match(reply, says, `${method} ${path} is ${status} ${code}`);
  }
  t.same(await call('GET', '', undefined, viewerToken), before, 'nothing has changed');

  proxy.cut();
  t.match(await call('GET', '/hall'), { status: 503, body: { code: 'unavailable' } });
  t.equal((await fetch(`${worker.url}/health/ready`)).status, 503);
  proxy.open();
  await awaitThat('it answers again', async () => (await call('GET', '/hall')).status === 200);
  t.equal((await call('DELETE', '/hall')).status, 204);
  t.equal((await call('GET', '/hall')).status, 404);

  const { rows } = await desk.pool.query<{ event: object }>('SELECT event FROM outbox.stream_events');
  const changes = ['PUT hall', 'PUT hall', 'PUT arena', 'DELETE hall'].map((one) => {
    const [method, webhookId = ''] = one.split(' ');
    return { event: {
      subject: 'operator-webhooks', actor: /^operator:/, actorrole: 'admin', actorfrom: '127.0.0.1',
      data: { what: `${method} /admin/v1/webhooks/${webhookId}`, outcome: 'done', details: { webhookId } },
    } };
  });
  t.match(rows, changes, 'each change is told to the audit');
  t.equal(rows.length, changes.length, 'and nothing else');
});

t.test('a new secret signs beside the old one', async (t) => {
  const desk = await openWebhooks(t);
  const [worker, receiver, verify] = await Promise.all([
    desk.startWorker(), startReceiver(t), loadVerification(),
  ]);
  const token = desk.stack.adminToken;
  const old = await makeWebhook(worker, desk, 'hall', { url: receiver.url });
  const sale = desk.chain('hamlet');
  const rotate = async () => (await callApi(worker, 'POST', '/hall/rotate-secret', { token })).body;
  const { secret, oldSecretUntil } = await rotate() as { secret: string; oldSecretUntil: string };
  t.ok(Math.abs(Date.parse(oldSecretUntil) - Date.now() - 24 * 3_600_000) < 60_000, 'for a day');
  await desk.put(sale.open());
  await awaitThat('all are there', () => receiver.taken().length === 3);
  for (const { headers, body } of receiver.taken()) {
    t.ok(verify(old, headers, body));
    t.ok(verify(secret, headers, body));
  }
  await desk.pool.query("UPDATE webhooks.subscriptions SET old_secret_until = now() - interval '1 s'");
  await desk.put([sale.next('sale.paused', {})]);
  const { headers, body } = await awaitThat('one more is there', () => receiver.taken()[3]);
  t.ok(verify(secret, headers, body));
  t.throws(() => verify(old, headers, body), /not signed/, 'the day is over');
  await rotate();
  await rotate();
  await desk.put([sale.next('sale.resumed', {})]);
  const last = await awaitThat('the last is there', () => receiver.taken()[4]);
  t.throws(() => verify(secret, last.headers, last.body), /not signed/, 'replaced twice it is gone');
});

t.test('a replay sends again what is asked for, while new events come', async (t) => {
  const desk = await openWebhooks(t);
  const [worker, receiver] = await Promise.all([
    desk.startWorker(), startReceiver(t), startService(t, 'projector', desk.env),
  ]);
  const token = desk.stack.operatorToken;
  await makeWebhook(worker, desk, 'hall', { url: receiver.url, saleIds: ['hamlet'] });
  await makeWebhook(worker, desk, 'opened', { url: `${receiver.url}/opened`, types: ['sale.opened'] });
  const sale = desk.chain('hamlet');
  const first = [...sale.open(), ...await sale.traffic(120)];
  await desk.put(first);
  await awaitThat('all is there', () => receiver.taken().length === first.length + 1);
  await awaitThat('the event store has all', async () => {
    const { rows } = await desk.pool.query("SELECT seq FROM event_store.heads WHERE sale_id = 'hamlet'");
    return Number(rows[0]?.seq) === first.length;
  });
  const body = { saleId: 'hamlet', afterSeq: 3 };
  const asked = await callApi(worker, 'POST', '/hall/replay', { token, body });
  t.match(asked, { status: 202, body: { replayId: Number, throughSeq: first.length } });
  const more = await sale.traffic(60);
  for (const event of more) await desk.put([event]);
  const isReplay = (header: unknown) => header === String(asked.body['replayId']);
  const replayed = () => receiver.taken().filter(({ headers }) => isReplay(headers['onsale-replay']));
  const live = () => receiver.taken().filter(({ headers, path }) =>
    !headers['onsale-replay'] && path === '/');
  await awaitThat('all is there twice', () => replayed().length === first.length - 3
    && live().length === first.length + more.length);
  t.same(replayed().map(({ seq }) => seq), first.slice(3).map((_event, i) => i + 4), 'in order');
  t.same(live().map(({ seq }) => seq), [...first, ...more].map((_event, i) => i + 1), 'new ones');
  const idOf = new Map(live().map(({ seq, messageId, body }) => [seq, { messageId, body }]));
  t.ok(replayed().every(({ seq, messageId, body }) =>
    idOf.get(seq)?.messageId === messageId && idOf.get(seq)?.body === body), 'the same messages');

  const range = { saleId: 'hamlet', afterSeq: 0, throughSeq: 5 };
  const part = await callApi(worker, 'POST', '/opened/replay', { token, body: range });
  t.equal(part.status, 202);
  await awaitThat('only its type is sent', () =>
    receiver.taken().filter(({ path }) => path === '/opened').length === 2);
  for (const [body, code] of [
    [{ saleId: 'lear', afterSeq: 0 }, 'sale_unknown'],
    [{ saleId: 'hamlet', afterSeq: 10_000 }, 'request_invalid'],
    [{ saleId: 'hamlet', afterSeq: 5, throughSeq: 5 }, 'request_invalid'],
  ] as const) {
    t.match(await callApi(worker, 'POST', '/hall/replay', { token, body }), { body: { code } });
  }
  await awaitThat('nothing is left to do', async () =>
    (await desk.pool.query('SELECT FROM webhooks.lanes')).rowCount === 0);
  t.equal(receiver.taken().filter(({ path }) => path === '/opened').length, 2);
});
