import * as fc from 'fast-check';
import t from 'tap';
import { readHoldRecord } from '../../services/shared/contracts/hold-record.ts';
import { partitionKeys, saleKeys } from '../../services/shared/contracts/keys.ts';
import { readOutboxEntry, toSaleEvent } from '../../services/shared/contracts/outbox.ts';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import { assertNever } from '../../services/shared/contracts/assert-never.ts';
import { CHANGES_COUNT_MAX } from '../../services/selling/stock.ts';
import type { Answer } from '../../services/selling/stock.ts';
import { floorOf, hallOf, openDesk, redisUrlOf, rowOf, saleOf } from '../harness/open-desk.ts';
import type { Desk, DeskWish } from '../harness/open-desk.ts';
import { refuses } from '../harness/refuses.ts';

const row = (n: number) => hallOf([rowOf('A', n)]);

/** What a hold has, as `seat` or `area×n`, by type; from the record that a change answered. */
async function has(desk: Desk, answer: Answer): Promise<string[]> {
  if (!answer.ok) throw new Error(`refused: ${answer.reason} ${answer.detail}`);
  return name(desk, answer.text);
}

async function name(desk: Desk, record: string): Promise<string[]> {
  const { layout } = await desk.sale();
  return readHoldRecord(record).items.flatMap(({ areaIndex, ticketTypeIndex, money, quantity, offsets }) => {
    const of = `${layout.ticketTypes[ticketTypeIndex]} ${money}`;
    return offsets.length === 0 ? [`${layout.areas[areaIndex]?.area.areaId}×${quantity} ${of}`]
      : offsets.map((offset) => `${layout.seats[offset]?.seat.seatId} ${of}`);
  }).toSorted();
}

async function stateOf(desk: Desk) {
  const k = saleKeys(desk.partition, desk.saleId);
  const [areas, seats, buyers, codes] = await Promise.all([desk.redis.hgetall(k.areas),
    desk.redis.get(k.seats), desk.redis.hgetall(k.buyers), desk.redis.hgetall(k.codes)]);
  return { areas: { ...areas }, seats, buyers: { ...buyers }, codes: { ...codes } };
}

async function eventsOf(desk: Desk): Promise<SaleEvent[]> {
  const { layout } = await desk.sale();
  const entries = await desk.redis.xrange(partitionKeys(desk.partition).outbox, '-', '+');
  return entries.flatMap(([, fields]) => readOutboxEntry(fields))
    .map((packed) => toSaleEvent(packed, desk.partition, layout));
}

t.test('given a hold of counts, when it is changed, then what stays keeps its price', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(10)]));
  await desk.place('a', [{ areaId: 'floor', quantity: 4 }]);
  await desk.define(saleOf([floorOf(10)], {
    categories: [{ categoryId: 'C', prices: { adult: 1500, child: 700 } }],
  }));
  await desk.directory.reload('hamlet');
  const answer = await desk.change('a', { items: [
    { areaId: 'floor', quantity: 5 }, { areaId: 'floor', quantity: 1, ticketType: 'child' },
  ] });
  t.same(await has(desk, answer), ['floor×1 adult 1500', 'floor×1 child 700', 'floor×4 adult 1000']);
  t.match(await stateOf(desk), { areas: { 0: '4 6 0 0' }, buyers: { buyer: '6 1' } });
  t.match((await eventsOf(desk)).at(-1), {
    type: 'hold.changed', subject: 'hamlet', actor: 'buyer',
    data: { holdId: 'a', buyerId: 'buyer', removed: [], total: 4 * 1000 + 1500 + 700, digest: 'd', key: 'k1',
      added: [{ quantity: 1, price: 1500 }, { quantity: 1, price: 700 }],
      items: [{ quantity: 4, price: 1000 }, { quantity: 1, price: 1500 }, { quantity: 1, price: 700 }] },
  });

  const less = await desk.change('a', { release: [{ areaId: 'floor', quantity: 2 }] });
  t.same(await has(desk, less), ['floor×1 child 700', 'floor×3 adult 1000'], 'the last ones go first');
  t.match((await stateOf(desk)).areas, { 0: '6 4 0 0' });
  const placed = readHoldRecord(await desk.redis.hget(saleKeys(desk.partition, 'hamlet').holds, 'a/0') ?? '');
  if (!less.ok) throw new Error(less.reason);
  const now = readHoldRecord(less.text);
  t.same([now.expiresAtMs, now.expiresAtMaxMs], [placed.expiresAtMs, placed.expiresAtMaxMs],
    'no time is won');
  t.match(now.trail, [{ key: 'k1' }, { key: 'k2' }]);
  await desk.check();
});

t.test('given held seats, when some are swapped, then all of it is one step', async (t) => {
  const desk = await openDesk(t, saleOf([row(8)]));
  await desk.place('a', [{ seatIds: ['A1', 'A2', 'A3'] }]);
  const answer = await desk.change('a', { items: [{ seatIds: ['A2', 'A3', 'A4'] }] });
  t.same(await has(desk, answer), ['A2 adult 1000', 'A3 adult 1000', 'A4 adult 1000']);
  t.equal((await stateOf(desk)).seats, '0hhh0000');
  t.same(await has(desk, await desk.change('a', { items: [{ areaId: 'hall', bestAvailable: 4 }] })),
    ['A3', 'A4', 'A5', 'A6'].map((seat) => `${seat} adult 1000`), 'its own seats are free for the best');
  t.equal((await stateOf(desk)).seats, '00hhhh00');
  t.same(await has(desk, await desk.change('a', { items: [{ seatIds: ['A3', 'A4', 'A5', 'A6'],
    ticketType: 'child' }] })), ['A3', 'A4', 'A5', 'A6'].map((seat) => `${seat} child 500`), 'another type');
  t.ok((await desk.confirm('a', 'o1')).ok);
  t.equal((await stateOf(desk)).seats, '00ssss00');
  await desk.check();
});

t.test('a refused change leaves every byte as it was', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 6), rowOf('B', 6)]), floorOf(5)],
    { buyerLimit: 8, holdLimit: 6, allowStrandedSeats: false }));
  await desk.place('a', [{ seatIds: ['A1', 'A2', 'A3'] }, { areaId: 'floor', quantity: 2 }]);
  await desk.place('b', [{ seatIds: ['A5', 'A6'] }, { areaId: 'floor', quantity: 2 }], { buyerId: 'other' });
  const wish = (...items: Parameters<Desk['place']>[1]) => () => desk.change('a', { items });
  const kept = { areaId: 'floor', quantity: 2 };

  await refuses(t, desk, wish({ seatIds: ['A2', 'A3', 'A5', 'A6'] }), 'seats_taken', '4.5');
  await refuses(t, desk, wish({ areaId: 'floor', quantity: 4 }), 'sold_out', 'k1.1');
  await refuses(t, desk, wish({ areaId: 'hall', bestAvailable: 6 }, { areaId: 'floor', quantity: 1 }),
    'hold_limit', '6');
  await refuses(t, desk, wish({ seatIds: ['A1', 'A2', 'A3', 'B1', 'B2', 'B3'] }, { ...kept, quantity: 3 }),
    'buyer_limit', '3');
  await refuses(t, desk, wish({ seatIds: ['B1', 'B2', 'B3', 'B4', 'B5', 'B6'] }, { ...kept, quantity: 3 }),
    'buyer_limit', '6');
  await refuses(t, desk, wish({ seatIds: ['B1', 'B2', 'B3', 'B5'] }), 'would_strand_seat', '9.11');
  await refuses(t, desk, wish({ areaId: 'hall', bestAvailable: 2 }, { areaId: 'floor', quantity: 4 }),
    'sold_out', 'k1.1');
  await refuses(t, desk, () => desk.change('a', { items: [kept] }, { buyerId: 'other' }), 'hold_unknown');
  await refuses(t, desk, () => desk.change('b', { release: [{ seatIds: ['A5'] }] }), 'hold_unknown');
  t.ok((await wish({ areaId: 'hall', bestAvailable: 6 })()).ok, 'then the same hold takes a whole row');
  t.equal((await stateOf(desk)).seats, '0000hhhhhhhh');
  await desk.check();
});

t.test('a refused change between others of the same call leaves no trace in them', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 4), rowOf('B', 4)])]));
  await desk.place('a', [{ seatIds: ['A1', 'A2', 'A3', 'A4'] }]);
  await desk.place('b', [{ seatIds: ['B1', 'B2'] }]);
  const answers = await Promise.all([
    desk.change('b', { items: [{ areaId: 'hall', bestAvailable: 3 }] }),
    desk.change('a', { items: [{ areaId: 'hall', bestAvailable: 4 }, { seatIds: ['B2'] }] }),
    desk.change('a', { release: [{ seatIds: ['A1', 'A2'] }] }),
    desk.change('b', { items: [{ areaId: 'hall', bestAvailable: 4 }] }),
  ]);
  t.match(answers, [{ ok: true }, { ok: false, reason: 'seats_taken' }, { ok: true }, { reason: 'stale' }]);
  t.match((await stateOf(desk)).seats, /^00hh(hhh0|0hhh)$/);
  t.ok((await desk.change('b', { items: [{ areaId: 'hall', bestAvailable: 4 }] })).ok);
  t.equal((await stateOf(desk)).seats, '00hhhhhh');
  t.ok((await desk.place('c', [{ areaId: 'hall', bestAvailable: 2 }])).ok,
    'and the bounds of the rows are right');
  await desk.check();
});

t.test('a refused change leaves the bounds of the rows, however many it looked at', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf(Array.from({ length: 10 }, (_, i) => rowOf(`R${i}-`, 2)))]));
  const side = (n: 1 | 2) => [{ seatIds: Array.from({ length: 10 }, (_, i) => `R${i}-${n}`) }];
  await desk.place('a', side(1));
  await desk.place('b', side(2), { buyerId: 'other' });
  await refuses(t, desk, () => desk.change('a', { items: [{ areaId: 'hall', bestAvailable: 3 }] }),
    'no_adjacent_seats', 'a0.1');
});

t.test('who has more than a limit that came later may swap, but not grow', async (t) => {
  const sale = (buyerLimit: number) => saleOf([row(8)], { buyerLimit, holdLimit: 4 });
  const desk = await openDesk(t, sale(9));
  await desk.place('a', [{ seatIds: ['A1', 'A2'] }]);
  await desk.place('b', [{ seatIds: ['A3', 'A4', 'A5'] }]);
  await desk.define(sale(4));
  await desk.directory.reload('hamlet');
  t.ok((await desk.change('a', { items: [{ seatIds: ['A2', 'A8'] }] })).ok, 'as many as before');
  await refuses(t, desk, () => desk.change('a', { items: [{ seatIds: ['A2', 'A7', 'A6'] }] }),
    'buyer_limit', '1');
  await refuses(t, desk, () => desk.change('a', { items: [{ seatIds: ['A2', 'A8', 'A7'] }] }),
    'buyer_limit', '0');
  await desk.check();
});

t.test('a change reaches each limit to the full, and passes none', async (t) => {
  for (const [buyerLimit, reason, left] of [[3, 'buyer_limit', '0'], [9, 'hold_limit', '3']] as const) {
    const desk = await openDesk(t, saleOf([row(8)], { buyerLimit, holdLimit: 3 }));
    await desk.place('a', [{ seatIds: ['A1', 'A2'] }]);
    t.ok((await desk.change('a', { items: [{ seatIds: ['A1', 'A2', 'A3'] }] })).ok, 'it grows to the limit');
    const more = () => desk.change('a', { items: [{ seatIds: ['A1', 'A2', 'A3', 'A4'] }] });
    await refuses(t, desk, more, reason, left);
    t.ok((await desk.change('a', { items: [{ seatIds: ['A6', 'A7', 'A8'] }] })).ok, 'all others');
    await desk.check();
  }
});

t.test('who must wait adds nothing to another hold, but gives back', async (t) => {
  const hoarding = { holdSeconds: 3600, coolDownSeconds: 60, coolDownSecondsMax: 600 };
  const desk = await openDesk(t, saleOf([floorOf(9)], { hoarding }));
  await desk.place('a', [{ areaId: 'floor', quantity: 3 }]);
  await desk.setHoldMs(10);
  await desk.place('lapses', [{ areaId: 'floor', quantity: 1 }]);
  await desk.awaitLapse();
  t.equal(await desk.expire(), 1);
  const before = await desk.dump();
  t.match(await desk.change('a', { items: [{ areaId: 'floor', quantity: 4 }] }),
    { ok: false, reason: 'buyer_cooling_down' });
  t.same(await desk.dump(), before);
  t.ok((await desk.change('a', { release: [{ areaId: 'floor', quantity: 1 }] })).ok);
  await desk.check();
});

t.test('two holds may swap their seats only one after the other', async (t) => {
  const desk = await openDesk(t, saleOf([row(5)]));
  await desk.place('a', [{ seatIds: ['A1', 'A2'] }], { buyerId: 'x' });
  await desk.place('b', [{ seatIds: ['A4', 'A5'] }], { buyerId: 'y' });
  const [one, two] = await Promise.all([
    desk.change('a', { items: [{ seatIds: ['A4', 'A5'] }] }, { buyerId: 'x' }),
    desk.change('b', { items: [{ seatIds: ['A1', 'A2'] }] }, { buyerId: 'y' }),
  ]);
  t.match([one, two], [{ ok: false, reason: 'seats_taken' }, { ok: false, reason: 'seats_taken' }]);
  t.equal((await stateOf(desk)).seats, 'hh0hh');
});

t.test('a repeat changes nothing and gets the answer it had', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(9)]));
  const placed = await desk.place('a', [{ areaId: 'floor', quantity: 3 }]);
  const first = await desk.change('a', { release: [{ areaId: 'floor', quantity: 1 }] }, { key: 'once' });
  await desk.change('a', { items: [{ areaId: 'floor', quantity: 5 }] });
  const before = await desk.dump();
  t.same(await desk.change('a', { release: [{ areaId: 'floor', quantity: 1 }] }, { key: 'once' }), first);
  t.same(await desk.place('a', [{ areaId: 'floor', quantity: 3 }]), {
    ok: true, hold: { ...(placed.ok && placed.hold), status: 'released' },
  }, 'the hold is answered as it was placed');
  t.match(await desk.change('a', { items: [{ areaId: 'floor', quantity: 7 }] },
    { key: 'once', digest: 'other' }), { ok: false, reason: 'idempotency_key_reused' });
  t.match(await desk.place('a', [{ areaId: 'floor', quantity: 3 }], { digest: 'other' }),
    { ok: false, reason: 'idempotency_key_reused' });
  await desk.resend();
  t.same(await desk.dump(), before);
  for (const id of ['a/0', 'a/once']) {
    t.match(await desk.extend(id, 'k'), { reason: 'hold_released' });
    t.match(await desk.confirm(id, 'o'), { reason: 'hold_released' }, 'a record of the past is no hold');
    await desk.release(id);
  }
  t.same(await desk.dump(), before);
  await desk.release('a');
  t.same(await desk.change('a', { release: [{ areaId: 'floor', quantity: 1 }] }, { key: 'once' }), first);
  t.match(await desk.change('a', { release: [{ areaId: 'floor', quantity: 1 }] }),
    { reason: 'hold_released' });
  t.equal(await desk.forget(Date.now() + 60_000), 4, 'the hold and the three records beside it');
});

t.test('what is added needs an open sale, what is given back does not', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(9)]));
  await desk.place('a', [{ areaId: 'floor', quantity: 5 }]);
  const more = () => desk.change('a', { items: [{ areaId: 'floor', quantity: 6 }] });
  const less = () => desk.change('a', { release: [{ areaId: 'floor', quantity: 1 }] });
  await desk.move('pause');
  await refuses(t, desk, more, 'sale_paused');
  t.ok((await less()).ok);
  await desk.move('close');
  await refuses(t, desk, more, 'sale_closed');
  t.ok((await less()).ok);
  t.match((await stateOf(desk)).areas, { 0: '6 3 0 0' });
  await desk.check();
});

t.test('a full outbox takes no additions, but still what is given back', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(9)]), { outboxLimits: { entriesMax: 4 } });
  await desk.place('a', [{ areaId: 'floor', quantity: 5 }]);
  await desk.release('nobody');
  await desk.extend('a', 'k');
  await refuses(t, desk, () => desk.change('a', { items: [{ areaId: 'floor', quantity: 6 }] }),
    'outbox_full');
  t.ok((await desk.change('a', { release: [{ areaId: 'floor', quantity: 1 }] })).ok);
});

t.test('a hold that has ended, lapsed, or was changed too often is not changed', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(99)]));
  const two = [{ areaId: 'floor', quantity: 2 }];
  for (const id of ['released', 'ordered', 'often']) await desk.place(id, two);
  await desk.setHoldMs(20);
  await desk.place('lapsed', two);
  await desk.release('released');
  await desk.confirm('ordered', 'o1');
  await desk.awaitLapse();
  const less = { release: [{ areaId: 'floor', quantity: 1 }] };
  t.match(await desk.change('lapsed', less), { ok: false, reason: 'hold_expired' });
  t.match((await eventsOf(desk)).at(-1), { type: 'hold.expired' },
    'it is given back before anything is added');
  await refuses(t, desk, () => desk.change('lapsed', less), 'hold_expired');
  await refuses(t, desk, () => desk.change('released', less), 'hold_released');
  await refuses(t, desk, () => desk.change('ordered', less), 'hold_ordered', 'o1');
  for (let i = 0; i < CHANGES_COUNT_MAX; i++) {
    const quantity = 2 + (i + 1) % 2;
    t.ok((await desk.change('often', { items: [{ areaId: 'floor', quantity }] })).ok);
  }
  await refuses(t, desk, () => desk.change('often', { items: [{ areaId: 'floor', quantity: 1 }] }),
    'hold_change_limit', String(CHANGES_COUNT_MAX));
  await desk.check();
});

t.test('no time is won by giving places back and adding them to a younger hold', async (t) => {
  const desk = await openDesk(t, saleOf([row(6)]));
  await desk.place('old', [{ seatIds: ['A1', 'A2'] }]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await desk.place('young', [{ seatIds: ['A5', 'A6'] }]);
  await desk.change('old', { release: [{ seatIds: ['A1'] }] });
  const swap = () => desk.change('young', { items: [{ seatIds: ['A1', 'A6'] }] });
  const before = await desk.dump();
  t.match(await swap(), { ok: false, reason: 'hold_time_spent' });
  t.same(await desk.dump(), before);
  await desk.release('old');
  t.match(await swap(), { ok: false, reason: 'hold_time_spent' });
  await desk.place('again', [{ seatIds: ['A1', 'A2'] }]);
  t.ok((await desk.change('again', { release: [{ seatIds: ['A1'] }] })).ok);
  t.ok((await desk.change('again', { items: [{ seatIds: ['A1', 'A2'] }] })).ok, 'back into the same hold');
  await desk.release('young');
  t.ok((await desk.place('other', [{ seatIds: ['A3'] }], { buyerId: 'other' })).ok,
    'others are not concerned');
  await desk.check();
});

t.test('channels and codes', async (t) => {
  const channels = [{ channelId: 'fans', name: 'Fans',
    allocations: [{ areaId: 'floor', quantity: 3 }, { seatIds: ['A1', 'A2', 'A3'] }] }];
  const promotions = [{ promotionId: 'half', code: 'HALF', percent: 50, usesMax: 2 }];
  const desk = await openDesk(t, saleOf([floorOf(5), row(6)], { channels, promotions }));
  const { codes } = saleKeys(desk.partition, 'hamlet');
  await desk.redis.hset(codes, 'digest', 'A 2 0 0', 'single', 'A 1 0 0');
  await desk.place('a', [{ seatIds: ['A1', 'A2'] }, { areaId: 'floor', quantity: 2 }],
    { accessDigest: 'digest', promotionCode: 'HALF' });
  t.match((await stateOf(desk)).codes, { digest: 'A 2 0 1', 'p:half': '1', 'digest/buyer': '1' });

  const moved = await desk.change('a',
    { items: [{ seatIds: ['A2', 'A3'] }, { areaId: 'floor', quantity: 3 }] });
  t.same(await has(desk, moved), ['A2 adult 500', 'A3 adult 500', 'floor×1 adult 500', 'floor×2 adult 500'],
    'what the hold showed holds for what is added');
  t.match(await stateOf(desk), { seats: 'Ahh000', areas: { 0: '2 3 0 0', '0:1': '0' },
    codes: { digest: 'A 2 0 1', 'p:half': '1' } }, 'and counts no second time');
  t.equal(moved.ok && moved.text.split('\t')[8], 'digest p:half');

  await refuses(t, desk, () => desk.change('a', { items: [{ seatIds: ['A1', 'A4'] },
    { areaId: 'floor', quantity: 6 }] }, { accessDigest: 'single' }), 'sold_out', 'k0.2');
  t.ok((await desk.change('a', { items: [{ seatIds: ['A1', 'A2'] }] }, { accessDigest: 'single' })).ok);
  t.match(await stateOf(desk), { seats: 'hhA000', areas: { 0: '5 0 0 0', '0:1': '3' },
    codes: { digest: 'A 2 0 1', single: 'A 1 0 1', 'single/buyer': '1' } });
  await desk.place('b', [{ areaId: 'floor', quantity: 1 }], { buyerId: 'other' });
  await refuses(t, desk, () => desk.change('b', { items: [{ seatIds: ['A3'] }] },
    { buyerId: 'other', accessDigest: 'single' }), 'access_code_used', 'c');
  await refuses(t, desk, () => desk.change('b', { items: [{ seatIds: ['A3'] }] }, { buyerId: 'other' }),
    'seats_reserved', '2');
  await desk.release('a');
  t.match(await stateOf(desk), { seats: 'AAA000', codes: { digest: 'A 2 0 0', single: 'A 1 0 0' } });
  t.notOk((await stateOf(desk)).codes['p:half'], 'all uses came back with the hold');
});

t.test('what a hold used up is known by its name, also by one that would be a pattern', async (t) => {
  const promotions = [{ promotionId: 'half-off', code: 'HALF', percent: 50, usesMax: 1, usesPerBuyerMax: 1 }];
  const desk = await openDesk(t, saleOf([floorOf(5)], { promotions }));
  await desk.place('a', [{ areaId: 'floor', quantity: 1 }], { promotionCode: 'HALF' });
  const answer = await desk.change('a', { items: [{ areaId: 'floor', quantity: 3 }] });
  t.same(await has(desk, answer), ['floor×1 adult 500', 'floor×2 adult 500'].toSorted());
  t.match((await stateOf(desk)).codes, { 'p:half-off': '1', 'p:half-off/buyer': '1' }, 'it counts once');
  await desk.check();
});

/** What may happen to two holds of two buyers, in any order, some of it at once. */
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ verb: fc.constant('change' as const), quantity: fc.nat(3),
    seats: fc.subarray(['A1', 'A2', 'A3', 'A4', 'A5'], { maxLength: 3 }), best: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ verb: fc.constant('release' as const), quantity: fc.nat(2),
    seats: fc.subarray(['A1', 'A2', 'A3', 'A4', 'A5'], { maxLength: 2 }) }) },
  fc.constant({ verb: 'repeat' as const }),
  fc.constant({ verb: 'place' as const }),
  fc.constant({ verb: 'extend' as const }),
  fc.constantFrom(...(['drop', 'confirm', 'expire'] as const)).map((verb) => ({ verb })),
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

t.test('whatever happens to a hold in whatever order, no place is lost or had twice', async (t) => {
  const channels = [{ channelId: 'x', name: 'X', allocations: [{ areaId: 'floor', quantity: 2 }] }];
  const hoarding = { holdSeconds: 3600, coolDownSeconds: 1, coolDownSecondsMax: 600 };
  const input = saleOf([floorOf(6), row(5)], { channels, hoarding });
  const first = await openDesk(t, input);
  let desk = first;
  let run = 0;
  let changedCount = 0;
  let repeat = async (): Promise<void> => undefined;
  await fc.assert(fc.asyncProperty(
    fc.array(fc.tuple(fc.constantFrom('x', 'y'), step, fc.boolean()), { minLength: 4, maxLength: 25 }),
    async (steps) => {
      run += 1;
      desk = await openDesk(t, input, { redisUrl: redisUrlOf(first), saleId: `s${run}` });
      repeat = async () => undefined;
      await place('x');
      await place('y');
      let count = 0;
      let atOnce: Promise<unknown>[] = [];
      for (const [buyerId, what, waits] of steps) {
        count += 1;
        const key = `k${count}`;
        atOnce.push(act(buyerId, what, key));
        if (!waits) continue;
        await Promise.all(atOnce);
        atOnce = [];
        await desk.check();
      }
      await Promise.all(atOnce);
      await desk.check();
      desk.redis.disconnect();
    },
  ), { numRuns: 60 });
  t.ok(changedCount > 100, `${changedCount} changes`);

  function place(buyerId: string): Promise<unknown> {
    const items = [{ areaId: 'floor', quantity: 2 }, { bestAvailable: 2, adjacent: 'any' as const }];
    return desk.place(`h${buyerId}`, items, { buyerId, opened: 'A' });
  }

  async function act(buyerId: string, what: Step, key: string): Promise<unknown> {
    const holdId = `h${buyerId}`;
    const seats = 'seats' in what && what.seats.length > 0 ? [{ seatIds: what.seats }] : [];
    const places = 'quantity' in what && what.quantity > 0
      ? [{ areaId: 'floor', quantity: what.quantity }] : [];
    switch (what.verb) {
      case 'place': return place(buyerId);
      case 'drop': return desk.release(holdId, buyerId);
      case 'extend': return desk.extend(holdId, key, buyerId);
      case 'confirm': return desk.confirm(holdId, `o${holdId}`, { buyerId });
      case 'expire': {
        await desk.setHoldMs(run % 3 === 0 ? 2 : 600_000);
        return desk.expire();
      }
      case 'repeat': return repeat();
      case 'release': return change(holdId, { release: [...seats, ...places] }, buyerId, key);
      case 'change': {
        const best = what.best > 0 ? [{ areaId: 'hall', bestAvailable: what.best }] : [];
        return change(holdId, { items: [...seats, ...places, ...best] }, buyerId, key);
      }
      default: return assertNever(what);
    }
  }

  async function change(holdId: string, wish: DeskWish, buyerId: string, key: string): Promise<void> {
    const answer = await desk.change(holdId, wish, { buyerId, key }).catch((error: Error) => {
      if (!error.message.startsWith('no such change')) throw error;
    });
    if (!answer?.ok) return;
    changedCount += 1;
    // With whatever the hold has by then: the key tells, and the answer is what it was.
    repeat = async () => {
      const other = { items: [{ areaId: 'floor', quantity: 1 }] };
      const again = await desk.change(holdId, other, { buyerId, key });
      t.same(again, answer);
    };
  }
});
