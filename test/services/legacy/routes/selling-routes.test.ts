import t from 'tap';
import { startService } from '../../../stack.ts';
import { openLegacy } from '../open-legacy.ts';

const nobody = '00000000-0000-4000-8000-000000000000';
const contact = { name: 'Ann Lee', email: 'ann@example.com' };

interface Answer {
  status: number;
  type: string | null;
  trace: string | null;
  body: Record<string, unknown>;
}

function caller(url: string) {
  return async (method: string, path: string, body?: unknown, headers: object = {}): Promise<Answer> => {
    const response = await fetch(`${url}/legacy/v1/shows/${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      trace: response.headers.get('x-trace-id'),
      body: text === '' ? {} : JSON.parse(text) as Record<string, unknown>,
    };
  };
}

t.test('from a cart to tickets, over HTTP', async (t) => {
  const { env, stock, faults } = await openLegacy(t);
  const call = caller((await startService(t, 'legacy', env)).url);
  const cart = await call('POST', 'hamlet/carts', {
    buyerRef: 'ann',
    items: [
      { areaId: 'stalls', bestAvailable: 2, adjacent: 'required' },
      { seatIds: ['Circle-C-1'], ticketType: 'child' },
    ],
  });
  t.equal(cart.status, 201);
  t.match(cart.body, {
    items: [
      { areaId: 'stalls', seatId: 'Stalls-A-17', seatLabel: '17', ticketType: 'adult', priceMinor: 6500 },
      { areaId: 'stalls', seatId: 'Stalls-A-15' },
      { areaId: 'circle', seatId: 'Circle-C-1', ticketType: 'child', priceMinor: 2250 },
    ],
    totalMinor: 15_250,
    currency: 'EUR',
  });
  const path = `hamlet/carts/${String(cart.body['cartId'])}`;
  t.match((await call('GET', path)).body, { status: 'open', orderNumber: null });
  const order = await call('POST', `${path}/checkout`, { contact, paymentMethod: 'card' });
  t.equal(order.status, 201);
  const tickets = [{ seatId: 'Stalls-A-17' }, { seatId: 'Stalls-A-15' }, { seatId: 'Circle-C-1' }];
  t.match(order.body, { status: 'confirmed', totalMinor: 15_250, tickets });
  const again = await call('POST', `${path}/checkout`, { contact, paymentMethod: 'card' });
  t.same([again.status, again.body], [200, order.body], 'a repeat gets the same order');
  const { orderNumber } = order.body;
  t.match((await call('GET', path)).body, { status: 'ordered', orderNumber, items: [] });
  t.match(await call('DELETE', path), { status: 409, body: { code: 'cart_ordered' } });
  t.match((await call('GET', 'hamlet')).body, {
    slug: 'hamlet',
    sellsVia: 'legacy',
    areas: [{ areaId: 'stalls', held: 0, sold: 2 }, { areaId: 'circle', sold: 1 }],
  });
  t.same(await stock('hamlet'), { stalls: { held: 0, sold: 2 }, circle: { held: 0, sold: 1 } });
  t.same(await faults(), []);
});

t.test('a released cart is free at once; a repeat is answered the same', async (t) => {
  const { env, stock } = await openLegacy(t);
  const call = caller((await startService(t, 'legacy', env)).url);
  const cart = await call('POST', 'club/carts', { buyerRef: 'b', items: [{ areaId: 'floor', quantity: 2 }] });
  const path = `club/carts/${String(cart.body['cartId'])}`;
  t.equal((await call('DELETE', path)).status, 204);
  t.equal((await call('DELETE', path)).status, 204);
  t.match((await call('GET', path)).body, { status: 'released', items: [] });
  t.same((await stock('club'))['floor'], { held: 0, sold: 0 });
});

t.test('a cart runs out by itself and is swept', async (t) => {
  const { env, stock } = await openLegacy(t);
  const call = caller((await startService(t, 'legacy', { ...env, CART_SECONDS: '1' })).url);
  const cart = await call('POST', 'club/carts', { buyerRef: 'b', items: [{ areaId: 'floor', quantity: 2 }] });
  const path = `club/carts/${String(cart.body['cartId'])}`;
  const isFree = async () => (await stock('club'))['floor']?.held === 0;
  while (!await isFree()) await new Promise((resolve) => { setTimeout(resolve, 50); });
  t.match((await call('GET', path)).body, { status: 'expired' });
  t.match(await call('POST', `${path}/checkout`, { contact, paymentMethod: 'card' }),
    { status: 409, body: { code: 'cart_expired' } });
});

t.test('bad input: a precise problem, and no state change', async (t) => {
  const { env, place, snapshot } = await openLegacy(t);
  const call = caller((await startService(t, 'legacy', env)).url);
  const { cartId } = await place('club', [{ areaId: 'gallery', quantity: 5 }]);
  const before = await snapshot();
  const item = { areaId: 'floor', quantity: 1 };
  const cart = (...items: unknown[]) => ({ buyerRef: 'b', items });
  const paidBy = (change: object) => ({ contact: { ...contact, ...change }, paymentMethod: 'card' });
  const checkout = `club/carts/${cartId}/checkout`;
  const cases: [number, string, string, string, unknown][] = [
    [400, 'json_malformed', 'POST', 'club/carts', '{"buyerRef":'],
    [400, 'json_malformed', 'POST', 'club/carts', ''],
    [400, 'request_invalid', 'POST', 'club/carts', '[]'],
    [400, 'request_invalid', 'POST', 'club/carts', {}],
    [400, 'request_invalid', 'POST', 'club/carts', cart()],
    [400, 'request_invalid', 'POST', 'club/carts', { ...cart(item), extra: 1 }],
    [400, 'request_invalid', 'POST', 'club/carts', { ...cart(item), buyerRef: '' }],
    [400, 'request_invalid', 'POST', 'club/carts', { ...cart(item), buyerRef: 'a\u0000b' }],
    [400, 'request_invalid', 'POST', 'club/carts', cart({ ...item, price: 1 })],
    [400, 'request_invalid', 'POST', 'club/carts', cart({ areaId: 'floor', quantity: '1' })],
    [400, 'request_invalid', 'POST', 'club/carts', cart({ areaId: 'floor', quantity: 0 })],
    [400, 'request_invalid', 'POST', 'club/carts', cart({ areaId: 'floor', quantity: 1.5 })],
    [400, 'request_invalid', 'POST', 'club/carts', cart({ areaId: 'floor', quantity: -1 })],
    [400, 'request_invalid', 'POST', 'club/carts', cart({ areaId: 'floor', quantity: 21 })],
    [400, 'request_invalid', 'POST', 'club/carts', cart({ areaId: 'floor' })],
    [400, 'request_invalid', 'POST', 'club/carts', cart({ quantity: 1 })],
    [400, 'request_invalid', 'POST', 'club/carts', cart({ ...item, bestAvailable: 1 })],
    [400, 'request_invalid', 'POST', 'club/carts', cart({ ...item, adjacent: 'required' })],
    [400, 'request_invalid', 'POST', 'club/carts', cart({ areaId: 'floor', seatIds: ['a'] })],
    [400, 'request_invalid', 'POST', 'club/carts', cart({ seatIds: [] })],
    [400, 'request_invalid', 'POST', 'club/carts', cart({ seatIds: ['a\u0000'] })],
    [400, 'request_invalid', 'POST', 'club/carts', cart({ ...item, ticketType: 'x'.repeat(65) })],
    [413, 'payload_too_large', 'POST', 'club/carts', cart({ seatIds: ['x'.repeat(100_000)] })],
    [409, 'buyer_limit', 'POST', 'club/carts', cart({ areaId: 'floor', quantity: 20 }, item)],
    [409, 'sold_out', 'POST', 'club/carts', cart(item, { areaId: 'gallery', quantity: 1 })],
    [422, 'area_unknown', 'POST', 'club/carts', cart({ areaId: `'; DROP TABLE seats; --`, quantity: 1 })],
    [422, 'seat_unknown', 'POST', 'club/carts', cart({ seatIds: ['nope'] })],
    [422, 'item_unsuitable', 'POST', 'club/carts', cart({ areaId: 'floor', bestAvailable: 1 })],
    [422, 'ticket_type_unknown', 'POST', 'club/carts', cart({ ...item, ticketType: 'senior' })],
    [404, 'show_unknown', 'POST', 'nothing/carts', cart(item)],
    [404, 'show_unknown', 'POST', '%00/carts', cart(item)],
    [404, 'show_unknown', 'GET', 'Nothing', undefined],
    [404, 'cart_unknown', 'GET', `club/carts/${nobody}`, undefined],
    [404, 'cart_unknown', 'GET', 'club/carts/%27', undefined],
    [404, 'cart_unknown', 'GET', `hamlet/carts/${cartId}`, undefined],
    [404, 'cart_unknown', 'DELETE', `hamlet/carts/${cartId}`, undefined],
    [404, 'cart_unknown', 'DELETE', 'club/carts/1', undefined],
    [404, 'cart_unknown', 'POST', `hamlet/carts/${cartId}/checkout`, { contact, paymentMethod: 'card' }],
    [400, 'request_invalid', 'POST', checkout, { contact }],
    [400, 'request_invalid', 'POST', checkout, { contact, paymentMethod: 'cash' }],
    [400, 'request_invalid', 'POST', checkout, paidBy({ name: ' ' })],
    [400, 'request_invalid', 'POST', checkout, paidBy({ name: 'a\n' })],
    [400, 'request_invalid', 'POST', checkout, paidBy({ email: 'a' })],
    [400, 'request_invalid', 'POST', checkout, paidBy({ vip: true })],
    [404, 'not_found', 'PUT', 'club/carts', cart(item)],
  ];
  for (const [status, code, method, path, body] of cases) {
    const name = `${method} ${path} ${(JSON.stringify(body) ?? '').slice(0, 80)}`;
    const answer = await call(method, path, body);
    t.match(answer, { status, type: /^application\/problem\+json/, body: { status, code } }, name);
    t.match(answer.trace, /^[0-9a-f]{32}$/);
  }
  t.match(await call('POST', 'club/carts', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }),
    { status: 415, body: { code: 'media_type_unsupported' } });
  t.match((await call('POST', 'club/carts', cart(item, { areaId: 'floor' }))).body, {
    errors: [{ field: 'body/items/1', message: /must have areaId and quantity/ }],
  });
  t.equal(await snapshot(), before);
});
