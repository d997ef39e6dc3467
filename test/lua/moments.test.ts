import t from 'tap';
import type { SaleInput } from '../../services/shared/contracts/sale-input.ts';
import { partitionKeys, saleKeyList, saleKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, hallOf, openDesk, rowOf, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';
import { refuses } from '../harness/refuses.ts';
import { setClockOf } from '../harness/set-clock.ts';
import type { Teardown } from '../harness/teardown.ts';

/** What each verb does in the very millisecond in which something ends, and in the one before. */
const START_MS = Date.UTC(2100, 0, 1);
const HOLD_MS = 1_000;
const END_MS = START_MS + HOLD_MS;

const one = [{ areaId: 'floor', quantity: 1 }];
const two = [{ areaId: 'floor', quantity: 2 }];

/** A desk whose clock stands, with one hold `a` of two places that ends at END_MS. */
async function openAt(t: Teardown, more: Partial<SaleInput> = {}) {
  const desk = await openDesk(t, saleOf([floorOf(300), hallOf([rowOf('A', 6)])],
    { holdSeconds: 1, holdSecondsMax: 10, ...more }), { outboxLimits: { ageMsMax: START_MS } });
  const at = setClockOf(desk.redis);
  at(START_MS);
  await desk.place('a', two);
  return { desk, at };
}

/** The events of a sale, as `type at` with the time since START_MS. */
async function eventsOf(desk: Desk): Promise<string[]> {
  const { events } = await desk.check();
  return events.map(({ type, time }) => `${type} ${Date.parse(time) - START_MS}`);
}

t.test('a hold lives until the millisecond before its end, for every verb', async (t) => {
  const { desk, at } = await openAt(t);
  for (const id of ['b', 'c', 'd', 'e']) await desk.place(id, two);
  at(END_MS - 1);
  t.equal(await desk.expire(), 0);
  t.ok((await desk.change('a', { release: one })).ok);
  t.ok((await desk.confirm('b', 'o')).ok);
  t.ok((await desk.release('c')).ok);
  t.ok((await desk.extend('d', 'k')).ok);
  t.same((await eventsOf(desk)).slice(-4), ['hold.changed 999', 'order.confirmed 999',
    'hold.released 999', 'hold.extended 999']);
  at(END_MS);
  t.equal(await desk.expire(), 2, 'a and e: what was extended lives on');
  at(END_MS - 1 + HOLD_MS);
  t.equal(await desk.expire(), 1);
  await desk.check();
});

t.test('a hold is over in the millisecond of its end, for every verb', async (t) => {
  const { desk, at } = await openAt(t);
  at(END_MS);
  await refuses(t, desk, () => desk.confirm('a', 'o'), 'hold_expired');
  await refuses(t, desk, () => desk.extend('a', 'k'), 'hold_expired');
  t.ok((await desk.release('a')).ok);
  t.equal((await eventsOf(desk)).at(-1), 'hold.expired 1000', 'it had lapsed, whoever comes first');
});

t.test('a hold that has lapsed is not changed, also behind more lapsed ones than a call gives back',
  async (t) => {
    const { desk, at } = await openAt(t);
    await Promise.all(Array.from({ length: 120 }, (_, i) => desk.place(`h${i}`, one, { buyerId: `b${i}` })));
    await desk.setHoldMs(HOLD_MS - 1, 10 * HOLD_MS);
    await Promise.all(Array.from({ length: 120 }, (_, i) => desk.place(`f${i}`, one, { buyerId: `b${i}` })));
    at(END_MS);
    const change = () => desk.change('a', { release: one });
    t.match(await change(), { ok: false, reason: 'hold_expired' });
    const lapsed = (await eventsOf(desk)).filter((event) => event === 'hold.expired 1000');
    t.equal(lapsed.length, 100, 'one call gives back so many, before it looks');
    t.equal((await desk.check()).fold.holds.get('a')?.status, 'live', 'nobody has come to it yet');
  });

t.test('who must wait may add to a hold in the millisecond the wait is over', async (t) => {
  const { desk, at } = await openAt(t);
  const { buyers } = saleKeys(desk.partition, desk.saleId);
  await desk.redis.hset(buyers, 'buyer', `2 1 0 1 ${START_MS + 5} `);
  const more = () => desk.change('a', { items: [{ areaId: 'floor', quantity: 3 }] });
  at(START_MS + 4);
  await refuses(t, desk, more, 'buyer_cooling_down', String(START_MS + 5));
  at(START_MS + 5);
  t.ok((await more()).ok);
});

t.test('a channel goes back to public in the millisecond of its time, before a change looks', async (t) => {
  const { desk, at } = await openAt(t, {
    channels: [{ channelId: 'club', returnsAt: new Date(START_MS + 500).toISOString(),
      allocations: [{ areaId: 'floor', quantity: 290 }, { seatIds: ['A1', 'A2'] }] }],
  });
  const wish = { items: [{ areaId: 'floor', quantity: 2 }, { seatIds: ['A1'] }] };
  at(START_MS + 499);
  await refuses(t, desk, () => desk.change('a', wish), 'seats_reserved', '0');
  t.same(await sweep(desk, 9), [0, 0, 0]);
  at(START_MS + 500);
  t.same(await sweep(desk, 9), [0, 0, 1]);
  t.ok((await desk.change('a', wish)).ok);
  t.same((await eventsOf(desk)).slice(-2), ['allocation.returned 500', 'hold.changed 500']);
});

t.test('a place whose time is spent is refused like one that nobody asked for', async (t) => {
  const { desk, at } = await openAt(t);
  await desk.release('a');
  await desk.place('b', [{ seatIds: ['A1', 'A2'] }]);
  await desk.release('b');
  at(START_MS + 10 * HOLD_MS);
  t.equal(await desk.expire(), 0);
  const spent = String(START_MS + 20 * HOLD_MS);
  await refuses(t, desk, () => desk.place('c', [{ seatIds: ['A2', 'A3'] }]), 'hold_time_spent', spent);
  const answers = await Promise.all([desk.place('d', [{ seatIds: ['A1'] }, ...two]),
    desk.place('e', [{ seatIds: ['A3', 'A4'] }])]);
  t.match(answers, [{ ok: false, reason: 'hold_time_spent' }, { ok: true }]);
  const { areas } = await desk.check();
  t.match(areas, { floor: { free: 300 }, hall: { free: 4, held: 2 } });
});

t.test('a place given back is spent for a younger hold too, which is told until when', async (t) => {
  const { desk, at } = await openAt(t);
  at(START_MS + 5);
  await desk.place('young', [{ seatIds: ['A1'] }]);
  await desk.release('a');
  const wish = { items: [{ seatIds: ['A1'] }, { areaId: 'floor', quantity: 1 }] };
  await refuses(t, desk, () => desk.change('young', wish), 'hold_time_spent',
    String(START_MS + 20 * HOLD_MS));
  await desk.check();
});

t.test('a sweep says when to look again: at the next end, also of the other holds of a call', async (t) => {
  const { desk, at } = await openAt(t);
  const { due } = partitionKeys(desk.partition);
  await desk.setHoldMs(2 * HOLD_MS, 10 * HOLD_MS);
  await desk.place('b', one);
  t.equal(Number(await desk.redis.zscore(due, desk.saleId)), END_MS);
  at(END_MS);
  t.same(await sweep(desk, 1), [1, 1, 0], 'it looked at as many as it may');
  t.same(await sweep(desk, 1), [0, 0, 0]);
  t.equal(Number(await desk.redis.zscore(due, desk.saleId)), END_MS + HOLD_MS);
});

t.test('of holds that end early together the earliest end is when to look, in whatever order', async (t) => {
  const { desk, at } = await openAt(t);
  const { due } = partitionKeys(desk.partition);
  for (const [i, buyerId] of ['y', 'x', 'z'].entries()) {
    at(START_MS + 100 * i);
    await desk.place(`${buyerId}0`, one, { buyerId });
    await desk.release(`${buyerId}0`, buyerId);
  }
  at(START_MS + 10 * HOLD_MS - 200);
  for (const order of [['x', 'y', 'z'], ['z', 'x', 'y'], ['y', 'z', 'x']]) {
    await desk.redis.zrem(due, desk.saleId);
    await Promise.all(order.map((buyerId) => desk.place(`${order.join('')}${buyerId}`, one, { buyerId })));
    t.equal(Number(await desk.redis.zscore(due, desk.saleId)), START_MS + 10 * HOLD_MS, 'that of y');
  }
  await desk.check();
});

t.test('time held without buying is a strike each time it is all that is allowed', async (t) => {
  const { desk, at } = await openAt(t, {
    hoarding: { holdSeconds: 1, coolDownSeconds: 60, coolDownSecondsMax: 200 },
  });
  const { buyers } = saleKeys(desk.partition, desk.saleId);
  const buyerIs = async (text: RegExp) => t.match(await desk.redis.hget(buyers, 'buyer'), text);
  at(END_MS - 1);
  await desk.release('a');
  await buyerIs(/^0 0 999 0 0 /);
  await desk.place('b', [{ seatIds: ['A1'] }]);
  at(END_MS);
  await desk.release('b');
  await buyerIs(new RegExp(`^0 0 0 1 ${END_MS + 60_000} `));
  at(END_MS + 60_000);
  await desk.place('c', [{ seatIds: ['A2'] }]);
  at(END_MS + 60_000 + HOLD_MS - 1);
  await desk.release('c');
  await buyerIs(new RegExp(`^0 0 999 1 ${END_MS + 60_000} `));
  await desk.place('d', [{ seatIds: ['A3'] }]);
  at(END_MS + 60_000 + 2 * HOLD_MS - 1);
  t.equal(await desk.expire(), 1);
  await buyerIs(new RegExp(`^0 0 999 3 ${END_MS + 60_000 + 2 * HOLD_MS - 1 + 200_000} `));
  await desk.check();
});

t.test('of a buyer is kept what still counts, and no longer', async (t) => {
  const { desk, at } = await openAt(t, {
    hoarding: { holdSeconds: 1, coolDownSeconds: 60, coolDownSecondsMax: 200 },
  });
  const { buyers } = saleKeys(desk.partition, desk.saleId);
  const textOf = () => desk.redis.hget(buyers, 'buyer');
  await desk.place('b', [{ seatIds: ['A1'] }]);
  t.equal(await textOf(), '3 2', 'of who gave nothing back nothing more');
  at(START_MS + 1);
  await desk.release('b');
  const capMs = START_MS + 10 * HOLD_MS;
  t.equal(await textOf(), `2 1 1 0 0 s0@${capMs}`);
  t.ok((await desk.confirm('a', 'o')).ok);
  t.equal(await textOf(), `2 0 0 0 0 s0@${capMs}`, 'who buys has not been hoarding');
  await desk.place('c', [{ seatIds: ['A2'] }]);
  at(START_MS + 2);
  await desk.release('c');
  t.equal(await textOf(), `2 0 1 0 0 s0@${capMs},s1@${capMs + 1}`);
  at(capMs + 10 * HOLD_MS - 1);
  await desk.place('d', [{ seatIds: ['A3'] }]);
  t.equal(await textOf(), `3 1 1 0 0 s0@${capMs},s1@${capMs + 1}`);
  at(capMs + 10 * HOLD_MS);
  t.ok((await desk.place('e', [{ seatIds: ['A1'] }])).ok);
  t.equal(await textOf(), `4 2 1 0 0 s1@${capMs + 1}`, 'forgotten as long after as a hold may live');
  at(capMs + 10 * HOLD_MS + 1);
  await desk.place('f', [{ seatIds: ['A5'] }]);
  t.equal(await textOf(), '5 3 1 0 0 ', 'the time held still counts');
  await desk.check();
});

t.test('each strike makes the wait twice as long, up to the longest', async (t) => {
  const { desk, at } = await openAt(t, {
    hoarding: { holdSeconds: 3600, coolDownSeconds: 60, coolDownSecondsMax: 200 },
  });
  const { buyers } = saleKeys(desk.partition, desk.saleId);
  let nowMs = START_MS;
  for (const [i, coolMs] of [60_000, 120_000, 200_000, 200_000].entries()) {
    if (i > 0) t.ok((await desk.place(`h${i}`, [{ seatIds: [`A${i}`] }])).ok);
    nowMs += HOLD_MS;
    at(nowMs);
    t.equal(await desk.expire(), 1);
    nowMs += coolMs;
    const text = new RegExp(`^0 0 ${(i + 1) * HOLD_MS} ${i + 1} ${nowMs} `);
    t.match(await desk.redis.hget(buyers, 'buyer'), text);
    at(nowMs);
  }
  await desk.check();
});

t.test('of a buyer with nothing left to remember nothing is kept', async (t) => {
  const { desk, at } = await openAt(t);
  const { buyers } = saleKeys(desk.partition, desk.saleId);
  at(START_MS + 20 * HOLD_MS);
  t.equal(await desk.expire(), 1, 'a sweeper that comes late');
  t.equal(await desk.redis.hexists(buyers, 'buyer'), 0);
  await desk.check();
});

/** How many came back, whether more may have lapsed, whether a channel is to be returned. */
function sweep({ stock, partition, saleId }: Desk, most: number): Promise<unknown> {
  const keys = [partitionKeys(partition).due, ...saleKeyList(partition, saleId)];
  return stock.call(partition, 'expire-holds', keys, [saleId, most]);
}
