import t from 'tap';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import type { ItemRequest } from '../../services/shared/contracts/http-schemas.ts';
import { hallOf, openDesk, rowOf, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';
import { readStock } from '../harness/read-stock.ts';
import { refuses } from '../harness/refuses.ts';
import { setClockOf } from '../harness/set-clock.ts';
import type { Teardown } from '../harness/teardown.ts';

const START_MS = Date.UTC(2100, 0, 1);
const HOLD_MS = 1_000;
const categories = [
  { categoryId: 'C', prices: { adult: 1000 } }, { categoryId: 'D', prices: { adult: 300 } },
];

async function best(desk: Desk, id: string, item: ItemRequest): Promise<string> {
  return (await desk.seatsOf(await desk.place(id, [item]))).join(' ');
}

/** A row of four of its own category in its own place. */
function rowAt(rowId: string, y: number, categoryId: string) {
  return { rowId, seats: rowOf(rowId, 4).seats.map((seat) => ({ ...seat, y, categoryId })) };
}

/**
 * Four rows whose orders of preference differ by area, by category and over the whole sale, so that each has
 * a bound in three places; the clock stands.
 */
async function openThreeOrders(t: Teardown) {
  const areas = [
    hallOf([rowAt('L1', 10, 'C'), rowAt('L2', 2, 'D')], 'left'),
    hallOf([rowAt('R1', 1, 'C'), rowAt('R2', 5, 'D')], 'right'),
  ];
  const desk = await openDesk(t, saleOf(areas,
    { categories, focalPoint: { x: 2.5, y: 0 }, holdSeconds: 1, holdSecondsMax: 10 }),
  { outboxLimits: { ageMsMax: START_MS } });
  const at = setClockOf(desk.redis);
  at(START_MS);
  return { desk, at };
}

/** The bounds of a row, as lengths: by area, by category, over the whole sale. */
async function boundsOf({ redis, partition, saleId, sale }: Desk, seatId: string): Promise<number[]> {
  const runs = await redis.getBuffer(saleKeys(partition, saleId).runs);
  const { seats, segments } = (await sale()).layout;
  const offset = seats.findIndex(({ seat }) => seat.seatId === seatId);
  const index = segments.findIndex((one) => one.offset === offset);
  const segment = segments[index];
  return [index, segment?.categorySlot ?? -1, segment?.anywhereSlot ?? -1].map((i) => (runs?.[i] ?? 0) - 128);
}

const ORDERS: ItemRequest[] = [
  { areaId: 'right', bestAvailable: 4 }, { categoryId: 'C', bestAvailable: 4 }, { bestAvailable: 4 },
];

/** Takes the row R1 and lets a claim in each order find that it is taken. */
async function takeR1(desk: Desk): Promise<void> {
  await desk.place('r1', [{ seatIds: ['R11', 'R12', 'R13', 'R14'] }]);
  for (const [i, item] of ORDERS.entries()) {
    await desk.place(`passed-${i}`, [item]);
    await desk.release(`passed-${i}`);
  }
}

t.test('a row that comes back is the first again in every order, for the claim that brings it back',
  async (t) => {
    for (const item of ORDERS) {
      const { desk, at } = await openThreeOrders(t);
      await takeR1(desk);
      t.same(await boundsOf(desk, 'R11'), [0, 0, 0], 'who found it taken has lowered its bounds');
      at(START_MS + HOLD_MS);
      t.equal(await best(desk, 'a', item), 'R11 R12 R13 R14');
      await readStock(desk);
      await desk.check();
    }
  });

t.test('a row that comes back is the first again in every order, for the claims that follow', async (t) => {
  const { desk } = await openThreeOrders(t);
  await takeR1(desk);
  await desk.release('r1');
  t.same(await boundsOf(desk, 'R11'), [4, 4, 4]);
  for (const item of ORDERS) {
    t.equal(await best(desk, 'a', item), 'R11 R12 R13 R14');
    await desk.release('a');
    await desk.forget(START_MS + 1);
  }
  await readStock(desk);
});

t.test('what comes back in one area leaves the bounds of another as they are', async (t) => {
  const { desk, at } = await openThreeOrders(t);
  await desk.place('l1', [{ seatIds: ['L11', 'L12', 'L13'] }]);
  await desk.place('l2', [{ seatIds: ['L21', 'L22'] }]);
  await desk.setHoldMs(10 * HOLD_MS);
  await takeR1(desk);
  const before = [await boundsOf(desk, 'R11'), await boundsOf(desk, 'R21')];
  at(START_MS + HOLD_MS);
  const placed = await Promise.all([desk.place('a', [{ areaId: 'left', bestAvailable: 4 }]),
    desk.place('b', [{ areaId: 'right', bestAvailable: 3 }])]);
  t.same(await Promise.all(placed.map((one) => desk.seatsOf(one))),
    [['L21', 'L22', 'L23', 'L24'], ['R21', 'R22', 'R23']]);
  t.same([await boundsOf(desk, 'R11'), await boundsOf(desk, 'R21')], before);
  t.same(await boundsOf(desk, 'L11'), [4, 4, 4]);
  await readStock(desk);
  await desk.check();
});

t.test('a row whose order over the whole sale is that of its area comes back in that of its category',
  async (t) => {
    const row = (rowId: string, seatCount: number, categoryId: string) =>
      rowOf(rowId, seatCount, { categoryIds: Array<string>(seatCount).fill(categoryId) });
    const rows = [row('A', 3, 'C'), row('B', 4, 'D'), row('E', 4, 'C'), row('F', 4, 'C')];
    const desk = await openDesk(t, saleOf([hallOf(rows)], { categories }));
    await desk.place('e', [{ seatIds: ['E1', 'E2', 'E3', 'E4'] }]);
    const inC = { categoryId: 'C', bestAvailable: 4 };
    t.equal(await best(desk, 'f', inC), 'F1 F2 F3 F4');
    t.same(await boundsOf(desk, 'E1'), [4, 0, 4]);
    await desk.release('e');
    t.same(await boundsOf(desk, 'E1'), [4, 4, 4]);
    t.equal(await best(desk, 'again', inC), 'E1 E2 E3 E4');
    await desk.check();
  });

t.test('given two areas, when one call looks in the last and anywhere, then each sees its own', async (t) => {
  const areas = [hallOf([rowOf('A', 3), rowOf('B', 3)], 'stalls'), hallOf([rowOf('X', 3), rowOf('Y', 3)])];
  const desk = await openDesk(t, saleOf(areas));
  const placed = await Promise.all([desk.place('a', [{ areaId: 'hall', bestAvailable: 3 }]),
    desk.place('b', [{ bestAvailable: 3 }])]);
  t.same(await Promise.all(placed.map((one) => desk.seatsOf(one))), [['X1', 'X2', 'X3'], ['A1', 'A2', 'A3']]);
  await desk.check();
});

t.test('who is refused leaves eight bounds that are too high as they are, and lowers nine', async (t) => {
  const taken = (count: number) => Array.from({ length: count }, (_, i) => rowOf(`R${i}-`, 2));
  for (const [count, bounds] of [[7, [2, 2]], [8, [0, 1]]] as const) {
    const rows = [...taken(count), rowOf('X', 2)];
    const desk = await openDesk(t, saleOf([hallOf(rows)]));
    const seatIds = rows.flatMap(({ seats }) => seats.map(({ seatId }) => seatId));
    await desk.place('a', [{ seatIds: seatIds.filter((seatId) => seatId !== 'X2') }]);
    t.match(await desk.place('b', [{ areaId: 'hall', bestAvailable: 2, adjacent: 'required' }]),
      { reason: 'no_adjacent_seats', detail: 'a0.1' });
    const found = [await boundsOf(desk, 'R0-1'), await boundsOf(desk, 'X1')].map(([bound]) => bound);
    t.same(found, bounds, `${count} rows without a seat, one with a single one`);
    await readStock(desk);
  }
});

t.test('a row whose bytes lie over the end of what is read at a time ends where it ends', async (t) => {
  const areas = [
    hallOf(Array.from({ length: 33 }, (_, i) => rowOf(`F${i}-`, 30)), 'front'),
    hallOf([rowOf('X', 20), rowOf('Y', 20)], 'hall'),
  ];
  const desk = await openDesk(t, saleOf(areas));
  const free = ['X19', 'X20', 'Y1', 'Y2'];
  const seatIds = ['X', 'Y'].flatMap((row) => rowOf(row, 20).seats.map(({ seatId }) => seatId));
  await desk.place('a', [{ seatIds: seatIds.filter((id) => !free.includes(id)) }]);
  await refuses(t, desk, () => desk.place('b', [{ areaId: 'hall', bestAvailable: 4, adjacent: 'required' }]),
    'no_adjacent_seats', 'a1.2');
  t.equal(await best(desk, 'c', { areaId: 'hall', bestAvailable: 2 }), 'X19 X20');
  await desk.check();
});

t.test('a seat beside another category is not alone while that one is free, whoever takes it', async (t) => {
  const strict = { allowStrandedSeats: false, categories };
  const row = rowOf('A', 12, { categoryIds: [...'CCCCDDDDDDDD'] });
  const desk = await openDesk(t, saleOf([hallOf([row])], strict));
  await refuses(t, desk, () => desk.place('x', [{ seatIds: ['A2', 'A3'] }]), 'would_strand_seat', '0');
  const inD = { categoryId: 'D', bestAvailable: 2 };
  t.equal(await best(desk, 'a', inD), 'A6 A7', 'A5 is left with A4');
  await desk.release('a');
  const placed = await Promise.all([desk.place('b', [{ seatIds: ['A3', 'A4'] }]), desk.place('c', [inD])]);
  t.same(await Promise.all(placed.map((one) => desk.seatsOf(one))), [['A3', 'A4'], ['A5', 'A6']],
    'not once A4 is gone, also in the same call');
  await desk.check();
});
