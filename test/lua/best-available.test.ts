import t from 'tap';
import { floorOf, hallOf, openDesk, rowOf, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';
import { refuses } from '../harness/refuses.ts';
import type { ItemRequest } from '../../services/shared/contracts/http-schemas.ts';

async function best(desk: Desk, id: string, item: ItemRequest): Promise<string> {
  return (await desk.seatsOf(await desk.place(id, [item]))).join(' ');
}

/** A row of its own category in its own place. */
function rowAt(rowId: string, seatCount: number, y: number, categoryId = 'C') {
  const row = rowOf(rowId, seatCount);
  return { rowId, seats: row.seats.map((seat) => ({ ...seat, y, categoryId })) };
}

const categories = [
  { categoryId: 'C', prices: { adult: 1000 } }, { categoryId: 'D', prices: { adult: 300, child: 100 } },
];

t.test('in a category, and anywhere, by distance from the focal point', async (t) => {
  const areas = [
    hallOf([rowAt('L1', 4, 10), rowAt('L2', 4, 2, 'D')], 'left'),
    hallOf([rowAt('R1', 4, 1), rowAt('R2', 4, 5, 'D')], 'right'),
  ];
  const desk = await openDesk(t, saleOf(areas, { categories, focalPoint: { x: 2.5, y: 0 } }));
  t.equal(await best(desk, 'a', { bestAvailable: 4 }), 'R11 R12 R13 R14', 'the row nearest to the point');
  t.equal(await best(desk, 'b', { bestAvailable: 4 }), 'L21 L22 L23 L24', 'the next, in another area');
  t.equal(await best(desk, 'c', { categoryId: 'C', bestAvailable: 2 }), 'L12 L13');
  t.equal(await best(desk, 'd', { categoryId: 'D', bestAvailable: 3 }), 'R21 R22 R23');
  await refuses(t, desk, () => desk.place('x', [{ categoryId: 'D', bestAvailable: 2 }]),
    'no_adjacent_seats', 'c1.1');
  await refuses(t, desk, () => desk.place('x', [{ bestAvailable: 3 }]), 'no_adjacent_seats', 'v.1');
  t.equal(await best(desk, 'e', { areaId: 'right', categoryId: 'D', bestAvailable: 1 }), 'R24');
  await refuses(t, desk, () => desk.place('x', [{ areaId: 'right', bestAvailable: 1 }]), 'sold_out', 'a1.0');
  await refuses(t, desk, () => desk.place('x', [{ categoryId: 'D', bestAvailable: 1 }]), 'sold_out', 'c1.0');
  await desk.check();
});

t.test('the order a sale gives itself comes before any distance', async (t) => {
  const rows = [rowAt('A', 2, 1), rowAt('B', 2, 2), rowAt('C', 2, 3)];
  const desk = await openDesk(t, saleOf([hallOf(rows)], {
    categories, focalPoint: { x: 0, y: 0 }, order: [{ areaId: 'hall', rowId: 'C' }],
  }));
  t.equal(await best(desk, 'a', { bestAvailable: 2 }), 'C1 C2');
  t.equal(await best(desk, 'b', { areaId: 'hall', bestAvailable: 2 }), 'A1 A2');
});

t.test('a ticket type that only some categories sell', async (t) => {
  const rows = [rowAt('A', 4, 1), rowAt('B', 4, 2, 'D')];
  const desk = await openDesk(t, saleOf([hallOf(rows)], { categories }));
  t.equal(await best(desk, 'a', { bestAvailable: 2, ticketType: 'child' }), 'B2 B3', 'where it is sold');
  t.equal(await best(desk, 'b', { bestAvailable: 2 }), 'A2 A3');
  await desk.check();
});

t.test('of no type that is named, each place has the first that is sold there', async (t) => {
  const kinds = [{ categoryId: 'C', prices: { adult: 1000 } }, { categoryId: 'D', prices: { student: 300 } }];
  const areas = [hallOf([rowOf('A', 2)]), hallOf([rowOf('B', 2, { categoryIds: ['D', 'D'] })], 'balcony')];
  const desk = await openDesk(t, saleOf(areas, { categories: kinds }));
  const two = { bestAvailable: 2 };
  t.equal(await best(desk, 'a', two), 'A1 A2');
  await refuses(t, desk, () => desk.place('x', [{ ...two, ticketType: 'adult' }]), 'sold_out', 'v.0');
  t.equal(await best(desk, 'b', two), 'B1 B2', 'as who names no type may choose these seats');
  await desk.check();
  const limited = await openDesk(t, saleOf(areas, {
    categories: kinds, ticketTypes: [{ ticketType: 'student', maxPerHold: 1 }] }));
  await t.rejects(limited.place('a', [two]), /request_invalid/,
    'how many of each there would be is not known before');
  t.equal(await best(limited, 'c', { ...two, ticketType: 'adult' }), 'A1 A2');
});

t.test('a block may stand across categories where none of one is large enough', async (t) => {
  const row = rowOf('A', 8, { categoryIds: ['C', 'C', 'C', 'D', 'D', 'C', 'C', 'C'], aisleAfter: [6] });
  const desk = await openDesk(t, saleOf([hallOf([row])], { categories }));
  t.equal(await best(desk, 'a', { areaId: 'hall', bestAvailable: 2 }), 'A4 A5', 'in one category first');
  await desk.release('a');
  t.equal(await best(desk, 'b', { areaId: 'hall', bestAvailable: 5 }), 'A2 A3 A4 A5 A6', 'by the middle');
  const { events } = await desk.check();
  t.match(events.at(-1), { data: { total: 3600,
    items: [{ price: 1000, quantity: 2 }, { price: 300, quantity: 2 }, { price: 1000, quantity: 1 }] } });
  await refuses(t, desk, () => desk.place('x', [{ bestAvailable: 3 }]), 'no_adjacent_seats', 'v.2');
});

t.test('what cannot be together is split by the policy of the request', async (t) => {
  const rows = [rowOf('A', 3), rowOf('B', 2), rowOf('C', 4), rowOf('D', 3)];
  const open = () => openDesk(t, saleOf([hallOf(rows)]));
  const required = await open();
  await refuses(t, required, () =>
    required.place('x', [{ areaId: 'hall', bestAvailable: 6, adjacent: 'required' }]),
  'no_adjacent_seats', 'a0.4');
  const preferred = await open();
  t.equal(await best(preferred, 'a', { areaId: 'hall', bestAvailable: 6, adjacent: 'preferred' }),
    'C1 C2 C3 C4 B1 B2', 'over neighbouring rows');
  t.equal(await best(preferred, 'b', { areaId: 'hall', bestAvailable: 6, adjacent: 'preferred' }),
    'A1 A2 A3 D1 D2 D3', 'else anywhere');
  await preferred.check();
  const any = await open();
  t.equal(await best(any, 'a', { areaId: 'hall', bestAvailable: 6, adjacent: 'any' }), 'C1 C2 C3 C4 A1 A2');
  await refuses(t, any, () => any.place('x', [{ areaId: 'hall', bestAvailable: 7, adjacent: 'any' }]),
    'sold_out', 'a0.6');
  await any.check();
});

t.test('accessible places and their companions are for those who ask', async (t) => {
  const seats = rowOf('A', 6).seats.map((seat, i) =>
    ({ ...seat, ...(i === 2 && { accessible: true }), ...(i === 3 && { companion: true }) }));
  const desk = await openDesk(t, saleOf([hallOf([{ rowId: 'A', seats }, rowOf('B', 2)])]));
  t.equal((await desk.check()).seats, '00wc0000');
  await refuses(t, desk, () => desk.place('x', [{ areaId: 'hall', bestAvailable: 3 }]),
    'no_adjacent_seats', 'a0.2');
  await refuses(t, desk, () => desk.place('x', [{ seatIds: ['A2', 'A3', 'A4'] }]), 'seats_reserved', '2.3');
  t.equal(await best(desk, 'a', { areaId: 'hall', bestAvailable: 2, accessible: true }), 'A3 A4');
  await refuses(t, desk, () => desk.place('x', [{ bestAvailable: 2, accessible: true }]),
    'sold_out', 'v.0');
  await desk.release('a');
  t.equal((await desk.check()).seats, '00wc0000', 'they stay what they are');
  t.ok((await desk.place('b', [{ seatIds: ['A3', 'A4'], accessible: true }])).ok);
  t.equal((await desk.check()).seats, '00hh0000');
});

t.test('of too few seats beside an accessible place the answer says how many there are', async (t) => {
  const accessible = new Set([0, 8]);
  const seats = rowOf('A', 10).seats.map((seat, i) =>
    ({ ...seat, ...(accessible.has(i) && { accessible: true }), ...(i === 1 && { companion: true }) }));
  const desk = await openDesk(t, saleOf([hallOf([{ rowId: 'A', seats }])], { capacity: 4 }));
  t.ok((await desk.place('others', [{ seatIds: ['A4', 'A8'] }])).ok);
  const wish = (n: number) => [{ bestAvailable: n, accessible: true }];
  await refuses(t, desk, () => desk.place('x', wish(4)), 'no_adjacent_seats', 'v.2');
  await desk.release('others');
  await refuses(t, desk, () => desk.place('x', wish(7)), 'no_adjacent_seats', 'v.4');
  t.equal(await best(desk, 'a', { bestAvailable: 3, accessible: true }), 'A1 A2 A3');
  await desk.check();
});

t.test('of accessible places the one with most companions is taken, of equal ones the first', async (t) => {
  const rowLike = (bytes: string) => ({
    rowId: 'A',
    seats: rowOf('A', bytes.length).seats.map((seat, i) => ({
      ...seat, ...(bytes[i] === 'w' && { accessible: true }), ...(bytes[i] === 'c' && { companion: true }),
    })),
  });
  const cases: [row: string, n: number, found: string][] = [
    ['0w00w0', 1, 'A2'], ['0w00w0', 2, 'A1 A2'], ['00000w', 2, 'A5 A6'], ['0w00cw', 2, 'A5 A6'],
    ['w00000', 6, 'A1 A2 A3 A4 A5 A6'],
  ];
  for (const [bytes, n, found] of cases) {
    const desk = await openDesk(t, saleOf([hallOf([rowLike(bytes)])]));
    const wish = { areaId: 'hall', bestAvailable: n, accessible: true };
    t.equal(await best(desk, 'a', wish), found, `${n} of ${bytes}`);
    await desk.check();
  }
  const alone = await openDesk(t, saleOf([hallOf([rowLike('00w0')])]));
  t.ok((await alone.place('others', [{ seatIds: ['A2', 'A4'] }])).ok);
  await refuses(t, alone, () => alone.place('x', [{ areaId: 'hall', bestAvailable: 4, accessible: true }]),
    'no_adjacent_seats', 'a0.1');
});

t.test('accessible places are of the area that is asked for, whichever has some before it', async (t) => {
  const rowWith = (name: string) =>
    rowOf(name, 3).seats.map((seat, i) => ({ ...seat, ...(i === 1 && { accessible: true }) }));
  const areas = ['A', 'B'].map((name) =>
    hallOf([{ ...rowOf(name, 3), seats: rowWith(name) }], `hall-${name.toLowerCase()}`));
  const desk = await openDesk(t, saleOf(areas));
  t.equal(await best(desk, 'a', { areaId: 'hall-b', bestAvailable: 1, accessible: true }), 'B2');
  await desk.check();
});

t.test('as many are together as a bound can say', async (t) => {
  const limits = { buyerLimit: 300, holdLimit: 300 };
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 127)])], limits));
  t.equal((await desk.seatsOf(await desk.place('a', [{ bestAvailable: 127 }]))).length, 127);
  await desk.check();
});

t.test('the seats of a channel are for who has its code', async (t) => {
  const channels = [{ channelId: 'fans', allocations: [{ seatIds: ['A3', 'A4', 'A5'] }] },
    { channelId: 'press', allocations: [{ seatIds: ['B1'] }] }];
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 6), rowOf('B', 4)])], { channels }));
  t.equal((await desk.check()).seats, '00AAA0B000');
  await refuses(t, desk, () => desk.place('x', [{ areaId: 'hall', bestAvailable: 4 }]),
    'no_adjacent_seats', 'a0.3');
  await refuses(t, desk, () => desk.place('x', [{ seatIds: ['A2', 'A3'] }]), 'seats_reserved', '2');
  const answer = await desk.place('a', [{ areaId: 'hall', bestAvailable: 5 }], { opened: 'A' });
  t.equal((await desk.seatsOf(answer)).join(' '), 'A1 A2 A3 A4 A5');
  const { events, seats } = await desk.check();
  t.equal(seats, 'hhhhh0B000');
  t.match(events.at(-1)?.data, { items: [{ quantity: 2 }, { quantity: 3, channelId: 'fans' }] });
  await desk.release('a');
  t.equal((await desk.check()).seats, '00AAA0B000', 'they go back to the channel');
});

t.test('a refused claim of several items leaves the bounds of what it had taken', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 4)]), floorOf(1)]));
  await refuses(t, desk, () => desk.place('x', [
    { areaId: 'hall', bestAvailable: 3 }, { areaId: 'hall', bestAvailable: 1 },
    { areaId: 'floor', quantity: 2 },
  ]), 'sold_out', 'k1.1');
  t.equal(await best(desk, 'a', { areaId: 'hall', bestAvailable: 4 }), 'A1 A2 A3 A4');
  const both = await Promise.all([
    desk.place('y', [{ areaId: 'floor', quantity: 2 }]), desk.place('b', [{ areaId: 'floor', quantity: 1 }]),
  ]);
  t.same(both.map(({ ok }) => ok), [false, true]);
  await desk.check();
});

t.test('two blocks in neighbouring rows fit the counters above them together', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 3), rowOf('B', 3)])], { capacity: 3 }));
  await refuses(t, desk, () => desk.place('x', [{ areaId: 'hall', bestAvailable: 4, adjacent: 'preferred' }]),
    'sold_out', 'a0.3');
  t.equal(await best(desk, 'a', { areaId: 'hall', bestAvailable: 3 }), 'A1 A2 A3');
  await desk.check();
});

t.test('an area that comes first and the whole sale are looked at in one call, each by itself', async (t) => {
  const balcony = hallOf([rowAt('B', 4, 2)], 'balcony');
  const desk = await openDesk(t, saleOf([hallOf([rowAt('A', 2, 1)]), balcony], { categories }));
  const answers = await Promise.all([
    desk.place('a', [{ areaId: 'hall', bestAvailable: 3 }]),
    desk.place('b', [{ bestAvailable: 3 }]),
  ]);
  t.match(answers[0], { reason: 'no_adjacent_seats', detail: 'a0.2' });
  t.equal((await desk.seatsOf(answers[1])).join(' '), 'B1 B2 B3');
  await desk.check();
});

t.test('two neighbouring rows have no room for more than their group or venue', async (t) => {
  const rows = [rowAt('A', 3, 1), rowAt('B', 3, 2)];
  const desk = await openDesk(t, saleOf([hallOf(rows)], { categories, capacity: 3 }));
  await refuses(t, desk, () => desk.place('a', [{ bestAvailable: 4, adjacent: 'preferred' }]), 'sold_out',
    'v.3');
  t.equal(await best(desk, 'b', { bestAvailable: 3, adjacent: 'preferred' }), 'A1 A2 A3');
  await desk.check();
});

t.test('a full area inside an order of its own hides neither what is before nor behind it', async (t) => {
  const full = Array.from({ length: 20 }, (_, i) => rowAt(`F${i}x`, 4, 1));
  const areas = [hallOf(full, 'full'), hallOf([rowAt('O', 7, 2)], 'open'),
    hallOf([rowAt('P', 2, 3)], 'last'), floorOf(1)];
  const desk = await openDesk(t, saleOf(areas, {
    allowStrandedSeats: false, order: [{ areaId: 'open', rowId: 'O' }],
    groups: [{ groupId: 'f', capacity: 1, areaIds: ['full'] },
      { groupId: 'p', capacity: 2, areaIds: ['last', 'floor'] }],
  }));
  t.ok((await desk.place('others', [{ seatIds: ['O4'] }])).ok);
  t.equal(await best(desk, 'a', { bestAvailable: 2 }), 'P1 P2', 'beside O4 one would be alone');
  t.equal(await best(desk, 'b', { bestAvailable: 2 }), 'O2 O3', 'where nothing else is left');
  await desk.check();
});

t.test('preferred looks on where the first row has no neighbour, and where a row has fewer than was thought',
  async (t) => {
    const rows = [rowOf('P', 4), rowOf('Q', 1), rowOf('R', 1), rowOf('S', 1), rowOf('T', 4), rowOf('U', 2)];
    const first = await openDesk(t, saleOf([hallOf(rows)]));
    const six = { areaId: 'hall', bestAvailable: 6, adjacent: 'preferred' } as const;
    t.equal(await best(first, 'a', six), 'T1 T2 T3 T4 U1 U2');
    await first.check();
    const fewer = [rowOf('Z', 2), rowOf('Y', 1), rowOf('X', 1), rowOf('W', 1), rowOf('A', 5), rowOf('B', 2)];
    const second = await openDesk(t, saleOf([hallOf(fewer)]));
    t.ok((await second.place('others', [{ seatIds: ['A5'] }])).ok);
    t.equal(await best(second, 'a', six), 'A1 A2 A3 A4 B1 B2');
    await second.check();
  });
