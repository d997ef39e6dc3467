import t from 'tap';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, hallOf, openDesk, rowOf, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';
import { refuses } from '../harness/refuses.ts';
import { setClockOf } from '../harness/set-clock.ts';

const floor = (n: number, areaId = 'floor') => [{ areaId, quantity: n }];

async function buyerText(desk: Desk, buyerId = 'buyer'): Promise<string | null> {
  return desk.redis.hget(saleKeys(desk.partition, desk.saleId).buyers, buyerId);
}

t.test('a claim must fit its area, the groups over it and the venue', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(10), floorOf(10, 'stand'), floorOf(10, 'box')], {
    capacity: 20,
    groups: [{ groupId: 'ground', capacity: 14, areaIds: ['floor', 'stand'] },
      { groupId: 'north', capacity: 6, areaIds: ['stand'], parentId: 'ground' }].map((group, i) =>
      (i === 0 ? { ...group, areaIds: ['floor'] } : group)),
  }));
  await refuses(t, desk, () => desk.place('x', floor(7, 'stand')), 'sold_out', 'k4.6');
  t.ok((await desk.place('a', floor(6, 'stand'))).ok);
  await refuses(t, desk, () => desk.place('x', floor(9)), 'sold_out', 'k3.8');
  t.ok((await desk.place('b', floor(8))).ok);
  await refuses(t, desk, () => desk.place('x', floor(7, 'box')), 'sold_out', 'k5.6');
  await refuses(t, desk, () => desk.place('x', [...floor(4, 'box'), ...floor(3, 'box')]), 'sold_out', 'k5.6');
  t.ok((await desk.place('c', floor(6, 'box'))).ok);
  await refuses(t, desk, () => desk.place('x', floor(1, 'box')), 'sold_out', 'k5.0');
  await desk.check();
  await desk.release('a');
  t.notOk((await desk.place('d', floor(6))).ok, 'the floor itself has 2');
  t.ok((await desk.place('d', floor(2))).ok);
  await desk.confirm('b', 'o');
  await desk.check();
});

t.test('a buyer who has more than a lowered limit may have none more, not fewer than none', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(50)], { buyerLimit: 6 }));
  t.ok((await desk.place('a', floor(5))).ok);
  await desk.define(saleOf([floorOf(50)], { buyerLimit: 2 }));
  await refuses(t, desk, () => desk.place('x', floor(1)), 'buyer_limit', '0');
  await refuses(t, desk, () => desk.place('x', floor(3)), 'buyer_limit', '0');
  await refuses(t, desk, () => desk.place('x', floor(3), { buyerId: 'another' }), 'buyer_limit', '2');
  await desk.check();
});

t.test('of three levels above an area the first without room is named', async (t) => {
  const groups = [
    { groupId: 'row', capacity: 5, areaIds: ['hall'], parentId: 'ground' },
    { groupId: 'ground', capacity: 5, areaIds: [], parentId: 'house' },
    { groupId: 'house', capacity: 4, areaIds: ['floor'] },
  ];
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 6)]), floorOf(9)], { groups, capacity: 9 }));
  const seats = (n: number) => [{ areaId: 'hall', bestAvailable: n }];
  const chosen = (n: number) => [{ seatIds: ['A1', 'A2', 'A3', 'A4', 'A5', 'A6'].slice(0, n) }];
  await refuses(t, desk, () => desk.place('x', chosen(6)), 'sold_out', 'k2.5');
  await refuses(t, desk, () => desk.place('x', chosen(5)), 'sold_out', 'k4.4');
  await refuses(t, desk, () => desk.place('x', seats(5)), 'no_adjacent_seats', 'a0.4');
  t.ok((await desk.place('a', floor(1))).ok);
  await refuses(t, desk, () => desk.place('x', seats(4)), 'no_adjacent_seats', 'a0.3');
  t.ok((await desk.place('b', seats(3))).ok);
  await refuses(t, desk, () => desk.place('x', seats(1)), 'sold_out', 'a0.0');
  await refuses(t, desk, () => desk.place('x', floor(1)), 'sold_out', 'k4.0');
  const { areas } = await desk.check();
  t.same(areas, { hall: { free: 3, held: 3, sold: 0 }, floor: { free: 8, held: 1, sold: 0 } });
  await desk.release('b');
  t.ok((await desk.place('c', seats(3))).ok);
  await desk.confirm('c', 'o');
  await desk.check();
});

t.test('seats count in the groups over their area', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 6)]), floorOf(5)], {
    groups: [{ groupId: 'g', capacity: 4, areaIds: ['hall', 'floor'] }],
  }));
  t.ok((await desk.place('a', [{ areaId: 'hall', bestAvailable: 3 }])).ok);
  await refuses(t, desk, () => desk.place('x', [{ seatIds: ['A1', 'A6'] }]), 'sold_out', 'k2.1');
  t.ok((await desk.place('b', floor(1))).ok);
  t.equal((await desk.place('x', [{ areaId: 'hall', bestAvailable: 1 }])).ok, false);
  await desk.check();
});

t.test('what is set aside for a channel is drawn by its claims first, and by no others', async (t) => {
  const channels = [{ channelId: 'fans', allocations: [{ areaId: 'floor', quantity: 4 }] }];
  const desk = await openDesk(t, saleOf([floorOf(10)], { channels }));
  await refuses(t, desk, () => desk.place('x', floor(7)), 'sold_out', 'k0.6');
  t.ok((await desk.place('a', floor(5), { opened: 'A' })).ok);
  const { events } = await desk.check();
  t.match(events.at(-1)?.data, { items: [{ channelId: 'fans', quantity: 4 }, { quantity: 1 }] });
  await refuses(t, desk, () => desk.place('x', floor(6), { opened: 'A' }), 'sold_out', 'k0.5');
  await desk.release('a');
  await refuses(t, desk, () => desk.place('x', floor(7)), 'sold_out', 'k0.6');
  t.ok((await desk.place('b', floor(6))).ok);
  await desk.check();
});

t.test('when the time to return has come, everybody may have the channel, swept or not', async (t) => {
  const returnsAt = '2001-01-01T00:00:00Z';
  const channels = [{ channelId: 'fans', returnsAt,
    allocations: [{ areaId: 'floor', quantity: 4 }, { seatIds: ['A1', 'A2'] }] }];
  const desk = await openDesk(t, saleOf([floorOf(4), hallOf([rowOf('A', 2)])], { channels }));
  t.ok((await desk.place('a', [...floor(3), { areaId: 'hall', bestAvailable: 2 }])).ok);
  await desk.check();
});

t.test('a hold has at most holdLimit tickets, a buyer at most liveHoldsMax holds', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(50)], { buyerLimit: 20, holdLimit: 4, liveHoldsMax: 2 }));
  await refuses(t, desk, () => desk.place('x', floor(5)), 'hold_limit', '4');
  t.ok((await desk.place('a', floor(4))).ok);
  await refuses(t, desk, () => desk.place('x', floor(5)), 'hold_limit', '4');
  t.ok((await desk.place('b', floor(1))).ok);
  await refuses(t, desk, () => desk.place('x', floor(1)), 'live_holds_limit', '2');
  await desk.confirm('a', 'o');
  t.ok((await desk.place('c', floor(1))).ok, 'what is ordered is no hold any more');
  await desk.release('b');
  t.ok((await desk.place('d', floor(1))).ok);
  t.equal((await buyerText(desk))?.split(' ').slice(0, 2).join(' '), '6 2');
  await desk.check();
});

t.test('who is new has every limit to the full, of counts, seats and best available', async (t) => {
  const limits = { buyerLimit: 3, holdLimit: 3, liveHoldsMax: 1 };
  const desk = await openDesk(t, saleOf([floorOf(50), hallOf([rowOf('A', 9), rowOf('B', 9)])], limits));
  const wishes = [floor(3), [{ seatIds: ['A1', 'A2', 'A3'] }], [{ areaId: 'hall', bestAvailable: 3 }]];
  for (const [i, wish] of wishes.entries()) {
    const more = i === 0 ? floor(4) : i === 1 ? [{ seatIds: ['B1', 'B2', 'B3', 'B4'] }]
      : [{ areaId: 'hall', bestAvailable: 4 }];
    await refuses(t, desk, () => desk.place(`x${i}`, more, { buyerId: `b${i}` }), 'buyer_limit', '3');
    t.ok((await desk.place(`h${i}`, wish, { buyerId: `b${i}` })).ok);
    await refuses(t, desk, () => desk.place(`x${i}`, more, { buyerId: `b${i}` }), 'buyer_limit', '0');
  }
  for (const [i, wish] of wishes.entries()) {
    const few = i === 1 ? [{ seatIds: ['B9'] }] : wish.map((item) => ({ ...item,
      ...('quantity' in item ? { quantity: 1 } : { bestAvailable: 1 }) }));
    t.ok((await desk.place(`y${i}`, few, { buyerId: `c${i}` })).ok);
    await refuses(t, desk, () => desk.place(`z${i}`, floor(1), { buyerId: `c${i}` }),
      'live_holds_limit', '1');
  }
  await refuses(t, desk, () => desk.place('all', [...floor(25), ...floor(25)], { buyerId: 'd' }),
    'buyer_limit', '3');
  await desk.check();
});

t.test('who is new has the limit of a sale with channels as well', async (t) => {
  const channels = [{ channelId: 'fans', allocations: [{ areaId: 'floor', quantity: 4 }] }];
  const desk = await openDesk(t, saleOf([floorOf(50)], { buyerLimit: 3, holdLimit: 3, channels }));
  await refuses(t, desk, () => desk.place('x', floor(4)), 'buyer_limit', '3');
  t.ok((await desk.place('a', floor(3))).ok);
  await desk.check();
});

t.test('items of one area must fit it together', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  await refuses(t, desk, () => desk.place('a', [...floor(3), { ...floor(3)[0], ticketType: 'child' }]),
    'sold_out', 'k0.5');
  t.ok((await desk.place('b', [...floor(3), { ...floor(2)[0], ticketType: 'child' }])).ok);
  await desk.check();
});

t.test('each expiry makes the buyer wait twice as long; an order ends that', async (t) => {
  const hoarding = { holdSeconds: 1_000_000, coolDownSeconds: 1000, coolDownSecondsMax: 3000 };
  const desk = await openDesk(t, saleOf([floorOf(50)], { hoarding }));
  await desk.setHoldMs(20, 100_000);
  const k = saleKeys(desk.partition, desk.saleId);
  const waitMs = async (id: string) => {
    const placed = await desk.place(id, floor(1));
    if (!placed.ok) throw new Error(placed.reason);
    await desk.awaitLapse();
    const refused = await desk.place('x', floor(1));
    if (refused.ok) throw new Error('it was not refused');
    t.equal(refused.reason, 'buyer_cooling_down');
    await desk.check();
    return Number(refused.detail) - placed.hold.expiresAtMs;
  };
  const forgive = async () => {
    const [tickets, holds, heldMs, strikes, , ...rest] = (await buyerText(desk) ?? '').split(' ');
    return [tickets, holds, heldMs, strikes, 1, ...rest].join(' ');
  };
  t.equal(await waitMs('a'), 1_000_000);
  await desk.redis.hset(k.buyers, 'buyer', await forgive());
  await desk.setHoldMs(60_000, 100_000);
  t.equal((await desk.place('b', floor(1))).ok, true, 'after the cool-down');
  t.ok((await desk.place('c', floor(1))).ok);
  t.ok((await desk.confirm('c', 'o')).ok);
  t.match(await buyerText(desk), /^2 1 0 0 0 /, 'who buys was in earnest');
});

t.test('time held without buying adds up, released or not', async (t) => {
  const hoarding = { holdSeconds: 1, coolDownSeconds: 100 };
  const desk = await openDesk(t, saleOf([floorOf(50)], { hoarding }));
  await desk.redis.hset(saleKeys(desk.partition, desk.saleId).sale, 'allowanceMs', 30);
  for (const id of ['a', 'b', 'c', 'd', 'e']) {
    if (!(await desk.place(id, floor(1))).ok) break;
    await new Promise((resolve) => setTimeout(resolve, 12));
    await desk.release(id);
  }
  const refused = await desk.place('x', floor(1));
  t.match(refused, { ok: false, reason: 'buyer_cooling_down' });
});

t.test('an allowance spent a thousand million times counts at once', async (t) => {
  const hoarding = { holdSeconds: 1, coolDownSeconds: 100 };
  const desk = await openDesk(t, saleOf([floorOf(50)], { hoarding }));
  const at = setClockOf(desk.redis);
  const startMs = Date.now();
  at(startMs);
  await desk.place('a', floor(1));
  await desk.redis.hset(saleKeys(desk.partition, desk.saleId).buyers, 'buyer', `1 1 ${10 ** 12} 0 0 `);
  at(startMs + 7);
  await desk.release('a');
  t.match(await buyerText(desk), /^0 0 7 1000000000 /);
});

t.test('giving the same places back and claiming them again gains no time', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 6)]), floorOf(9)]));
  const first = await desk.place('a', [{ seatIds: ['A1', 'A2'] }, ...floor(1)]);
  if (!first.ok) throw new Error(first.reason);
  const capMs = first.hold.expiresAtMaxMs;
  await desk.release('a');
  await new Promise((resolve) => setTimeout(resolve, 5));
  const placed = async (id: string, items: Parameters<Desk['place']>[1], buyerId = 'buyer') => {
    const answer = await desk.place(id, items, { buyerId });
    if (!answer.ok) throw new Error(answer.reason);
    return answer.hold.expiresAtMaxMs;
  };
  t.equal(await placed('b', [{ seatIds: ['A2'] }]), capMs, 'a seat of those');
  t.equal(await placed('c', floor(2)), capMs, 'the same area');
  t.ok(await placed('d', [{ seatIds: ['A3'] }]) > capMs, 'another seat has its own time');
  t.ok(await placed('e', [{ seatIds: ['A1'] }], 'another') > capMs, 'and so has another buyer');
  await desk.check();

  await desk.setHoldMs(60_000, 60_000);
  const { buyers } = saleKeys(desk.partition, desk.saleId);
  await desk.redis.hset(buyers, 'late', `0 0 0 0 0 s5@${Date.now() - 1000}`);
  const refused = await desk.place('x', [{ seatIds: ['A6'] }], { buyerId: 'late' });
  t.match(refused, { ok: false, reason: 'hold_time_spent' });
});

t.test('prices, fees and taxes are those of the moment the hold was placed', async (t) => {
  const input = saleOf([floorOf(9)], {
    fees: [{ feeId: 'service', per: 'ticket', percent: 10 }, { feeId: 'post', per: 'order', amount: 250 }],
    taxes: [{ taxId: 'vat', percent: 20 }],
    promotions: [{ promotionId: 'half', code: 'HALF', percent: 50, usesMax: 2, usesPerBuyerMax: 1 }],
  });
  const desk = await openDesk(t, input);
  await desk.place('a', floor(2));
  await desk.define({ ...input, fees: [], taxes: [] });
  t.ok((await desk.place('b', floor(1), { promotionCode: 'HALF' })).ok);
  await refuses(t, desk, () => desk.place('x', floor(1), { promotionCode: 'HALF' }), 'promotion_code_used',
    'b');
  t.ok((await desk.place('c', floor(1), { promotionCode: 'HALF', buyerId: 'two' })).ok);
  await refuses(t, desk, () => desk.place('x', floor(1), { promotionCode: 'HALF', buyerId: 'three' }),
    'promotion_code_used', 'c');
  await desk.release('b');
  t.ok((await desk.place('d', floor(1), { promotionCode: 'HALF', buyerId: 'three' })).ok,
    'the use came back');
  await desk.confirm('a', 'o');
  const { events } = await desk.check();
  t.match(events.find(({ type }) => type === 'order.confirmed')?.data, {
    total: 2 * 1100 + 250, fees: [{ feeId: 'post', amount: 250 }],
    items: [{
      price: 1000, fees: [{ feeId: 'service', amount: 100 }], taxes: [{ taxId: 'vat', included: true }],
    }],
  });
  t.match(events.find((event) => 'holdId' in event.data && event.data.holdId === 'b')?.data,
    { total: 500, codes: ['p:half'] });
});

t.test('two hundred places given back are remembered one by one', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 201)])]));
  await desk.place('a', [{ seatIds: Array.from({ length: 200 }, (_, i) => `A${i + 1}`) }]);
  await desk.release('a');
  t.equal((await desk.check()).fold.buyers.get('buyer')?.returned.size, 200);
  t.equal((await buyerText(desk))?.split(',').length, 200);
  await desk.place('b', [{ seatIds: ['A201'] }]);
  await desk.release('b');
  t.match(await buyerText(desk), /^0 0 0 0 0 \*@\d+$/, 'one more is too many');
});

t.test('of who gives very many places back one entry stands for all', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 210)]), floorOf(9)]));
  const seats = (from: number) => Array.from({ length: 70 }, (_, i) => `A${from + i}`);
  const caps: number[] = [];
  for (const [i, id] of ['a', 'b', 'c'].entries()) {
    const placed = await desk.place(id, [{ seatIds: seats(1 + 70 * i) }]);
    if (!placed.ok) throw new Error(placed.reason);
    caps.push(placed.hold.expiresAtMaxMs);
    await desk.release(id);
  }
  t.match(await buyerText(desk), `0 0 0 0 0 *@${Math.min(...caps)}`);
  const again = await desk.place('d', floor(1));
  t.equal(again.ok && again.hold.expiresAtMaxMs, Math.min(...caps), 'no place gains time');
  const { fold } = await desk.check();
  t.same([...fold.buyers.get('buyer')?.returned ?? []], [['*', Math.min(...caps)]]);
});
