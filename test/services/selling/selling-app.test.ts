import t from 'tap';
import { floorOf, hallOf, rowOf, saleOf } from '../../harness/open-desk.ts';
import { openShop } from '../../harness/open-shop.ts';

const shop = await openShop(t);
await shop.sell('s', saleOf([hallOf([rowOf('A', 3), rowOf('B', 2)]), floorOf(5)]));
const get = (path: string, headers: Record<string, string> = {}) =>
  shop.call('GET', path, { token: '', headers });

t.test('availability and seats at one seq, with an ETag that says when they changed', async (t) => {
  await shop.call('POST', '/v1/sales/s/holds', { body: { buyerId: 'b',
    items: [{ seatIds: ['A2', 'B1'] }, { areaId: 'floor', quantity: 2 }] } });
  const available = await get('/v1/sales/s/availability');
  t.match(available, { status: 200, body: { saleId: 's', state: 'open', seq: 4, areas: [
    { areaId: 'hall', kind: 'seated', capacity: 5, free: 3, held: 2, sold: 0 },
    { areaId: 'floor', kind: 'general', capacity: 5, free: 3, held: 2, sold: 0 },
  ] } });
  const seats = await get('/v1/sales/s/seats');
  t.same(seats.body, { saleId: 's', seq: 4, areas: [{ areaId: 'hall', states: '0h0h0' }] });
  const etag = available.headers.get('etag') ?? '';
  t.equal(etag, '"0-4"');
  t.equal(seats.headers.get('etag'), etag);
  for (const path of ['availability', 'seats']) {
    for (const given of [etag, `W/${etag}`, `"x", ${etag}`]) {
      const again = await get(`/v1/sales/s/${path}`, { 'if-none-match': given });
      t.equal(again.status, 304);
      t.equal(again.headers.get('etag'), etag);
    }
    t.equal((await get(`/v1/sales/s/${path}`, { 'if-none-match': '"0-3"' })).status, 200);
  }
  await shop.call('POST', '/admin/v1/sales/s/pause');
  t.match(await get('/v1/sales/s/availability', { 'if-none-match': etag }),
    { status: 200, body: { state: 'paused' } });
  await shop.call('POST', '/admin/v1/sales/s/resume');
});

function credentialsOf(path: string): string[] {
  if (path.startsWith('/admin/')) return ['operator'];
  return /\/(holds|orders)/.test(path) ? ['buyer', 'checkout'] : [];
}

t.test('/openapi.json has every route, with schemas of what comes and goes', async (t) => {
  const { body } = await get('/openapi.json');
  const paths = body['paths'] as Record<string, Record<string, {
    summary?: string;
    security: Record<string, string[]>[];
    parameters?: { name: string; in: string; required: boolean }[];
    requestBody?: { content: Record<string, { schema: object }> };
    responses: Record<string, { content?: Record<string, { schema: object }> }>;
  }>>;
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  t.same(routes.toSorted(), [
    'DELETE /v1/sales/{saleId}/holds/{holdId}',
    'GET /admin/v1/policies',
    'GET /admin/v1/sales/{saleId}',
    'GET /admin/v1/sales/{saleId}/orders/{orderId}',
    'GET /v1/sales/{saleId}',
    'GET /v1/sales/{saleId}/availability',
    'GET /v1/sales/{saleId}/holds/{holdId}',
    'GET /v1/sales/{saleId}/orders/{orderId}',
    'GET /v1/sales/{saleId}/seats',
    'GET /v1/sales/{saleId}/stream',
    'POST /admin/v1/payments/reports',
    'POST /admin/v1/sales/{saleId}/access-codes',
    'POST /admin/v1/sales/{saleId}/archive',
    'POST /admin/v1/sales/{saleId}/close',
    'POST /admin/v1/sales/{saleId}/inventory',
    'POST /admin/v1/sales/{saleId}/open',
    'POST /admin/v1/sales/{saleId}/orders/{orderId}/cancel',
    'POST /admin/v1/sales/{saleId}/orders/{orderId}/payments',
    'POST /admin/v1/sales/{saleId}/orders/{orderId}/refunds/{refundId}/complete',
    'POST /admin/v1/sales/{saleId}/pause',
    'POST /admin/v1/sales/{saleId}/recover',
    'POST /admin/v1/sales/{saleId}/reopen',
    'POST /admin/v1/sales/{saleId}/resume',
    'POST /admin/v1/sales/{saleId}/revive',
    'POST /v1/sales/{saleId}/holds',
    'POST /v1/sales/{saleId}/holds/{holdId}/change',
    'POST /v1/sales/{saleId}/holds/{holdId}/extend',
    'POST /v1/sales/{saleId}/holds/{holdId}/release',
    'POST /v1/sales/{saleId}/orders',
    'POST /v1/sales/{saleId}/orders/{orderId}/cancel',
    'POST /v1/sessions',
    'POST /v1/webhooks/{provider}',
    'PUT /admin/v1/policies',
    'PUT /admin/v1/sales/{saleId}',
    'PUT /admin/v1/sales/{saleId}/orders/{orderId}/refunds/{refundId}',
    'PUT /v1/sales/{saleId}/orders/{orderId}/payments/{attempt}',
  ]);
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, route] of Object.entries(methods)) {
      t.ok(route.summary, `${method} ${path} says what it does`);
      const good = Object.entries(route.responses).find(([status]) => status.startsWith('2'));
      const type = path.endsWith('/stream') ? 'text/event-stream' : 'application/json';
      t.ok(good?.[0] === '204' || good?.[1].content?.[type]?.schema,
        `${method} ${path} answers`);
      t.ok(route.responses['4XX'], `${method} ${path} refuses`);
      const keyed = route.parameters?.find(({ name, in: place }) =>
        place === 'header' && name === 'Idempotency-Key');
      const isBuyersWrite = path.startsWith('/v1/sales/') && method !== 'get';
      t.equal(keyed?.required, isBuyersWrite || undefined, `${method} ${path} says whether it needs a key`);
      t.same(route.security.flatMap(Object.keys), credentialsOf(path), `${method} ${path} says who may`);
    }
  }
  t.match(JSON.stringify(paths['/v1/sales/{saleId}/holds']?.['post']?.requestBody), /bestAvailable/);
  t.match(JSON.stringify(paths['/admin/v1/sales/{saleId}']?.['put']?.requestBody), /seat_guid/);
});

t.test('a write that says all in its address takes an empty body of any type', async (t) => {
  const headers = { 'content-type': 'application/json' };
  const placed = await shop.call('POST', '/v1/sales/s/holds',
    { body: { buyerId: 'b', items: [{ areaId: 'floor', quantity: 1 }] } });
  const path = `/v1/sales/s/holds/${String(placed.body['holdId'])}`;
  for (const [method, to, status] of [
    ['POST', '/admin/v1/sales/s/pause', 200],
    ['POST', '/admin/v1/sales/s/resume', 200],
    ['POST', '/v1/sessions', 201],
    ['POST', `${path}/extend`, 200],
    ['DELETE', path, 204],
  ] as const) {
    t.equal((await shop.call(method, to, { headers })).status, status, `${method} ${to}`);
  }
  t.match(await shop.call('POST', '/admin/v1/sales/s/pause', { body: '{' }),
    { status: 400, body: { code: 'json_malformed' } });
  t.match(await shop.call('POST', '/v1/sales/s/holds', { headers }),
    { status: 400, body: { code: 'json_malformed' } });
});

t.test('a reference page, health and metrics', async (t) => {
  const docs = await get('/docs/');
  t.equal(docs.status, 200);
  t.match(docs.headers.get('content-type'), /text\/html/);
  t.match(await get('/health/live'), { status: 200, body: { status: 'live' } });
  t.match(await get('/health/ready'), { status: 200, body: { status: 'ready', missing: [] } });
  const metrics = await get('/metrics');
  t.match(metrics.headers.get('content-type'), /text\/plain/);
  t.match(String(metrics.body['text']), /process_cpu_user_seconds_total/);
});

t.test('it stops when it is told to, after what is under way', async (t) => {
  const other = await shop.startAnother();
  const answers = Promise.all(Array.from({ length: 20 }, (_, i) => shop.call('POST', '/v1/sales/s/holds', {
    url: other.url, body: { buyerId: `b${i}`, items: [{ areaId: 'floor', quantity: 1 }] },
  })));
  await answers;
  t.equal(await other.stop(), 0);
  await t.rejects(fetch(`${other.url}/health/live`));
});

t.test('before the relay has started the partitions it is not ready and sells nothing', async (t) => {
  const early = await openShop(t, { startsPartitions: false });
  t.match(await early.call('GET', '/health/ready'), { status: 503, body: { status: 'not ready' } });
  t.match(await early.call('PUT', '/admin/v1/sales/s', { body: saleOf([floorOf(5)]) }),
    { status: 503, body: { code: 'recovering' } });
  t.same(await early.dump(), {});
});
