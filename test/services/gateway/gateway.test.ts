/** The gateway: who answers what, what is passed on, and what happens when a side does not answer. */
import { request as ask } from 'node:http';
import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import { openGateway } from './open-gateway.ts';
import type { GatewayDesk } from './open-gateway.ts';

const desk = await openGateway(t);
const { legacy, selling, pool, call } = desk;
await pool.query(`UPDATE shows SET sells_via = 'onsale' WHERE slug = 'hamlet'`);
await awaitThat('the gateway has seen it', async () => await sideOf(desk, '/v1/sales/hamlet') === 'selling');

async function sideOf({ call: through }: GatewayDesk, path: string, init: RequestInit = {}): Promise<string> {
  const method = init.body === undefined ? 'GET' : 'POST';
  const { side } = await (await through(method, path, init)).json() as { side: string };
  return side;
}

t.test('a show goes where its stock is sold, until somebody says otherwise', async (t) => {
  t.equal(await sideOf(desk, '/v1/sales/club'), 'legacy');
  t.equal(await sideOf(desk, '/v1/sales/club/availability?x=1'), 'legacy');
  t.equal(await sideOf(desk, '/v1/sales/hamlet/seats'), 'selling');
  t.equal(await sideOf(desk, '/v1/sales/no-such-show'), 'selling', 'what legacy does not have');
  t.equal(await sideOf(desk, '/v1/sessions', { body: '{}' }), 'selling');
  t.equal(await sideOf(desk, '/v1/webhooks/stripe', { body: '{}' }), 'selling');
});

t.test('holds and orders follow the side that issued them', async (t) => {
  t.equal(await sideOf(desk, '/v1/sales/club/holds/h_abc'), 'selling');
  t.equal(await sideOf(desk, '/v1/sales/hamlet/holds/lh_abc/extend', { body: '{}' }), 'legacy');
  t.equal(await sideOf(desk, '/v1/sales/hamlet/orders/lo_abc'), 'legacy');
  t.equal(await sideOf(desk, '/v1/sales/club/orders/o_abc/payments/1'), 'selling');
  const order = (holdId: unknown) => ({ body: JSON.stringify({ holdId, payment: { method: 'free' } }) });
  t.equal(await sideOf(desk, '/v1/sales/club/orders', order('h_abc')), 'selling');
  t.equal(await sideOf(desk, '/v1/sales/hamlet/orders', order('lh_abc')), 'legacy');
  t.equal(await sideOf(desk, '/v1/sales/club/orders', order(7)), 'legacy', 'a side judges it');
  t.equal(await sideOf(desk, '/v1/sales/club/orders', { body: '{' }), 'legacy');
});

t.test('what is no request of buyers and providers goes nowhere', async (t) => {
  const before = legacy.asked.length + selling.asked.length;
  for (const path of [
    '/v1/../admin/v1/sales/club', '/v1/sales/club/%2e%2e/x', '/v1/sales/Club', '/v1', '/v1/sales',
    '/v1/webhooks/a/b', '/admin/v1/sales/club',
  ]) {
    t.equal(await rawStatus(path), 404, path);
  }
  t.equal((await call('PATCH', '/v1/sales/club')).status, 404);
  t.equal(legacy.asked.length + selling.asked.length, before);
});

/** Of a path as it stands: `fetch` would resolve its dots. */
function rawStatus(path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(desk.gateway.url);
    ask({ hostname, port, path }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on('error', reject).end();
  });
}

t.test('a request and its answer arrive as they were', async (t) => {
  legacy.answer = (_request, response, body) => {
    response.writeHead(201, { 'content-type': 'application/json', etag: '"1-7"', connection: 'close' });
    response.write(body.slice(0, 5));
    response.end(body.slice(5));
  };
  const body = JSON.stringify({ items: [{ areaId: 'floor', quantity: 2 }], name: 'Zoë' });
  const answer = await call('POST', '/v1/sales/club/holds', {
    body,
    headers: { 'content-type': 'application/json', 'idempotency-key': 'k1', authorization: 'Bearer x',
      'x-forwarded-for': '192.0.2.7',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
  });
  t.equal(answer.status, 201);
  t.equal(await answer.text(), body);
  t.equal(answer.headers.get('etag'), '"1-7"');
  t.equal(answer.headers.get('x-trace-id'), '4bf92f3577b34da6a3ce929d0e0e4736');
  const heard = legacy.asked.at(-1);
  t.same([heard?.method, heard?.url, heard?.body], ['POST', '/v1/sales/club/holds', body]);
  t.match(heard?.headers, {
    'idempotency-key': 'k1', authorization: 'Bearer x', 'x-forwarded-for': '192.0.2.7, 127.0.0.1',
    'x-trace-id': '4bf92f3577b34da6a3ce929d0e0e4736', 'content-length': String(Buffer.byteLength(body)),
  });
  legacy.answer = (_request, response) => response.writeHead(204).end();
  t.equal((await call('DELETE', '/v1/sales/club/holds/lh_abc')).status, 204);
  legacy.answer = (_request, response) => response.writeHead(304, { etag: '"1-7"' }).end();
  t.equal((await call('GET', '/v1/sales/club/seats')).status, 304);
  const large = await call('POST', '/v1/sales/club/holds', { body: 'x'.repeat(65 * 1024) });
  t.equal(large.status, 413);
  t.match(await large.json(), { code: 'payload_too_large' });
});

t.test('an answer of any length passes, however slowly its reader reads', async (t) => {
  const piece = 'seat '.repeat(20_000);
  legacy.answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    for (let i = 0; i < 40; i++) response.write(piece);
    response.end();
  };
  let length = 0;
  await new Promise<void>((resolve, reject) => {
    ask(`${desk.gateway.url}/v1/sales/club/seats`, (answer) => {
      answer.on('data', (chunk: Buffer) => {
        length += chunk.length;
        answer.pause();
        setImmediate(() => answer.resume());
      });
      answer.on('end', resolve).on('error', reject);
    }).on('error', reject).end();
  });
  t.equal(length, 40 * piece.length);
});

t.test('a side that stops in the middle ends the connection', async (t) => {
  legacy.answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '100' });
    response.write('half', () => response.destroy());
  };
  await t.rejects(call('GET', '/v1/sales/club/seats').then((answer) => answer.text()));
});

t.test('a buyer who goes away is not waited for', async (t) => {
  const gone = Promise.withResolvers<void>();
  const came = Promise.withResolvers<void>();
  legacy.answer = (_request, response) => {
    response.once('close', () => gone.resolve());
    came.resolve();
  };
  const leaving = new AbortController();
  const answer = call('GET', '/v1/sales/club', { signal: leaving.signal });
  await came.promise;
  leaving.abort();
  await t.rejects(answer);
  await gone.promise;
});

t.test('a side that does not answer is left alone for a while, and the other one is not', async (t) => {
  legacy.answer = (request) => request.socket.destroy();
  const statuses = new Set<number>();
  await awaitThat('it is shunned', async () => {
    const answer = await call('GET', '/v1/sales/club');
    statuses.add(answer.status);
    t.equal(answer.headers.get('retry-after'), '1');
    t.match(await answer.json(), { code: 'unavailable' });
    return (await metric('onsale_gateway_shunned{side="legacy"}')) === 1;
  });
  t.same([...statuses], [503]);
  const before = legacy.asked.length;
  t.equal((await call('GET', '/v1/sales/club')).status, 503);
  t.ok(legacy.asked.length <= before + 1, 'nobody is asked, but now and then one to see');
  t.equal(await sideOf(desk, '/v1/sales/hamlet'), 'selling');
  legacy.answer = (_request, response) => {
    response.writeHead(503, { 'content-type': 'application/json' }).end('{"side":"busy"}');
  };
  await awaitThat('it is asked again', async () => await sideOf(desk, '/v1/sales/club') === 'busy');
  for (let i = 0; i < 40; i++) await sideOf(desk, '/v1/sales/club');
  t.equal(await sideOf(desk, '/v1/sales/club'), 'busy', 'who says that it is busy has answered');
});

async function metric(name: string): Promise<number | undefined> {
  const text = await (await call('GET', '/metrics')).text();
  const line = text.split('\n').find((one) => one.startsWith(name));
  return line === undefined ? undefined : Number(line.slice(name.length));
}

t.test('the routes stay in force while PostgreSQL is away', async (t) => {
  const { gateway } = desk;
  t.equal((await call('GET', '/health/ready')).status, 200);
  const { rows } = await pool.query<{ ended: boolean }>(
    `SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE application_name = 'gateway'`);
  t.ok(rows.length > 0);
  t.equal(await sideOf(desk, '/v1/sales/hamlet'), 'selling');
  await pool.query(`UPDATE shows SET sells_via = 'onsale' WHERE slug = 'club'`);
  await awaitThat('it listens again', async () => await sideOf(desk, '/v1/sales/club') === 'selling');
  t.notOk(gateway.logLines.some((line) => line.includes('"level":60')));
});
