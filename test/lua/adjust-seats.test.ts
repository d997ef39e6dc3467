import t from 'tap';
import type { Test } from 'tap';
import { adjustStock } from '../../services/selling/adjust-stock.ts';
import { SEATS_PER_ADJUSTMENT_MAX } from '../../services/shared/contracts/inventory-schemas.ts';
import type { InventoryRequest } from '../../services/shared/contracts/inventory-schemas.ts';
import { partitionKeys, saleKeyList, saleKeys } from '../../services/shared/contracts/keys.ts';
import { hallOf, openDesk, rowOf, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';
import { readEvents, readStock } from '../harness/read-stock.ts';

const adjust = (desk: Desk, request: InventoryRequest) =>
  adjustStock(desk, desk.saleId, request, 'operator:ann 0');
const block = (seatIds: string[]): InventoryRequest => ({ block: { seatIds }, reason: 'camera' });
const unblock = (seatIds: string[]): InventoryRequest => ({ unblock: { seatIds }, reason: 'camera gone' });

/** Rows A and B of eight: A7 is an accessible place and A8 its companion, B1 and B2 are the partner's. */
function input() {
  const rowA = rowOf('A', 8);
  Object.assign(rowA.seats[6] ?? {}, { accessible: true });
  Object.assign(rowA.seats[7] ?? {}, { companion: true });
  return saleOf([hallOf([rowA, rowOf('B', 8)])], {
    allowStrandedSeats: true,
    channels: [
      { channelId: 'partner', allocations: [{ seatIds: ['B1', 'B2'] }] }, { channelId: 'box-office' },
    ],
  });
}

/** Refused with that reason and detail; nothing in Redis has changed. */
async function refused(t: Test, desk: Desk, request: InventoryRequest, reason: string, detail?: string) {
  const before = await desk.dump();
  const answer = await adjust(desk, request);
  const refusal = 'refusal' in answer ? answer.refusal : answer;
  t.match(refusal, { reason, ...detail !== undefined && { detail } }, JSON.stringify(request));
  t.same(await desk.dump(), before, `${reason} changes nothing`);
}

t.test('seats are blocked and come back as what they were, each once in the log', async (t) => {
  const desk = await openDesk(t, input());
  t.same(await adjust(desk, block(['A1', 'A7', 'B1', 'B3', 'A1'])), { ok: true, text: '' });
  let stock = await readStock(desk);
  t.equal(stock.seats, 'b00000bcbAb00000');
  t.same(stock.counters, { hall: '12 0 0 4' });
  t.match((await readEvents(desk)).at(-1), { type: 'stock.blocked', actor: 'operator:ann',
    data: { areaId: 'hall', seatIds: ['A1', 'A7', 'B1', 'B3'], reason: 'camera' } });

  const before = await desk.dump();
  t.match(await adjust(desk, block(['A1', 'B3'])), { ok: true });
  t.same(await desk.dump(), before, 'a repeat changes nothing');
  t.match(await adjust(desk, block(['A1', 'A2'])), { ok: true });
  t.same((await readEvents(desk)).at(-1)?.data, { areaId: 'hall', seatIds: ['A2'], reason: 'camera' },
    'the log names what changed');

  t.match(await adjust(desk, unblock(['A1', 'A2', 'A3', 'A7', 'B1', 'B3'])), { ok: true });
  stock = await readStock(desk);
  t.equal(stock.seats, '000000wcAA000000');
  t.same(stock.counters, { hall: '16 0 0 0' });
  t.match((await readEvents(desk)).at(-1),
    { type: 'stock.unblocked', data: { seatIds: ['A1', 'A2', 'A7', 'B1', 'B3'] } });
  await desk.check();
});

t.test('blocking is all or nothing, and names what is held or sold', async (t) => {
  const desk = await openDesk(t, input());
  await desk.place('a', [{ seatIds: ['A2', 'A3'] }]);
  await desk.place('b', [{ seatIds: ['A4'] }]);
  await desk.confirm('b', 'o');
  await refused(t, desk, block(['A1', 'A2', 'A4']), 'stock_in_use', '1.3');
  await refused(t, desk, block(['A1', 'X9']), 'seat_unknown');
  await desk.release('a');
  await refused(t, desk, block(['A1', 'A2', 'A4']), 'stock_in_use', '3');
  t.match(await adjust(desk, block(['A1', 'A2'])), { ok: true });
  t.match(await desk.place('c', [{ seatIds: ['A2'] }]), { reason: 'seats_taken' });
  t.equal((await readStock(desk)).seats, 'bb0s00wcAA000000');
  await desk.check();
});

t.test('a hold that has lapsed is not in the way', async (t) => {
  const desk = await openDesk(t, input());
  await desk.setHoldMs(20);
  await desk.place('a', [{ seatIds: ['A2', 'A3'] }]);
  await desk.awaitLapse();
  t.match(await adjust(desk, block(['A2'])), { ok: true });
  t.match((await readEvents(desk)).slice(-2), [{ type: 'hold.expired' }, { type: 'stock.blocked' }]);
  t.equal((await readStock(desk)).seats[1], 'b');
  await desk.check();
});

t.test('best available finds what was unblocked, moved or released, in every order of looking', async (t) => {
  const desk = await openDesk(t, input());
  const all = (row: string) => Array.from({ length: 8 }, (_, i) => `${row}${i + 1}`);
  await adjust(desk, block([...all('A'), ...all('B')]));
  for (const items of [[{ areaId: 'hall', bestAvailable: 1 }], [{ categoryId: 'C', bestAvailable: 1 }]]) {
    t.match(await desk.place('none', items), { reason: 'sold_out' });
  }
  await adjust(desk, unblock(['B3', 'B4', 'B5']));
  await readStock(desk);
  const placed = await desk.place('a', [{ categoryId: 'C', bestAvailable: 3 }]);
  t.same(await desk.seatsOf(placed), ['B3', 'B4', 'B5']);
  await desk.release('a');
  t.match(await adjust(desk, { allocate: { channelId: 'box-office', seatIds: ['B3', 'B4'] } }), { ok: true });
  t.match(await desk.place('b', [{ bestAvailable: 2 }]), { reason: 'no_adjacent_seats' });
  const office = await desk.place('c', [{ bestAvailable: 3 }], { opened: 'B' });
  t.same(await desk.seatsOf(office), ['B3', 'B4', 'B5'], 'the channel sees its own and those for everybody');
  await readStock(desk);
  await desk.check();
});

t.test('seats move between channels while others claim; what is held keeps its place', async (t) => {
  const desk = await openDesk(t, input());
  const move = (channelId: string | null, seatIds: string[]): InventoryRequest =>
    ({ allocate: { channelId, seatIds } });
  await desk.place('p', [{ seatIds: ['B1'] }], { opened: 'A' });
  await refused(t, desk, move('box-office', ['B1', 'B2', 'B3']), 'stock_in_use', '8');
  await refused(t, desk, move('box-office', ['A6', 'A7']), 'seats_reserved', '6');
  await refused(t, desk, move('nobody', ['B3']), 'channel_unknown');
  t.match(await adjust(desk, move('partner', ['B1', 'B2', 'B3'])), { ok: true },
    'a seat of the channel may be held: it is so already');
  t.same((await readEvents(desk)).at(-1)?.data, { areaId: 'hall', channelId: 'partner', seatIds: ['B3'] });
  t.match(await adjust(desk, move(null, ['B2', 'B3'])), { ok: true });
  t.same((await readEvents(desk)).at(-1)?.data, { areaId: 'hall', channelId: null, seatIds: ['B2', 'B3'] });
  t.match(await desk.place('e', [{ seatIds: ['B2'] }]), { ok: true });
  await desk.release('p');
  const { seats, homes } = await readStock(desk);
  t.same([seats, homes], ['000000wcAh000000', '000000wcA0000000']);
  await desk.check();
});

t.test('a sale that had no homes learns of them', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 4)])], {
    allowStrandedSeats: true, channels: [{ channelId: 'partner' }],
  }));
  const homes = () => desk.redis.hget(saleKeys(desk.partition, desk.saleId).sale, 'homes');
  for (const request of [block(['A1']), unblock(['A1'])]) {
    t.match(await adjust(desk, request), { ok: true });
    t.equal(await homes(), '0', 'all are at home where everybody is');
  }
  await adjust(desk, { allocate: { channelId: 'partner', seatIds: ['A1', 'A2'] } });
  t.equal(await homes(), '1');
  t.match(await desk.define(saleOf([hallOf([rowOf('A', 4)])], {
    name: 'Macbeth', allowStrandedSeats: true, channels: [{ channelId: 'partner' }],
  })), { created: false }, 'a new definition of the same seats');
  await desk.place('a', [{ seatIds: ['A1'] }], { opened: 'A' });
  await desk.release('a');
  t.equal((await readStock(desk)).seats, 'AA00', 'what is given back goes home');
  t.match(await desk.place('b', [{ seatIds: ['A1'] }]), { reason: 'seats_reserved' });
  await desk.check();
});

t.test('accessible places are released: one, an area, all', async (t) => {
  const desk = await openDesk(t, input());
  t.match(await desk.place('a', [{ seatIds: ['A7'] }]), { reason: 'seats_reserved' });
  t.match(await desk.place('a', [{ seatIds: ['A8'], accessible: true }]), { ok: true });
  t.match(await adjust(desk, { release: { seatIds: ['A8', 'A1'] } }), { ok: true });
  t.same((await readEvents(desk)).at(-1)?.data, { areaId: 'hall', seatIds: ['A8'] });
  await desk.release('a');
  t.equal((await readStock(desk)).seats, '000000w0AA000000', 'what was held comes back for everybody');
  await adjust(desk, block(['A7']));
  t.match(await adjust(desk, { release: { all: true } }), { ok: true });
  await adjust(desk, unblock(['A7']));
  t.equal((await readStock(desk)).seats, '00000000AA000000');
  const before = await desk.dump();
  t.match(await adjust(desk, { release: { areaId: 'hall' } }), { ok: true });
  t.same(await desk.dump(), before);
  await refused(t, desk, { release: { areaId: 'attic' } }, 'area_unknown');
  await desk.check();
});

t.test('in a draft too; a closed sale and one that does not exist change nothing', async (t) => {
  const desk = await openDesk(t, input(), { isOpen: false });
  t.match(await adjust(desk, block(['A1'])), { ok: true });
  await desk.move('open');
  await desk.move('pause');
  t.match(await adjust(desk, block(['A2'])), { ok: true });
  t.equal((await readStock(desk)).seats.slice(0, 3), 'bb0');
  await desk.move('close');
  await refused(t, desk, block(['A3']), 'sale_closed');
  t.match(await adjustStock(desk, 'nothing', block(['A3']), 'operator:ann 0'), { reason: 'sale_unknown' });
  await desk.check();
});

t.test('the same call sent again, and one made for a layout before', async (t) => {
  const desk = await openDesk(t, input(), { isOpen: false });
  await adjust(desk, block(['A1']));
  const before = await desk.dump();
  t.equal(await desk.resend(), 'ok');
  t.same(await desk.dump(), before);
  await desk.define(saleOf([hallOf([rowOf('A', 4)])]));
  const keys = [partitionKeys(desk.partition).due, ...saleKeyList(desk.partition, 'hamlet')];
  const args = ['c 0', 'hamlet', 1, 'block', '', 0, '{"areaId":"hall",', 1, 0, 0, '"A1"'];
  t.equal(await desk.stock.call(desk.partition, 'adjust-seats', keys, args), 'stale');
  t.equal((await readStock(desk)).seats, '0000', 'a draft that is defined anew begins anew');
  await desk.check();
});

t.test('as many seats as one call takes, of one long row; more are refused', async (t) => {
  const row = rowOf('A', 2 * SEATS_PER_ADJUSTMENT_MAX);
  for (const seat of row.seats.slice(SEATS_PER_ADJUSTMENT_MAX - 1)) Object.assign(seat, { accessible: true });
  const desk = await openDesk(t, saleOf([hallOf([row])]));
  const odd = row.seats.filter((_, i) => i % 2 === 0).map(({ seatId }) => seatId);
  t.equal(odd.length, SEATS_PER_ADJUSTMENT_MAX);
  t.match(await adjust(desk, block(odd.toReversed())), { ok: true });
  const half = SEATS_PER_ADJUSTMENT_MAX / 2;
  t.equal((await readStock(desk)).seats, `${'b0'.repeat(half - 1)}bw${'bw'.repeat(half)}`);
  t.match(await adjust(desk, unblock(odd)), { ok: true });
  t.equal((await readStock(desk)).seats, `${'0'.repeat(2 * half - 1)}${'w'.repeat(2 * half + 1)}`);
  await refused(t, desk, { release: { all: true } }, 'request_invalid');
  t.match(await adjust(desk, { release: { seatIds: odd.slice(-half) } }), { ok: true });
  await desk.check();
});
