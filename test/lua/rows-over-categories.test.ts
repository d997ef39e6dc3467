import t from 'tap';
import type { ItemRequest } from '../../services/shared/contracts/http-schemas.ts';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import type { SaleInput } from '../../services/shared/contracts/sale-input.ts';
import { floorOf, hallOf, openDesk, rowOf, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';
import { refuses } from '../harness/refuses.ts';
import type { Teardown } from '../harness/teardown.ts';

/** Rows that only categories part: what is beside a segment, and what is together across it. */
const categories = [
  { categoryId: 'C', prices: { adult: 1000 } }, { categoryId: 'D', prices: { adult: 300 } },
];

/** A sale of one row, by the categories of its seats, in which no single seat may be left. */
function openRow(t: Teardown, bytes = 'CCDDDDCC'): Promise<Desk> {
  const row = rowOf('A', bytes.length, { categoryIds: [...bytes] });
  return openDesk(t, saleOf([hallOf([row])], { categories, allowStrandedSeats: false }));
}

const twoOfD: ItemRequest[] = [{ categoryId: 'D', bestAvailable: 2 }];

t.test('the seat beyond a category is seen as the claim before in the same call left it', async (t) => {
  const cases: [taken: string[], found: string][] = [
    [[], 'A4 A5'],
    [['A1', 'A2'], 'A3 A4'],
    [['A7', 'A8'], 'A3 A4'],
  ];
  for (const [taken, found] of cases) {
    const atOnce = await openRow(t);
    const [, answer] = await Promise.all([
      taken.length > 0 ? atOnce.place('others', [{ seatIds: taken }]) : undefined,
      atOnce.place('a', twoOfD),
    ]);
    t.equal((await atOnce.seatsOf(answer)).join(' '), found, `${taken.join(' ')} in the same call`);
    await atOnce.check();
    const later = await openRow(t);
    if (taken.length > 0) await later.place('others', [{ seatIds: taken }]);
    t.equal((await later.seatsOf(await later.place('a', twoOfD))).join(' '), found,
      `${taken.join(' ')} in a call before`);
  }
});

t.test('beside a taken seat at the end of a category one is alone, whatever is beyond', async (t) => {
  for (const [bytes, taken, found] of [['CCDDDDCC', 'A6', 'A5'], ['CCDDDDDDCC', 'A3', 'A6']] as const) {
    const desk = await openRow(t, bytes);
    t.ok((await desk.place('others', [{ seatIds: [taken] }])).ok);
    const one = await desk.place('a', [{ categoryId: 'D', bestAvailable: 1 }]);
    t.same(await desk.seatsOf(one), [found]);
    await desk.check();
  }
});

t.test('what a call gives back beside a category is free for its claims', async (t) => {
  for (const taken of [['A1', 'A2'], ['A7', 'A8']]) {
    const desk = await openRow(t);
    await desk.setHoldMs(5);
    await desk.place('others', [{ seatIds: taken }]);
    await desk.awaitLapse();
    t.equal((await desk.seatsOf(await desk.place('a', twoOfD))).join(' '), 'A4 A5', taken.join(' '));
    await desk.check();
  }
});

t.test('a row whose seats are all for others is not looked at', async (t) => {
  const row = rowOf('A', 6, { categoryIds: [...'CCCDDD'] });
  const channels = [{ channelId: 'fans', allocations: [{ seatIds: row.seats.map(({ seatId }) => seatId) }] }];
  const desk = await openDesk(t, saleOf([hallOf([row])], { categories, channels }));
  await unread(desk, async () => {
    for (const adjacent of ['required', 'preferred', 'any'] as const) {
      await refuses(t, desk, () => desk.place('x', [{ areaId: 'hall', bestAvailable: 2, adjacent }]),
        'sold_out', 'a0.0');
    }
  });
  t.ok((await desk.place('a', [{ areaId: 'hall', bestAvailable: 6 }], { opened: 'A' })).ok);
  await desk.check();
});

t.test('what is together across categories is no more than the counters over it leave', async (t) => {
  const groups = [{ groupId: 'g', capacity: 2, areaIds: ['hall', 'floor'] }];
  const row = rowOf('A', 4, { categoryIds: [...'CCDD'] });
  const desk = await openDesk(t, saleOf([hallOf([row]), floorOf(2)], { categories, groups }));
  await refuses(t, desk, () => desk.place('x', [{ bestAvailable: 4 }]), 'no_adjacent_seats', 'v.2');
  t.ok((await desk.place('a', [{ areaId: 'floor', quantity: 1 }])).ok);
  await refuses(t, desk, () => desk.place('x', [{ bestAvailable: 4 }]), 'no_adjacent_seats', 'v.1');
  await desk.check();
});

t.test('one seat each of two channels, side by side, are together for who opens both', async (t) => {
  const channels = [{ channelId: 'fans', allocations: [{ seatIds: ['A1'] }] },
    { channelId: 'press', allocations: [{ seatIds: ['A2'] }] }];
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 4)])], { channels }));
  t.equal((await desk.check()).seats, 'AB00');
  const four = [{ areaId: 'hall', bestAvailable: 4 }];
  await refuses(t, desk, () => desk.place('x', four, { opened: 'A' }), 'no_adjacent_seats', 'a0.2');
  t.same(await desk.seatsOf(await desk.place('a', four, { opened: 'AB' })), ['A1', 'A2', 'A3', 'A4']);
  await desk.check();
});

/** Seats that two together get, in a sale that leaves no single seat where another place does not. */
async function placeTwo(t: Teardown, input: SaleInput, item: ItemRequest): Promise<string> {
  const desk = await openDesk(t, { ...input, allowStrandedSeats: false });
  const seats = await desk.seatsOf(await desk.place('a', [{ ...item, bestAvailable: 2 }]));
  await desk.check();
  return seats.join(' ');
}

const lone = (name: string) => rowOf(name, 3, { categoryIds: [...'CCC'] });
const three = { categoryId: 'C' };

t.test('three seats beside which another category goes on have room for two', async (t) => {
  const mixed = rowOf('A', 6, { categoryIds: [...'CCCDDD'] });
  const turned = rowOf('A', 6, { categoryIds: [...'DDDCCC'] });
  const wide = rowOf('B', 6, { categoryIds: [...'CCCCCC'] });
  const placed = (rows: ReturnType<typeof rowOf>[]) =>
    placeTwo(t, saleOf([hallOf(rows)], { categories }), three);
  t.equal(await placed([mixed, wide]), 'A1 A2', 'before a wider row that comes later');
  t.equal(await placed([turned, wide]), 'A5 A6');
  t.equal(await placed([lone('B'), mixed]), 'A1 A2', 'rather than leave one alone in an earlier row');
  const area = { areaId: 'hall', categoryId: 'C' };
  t.equal(await placeTwo(t, saleOf([hallOf([lone('B'), mixed])], { categories }), area), 'A1 A2');
});

t.test('so do three beside seats of a channel', async (t) => {
  const channels = [{ channelId: 'fans', allocations: [{ seatIds: ['A4'] }] }];
  const row = rowOf('A', 4, { categoryIds: [...'CCCC'] });
  const input = saleOf([hallOf([lone('B'), row, rowOf('E', 6, { categoryIds: [...'CCCCCC'] })])],
    { categories, channels });
  t.equal(await placeTwo(t, input, { areaId: 'hall' }), 'A1 A2');
});

t.test('past so many rows that have no place of that kind no more of them are looked at', async (t) => {
  const mixed = rowOf('A', 6, { categoryIds: [...'CCCDDD'] });
  const rows = (count: number) => [...Array.from({ length: count }, (_, i) => lone(`B${i}x`)), mixed];
  const placed = (count: number) => placeTwo(t, saleOf([hallOf(rows(count))], { categories }), three);
  t.equal(await placed(15), 'A1 A2');
  t.equal(await placed(16), 'B0x1 B0x2');
});

t.test('rows that have fewer together than was thought are none of these', async (t) => {
  const mixed = rowOf('A', 6, { categoryIds: [...'CCCDDD'] });
  const four = Array.from({ length: 16 }, (_, i) => rowOf(`S${i}x`, 4, { categoryIds: [...'CCCC'] }));
  const desk = await openDesk(t, saleOf([hallOf([...four, lone('B'), mixed])],
    { categories, allowStrandedSeats: false }));
  const middles = four.flatMap(({ seats }) => seats.slice(1, 3).map(({ seatId }) => seatId));
  // Who takes one of each end as well leaves none alone.
  const taken = [...middles, ...four.map(({ seats }) => seats[0]?.seatId ?? '')];
  t.ok((await desk.place('others', [{ seatIds: taken }])).ok);
  t.same(await desk.seatsOf(await desk.place('a', [{ ...three, bestAvailable: 2 }])), ['A1', 'A2']);
  await desk.check();
});

const single = (name: string) => rowOf(name, 3, { categoryIds: [...'CDC'] });

t.test('a row over categories leaves one alone where it has no other place', async (t) => {
  t.equal(await placeTwo(t, saleOf([hallOf([single('A')])], { categories }), {}), 'A1 A2');
});

t.test('rows over categories of the area that is asked for are looked at, wherever it stands', async (t) => {
  const areas = [hallOf([single('A'), single('B')]), hallOf([single('E'), single('F')], 'balcony')];
  const desk = await openDesk(t, saleOf(areas, { categories }));
  const three = await desk.place('a', [{ areaId: 'balcony', bestAvailable: 3 }]);
  t.same(await desk.seatsOf(three), ['E1', 'E2', 'E3']);
  await desk.check();
});

/** While it works nobody can read a segment: who does fails. */
async function unread({ redis, partition, saleId }: Desk, work: () => Promise<void>): Promise<void> {
  const { segments } = saleKeys(partition, saleId);
  await redis.rename(segments, `${segments}:away`);
  await work();
  await redis.rename(`${segments}:away`, segments);
}
