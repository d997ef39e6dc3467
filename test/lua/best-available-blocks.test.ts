import t from 'tap';
import type { ItemRequest } from '../../services/shared/contracts/http-schemas.ts';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, hallOf, openDesk, rowOf, saleOf } from '../harness/open-desk.ts';
import type { Desk, PlaceMore } from '../harness/open-desk.ts';
import { refuses } from '../harness/refuses.ts';

async function best(desk: Desk, id: string, item: ItemRequest, more?: PlaceMore): Promise<string> {
  return (await desk.seatsOf(await desk.place(id, [item], more))).join(' ');
}

const hall = (n: number, adjacent?: 'preferred' | 'any'): ItemRequest =>
  ({ areaId: 'hall', bestAvailable: n, ...(adjacent && { adjacent }) });

const categories = [
  { categoryId: 'C', prices: { adult: 1000 } }, { categoryId: 'D', prices: { adult: 300, child: 100 } },
];

t.test('of free runs in a row the one nearest its middle is taken, of equal ones the first', async (t) => {
  const numbers = Array.from({ length: 12 }, (_, i) => `A${i + 1}`);
  const cases: [free: string, n: number, taken: string][] = [
    ['A2 A3 A9 A10', 2, 'A9 A10'],
    ['A3 A4 A10 A11', 2, 'A3 A4'],
    ['A3 A4 A9 A10', 2, 'A3 A4'],
    ['A1 A2 A5 A6 A11 A12', 2, 'A5 A6'],
    ['A1 A2 A3 A9 A10', 2, 'A9 A10'],
    ['A1 A2 A3 A4 A10 A11', 2, 'A3 A4'],
    ['A2 A10 A11 A12', 2, 'A10 A11'],
    ['A1 A9', 1, 'A9'],
    ['A4 A9', 1, 'A4'],
    ['A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12', 3, 'A5 A6 A7'],
  ];
  for (const [free, n, taken] of cases) {
    const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 12)])]));
    const others = numbers.filter((seatId) => !free.split(' ').includes(seatId));
    if (others.length > 0) await desk.place('others', [{ seatIds: others }]);
    t.equal(await best(desk, 'a', hall(n)), taken, `${n} of ${free}`);
    await desk.check();
  }
});

t.test('a block over several categories fits all that counts it, where its type is sold', async (t) => {
  const row = rowOf('A', 6, { categoryIds: ['C', 'C', 'D', 'D', 'C', 'C'] });
  const groups = [{ groupId: 'g', capacity: 5, areaIds: ['hall', 'floor'] }];
  const desk = await openDesk(t, saleOf([hallOf([row]), floorOf(3)], { categories, groups }));
  await refuses(t, desk, () => desk.place('x', [{ ...hall(3), ticketType: 'child' }]),
    'no_adjacent_seats', 'a0.2');
  t.equal(await best(desk, 'a', hall(5)), 'A1 A2 A3 A4 A5');
  await desk.release('a');
  t.ok((await desk.place('b', [{ areaId: 'floor', quantity: 1 }])).ok);
  await refuses(t, desk, () => desk.place('x', [hall(5)]), 'no_adjacent_seats', 'a0.4');
  t.equal(await best(desk, 'c', hall(4)), 'A2 A3 A4 A5');
  await desk.check();
});

t.test('a block over two of three categories takes nothing of the third', async (t) => {
  const row = rowOf('A', 9, { categoryIds: [...'CCCDDDCCC'] });
  const desk = await openDesk(t, saleOf([hallOf([row])], { categories }));
  t.ok((await desk.place('others', [{ seatIds: ['A1', 'A5', 'A9'] }])).ok);
  t.equal(await best(desk, 'a', hall(3)), 'A2 A3 A4');
  t.same((await desk.check()).areas['hall'], { free: 3, held: 6, sold: 0 });
  t.equal(await best(desk, 'b', hall(3)), 'A6 A7 A8');
  t.same((await desk.check()).areas['hall'], { free: 0, held: 9, sold: 0 });
});

t.test('a block over several categories takes the seats of its channel, not of others', async (t) => {
  const row = rowOf('A', 6, { categoryIds: ['C', 'C', 'C', 'D', 'D', 'D'] });
  const channels = [
    { channelId: 'fans', allocations: [{ seatIds: ['A3', 'A4'] }] },
    { channelId: 'press', allocations: [{ seatIds: ['A6'] }] },
  ];
  const desk = await openDesk(t, saleOf([hallOf([row])], { categories, channels }));
  t.equal((await desk.check()).seats, '00AA0B');
  await refuses(t, desk, () => desk.place('x', [hall(3)]), 'no_adjacent_seats', 'a0.2');
  t.equal(await best(desk, 'a', hall(5), { opened: 'A' }), 'A1 A2 A3 A4 A5');
  const { events, seats } = await desk.check();
  t.equal(seats, 'hhhhhB');
  t.match(events.at(-1)?.data, { items: [
    { categoryId: 'C', quantity: 2 }, { categoryId: 'C', quantity: 1, channelId: 'fans' },
    { categoryId: 'D', quantity: 1, channelId: 'fans' }, { categoryId: 'D', quantity: 1 },
  ] });
  await desk.release('a');
  t.equal((await desk.check()).seats, '00AA0B');
});

t.test('who opens two channels is shown the seats of either with those of everybody', async (t) => {
  const channels = [
    { channelId: 'fans', allocations: [{ seatIds: ['A1', 'A2', 'A3'] }] },
    { channelId: 'press', allocations: [{ seatIds: ['B1', 'B2', 'B3', 'B4'] }] },
  ];
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 4), rowOf('B', 5)])], { channels }));
  t.equal((await desk.check()).seats, 'AAA0BBBB0');
  t.equal(await best(desk, 'a', hall(5), { opened: 'AB' }), 'B1 B2 B3 B4 B5', 'by the second');
  t.equal(await best(desk, 'b', hall(4), { opened: 'AB' }), 'A1 A2 A3 A4', 'by the first');
  await desk.release('a');
  await desk.release('b');
  t.equal((await desk.check()).seats, 'AAA0BBBB0');
  t.equal(await best(desk, 'c', hall(4), { opened: 'B' }), 'B1 B2 B3 B4');
  await refuses(t, desk, () => desk.place('x', [hall(2)], { opened: 'B' }), 'no_adjacent_seats', 'a0.1');
  await desk.check();
});

t.test('what cannot be together is taken from all channels that are opened', async (t) => {
  const channels = [
    { channelId: 'fans', allocations: [{ seatIds: ['A1', 'A2'] }] },
    { channelId: 'press', allocations: [{ seatIds: ['B1', 'B2'] }] },
  ];
  const rows = [rowOf('A', 3), rowOf('B', 3), rowOf('C', 1)];
  const desk = await openDesk(t, saleOf([hallOf(rows)], { channels }));
  await refuses(t, desk, () => desk.place('x', [hall(4, 'any')]), 'sold_out', 'a0.3');
  await refuses(t, desk, () => desk.place('x', [hall(6, 'any')], { opened: 'A' }), 'sold_out', 'a0.5');
  await refuses(t, desk, () => desk.place('x', [hall(8, 'any')], { opened: 'AB' }), 'sold_out', 'a0.7');
  t.equal(await best(desk, 'a', hall(7, 'any'), { opened: 'AB' }), 'A1 A2 A3 B1 B2 B3 C1');
  t.equal((await desk.check()).seats, 'hhhhhhh');
  await desk.release('a');
  t.equal((await desk.check()).seats, 'AA0BB00');
  t.equal(await best(desk, 'b', hall(4, 'preferred'), { opened: 'B' }), 'B1 B2 B3 A3', 'two rows');
  await desk.check();
});

t.test('what a returned channel had comes back to everybody', async (t) => {
  const channels = [{ channelId: 'fans', allocations: [{ areaId: 'floor', quantity: 4 }] }];
  const desk = await openDesk(t, saleOf([floorOf(5)], { channels }));
  const floor = (quantity: number) => [{ areaId: 'floor', quantity }];
  const { sale, areas } = saleKeys(desk.partition, desk.saleId);
  for (const id of ['a', 'b']) t.ok((await desk.place(id, floor(2), { opened: 'A' })).ok);
  t.equal(await desk.redis.hget(areas, '0:1'), '0');
  t.ok((await desk.release('a')).ok);
  t.equal(await desk.redis.hget(areas, '0:1'), '2', 'it goes back to the channel');
  await refuses(t, desk, () => desk.place('x', floor(2)), 'sold_out', 'k0.1');
  // As an operator's return would leave it.
  await desk.redis.hset(sale, 'returned', 'A');
  await desk.redis.hset(areas, '0:1', '0');
  t.ok((await desk.release('b')).ok);
  t.equal(await desk.redis.hget(areas, '0:1'), '0', 'not to the channel any more');
  t.ok((await desk.place('c', floor(5))).ok);
});

t.test('given two areas, when one call looks in the first and anywhere, then it sees both', async (t) => {
  const areas = [hallOf([rowOf('A', 3)], 'stalls'), hallOf([rowOf('B', 3)], 'hall')];
  const desk = await openDesk(t, saleOf(areas));
  const mixed = await desk.place('a', [{ areaId: 'stalls', bestAvailable: 1 }, { bestAvailable: 3 }]);
  t.same(await desk.seatsOf(mixed), ['A2', 'B1', 'B2', 'B3'], 'in one claim');
  await desk.release('a');
  const [first, second] = await Promise.all([
    desk.place('b', [{ areaId: 'stalls', bestAvailable: 2 }]), desk.place('c', [{ bestAvailable: 3 }]),
  ]);
  t.same([await desk.seatsOf(first), await desk.seatsOf(second)], [['A1', 'A2'], ['B1', 'B2', 'B3']],
    'in one batch');
  await desk.check();
});

t.test('given a general area whose ticket type is its own, when seats anywhere are asked for, then they are '
  + 'found', async (t) => {
  const desk = await openDesk(t, saleOf([{ ...floorOf(9), categoryId: 'S' }, hallOf([rowOf('A', 4)])], {
    categories: [{ categoryId: 'S', prices: { standing: 300 } }, ...categories],
  }));
  t.equal(await best(desk, 'a', { bestAvailable: 2 }), 'A2 A3');
  await desk.check();
});

t.test('given a full venue with free seats, when more are asked for, then none is read', async (t) => {
  const rows = (name: string) => Array.from({ length: 3 }, (_, i) => rowOf(`${name}${i}-`, 5));
  const desk = await openDesk(t, saleOf([hallOf(rows('A')), hallOf(rows('B'), 'gallery')], { capacity: 7 }));
  await desk.place('a', [{ bestAvailable: 5 }]);
  await refuses(t, desk, () => desk.place('b', [{ bestAvailable: 4 }]), 'no_adjacent_seats', 'v.2');
  await refuses(t, desk, () => desk.place('b', [{ bestAvailable: 4, adjacent: 'any' }]), 'sold_out', 'v.2');
  await desk.place('c', [{ bestAvailable: 2 }]);
  const { segments } = saleKeys(desk.partition, desk.saleId);
  // Who looks for them there fails.
  await desk.redis.rename(segments, `${segments}:away`);
  for (const adjacent of ['required', 'preferred', 'any'] as const) {
    await refuses(t, desk, () => desk.place('b', [{ bestAvailable: 5, adjacent }]), 'sold_out', 'v.0');
  }
  await desk.redis.rename(`${segments}:away`, segments);
  await desk.check();
});

t.test('seats side by side of two channels are together for who opens both', async (t) => {
  const channels = [{ channelId: 'fans', allocations: [{ seatIds: ['B1', 'B2', 'B5'] }] },
    { channelId: 'press', allocations: [{ seatIds: ['B3', 'B6', 'A1'] }] }];
  const rows = [rowOf('A', 3), rowOf('B', 8, { aisleAfter: [6] }), rowOf('C', 2)];
  const desk = await openDesk(t, saleOf([hallOf(rows)], { channels }));
  t.equal((await desk.check()).seats, 'B00AAB0AB0000');
  for (const opened of ['A', 'B']) {
    t.match(await desk.place('x', [hall(4)], { opened }), { reason: 'no_adjacent_seats' });
  }
  await refuses(t, desk, () => desk.place('x', [hall(7)], { opened: 'AB' }), 'no_adjacent_seats', 'a0.6');
  await refuses(t, desk, () => desk.place('x', [hall(14, 'any')], { opened: 'BA' }), 'sold_out', 'a0.13');
  t.equal(await best(desk, 'a', hall(5), { opened: 'BA' }), 'B2 B3 B4 B5 B6');
  t.match((await desk.check()).events.at(-1)?.data, { items: [{ channelId: 'fans' },
    { channelId: 'press' }, { seatIds: ['B4'] }, { channelId: 'fans' }, { channelId: 'press' }] });
  t.equal(await best(desk, 'b', hall(4, 'any'), { opened: 'AB' }), 'A1 A2 A3 B1');
  await desk.release('a');
  await desk.check();
});

t.test('over categories and neighbouring rows no single seat is left while it can be avoided', async (t) => {
  const row = rowOf('A', 7, { categoryIds: [...'CCCDDDD'] });
  const strict = { categories, allowStrandedSeats: false };
  const mixed = await openDesk(t, saleOf([hallOf([row])], strict));
  t.equal(await best(mixed, 'a', hall(5)), 'A1 A2 A3 A4 A5', 'not the middle');
  await mixed.check();
  const rows = await openDesk(t, saleOf([hallOf([rowOf('A', 5), rowOf('B', 5)])], strict));
  t.equal(await best(rows, 'a', hall(8, 'preferred')), 'A1 A2 A3 A4 A5 B1 B2 B3');
  await rows.check();
  const child = await openDesk(t, saleOf([hallOf([rowOf('A', 6, { categoryIds: [...'CDEDED'] })])],
    { ...strict, categories: [...categories, { categoryId: 'E', prices: { child: 1 } }] }));
  t.ok((await child.place('others', [{ seatIds: ['A6'] }])).ok);
  t.equal(await best(child, 'a', { ...hall(3), ticketType: 'child' }), 'A3 A4 A5',
    'A2 has a free seat beside it, though that is not sold as child');
  await child.check();
});

t.test('of two free runs of a row the longer one counts, also where it comes first', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 10)])]));
  t.ok((await desk.place('others', [{ seatIds: ['A7'] }])).ok);
  await refuses(t, desk, () => desk.place('x', [{ areaId: 'hall', bestAvailable: 7 }]),
    'no_adjacent_seats', 'a0.6');
  t.equal(await best(desk, 'a', { areaId: 'hall', bestAvailable: 6 }), 'A1 A2 A3 A4 A5 A6');
  await desk.check();
});

t.test('what a refused claim gives back is seen by the next one of its call', async (t) => {
  const rows = Array.from({ length: 40 }, (_, i) => rowOf(`F${i}x`, 4));
  const desk = await openDesk(t, saleOf([hallOf(rows, 'full'), hallOf([rowOf('O', 4)], 'open')],
    { groups: [{ groupId: 'g', capacity: 5, areaIds: ['full'] }] }));
  const four = { bestAvailable: 4 };
  // The second four are searched past forty rows that the first have filled up, the third are nowhere.
  const [refused, placed] = await Promise.all([desk.place('a', [four, four, four]), desk.place('b', [four])]);
  t.match(refused, { reason: 'no_adjacent_seats' });
  t.same(await desk.seatsOf(placed), ['F0x1', 'F0x2', 'F0x3', 'F0x4']);
  await desk.check();
});

t.test('a full area with thousands of free segments, and those of another type, are passed by', async (t) => {
  const rows = (name: string, count: number, categoryId: string) => Array.from({ length: count }, (_, i) =>
    rowOf(`${name}${i}x`, 4, { categoryIds: Array.from({ length: 4 }, () => categoryId) }));
  const areas = [hallOf(rows('F', 300, 'C'), 'full'), hallOf(rows('T', 100, 'C'), 'typed'),
    hallOf(rows('O', 60, 'D'), 'open')];
  const desk = await openDesk(t, saleOf(areas, { categories,
    groups: [{ groupId: 'g', capacity: 5, areaIds: ['full'] }] }));
  const free = { bestAvailable: 2 };
  const child = { bestAvailable: 2, ticketType: 'child' };
  t.equal(await best(desk, 'a', { bestAvailable: 4 }), 'F0x1 F0x2 F0x3 F0x4');
  t.equal((await desk.seatsOf(await desk.place('b', [free, child, free, child, { bestAvailable: 1 }, free])))
    .join(' '), 'T0x2 T0x3 O0x2 O0x3 T1x2 T1x3 O1x2 O1x3 F1x2 T2x2 T2x3');
  await desk.check();
  const answers = await Promise.all([
    desk.place('c', [{ bestAvailable: 5 }]), desk.place('d', [{ bestAvailable: 6, adjacent: 'any' }]),
    desk.place('e', [free, { areaId: 'full', bestAvailable: 1 }]), desk.place('f', [child]),
  ]);
  t.match(answers, [{ reason: 'no_adjacent_seats', detail: 'v.4' }, { ok: true },
    { reason: 'sold_out', detail: 'a0.0' }, { ok: true }]);
  await desk.release('a');
  t.equal(await best(desk, 'g', { bestAvailable: 4 }), 'F0x1 F0x2 F0x3 F0x4', 'what is given back is seen');
  await desk.check();
});
