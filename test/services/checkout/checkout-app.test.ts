import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import { openEventStream } from '../../harness/open-event-stream.ts';
import type { Teardown } from '../../harness/teardown.ts';
import { createCheckoutApp } from '../../../services/checkout/checkout-app.ts';

/**
 * What passes between browser, checkout and selling, byte by byte: selling is a plain HTTP server here that
 * notes what reaches it. The whole way with the real one is in test/browser.
 */
type Answer = { status: number; headers?: Record<string, string>; body: unknown };

const HAMLET = { saleId: 'hamlet', name: 'Hamlet <i>&', state: 'open', opensAt: null };

async function open(
  t: Teardown,
  {
    answer = () => ({ status: 200, body: HAMLET }),
    shows = 'hamlet',
    stream,
  }: {
    answer?: (path: string) => Answer | Promise<Answer>;
    shows?: string;
    /** Is given the open answer to a request for the stream of hamlet. */
    stream?: (response: ServerResponse) => void;
  } = {},
) {
  const seen: IncomingMessage[] = [];
  const selling = createServer((request: IncomingMessage, response: ServerResponse) => {
    seen.push(request);
    if (stream !== undefined && request.url === '/v1/sales/hamlet/stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write('retry: 1000\n\n');
      return stream(response);
    }
    void Promise.resolve(answer(request.url ?? '')).then(({ status, headers = {}, body }) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => selling.listen(0, '127.0.0.1', resolve));
  t.teardown(() => close(selling));
  const config = {
    SELLING_URL: urlOf(selling),
    SHOWS: shows,
    STRIPE_JS_URL: 'https://js.stripe.com/v3/',
    HOST: '127.0.0.1',
    PORT: 0,
    LOG_LEVEL: 'silent',
  };
  const app = await createCheckoutApp(config, pino({ level: 'silent' }));
  t.teardown(() => app.close());
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { app, url, seen, selling };
}

t.test('a page allows nothing but its own files, and names are text', async (t) => {
  const { app } = await open(t);
  const page = await app.inject('/shows/hamlet');
  t.equal(page.statusCode, 200);
  const policy = String(page.headers['content-security-policy']);
  t.match(policy, "default-src 'none'");
  t.match(policy, "script-src 'self'");
  t.notMatch(policy, /unsafe/);
  t.notMatch(page.body, /<script(?![^>]*src=)|style="| on[a-z]+="/, 'nothing inline');
  t.match(page.body, 'Hamlet &#60;i&#62;&#38;');
  t.equal(page.headers['cache-control'], 'no-cache');
});

t.test('every file a page links to is there and may be kept for ever', async (t) => {
  const { app } = await open(t);
  const { body } = await app.inject('/shows/hamlet');
  const links = [...body.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '');
  t.ok(links.length > 10);
  for (const link of new Set(links)) {
    const file = await app.inject(link);
    t.equal(file.statusCode, 200, link);
    t.equal(file.headers['cache-control'], 'public, max-age=31536000, immutable');
  }
  const other = await app.inject((links[0] ?? '').replace(/assets\/[^/]+/, 'assets/of-another-release'));
  t.equal(other.statusCode, 200);
  t.equal(other.headers['cache-control'], 'no-cache');
  for (const path of ['/assets/x/tsconfig.json', '/assets/x/..%2fmain.ts', '/assets/x/%2e%2e/config.ts']) {
    t.equal((await app.inject(path)).statusCode, 404, path);
  }
});

t.test('a show that does not exist is 404, and asked for once however many come', async (t) => {
  const { app, seen } = await open(t, { answer: () => ({ status: 404, body: { code: 'sale_unknown' } }) });
  const pages = await Promise.all(Array.from({ length: 20 }, () => app.inject('/shows/nowhere')));
  t.same(new Set(pages.map((page) => page.statusCode)), new Set([404]));
  t.match(pages[0]?.body ?? '', 'There is no such show');
  t.equal(seen.length, 1);
  for (const path of [
    '/shows/UPPER',
    '/shows/a%20b',
    `/shows/${'x'.repeat(64)}`,
    '/shows/hamlet/orders/nonsense',
  ]) {
    t.equal((await app.inject(path)).statusCode, 404, path);
  }
  t.equal(seen.length, 1, 'an impossible id is not asked for');
});

t.test('the front page lists the configured shows, or asks for one', async (t) => {
  const { app } = await open(t);
  t.match((await app.inject('/')).body, 'href="/shows/hamlet"');
  const { app: without } = await open(t, { shows: '' });
  t.match((await without.inject('/')).body, 'name="saleId"');
  const redirect = await without.inject('/shows?saleId=Hamlet');
  t.equal(redirect.statusCode, 303);
  t.equal(redirect.headers.location, '/shows/hamlet');
  t.equal((await without.inject('/shows?saleId=//evil.example')).statusCode, 404);
  await t.rejects(open(t, { shows: 'hamlet, Not An Id' }), /SHOWS names "Not An Id"/);
});

t.test('only what buyers need reaches selling', async (t) => {
  const { url, seen } = await open(t);
  const passed = [
    'GET /v1/sales/hamlet',
    'GET /v1/sales/hamlet/seats?x=1',
    'POST /v1/sessions',
    'POST /v1/sales/hamlet/holds',
    'DELETE /v1/sales/hamlet/holds/h_A-1',
  ];
  for (const line of passed) t.equal(await statusOf(url, line), 200, line);
  t.equal(seen.length, passed.length);
  const refused = [
    'PUT /admin/v1/sales/hamlet',
    'POST /admin/v1/sales/hamlet/open',
    'POST /v1/webhooks/bank',
    'GET /v1/../admin/v1/sales/hamlet',
    'GET /v1/%2e%2e/admin/v1/sales/hamlet',
    'GET /v1/sales/..%2f..%2fadmin',
    'GET /v1/sales/hamlet/%2e%2e/%2e%2e/%2e%2e/admin',
    'GET /v1//admin',
    'GET /metrics/../v1/../admin',
    'PUT /v1/sales/hamlet',
    'PATCH /v1/sales/hamlet/holds/h_1',
  ];
  for (const line of refused) t.equal(await statusOf(url, line), 404, line);
  t.equal(seen.length, passed.length, 'none of them came through');
});

t.test('selling sees the key, the token, the buyer and the trace; the buyer sees its answer', async (t) => {
  const problem = { code: 'seats_taken', seatIds: ['a'] };
  const { url, seen } = await open(t, {
    answer: () => ({ status: 409, headers: { 'content-type': 'application/problem+json' }, body: problem }),
  });
  const answer = await fetch(`${url}/v1/sales/hamlet/holds`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: 'Bearer t',
      'idempotency-key': 'k',
      'x-forwarded-for': '203.0.113.9',
      'x-trace-id': '0123456789abcdef0123456789abcdef',
    },
    body: '{"items":[]}',
  });
  t.equal(answer.status, 409);
  t.equal(answer.headers.get('content-type'), 'application/problem+json');
  t.same(await answer.json(), problem);
  t.match(seen[0]?.headers, {
    authorization: 'Bearer t',
    'idempotency-key': 'k',
    'x-forwarded-for': '203.0.113.9, 127.0.0.1',
    'x-trace-id': '0123456789abcdef0123456789abcdef',
  });
});

t.test('a 503 is passed on once, with its Retry-After', async (t) => {
  const { url, seen } = await open(t, {
    answer: () => ({ status: 503, headers: { 'retry-after': '7' }, body: { code: 'recovering' } }),
  });
  const answer = await fetch(`${url}/v1/sales/hamlet/seats`);
  t.equal(answer.status, 503);
  t.equal(answer.headers.get('retry-after'), '7');
  t.equal(seen.length, 1);
});

t.test('a stream is passed on as it comes, and ends on both sides', async (t) => {
  let response: ServerResponse | undefined;
  const { app, url, seen } = await open(t, {
    answer: (path) => path.includes('few') ? { status: 503, headers: { 'retry-after': '1' }, body: {} }
      : { status: 200, body: '' },
    stream: (one) => { response = one; },
  });
  const address = `${url}/v1/sales/hamlet/stream`;
  const client = await openEventStream(t, address, '0-7');
  t.match(client.headers, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  t.equal(seen[0]?.headers['last-event-id'], '0-7');
  response?.write('id: 0-8\nevent: change\ndata: {"seq":8}\n\n');
  t.same(await client.nth(0), { event: 'change', id: '0-8', data: { seq: 8 } });
  response?.write('id: 0-9\nevent: change\ndata: {"seq":9}\n\n');
  t.equal((await client.nth(1)).id, '0-9');
  const gone = response;
  client.close();
  await awaitThat('the end at selling', () => gone?.destroyed);

  const cut = await openEventStream(t, address);
  response?.destroy();
  await awaitThat('the end at the browser', () => cut.isEnded());
  t.equal((await fetch(`${url}/v1/sales/few/stream`)).status, 503);
  t.equal((await fetch(`${url}/v1/sales/UPPER/stream`)).status, 400);

  const last = await openEventStream(t, address);
  await app.close();
  await awaitThat('the end when checkout stops', () => last.isEnded());
});

t.test('selling away: the API says 503, the pages are still served', async (t) => {
  const { app, url, selling } = await open(t);
  await close(selling);
  const answer = await fetch(`${url}/v1/sales/hamlet/seats`);
  t.equal(answer.status, 503);
  t.match(answer.headers.get('content-type'), /^application\/problem\+json/);
  t.ok(answer.headers.get('retry-after'));
  t.match(await answer.json(), { code: 'unavailable' });
  t.equal((await app.inject('/shows/hamlet')).statusCode, 200);
  t.equal((await app.inject('/health/ready')).statusCode, 200);
});

t.test('a QR code is drawn for a code, privately, and for nothing else', async (t) => {
  const { app } = await open(t);
  const [one, two] = await Promise.all(
    ['AbcdEfgh_-345678', 'BbcdEfgh_-345678'].map((code) => app.inject(`/qr/${code}.svg`)),
  );
  t.equal(one?.headers['content-type'], 'image/svg+xml');
  t.match(one?.headers['cache-control'], 'private');
  t.match(one?.body, /^<svg /);
  t.not(one?.body, two?.body);
  for (const path of [
    '/qr/short.svg',
    '/qr/with%20space1.svg',
    `/qr/${'x'.repeat(65)}.svg`,
    '/qr/%3Cscript%3E1.svg',
  ]) {
    t.equal((await app.inject(path)).statusCode, 400, path);
  }
});

/** `fetch` would tidy the path up before it sends it. */
async function statusOf(url: string, line: string): Promise<number> {
  const [method = '', path = ''] = line.split(' ');
  const { request } = await import('node:http');
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, method, path }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
