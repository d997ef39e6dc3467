import t from 'tap';
import { signPass } from '../../../../services/shared/platform/pass.ts';
import { floorOf, hallOf, rowOf, saleOf } from '../../../harness/open-desk.ts';
import { openShop } from '../../../harness/open-shop.ts';
import type { CallOptions, ShopAnswer } from '../../../harness/open-shop.ts';

const shop = await openShop(t);
const hall = saleOf([hallOf([rowOf('A', 8)]), floorOf(10)], {
  ticketTypes: [{ ticketType: 'child', minPerHold: 2, maxPerHold: 3 }],
});

async function place(saleId: string, items: object[], buyerId = 'ann'): Promise<string> {
  const { status, body } = await shop.call('POST', `/v1/sales/${saleId}/holds`,
    { body: { buyerId, items } });
  if (status !== 201) throw new Error(`not held: ${JSON.stringify(body)}`);
  return String(body['holdId']);
}

const post = (
  saleId: string,
  holdId: string,
  verb: 'release' | 'change',
  items: object[],
  more: CallOptions = {},
  shown: object = {},
) =>
  shop.call('POST', `/v1/sales/${saleId}/holds/${holdId}/${verb}`, { body: { items, ...shown }, ...more });

const seatsOf = ({ body }: ShopAnswer) => (body['items'] as { seatId?: string; areaId: string }[])
  .map(({ seatId, areaId }) => seatId ?? areaId).toSorted();

t.test('a part is given back, seats by name and places by number', async (t) => {
  await shop.sell('part', hall);
  const holdId = await place('part', [{ seatIds: ['A1', 'A2', 'A3'] }, { areaId: 'floor', quantity: 3 }]);
  const first = await post('part', holdId, 'release',
    [{ seatIds: ['A2'] }, { areaId: 'floor', quantity: 2 }]);
  t.equal(first.status, 200);
  t.same(seatsOf(first), ['A1', 'A3', 'floor']);
  t.equal(first.body['total'], 3000);
  const { body: view } = await shop.call('GET', `/v1/sales/part/holds/${holdId}`);
  t.match(view, { ...first.body, status: 'live' });
  t.match((await shop.check('part')).areas, { hall: { free: 6, held: 2 }, floor: { free: 9, held: 1 } });

  const refused = async (items: object[], status: number, body: object) => {
    const before = await shop.dump();
    t.match(await post('part', holdId, 'release', items), { status, body });
    t.same(await shop.dump(), before);
  };
  await refused([{ seatIds: ['A1', 'A2'] }], 409,
    { code: 'not_in_hold', field: '/items/0', seatIds: ['A2'] });
  await refused([{ seatIds: ['A1'] }, { areaId: 'floor', quantity: 2 }], 409,
    { code: 'not_in_hold', field: '/items/1', areaId: 'floor', ticketType: 'adult', held: 1 });
  await refused([{ areaId: 'floor', quantity: 1, ticketType: 'child' }], 409,
    { code: 'not_in_hold', held: 0 });
  await refused([{ areaId: 'floor', quantity: 1, ticketType: 'elf' }], 409, { code: 'not_in_hold' });
  await refused([{ seatIds: ['Z9'] }], 422, { code: 'seat_unknown', seatId: 'Z9' });
  await refused([{ areaId: 'moon', quantity: 1 }], 422, { code: 'area_unknown' });
  await refused([{ areaId: 'hall', quantity: 1 }], 422, { code: 'item_unsuitable' });
  await refused([{ areaId: 'floor' }], 400, { code: 'request_invalid', field: '/items/0' });
  await refused([{ seatIds: ['A1', 'A3'] }, { areaId: 'floor', quantity: 1 }], 400,
    { code: 'request_invalid', detail: /DELETE/ });
});

t.test('seats and quantities are changed in one step, with what the answer of a hold says', async (t) => {
  await shop.sell('whole', hall);
  const other = await place('whole', [{ seatIds: ['A8'] }], 'ben');
  const holdId = await place('whole', [{ seatIds: ['A1', 'A2'] }]);
  const answer = await post('whole', holdId, 'change',
    [{ seatIds: ['A2', 'A3'] }, { areaId: 'floor', quantity: 2, ticketType: 'child' }]);
  t.match(answer, { status: 200, body: { holdId, total: 3000, currency: 'EUR', together: true } });
  t.same(seatsOf(answer), ['A2', 'A3', 'floor', 'floor']);
  const refused = await post('whole', holdId, 'change', [{ seatIds: ['A7', 'A8'] }]);
  t.match(refused, { status: 409, body: { code: 'seats_taken', seatIds: ['A8'] } });
  t.match(await post('whole', holdId, 'change',
    [{ seatIds: ['A2'] }, { areaId: 'floor', quantity: 1, ticketType: 'child' }]),
  { status: 409, body: { code: 'ticket_type_minimum', ticketType: 'child', minimum: 2 } });
  t.match(await post('whole', holdId, 'change', [{ seatIds: ['A2', 'A3'] },
    { areaId: 'floor', quantity: 4, ticketType: 'child' }]),
  { status: 409, body: { code: 'ticket_type_maximum', field: undefined } });
  t.match(await post('whole', holdId, 'change', [{ seatIds: ['A2', 'A3'] }, { seatIds: ['A1', 'Z1'] }]),
    { status: 422, body: { code: 'seat_unknown', field: '/items/1' } },
    'the item is named as the request has it');
  t.match(await post('whole', holdId, 'change', [{ seatIds: ['A2', 'A3'] }, { seatIds: ['A3'] }]),
    { status: 400, body: { code: 'request_invalid', field: '/items/1', seatIds: ['A3'] } });
  t.match(await post('whole', holdId, 'release', [{ seatIds: ['A3', 'A3'] }]),
    { status: 400, body: { code: 'request_invalid', field: '/items/0', seatIds: ['A3'] } });
  t.same(seatsOf({ ...answer, body: (await shop.call('GET', `/v1/sales/whole/holds/${holdId}`)).body }),
    ['A2', 'A3', 'floor', 'floor'], 'a refused change has changed nothing');
  t.match(await post('whole', holdId, 'change', [{ areaId: 'hall', bestAvailable: 8 }]),
    { status: 409, body: { code: 'no_adjacent_seats', largest: 7 } }, 'its own seats count as free');
  t.equal(other.length > 0, true);
  await shop.check('whole');
});

t.test('only the hold\'s buyer may change it, with a key, while it lives', async (t) => {
  await shop.sell('mine', hall);
  const [ann, ben] = [await shop.buyer(), await shop.buyer()];
  const { body } = await shop.call('POST', '/v1/sales/mine/holds',
    { token: ann.token, body: { items: [{ areaId: 'floor', quantity: 3 }] } });
  const holdId = String(body['holdId']);
  const one = [{ areaId: 'floor', quantity: 1 }];
  for (const verb of ['release', 'change'] as const) {
    t.match(await post('mine', holdId, verb, one, { token: ben.token }),
      { status: 404, body: { code: 'hold_unknown' } });
    t.match(await post('mine', holdId, verb, one, { token: ann.token, key: '' }), { status: 400 });
    t.match(await post('mine', 'h_none', verb, one, { token: ann.token }), { status: 404 });
    t.match(await post('no-sale', holdId, verb, one), { status: 404 });
    t.match(await post('mine', holdId, verb, []), { status: 400, body: { code: 'request_invalid' } });
  }
  t.match(await post('mine', holdId, 'change', one, { token: ann.token }, { buyerId: ben.buyerId }),
    { status: 403, body: { code: 'buyer_mismatch' } });
  t.match(await post('mine', holdId, 'change', one, {}, { buyerId: 'ben' }), { status: 404 });
  t.match(await post('mine', holdId, 'release', one, { token: ann.token }), { status: 200 });
  for (const past of ['0', 'x']) {
    const answer = await shop.call('GET', `/v1/sales/mine/holds/${holdId}%2F${past}`, { token: ann.token });
    t.equal(answer.status, 404, 'what is kept beside a hold is no hold');
  }
  await shop.call('DELETE', `/v1/sales/mine/holds/${holdId}`, { token: ann.token });
  t.match(await post('mine', holdId, 'release', one, { token: ann.token }),
    { status: 409, body: { code: 'hold_released' } });
});

t.test('a repeat is answered as the first was, whatever happened since', async (t) => {
  await shop.sell('again', hall);
  const body = { buyerId: 'ann', items: [{ areaId: 'floor', quantity: 4 }] };
  const placed = await shop.call('POST', '/v1/sales/again/holds', { key: 'p', body });
  const holdId = String(placed.body['holdId']);
  const first = await post('again', holdId, 'release', [{ areaId: 'floor', quantity: 1 }], { key: 'k' });
  const second = await post('again', holdId, 'change', [{ seatIds: ['A1', 'A2'] }], { key: 'l' });
  t.same([first.status, second.status], [200, 200]);
  const repeats = async () => {
    const less = await post('again', holdId, 'release', [{ areaId: 'floor', quantity: 1 }], { key: 'k' });
    const seats = await post('again', holdId, 'change', [{ seatIds: ['A1', 'A2'] }], { key: 'l' });
    t.same([less.body, seats.body], [first.body, second.body]);
    t.same((await shop.call('POST', '/v1/sales/again/holds', { key: 'p', body })).body, placed.body);
    for (const [verb, items] of [['release', [{ areaId: 'floor', quantity: 2 }]],
      ['change', [{ areaId: 'floor', quantity: 1 }]]] as const) {
      t.match(await post('again', holdId, verb, [...items], { key: 'k' }),
        { status: 422, body: { code: 'idempotency_key_reused' } });
    }
  };
  await repeats();
  t.equal((await shop.call('POST', `/v1/sales/again/holds/${holdId}/extend`, { key: 'k' })).status, 200,
    'an extension has keys of its own');
  const before = await shop.dump();
  await repeats();
  t.same(await shop.dump(), before);
  const contact = { name: 'N', email: 'n@example.org' };
  t.equal((await shop.call('POST', '/v1/sales/again/orders',
    { body: { buyerId: 'ann', holdId, contact, payment: { method: 'free' } } })).status, 201);
  await repeats();
  t.match(await shop.call('POST', '/v1/sales/again/orders',
    { body: { buyerId: 'ann', holdId: `${holdId}/0`, contact, payment: { method: 'free' } } }),
  { status: 409 });
  await shop.check('again');
});

t.test('changes of one hold at once are made one after the other', async (t) => {
  await shop.sell('race', hall);
  const holdId = await place('race', [{ areaId: 'floor', quantity: 4 }]);
  const answers = await Promise.all([1, 2, 3].map((i) =>
    post('race', holdId, 'release', [{ areaId: 'floor', quantity: 1 }], { key: `k${i}` })));
  t.same(answers.map(({ status }) => status), [200, 200, 200]);
  const repeats = await Promise.all(Array.from({ length: 6 }, () =>
    post('race', holdId, 'change', [{ areaId: 'floor', quantity: 3 }], { key: 'same' })));
  for (const { status, body } of repeats) t.same([status, body], [200, repeats[0]?.body]);
  t.match((await shop.check('race')).areas, { floor: { held: 3 } });
});

t.test('a sale for those with a pass', async (t) => {
  const key = Buffer.from(shop.stack.env['PASS_SECRET'] ?? '');
  const channels = [{ channelId: 'fans', name: 'Fans', allocations: [{ seatIds: ['A1', 'A2'] }] }];
  await shop.sell('pass', { ...hall, channels, passRequired: true });
  const expiresAt = new Date(Date.now() + 60_000);
  const passFor = (buyerId: string, channelIds: string[], saleId = 'pass', until = expiresAt) =>
    signPass(key, { saleId, buyerId, channelIds, expiresAt: until });
  const claim = (buyerId: string, seatId: string, pass?: string, idempotencyKey?: string) =>
    shop.call('POST', '/v1/sales/pass/holds', {
      ...(idempotencyKey && { key: idempotencyKey }),
      body: { buyerId, items: [{ seatIds: [seatId] }], pass },
    });
  t.match(await claim('ann', 'A5'), { status: 403, body: { code: 'pass_required' } });
  for (const pass of [await passFor('ben', []), await passFor('ann', [], 'other'), 'forged',
    await passFor('ann', [], 'pass', new Date(Date.now() - 60_000))]) {
    t.match(await claim('ann', 'A5', pass), { status: 403, body: { code: 'pass_invalid' } });
  }
  t.match(await claim('ann', 'A1', await passFor('ann', [])),
    { status: 409, body: { code: 'seats_reserved' } });
  const won = await claim('ann', 'A1', await passFor('ann', ['fans', 'of another sale']), 'k');
  t.equal(won.status, 201);
  for (const pass of [undefined, 'forged', await passFor('ann', [])]) {
    t.same((await claim('ann', 'A1', pass, 'k')).body, won.body, 'a repeat needs no pass');
  }
  const holdId = String(won.body['holdId']);
  const move = (pass?: string) => post('pass', holdId, 'change', [{ seatIds: ['A2'] }], {}, { pass });
  t.match(await move(), { status: 409, body: { code: 'seats_reserved' } });
  t.match(await move('forged'), { status: 403, body: { code: 'pass_invalid' } });
  t.match(await move(await passFor('ann', ['fans'])), { status: 200 });
  await shop.check('pass');
});
