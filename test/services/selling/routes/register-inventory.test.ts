import t from 'tap';
import { awaitThat } from '../../../harness/await-that.ts';
import { floorOf, hallOf, rowOf, saleOf } from '../../../harness/open-desk.ts';
import { openShop } from '../../../harness/open-shop.ts';

const shop = await openShop(t);
const input = saleOf([hallOf([rowOf('A', 6)]), floorOf(10)], {
  allowStrandedSeats: true,
  channels: [{ channelId: 'partner', allocations: [{ areaId: 'floor', quantity: 4 }] }],
});
const change = (saleId: string, body: unknown) =>
  shop.call('POST', `/admin/v1/sales/${saleId}/inventory`, { body, token: shop.stack.operatorToken });
const addCodes = (saleId: string, body: unknown) =>
  shop.call('POST', `/admin/v1/sales/${saleId}/access-codes`, { body });
const hold = (saleId: string, items: unknown, more: object = {}) =>
  shop.call('POST', `/v1/sales/${saleId}/holds`, { body: { buyerId: 'b', items, ...more } });

t.test('each change answers with what is free now', async (t) => {
  await shop.sell('live', input);
  await hold('live', [{ seatIds: ['A1'] }, { areaId: 'floor', quantity: 2 }]);
  const areas = (body: Record<string, unknown>) => body['areas'] as Record<string, unknown>[];
  const blocked = await change('live', { block: { seatIds: ['A2', 'A3'] }, reason: 'sound desk' });
  t.equal(blocked.status, 200);
  t.match(areas(blocked.body)[0], { areaId: 'hall', capacity: 6, free: 3, held: 1, blocked: 2 });
  t.match(await shop.call('GET', '/v1/sales/live/seats'), { body: { areas: [{ states: 'hbb000' }] } });
  const grown = await change('live', { capacity: 12, areaId: 'floor' });
  t.match(areas(grown.body)[1], { areaId: 'floor', capacity: 12, free: 10, held: 2, reserved: 4 });
  const shared = await change('live', { allocate: { channelId: 'partner', areaId: 'floor', quantity: 10 } });
  t.match(areas(shared.body)[1], { free: 10, reserved: 10 });
  t.match(await hold('live', [{ areaId: 'floor', quantity: 1 }]),
    { status: 409, body: { code: 'sold_out' } });
  t.match(await change('live', { price: 1500, categoryId: 'C', ticketType: 'adult' }), { status: 200 });
  t.match(await shop.call('GET', '/v1/sales/live', { token: '' }),
    { body: { version: 3, categories: [{ prices: { adult: 1500 } }] } });
  t.match(await hold('live', [{ seatIds: ['A4'] }]), { status: 201, body: { total: 1500 } });
  await shop.check('live');
});

t.test('a refusal says what would have worked, and changes nothing', async (t) => {
  await shop.sell('strict', input);
  await hold('strict', [{ seatIds: ['A1', 'A3'] }, { areaId: 'floor', quantity: 2 }]);
  const before = await shop.dump();
  for (const [body, status, answer] of [
    [{ block: { seatIds: ['A1', 'A2', 'A3'] }, reason: 'x' }, 409,
      { code: 'stock_in_use', seatIds: ['A1', 'A3'] }],
    [{ block: { areaId: 'floor', quantity: 5 }, reason: 'x' }, 409, { code: 'stock_in_use', free: 4 }],
    [{ capacity: 5, areaId: 'floor' }, 409, { code: 'capacity_in_use', minimum: 6 }],
    [{ allocate: { channelId: 'partner', areaId: 'floor', quantity: 9 } }, 409,
      { code: 'allocation_too_large', free: 8 }],
    [{ allocate: { channelId: 'x', areaId: 'floor', quantity: 1 } }, 422,
      { code: 'channel_unknown', channelId: 'x' }],
    [{ capacity: 5, groupId: 'g' }, 422, { code: 'group_unknown' }],
    [{ capacity: 5, areaId: 'attic' }, 422, { code: 'area_unknown' }],
    [{ price: 1, categoryId: 'X', ticketType: 'adult' }, 422, { code: 'category_unknown' }],
    [{ price: 1, categoryId: 'C', ticketType: 'senior' }, 422,
      { code: 'ticket_type_unknown', ticketTypes: ['adult'] }],
    [{ block: { seatIds: ['Z9'] }, reason: 'x' }, 422, { code: 'seat_unknown', seatId: 'Z9' }],
    [{ block: { seatIds: ['A2'] } }, 400, { code: 'request_invalid', detail: /reason/ }],
    [{ block: { seatIds: ['A2'] }, reason: 'x', capacity: 4 }, 400,
      { code: 'request_invalid', detail: /exactly one/ }],
    [{ surprise: 1 }, 400, { code: 'request_invalid' }],
    [{ price: -1, categoryId: 'C', ticketType: 'adult' }, 400, { code: 'request_invalid' }],
    [{ price: 1.5, categoryId: 'C', ticketType: 'adult' }, 400, { code: 'request_invalid' }],
    [[], 400, { code: 'request_invalid' }],
  ] as const) {
    t.match(await change('strict', body), { status, body: answer }, JSON.stringify(body));
  }
  t.same(await shop.dump(), before);
  t.match(await change('nothing', { capacity: 5 }), { status: 404, body: { code: 'sale_unknown' } });
});

t.test('only operators change the stock', async (t) => {
  await shop.sell('guarded', input);
  const before = await shop.dump();
  for (const path of ['inventory', 'access-codes']) {
    const ask = (token: string) => shop.call('POST', `/admin/v1/sales/guarded/${path}`, { token, body: {} });
    t.match(await ask(''), { status: 401 });
    t.match(await ask(shop.stack.checkoutKey), { status: 401 });
    t.match(await ask(shop.stack.viewerToken), { status: 403, body: { needs: 'operator' } });
  }
  t.same(await shop.dump(), before);
});

t.test('access codes: given, made, repeated, used', async (t) => {
  await shop.sell('coded', input);
  const given = { channelIds: ['partner'], codes: ['FRIENDS', 'FAMILY'], usesMax: 2 };
  t.match(await addCodes('coded', given), { status: 201, body: { codes: ['FRIENDS', 'FAMILY'] } });
  t.match(await addCodes('coded', given), { status: 200, body: { codes: ['FRIENDS', 'FAMILY'] } });
  t.match(await addCodes('coded', { ...given, codes: ['FANS', 'FAMILY', 'FRIENDS'], usesMax: 3 }),
    { status: 409, body: { code: 'code_exists', codes: ['FAMILY', 'FRIENDS'] } });
  t.match(await addCodes('coded', { ...given, channelIds: [] }), { status: 400 });
  t.match(await addCodes('coded', { ...given, channelIds: ['x'] }),
    { status: 422, body: { code: 'channel_unknown' } });
  const made = await addCodes('coded', { channelIds: ['partner'], generate: 3 });
  const [code = ''] = made.body['codes'] as string[];
  t.match(code, /^[A-Z2-9]{12}$/);
  const seven = [{ areaId: 'floor', quantity: 7 }];
  t.match(await hold('coded', seven), { status: 409, body: { code: 'sold_out', free: 6 } });
  t.match(await hold('coded', seven, { accessCode: 'friends' }),
    { status: 403, body: { code: 'access_code_unknown' } });
  t.match(await hold('coded', seven, { accessCode: code }), { status: 201 });
  t.match(await hold('coded', [{ areaId: 'floor', quantity: 1 }], { accessCode: code }),
    { status: 409, body: { code: 'access_code_used', spent: 'code' } });
  await shop.check('coded');
});

t.test('what is left of a channel is for everybody within a second of its time', async (t) => {
  const returnsAt = new Date(Date.now() + 1_500).toISOString();
  await shop.sell('timed', { ...input, channels: [{ channelId: 'partner', returnsAt,
    allocations: [{ areaId: 'floor', quantity: 4 }, { seatIds: ['A1', 'A2'] }] }] });
  const states = async () => {
    const { body } = await shop.call('GET', '/v1/sales/timed/seats');
    return (body['areas'] as { states: string }[])[0]?.states;
  };
  await awaitThat('the sweeper returns the seats', async () => await states() === '000000');
  t.match(await hold('timed', [{ areaId: 'floor', quantity: 10 }, { seatIds: ['A1'] }], { buyerId: 'b' }),
    { status: 201 });
  const { events } = await shop.check('timed');
  const returned = events.filter(({ type }) => type === 'allocation.returned');
  t.equal(returned.length, 1, 'they were the channel\'s until then');
  t.ok(returned.every(({ time }) => time >= returnsAt), 'not before its time');
});

t.test('a closed sale is opened again, and sells', async (t) => {
  await shop.sell('again', input);
  const move = (verb: string) => shop.call('POST', `/admin/v1/sales/again/${verb}`);
  t.match(await move('reopen'), { status: 200, body: { state: 'open' } });
  await move('pause');
  t.match(await move('reopen'), { status: 409, body: { code: 'sale_not_closed' } });
  await move('close');
  t.match(await hold('again', [{ areaId: 'floor', quantity: 1 }]),
    { status: 409, body: { code: 'sale_closed' } });
  for (const _ of [1, 2]) t.match(await move('reopen'), { status: 200, body: { state: 'open' } });
  t.match(await hold('again', [{ areaId: 'floor', quantity: 1 }]), { status: 201 });
  await shop.check('again');
});
