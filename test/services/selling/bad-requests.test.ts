import { connect } from 'node:net';
import t from 'tap';
import { floorOf, hallOf, rowOf, saleOf } from '../../harness/open-desk.ts';
import { openShop } from '../../harness/open-shop.ts';
import type { CallOptions } from '../../harness/open-shop.ts';

/** Whatever is sent, the answer is precise, has the form of a problem, and nothing has changed. */
const shop = await openShop(t);
await shop.sell('s', saleOf([hallOf([rowOf('A', 6)]), floorOf(50)], { buyerLimit: 1000 }));
const buyerId = 'b';
const placed = await shop.call('POST', '/v1/sales/s/holds',
  { body: { buyerId, items: [{ areaId: 'floor', quantity: 1 }] } });
const holdId = String(placed.body['holdId']);
const one = { areaId: 'floor', quantity: 1 };
const contact = { name: 'Ana', email: 'ana@example.org' };
const order = { buyerId, holdId, contact, payment: { method: 'free' } };

const hold = (body: unknown): [string, string, CallOptions] => ['POST', '/v1/sales/s/holds', { body }];
const items = (...list: unknown[]) => hold({ buyerId, items: list });
const makes = (more: object): [string, string, CallOptions] =>
  ['POST', '/v1/sales/s/orders', { body: { ...order, ...more } }];

const BAD: [status: number, code: string, request: [string, string, CallOptions?]][] = [
  [400, 'request_invalid', hold(undefined)],
  [400, 'json_malformed', hold('')],
  [400, 'json_malformed', hold('{"items":')],
  [400, 'request_invalid', hold('[]')],
  [400, 'request_invalid', hold('"text"')],
  [400, 'request_invalid', hold('null')],
  [400, 'request_invalid', hold({})],
  [400, 'request_invalid', hold({ items: [] })],
  [400, 'request_invalid', hold({ items: 'floor' })],
  [400, 'request_invalid', hold({ buyerId, items: [one], price: 1 })],
  [400, 'json_malformed',
    hold(`{"buyerId":"b","__proto__":{"x":1},"items":[{"areaId":"floor","quantity":1}]}`)],
  [400, 'request_invalid', hold({ buyerId: 'a b', items: [one] })],
  [400, 'request_invalid', hold({ buyerId: 'a\tb', items: [one] })],
  [400, 'request_invalid', hold({ buyerId: 'x'.repeat(65), items: [one] })],
  [400, 'request_invalid', hold({ buyerId: 7, items: [one] })],
  [400, 'buyer_needed', hold({ items: [one] })],
  [400, 'request_invalid', items({})],
  [400, 'request_invalid', items({ areaId: 'floor' })],
  [400, 'request_invalid', items({ quantity: 1 })],
  [400, 'request_invalid', items({ ...one, quantity: 0 })],
  [400, 'request_invalid', items({ ...one, quantity: -1 })],
  [400, 'request_invalid', items({ ...one, quantity: 1.5 })],
  [400, 'request_invalid', items({ ...one, quantity: '1' })],
  [400, 'request_invalid', items({ ...one, quantity: 101 })],
  [400, 'request_invalid', items({ ...one, quantity: 1e300 })],
  [400, 'request_invalid', items({ ...one, quantity: null })],
  [400, 'request_invalid', items({ ...one, free: true })],
  [400, 'request_invalid', items({ ...one, bestAvailable: 1 })],
  [400, 'request_invalid', items({ ...one, seatIds: ['A1'] })],
  [400, 'request_invalid', items({ areaId: 'hall', seatIds: ['A1'] })],
  [400, 'request_invalid', items({ seatIds: [] })],
  [400, 'request_invalid', items({ seatIds: 'A1' })],
  [400, 'request_invalid', items({ seatIds: [1] })],
  [400, 'request_invalid', items({ areaId: 'hall', bestAvailable: 2, adjacent: 'sometimes' })],
  [400, 'request_invalid', items({ ...one, adjacent: 'any' })],
  [400, 'request_invalid', items(...Array.from({ length: 51 }, () => one))],
  [413, 'payload_too_large', hold(JSON.stringify({ buyerId, items: [one], x: 'x'.repeat(70_000) }))],
  [422, 'area_unknown', items({ areaId: 'moon', quantity: 1 })],
  [422, 'area_unknown', items({ areaId: '__proto__', quantity: 1 })],
  [422, 'seat_unknown', items({ seatIds: ['A1', 'Z9'] })],
  [422, 'ticket_type_unknown', items({ ...one, ticketType: 'dog' })],
  [422, 'ticket_type_unknown', items({ ...one, ticketType: 'constructor' })],
  [422, 'item_unsuitable', items({ areaId: 'hall', quantity: 1 })],
  [422, 'item_unsuitable', items({ areaId: 'floor', bestAvailable: 1 })],
  [400, 'request_invalid', items({ seatIds: ['A1', 'A1'] })],
  [400, 'request_invalid', items({ seatIds: ['A1'] }, one, { seatIds: ['A2', 'A1'], ticketType: 'child' })],
  [404, 'sale_unknown', ['POST', '/v1/sales/nothing/holds', { body: { buyerId, items: [one] } }]],
  [400, 'request_invalid', ['POST', '/v1/sales/NOTHING/holds', { body: { buyerId, items: [one] } }]],
  [400, 'idempotency_key_missing',
    ['POST', '/v1/sales/s/holds', { key: '', body: { buyerId, items: [one] } }]],
  [400, 'idempotency_key_invalid',
    ['POST', '/v1/sales/s/holds', { key: 'x'.repeat(129), body: { buyerId, items: [one] } }]],
  [400, 'idempotency_key_invalid',
    ['POST', '/v1/sales/s/holds', { key: 'a b', body: { buyerId, items: [one] } }]],
  [415, 'media_type_unsupported', ['POST', '/v1/sales/s/holds',
    { body: '<hold/>', headers: { 'content-type': 'application/xml' } }]],
  [415, 'media_type_unsupported', ['POST', '/v1/sales/s/holds',
    { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }]],
  [404, 'hold_unknown', ['GET', '/v1/sales/s/holds/h_nothing']],
  [404, 'hold_unknown', ['GET', `/v1/sales/s/holds/${encodeURIComponent('a\tb')}`]],
  [400, 'request_invalid', ['GET', `/v1/sales/s/holds/${'x'.repeat(65)}`]],
  [404, 'hold_unknown', ['GET', `/v1/sales/nothing/holds/${holdId}`]],
  [404, 'hold_unknown', ['POST', '/v1/sales/s/holds/h_nothing/extend']],
  [400, 'idempotency_key_missing', ['POST', `/v1/sales/s/holds/${holdId}/extend`, { key: '' }]],
  [400, 'request_invalid', ['POST', `/v1/sales/s/holds/${holdId}/extend`, { body: { seconds: 9999 } }]],
  [404, 'hold_unknown', ['DELETE', '/v1/sales/s/holds/h_nothing']],
  [400, 'idempotency_key_missing', ['DELETE', `/v1/sales/s/holds/${holdId}`, { key: '' }]],
  [404, 'order_unknown', ['GET', '/v1/sales/s/orders/o_nothing']],
  [404, 'hold_unknown', makes({ holdId: 'h_nothing' })],
  [404, 'hold_unknown', makes({ buyerId: 'another' })],
  [400, 'request_invalid', makes({ holdId: 5 })],
  [400, 'request_invalid', makes({ contact: undefined })],
  [400, 'request_invalid', makes({ contact: { ...contact, email: 'nobody' } })],
  [400, 'request_invalid', makes({ contact: { ...contact, phone: '1' } })],
  [400, 'request_invalid', makes({ contact: { ...contact, name: '' } })],
  [400, 'request_invalid', makes({ contact: { ...contact, name: 'nul \u0000 byte' } })],
  [400, 'request_invalid', makes({ contact: { ...contact, name: 'half \udc00' } })],
  [400, 'request_invalid', makes({ contact: { ...contact, name: 'x'.repeat(201) } })],
  [400, 'request_invalid', makes({ payment: {} })],
  [400, 'request_invalid', makes({ payment: { method: 'free', card: '4111' } })],
  [422, 'payment_method_unavailable', makes({ payment: { method: 'gold' } })],
  [400, 'idempotency_key_missing', ['POST', '/v1/sales/s/orders', { key: '', body: order }]],
  [400, 'request_invalid', ['POST', '/v1/sessions', { body: { buyerId: 'me' } }]],
  [400, 'request_invalid', ['POST', '/admin/v1/sales/s/close', { body: { at: 'now' } }]],
  [404, 'not_found', ['GET', '/v1/sales']],
  [404, 'not_found', ['PUT', '/v1/sales/s']],
  [404, 'not_found', ['POST', '/admin/v1/sales/s/explode']],
  [404, 'sale_unknown', ['GET', '/v1/sales/nothing']],
  [404, 'sale_unknown', ['GET', '/v1/sales/nothing/availability']],
  [404, 'sale_unknown', ['GET', '/v1/sales/nothing/seats']],
  [400, 'request_invalid', ['GET', '/v1/sales/s%00']],
  [400, 'request_invalid', ['GET', '/v1/sales/%zz']],
];

for (const [status, code, [method, path, options]] of BAD) {
  t.test(`${method} ${path.slice(0, 50)} ${JSON.stringify(options?.body ?? '').slice(0, 60)}: ${code}`,
    async (t) => {
    const before = await shop.dump();
    const answer = await shop.call(method, path, options);
    t.equal(answer.status, status, JSON.stringify(answer.body));
    t.match(answer.body, { code, status, title: /./, type: `urn:onsale:reason:${code}` });
    t.equal(answer.headers.get('content-type'), 'application/problem+json');
    t.match(answer.headers.get('x-trace-id'), /^[0-9a-f]{32}$/);
    t.same(await shop.dump(), before, 'no state change');
  });
}

t.test('what is no HTTP is answered and cut off, and the service goes on', async (t) => {
  const { hostname, port } = new URL(shop.selling.url);
  for (const text of ['GARBAGE\r\n\r\n', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`]) {
    const answer = await new Promise<string>((resolve) => {
      let seen = '';
      const socket = connect(Number(port), hostname, () => socket.write(text));
      socket.on('data', (data) => { seen += String(data); });
      socket.on('error', () => resolve(seen));
      socket.on('close', () => resolve(seen));
    });
    t.match(answer, /^HTTP\/1\.1 4\d\d /);
  }
  t.equal((await shop.call('GET', '/v1/sales/s')).status, 200);
});

t.test('a trace id is taken over when it has the right form', async (t) => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const of = async (headers: Record<string, string>) =>
    (await shop.call('GET', '/v1/sales/s', { headers })).headers.get('x-trace-id');
  t.equal(await of({ traceparent: `00-${traceId}-b7ad6b7169203331-01` }), traceId);
  t.equal(await of({ 'x-trace-id': traceId }), traceId);
  t.not(await of({ 'x-trace-id': 'hello' }), 'hello');
  t.not(await of({}), await of({}));
});
