import t from 'tap';
import type tap from 'tap';
import type { ItemRequest } from '../../services/shared/contracts/http-schemas.ts';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import type { SaleInput } from '../../services/shared/contracts/sale-input.ts';
import type { PlaceAnswer } from '../../services/selling/stock.ts';
import { floorOf, hallOf, openDesk, rowOf, saleOf } from '../harness/open-desk.ts';
import type { Desk, PlaceMore } from '../harness/open-desk.ts';
import { startPrivateRedis } from '../harness/start-private-redis.ts';
import type { Teardown } from '../harness/teardown.ts';

/**
 * What a claim costs, counted in the commands that its script reads with. One that looked at all segments of
 * a large sale would be answered as rightly, while every other sale of the server waits: only this tells. The
 * limits are what is needed today; fewer are welcome.
 */
const READS = ['get', 'getrange', 'hget', 'hmget'];

const categories = [
  { categoryId: 'C', prices: { adult: 1000 } }, { categoryId: 'D', prices: { adult: 300, child: 100 } },
];

/** A desk on a Redis that serves nobody else. */
async function openAlone(t: Teardown, input: SaleInput): Promise<Desk> {
  const { url } = await startPrivateRedis(t, { durable: false });
  return openDesk(t, input, { redisUrl: url });
}

const rows = (name: string, count: number, seatCount: number, categoryId = 'C') =>
  Array.from({ length: count }, (_, i) => rowOf(`${name}${i}x`, seatCount,
    { categoryIds: Array.from({ length: seatCount }, () => categoryId) }));

t.test('a full area with thousands of free seats in front is passed by without reading it', async (t) => {
  // 50 segments are read at a time: the sixteen rows of `full` that are looked at end with those.
  const areas = [hallOf(rows('S', 34, 1), 'single'), hallOf(rows('F', 500, 2), 'full'),
    hallOf(rows('O', 3, 4), 'open'), floorOf(2)];
  const groups = [{ groupId: 'g', capacity: 1, areaIds: ['full'] }];
  const desk = await openAlone(t, saleOf(areas, { groups }));
  await costs(t, desk, [{ bestAvailable: 2 }], 'O0x2 O0x3', 9);
});

t.test('so are they by a claim that asks in vain, for how many it could have had', async (t) => {
  const areas = [hallOf(rows('F', 500, 2), 'full'), hallOf(rows('O', 3, 4), 'open'), floorOf(2)];
  const groups = [{ groupId: 'g', capacity: 1, areaIds: ['full'] }];
  const desk = await openAlone(t, saleOf(areas, { groups }));
  t.ok((await desk.place('others', [{ seatIds: ['F0x1'] }])).ok);
  await costs(t, desk, [{ bestAvailable: 5 }], 'no_adjacent_seats v.4', 8);
});

t.test('a few rows that are full are looked at once each', async (t) => {
  const areas = [hallOf(rows('F', 9, 2), 'full'), hallOf(rows('O', 3, 4), 'open'), floorOf(2)];
  const groups = [{ groupId: 'g', capacity: 1, areaIds: ['full'] }];
  const desk = await openAlone(t, saleOf(areas, { groups }));
  await costs(t, desk, [{ bestAvailable: 2 }], 'O0x2 O0x3', 5);
});

t.test('rows that do not sell the ticket type are passed by without reading them', async (t) => {
  const areas = [hallOf([...rows('S', 34, 1), ...rows('F', 500, 2), ...rows('O', 3, 4, 'D')]), floorOf(2)];
  const desk = await openAlone(t, saleOf(areas, { categories }));
  await costs(t, desk, [{ bestAvailable: 2, ticketType: 'child' }], 'O0x2 O0x3', 6);
});

t.test('who asks for one category reads no rows over several', async (t) => {
  const row = rowOf('A', 6, { categoryIds: [...'CCCDDD'] });
  const desk = await openAlone(t, saleOf([hallOf([row]), floorOf(2)], { categories }));
  t.ok((await desk.place('others', [{ seatIds: ['A5'] }])).ok);
  await costs(t, desk, [{ categoryId: 'D', bestAvailable: 4 }], 'no_adjacent_seats c1.1', 3);
});

t.test('rows over several categories are read until one has all that there is room for', async (t) => {
  const mixed = Array.from({ length: 60 }, (_, i) => rowOf(`R${i}x`, 3, { categoryIds: [...'CDC'] }));
  const areas = [hallOf(mixed), hallOf(rows('O', 3, 2), 'other'), floorOf(2)];
  const groups = ['hall', 'other'].map((areaId) => ({ groupId: areaId, capacity: 2, areaIds: [areaId] }));
  const desk = await openAlone(t, saleOf(areas, { categories, groups }));
  await costs(t, desk, [{ areaId: 'hall', bestAvailable: 3 }], 'no_adjacent_seats a0.2', 6);
  await costs(t, desk, [{ areaId: 'other', bestAvailable: 3 }], 'no_adjacent_seats a1.2', 5);
});

t.test('who opens channels that are nowhere side by side reads no more rows than others', async (t) => {
  const channels = [{ channelId: 'fans', allocations: [{ seatIds: ['A0x1'] }] },
    { channelId: 'press', allocations: [{ seatIds: ['A119x4'] }] }];
  const hall = rows('A', 120, 4);
  Object.assign(hall[60]?.seats[0] ?? {}, { accessible: true });
  const desk = await openAlone(t, saleOf([hallOf(hall), floorOf(2)], { channels }));
  await costs(t, desk, [{ areaId: 'hall', bestAvailable: 5 }], 'no_adjacent_seats a0.4', 4, { opened: 'AB' });
});

t.test('rows in which one seat would be left alone are passed by without reading them', async (t) => {
  const areas = [hallOf([...rows('S', 300, 3), ...rows('L', 1, 4)]), floorOf(2)];
  const desk = await openAlone(t, saleOf(areas, { allowStrandedSeats: false }));
  await costs(t, desk, [{ areaId: 'hall', bestAvailable: 2 }], 'L0x1 L0x2', 3);
});

t.test('a row that has fewer together than was thought is read once', async (t) => {
  const desk = await openAlone(t, saleOf([hallOf(rows('R', 120, 4)), floorOf(2)]));
  const middles = Array.from({ length: 119 }, (_, i) => [`R${i}x2`, `R${i}x3`]).flat();
  t.ok((await desk.place('others', [{ seatIds: middles }])).ok);
  const three = [{ areaId: 'hall', bestAvailable: 3 }];
  await costs(t, desk, three, 'R119x1 R119x2 R119x3', 5);
  await desk.release('a', 'new');
  t.same(await boundsOf(desk), [...Array.from({ length: 119 }, () => 1), 4]);
  await costs(t, desk, three, 'R119x1 R119x2 R119x3', 3, { buyerId: 'b', holdId: 'b' });
});

t.test('who asks in vain finds out as well that rows have fewer together than was thought', async (t) => {
  const desk = await openAlone(t, saleOf([hallOf(rows('R', 120, 4)), floorOf(2)]));
  const middles = Array.from({ length: 119 }, (_, i) => [`R${i}x2`, `R${i}x3`]).flat();
  t.ok((await desk.place('others', [{ seatIds: middles }])).ok);
  await costs(t, desk, [{ areaId: 'hall', bestAvailable: 5 }], 'no_adjacent_seats a0.4', 5);
  t.same(await boundsOf(desk), [...Array.from({ length: 119 }, () => 1), 4]);
});

/** The most seats together that each segment may have, as the script has noted it. */
async function boundsOf({ redis, partition, saleId }: Desk): Promise<number[]> {
  const runs = await redis.getBuffer(saleKeys(partition, saleId).runs);
  return [...runs ?? []].map((byte) => byte - 128);
}

/** A claim that is answered so, with so many reading commands more than a claim of a count, or fewer. */
async function costs(
  t: Pick<typeof tap, 'equal' | 'ok'>,
  desk: Desk,
  items: ItemRequest[],
  found: string,
  readsMax: number,
  more: PlaceMore & { holdId?: string } = {},
): Promise<void> {
  const { holdId = 'a', ...shown } = more;
  const count = await readsOf(desk, () => desk.place(`${holdId}0`, [{ areaId: 'floor', quantity: 1 }]));
  await desk.release(`${holdId}0`);
  let answer: PlaceAnswer | undefined;
  const reads = await readsOf(desk, async () => {
    answer = await desk.place(holdId, items, { buyerId: 'new', ...shown });
  }) - count;
  t.equal(answer?.ok ? (await desk.seatsOf(answer)).join(' ') : `${answer?.reason} ${answer?.detail}`, found);
  t.ok(reads <= readsMax, `${reads} reading commands more, ${readsMax} at most`);
}

async function readsOf({ redis }: Desk, work: () => Promise<unknown>): Promise<number> {
  await redis.config('RESETSTAT');
  await work();
  const stats = await redis.info('commandstats');
  const calls = READS.map((name) => new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(stats)?.[1] ?? 0);
  return calls.reduce<number>((sum, one) => sum + Number(one), 0);
}
