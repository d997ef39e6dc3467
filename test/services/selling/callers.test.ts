import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import t from 'tap';
import { floorOf, saleOf } from '../../harness/open-desk.ts';
import { openShop } from '../../harness/open-shop.ts';

const items = [{ areaId: 'floor', quantity: 1 }];
const holds = '/v1/sales/s/holds';
const soon = Math.floor(Date.now() / 1000) + 600;

/** The company's identity provider: keys over HTTP. */
const { publicKey, privateKey } = await generateKeyPair('ES256');
const stranger = await generateKeyPair('ES256');
const keys = { keys: [{ ...await exportJWK(publicKey), kid: 'k1', alg: 'ES256', use: 'sig' }] };
const provider = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(keys));
});
await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', () => resolve()));
t.teardown(() => provider.close());
const shop = await openShop(t, { env: {
  BUYER_JWKS_URL: `http://127.0.0.1:${(provider.address() as AddressInfo).port}/keys`,
  BUYER_ISSUER: 'https://id.example.org', BUYER_AUDIENCE: 'onsale',
} });
await shop.sell('s', saleOf([floorOf(1000)]));

const claims = { sub: 'company-buyer', iss: 'https://id.example.org', aud: 'onsale', exp: soon };
async function tokenOf(
  payload: Record<string, unknown>,
  key: typeof privateKey | Uint8Array = privateKey,
  alg = 'ES256',
): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg, kid: 'k1' }).sign(key);
}

t.test('a session is a buyer with a token of its own', async (t) => {
  const answer = await shop.call('POST', '/v1/sessions', { token: '', key: '' });
  t.match(answer, { status: 201, body: { buyerId: /^b_[\w-]{22}$/, token: /\./, expiresAt: /Z$/ } });
  t.equal(answer.headers.get('cache-control'), 'no-store');
  const { buyerId, token } = await shop.buyer();
  t.not(buyerId, answer.body['buyerId']);
  t.equal((await shop.call('POST', holds, { token, body: { items } })).status, 201);
  t.equal((await shop.call('POST', holds, { token, body: { items, buyerId } })).status, 201);
  t.match(await shop.call('POST', holds, { token, body: { items, buyerId: 'another' } }),
    { status: 403, body: { code: 'buyer_mismatch' } });
});

t.test('the checkout key names any buyer, and has to', async (t) => {
  t.equal((await shop.call('POST', holds, { body: { items, buyerId: 'anybody' } })).status, 201);
  t.match(await shop.call('POST', holds, { body: { items } }),
    { status: 400, body: { code: 'buyer_needed' } });
});

t.test('a buyer sees and changes only what is the buyer\'s own; the checkout key all', async (t) => {
  const [one, other] = [await shop.buyer(), await shop.buyer()];
  const placed = await shop.call('POST', holds, { token: one.token, body: { items } });
  const path = `${holds}/${String(placed.body['holdId'])}`;
  const foreign = { status: 404, body: { code: 'hold_unknown' } };
  const before = await shop.dump();
  t.match(await shop.call('GET', path, { token: other.token }), foreign);
  t.match(await shop.call('POST', `${path}/extend`, { token: other.token }), foreign);
  t.match(await shop.call('DELETE', path, { token: other.token }), foreign);
  const body = { holdId: placed.body['holdId'], contact: { name: 'N', email: 'n@example.org' },
    payment: { method: 'free' } };
  t.match(await shop.call('POST', '/v1/sales/s/orders', { token: other.token, body }), foreign);
  t.same(await shop.dump(), before);
  t.equal((await shop.call('GET', path)).status, 200);
  const order = await shop.call('POST', '/v1/sales/s/orders', { token: one.token, body });
  t.equal(order.status, 201);
  const orderPath = `/v1/sales/s/orders/${String(order.body['orderId'])}`;
  t.equal((await shop.call('GET', orderPath, { token: one.token })).status, 200);
  t.match(await shop.call('GET', orderPath, { token: other.token }),
    { status: 404, body: { code: 'order_unknown' } });
});

t.test('a token of the company\'s identity provider', async (t) => {
  const token = await tokenOf(claims);
  const placed = await shop.call('POST', holds, { token, body: { items, buyerId: 'company-buyer' } });
  t.equal(placed.status, 201);
  t.equal((await shop.call('GET', `${holds}/${String(placed.body['holdId'])}`, { token })).status, 200);
});

t.test('subjects that cannot be a buyerId stand for one all the same', async (t) => {
  const buyerOf = async (sub: string) => {
    const token = await tokenOf({ ...claims, sub });
    const placed = await shop.call('POST', holds, { token, body: { items } });
    t.equal(placed.status, 201, sub);
    const path = `${holds}/${String(placed.body['holdId'])}`;
    t.equal((await shop.call('GET', path, { token })).status, 200, 'the hold is the buyer\'s own');
    const { events } = await shop.check('s');
    const last = events.at(-1);
    return last?.type === 'hold.placed' ? last.data.buyerId : '';
  };
  const hash = createHash('sha256').update('https://id.example.org\nauth0|5f7c8ec7').digest('base64url');
  t.equal(await buyerOf('auth0|5f7c8ec7'), `s_${hash.slice(0, 22)}`);
  t.equal(await buyerOf('plain'), 'plain');
  const session = (await shop.buyer()).buyerId;
  const odd = ['auth0|5f7c8ec7', 'x'.repeat(65), 'x'.repeat(66), 'a b\tc', 'Zoë', session,
    `s_${hash.slice(0, 22)}`];
  const buyers = [];
  for (const sub of odd) buyers.push(await buyerOf(sub));
  for (const buyerId of buyers) t.match(buyerId, /^s_[\w-]{22}$/);
  t.equal(new Set(buyers).size, odd.length, 'nobody can take the name of another, nor that of a session');
});

t.test('while the identity provider is away its buyers are told so, and nobody else is', async (t) => {
  const session = (await shop.buyer()).token;
  const good = await tokenOf(claims);
  for (const [what, way] of Object.entries({
    'gone': undefined,
    'silent': () => undefined,
    'broken': (_: unknown, response: ServerResponse) => response.writeHead(500).end(),
    'nonsense': (_: unknown, response: ServerResponse) => response.end('<html>'),
    'not keys': (_: unknown, response: ServerResponse) => response.end('{}'),
  })) {
    const bad = way === undefined ? createServer() : createServer(way);
    await new Promise<void>((resolve) => bad.listen(0, '127.0.0.1', () => resolve()));
    const { port } = bad.address() as AddressInfo;
    if (way === undefined) bad.close();
    t.teardown(() => (bad.closeAllConnections(), bad.close()));
    const other = await shop.startAnother({ BUYER_JWKS_URL: `http://127.0.0.1:${port}/keys` });
    const ask = (token: string) => shop.call('POST', holds, { token, url: other.url, body: { items } });
    const answer = await ask(good);
    t.match(answer, { status: 503, body: { code: 'unavailable', detail: /identity provider/ } }, what);
    t.ok(Number(answer.headers.get('retry-after')) >= 1);
    t.equal((await ask(session)).status, 201);
    t.equal((await ask('a.b.c')).status, 401);
    await other.stop();
  }
});

t.test('bad tokens', async (t) => {
  const session = (await shop.buyer()).token;
  const [header, payload, signature] = session.split('.');
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
  const secret = new TextEncoder().encode(shop.stack.env['SESSION_SECRET']);
  const none = await tokenOf({ ...claims, exp: undefined });
  const bad: [what: string, token: string][] = [
    ['none', ''],
    ['not a token', 'abc'],
    ['three parts of nothing', 'a.b.c'],
    ['another signature', `${header}.${payload}.${signature?.toLowerCase()}x`],
    ['another payload', `${header}.${Buffer.from('{"sub":"x"}').toString('base64url')}.${signature}`],
    ['unsigned', unsigned],
    ['an admin\'s', shop.stack.adminToken],
    ['expired', await tokenOf({ ...claims, exp: soon - 3600 })],
    ['one that never ends', none],
    ['without a subject', await tokenOf({ ...claims, sub: undefined })],
    ['with an empty subject', await tokenOf({ ...claims, sub: '' })],
    ['for another audience', await tokenOf({ ...claims, aud: 'other' })],
    ['of another issuer', await tokenOf({ ...claims, iss: 'https://evil.example.org' })],
    ['signed by a stranger', await tokenOf(claims, stranger.privateKey)],
    ['the provider\'s claims signed with the session secret', await tokenOf(claims, secret, 'HS256')],
    ['another session secret',
      await tokenOf({ sub: 'b', iss: 'onsale', exp: soon }, new Uint8Array(32), 'HS256')],
  ];
  const before = await shop.dump();
  for (const [what, token] of bad) {
    const answer = await shop.call('POST', holds, { token, body: { items } });
    t.match(answer, { status: 401, body: { code: 'unauthenticated' } }, what);
    t.equal(answer.headers.get('www-authenticate'), 'Bearer');
  }
  t.match(await shop.call('POST', holds,
    { token: '', headers: { authorization: 'Basic YTpi' }, body: { items } }),
    { status: 401 });
  t.same(await shop.dump(), before);
});

t.test('operators by role', async (t) => {
  const { viewerToken, operatorToken, adminToken } = shop.stack;
  const statuses = async (method: string, path: string, body?: unknown) => Promise.all(
    ['', 'nobody', viewerToken, operatorToken, adminToken].map(async (token) =>
      (await shop.call(method, `/admin/v1/sales/${path}`, { token, body })).status));
  t.same(await statuses('GET', 's'), [401, 401, 200, 200, 200]);
  t.same(await statuses('POST', 's/open'), [401, 401, 403, 200, 200]);
  t.same(await statuses('PUT', 's', saleOf([floorOf(1000)])), [401, 401, 403, 403, 200]);
  t.match(await shop.call('POST', '/admin/v1/sales/s/open', { token: viewerToken }),
    { body: { code: 'forbidden', needs: 'operator' } });
});

t.test('sessions are limited', async (t) => {
  const small = await shop.startAnother({ SESSIONS_PER_MINUTE_MAX: '3' });
  const statuses = [];
  for (let i = 0; i < 4; i++) {
    const answer = await shop.call('POST', '/v1/sessions', { token: '', url: small.url });
    statuses.push(answer.status);
    if (answer.status === 429) t.match(answer.body, { code: 'rate_limited' });
  }
  t.same(statuses, [201, 201, 201, 429]);
});
