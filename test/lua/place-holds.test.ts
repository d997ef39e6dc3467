import t from 'tap';
import { readHoldRecord } from '../../services/shared/contracts/hold-record.ts';
import { partitionKeys, saleKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, hallOf, openDesk, planOf, redisUrlOf, rowOf, saleOf } from '../harness/open-desk.ts';
import { refuses } from '../harness/refuses.ts';

t.test('a count', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));

  await t.test('given 5 places, when 3 are claimed, then 2 are left and the event says so', async (t) => {
    t.ok((await desk.place('a', [{ areaId: 'floor', quantity: 3 }])).ok);
    const { areas, events } = await desk.check();
    t.same(areas['floor'], { free: 2, held: 3, sold: 0 });
    t.match(events.at(-1), {
      type: 'hold.placed', subject: 'hamlet', actor: 'buyer', correlationid: 'a',
      traceparent: '00-0123456789abcdef0123456789abcdef-0123456789abcdef-00',
      data: { holdId: 'a', buyerId: 'buyer', total: 3000, currency: 'EUR',
        items: [{ areaId: 'floor', categoryId: 'C', ticketType: 'adult', price: 1000, quantity: 3 }] },
    });
  });

  await t.test('given 2 places, when 3 are claimed, then sold_out says that 2 are free', (t) =>
    refuses(t, desk, () => desk.place('b', [{ areaId: 'floor', quantity: 3 }]), 'sold_out', 'k0.2'));

  await t.test('given 2 places, when two items of one claim need 3, then neither is taken', (t) =>
    refuses(t, desk, () => desk.place('b', [
      { areaId: 'floor', quantity: 2 }, { areaId: 'floor', quantity: 1, ticketType: 'child' },
    ]), 'sold_out', 'k0.2'));

  await t.test('given a hold, when the same claim comes again, then the answer is the same', async (t) => {
    const before = await desk.dump();
    const [one, other] = [await desk.place('a', [{ areaId: 'floor', quantity: 3 }]),
      await desk.place('a', [{ areaId: 'floor', quantity: 3 }])];
    t.ok(one.ok);
    t.same(one, other);
    t.same(await desk.dump(), before);
  });

  await t.test('given a hold, when its key comes with another payload, then it is refused', (t) =>
    refuses(t, desk, () => desk.place('a', [{ areaId: 'floor', quantity: 1 }], { digest: 'other' }),
      'idempotency_key_reused'));

  await t.test('prices are those of the ticket type', async (t) => {
    await desk.place('c', [{ areaId: 'floor', quantity: 2, ticketType: 'child' }]);
    t.match((await desk.check()).events.at(-1), { data: { total: 1000 } });
  });
});

t.test('a batch is judged in the order it came', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(10)]));
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) =>
    desk.place(`h${i}`, [{ areaId: 'floor', quantity: 1 }], { buyerId: `b${i}` })));
  t.same(answers.map((answer) => answer.ok), Array.from({ length: 40 }, (_, i) => i < 10));
  t.same((await desk.check()).areas['floor'], { free: 0, held: 10, sold: 0 });
  const entries = await desk.redis.xlen(partitionKeys(desk.partition).outbox);
  t.ok(entries < 10, `10 holds made ${entries} entries with the two of the sale: they came in batches`);

  const twice = await Promise.all([desk.place('h0', [{ areaId: 'floor', quantity: 1 }], { buyerId: 'b0' }),
    desk.place('h0', [{ areaId: 'floor', quantity: 1 }], { buyerId: 'b0' })]);
  t.same(twice[0], twice[1]);
});

t.test('chosen seats', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 6), rowOf('B', 6)]), floorOf(2)]));

  await t.test('given free seats, when chosen in any order and over rows, then they are held', async (t) => {
    const answer = await desk.place('a', [{ seatIds: ['B2', 'A1', 'A3'] }]);
    t.same((await desk.seatsOf(answer)).toSorted(), ['A1', 'A3', 'B2']);
    t.equal((await desk.check()).seats, 'h0h0000h0000');
  });
  await t.test('given a taken seat, when it is chosen with free ones, then none is taken', (t) =>
    refuses(t, desk, () => desk.place('b', [{ seatIds: ['A2', 'A3', 'A1'] }]), 'seats_taken', '2.0'));
  await t.test('given a plan that names a free seat twice, then it is taken by itself', async (t) => {
    const plan = planOf([{ seatIds: ['A2'] }], await desk.sale());
    const head = plan.head.replace(/^(\d+)\t1\t/, '$1\t2\t');
    const place = (steps: string) => desk.stock.placeHold(desk.partition, { saleId: desk.saleId,
      plan: { ...plan, head, steps }, holdId: 'b', buyerId: 'buyer', digest: 'd', context: 'buyer 0' });
    await refuses(t, desk, () => place(plan.steps.replace(',1,', ',1.1,')), 'seats_taken', '1');
    await refuses(t, desk, () => place(`${plan.steps};${plan.steps}`), 'seats_taken', '1');
  });
  await t.test('when the last of three items fails, then the first two are given back', (t) =>
    refuses(t, desk, () => desk.place('b', [
      { seatIds: ['A2'] }, { areaId: 'hall', bestAvailable: 3 }, { areaId: 'floor', quantity: 3 },
    ]), 'sold_out', 'k1.2'));
  await t.test('when a chosen seat and the best available meet, then they are different seats', async (t) => {
    const answer = await desk.place('c', [{ seatIds: ['B4'] }, { areaId: 'hall', bestAvailable: 2 }]);
    const seats = await desk.seatsOf(answer);
    t.equal(new Set(seats).size, 3, seats.join());
    await desk.check();
  });
});

t.test('best available', async (t) => {
  const hall = [rowOf('A', 10, { aisleAfter: [4] }), rowOf('B', 5)];
  const desk = await openDesk(t, saleOf([hallOf(hall)]));
  const best = async (id: string, n: number, adjacent?: 'required' | 'preferred' | 'any') =>
    desk.seatsOf(await desk.place(id, [{ areaId: 'hall', bestAvailable: n, ...(adjacent && { adjacent }) }]));

  t.same(await best('a', 2), ['A5', 'A6'], 'nearest to the middle of the row, which is between A5 and A6');
  t.same(await best('b', 4), ['A7', 'A8', 'A9', 'A10'], 'never over the aisle behind A4');
  t.same(await best('c', 3), ['A2', 'A3', 'A4'], 'the other side of the aisle, towards the middle');
  t.same(await best('d', 3), ['B2', 'B3', 'B4'], 'one A seat is left: the next row, its middle');
  await refuses(t, desk, () => desk.place('x', [{ areaId: 'hall', bestAvailable: 2 }]),
    'no_adjacent_seats', 'a0.1');
  await refuses(t, desk, () => desk.place('x', [{ areaId: 'hall', bestAvailable: 4, adjacent: 'any' }]),
    'sold_out', 'a0.3');
  t.same(await best('e', 2, 'preferred'), ['A1', 'B1'], 'preferred takes single ones of neighbouring rows');
  t.same(await best('f', 1, 'any'), ['B5']);
  t.same((await desk.check()).areas['hall'], { free: 0, held: 15, sold: 0 });
});

t.test('a hold says one seat as its offset, more as the first and how many', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 7)])]));
  const { holds } = saleKeys(desk.partition, desk.saleId);
  const itemsOf = async (id: string, n: number) => {
    t.ok((await desk.place(id, [{ areaId: 'hall', bestAvailable: n }])).ok);
    return (await desk.redis.hget(holds, id))?.split('\t')[6];
  };
  t.equal(await itemsOf('a', 1), '0,0,0,1000,1,0,0,3');
  t.equal(await itemsOf('b', 3), '0,0,0,1000,3,0,0,0+3');
  await desk.check();
});

t.test('a sale without channels sells its counts to who comes with a pass for one', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(3)]));
  t.ok((await desk.place('a', [{ areaId: 'floor', quantity: 3 }], { opened: 'A' })).ok);
  t.match((await desk.check()).events.at(-1)?.data, { items: [{ areaId: 'floor', quantity: 3 }] });
});

t.test('preferred keeps as many together as it can', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 3), rowOf('B', 4), rowOf('C', 2)])]));
  const answer = await desk.place('a', [{ areaId: 'hall', bestAvailable: 7, adjacent: 'preferred' }]);
  t.same(await desk.seatsOf(answer), ['B1', 'B2', 'B3', 'B4', 'A1', 'A2', 'A3']);
  await desk.check();
});

t.test('seats of several categories in one area have their own prices', async (t) => {
  const row = rowOf('A', 4, { categoryIds: ['C', 'C', 'D', 'D'] });
  const categories = [
    { categoryId: 'C', prices: { adult: 1000 } }, { categoryId: 'D', prices: { adult: 300 } },
  ];
  const desk = await openDesk(t, saleOf([hallOf([row])], { categories }));
  await desk.place('a', [{ areaId: 'hall', bestAvailable: 4 }]);
  t.match((await desk.check()).events.at(-1), { data: { total: 2600, items: [
    { categoryId: 'C', price: 1000, quantity: 2, seatIds: ['A1', 'A2'] },
    { categoryId: 'D', price: 300, quantity: 2, seatIds: ['A3', 'A4'] },
  ] } });
});

t.test('a ticket type that a seat further on does not have gives everything back', async (t) => {
  const row = rowOf('A', 4, { categoryIds: ['C', 'C', 'D', 'D'] });
  const categories = [
    { categoryId: 'C', prices: { adult: 1000, child: 1 } }, { categoryId: 'D', prices: { adult: 3 } },
  ];
  const desk = await openDesk(t, saleOf([hallOf([row])], { categories }));
  await refuses(t, desk, () => desk.place('a', [{ areaId: 'hall', bestAvailable: 4, ticketType: 'child' }]),
    'no_adjacent_seats', 'a0.2');
});

t.test('one call that changes seats in several ways keeps the index of runs right', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 4), rowOf('B', 4)])]));
  const answers = await Promise.all([
    desk.place('a', [{ seatIds: ['A2', 'A3'] }]),
    desk.place('b', [{ areaId: 'hall', bestAvailable: 2 }]),
    desk.place('c', [{ areaId: 'hall', bestAvailable: 4 }]),
  ]);
  t.same(answers.map((answer) => answer.ok), [true, true, false]);
  t.same(await desk.seatsOf(answers[1]), ['B2', 'B3']);
  await desk.check();

  await desk.setHoldMs(30);
  t.ok((await desk.place('d', [{ seatIds: ['A1', 'A4', 'B1', 'B4'] }])).ok);
  await desk.awaitLapse();
  t.ok((await desk.place('e', [{ seatIds: ['A1'] }, { areaId: 'hall', bestAvailable: 1 }])).ok,
    'the lapsed seats are free again for the very claim that gives them back');
  await desk.check();
});

t.test('given lapsed holds, when the next claim comes, then it gets their seats', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 3)]), floorOf(1)]));
  await desk.setHoldMs(30);
  await Promise.all([desk.place('a', [{ areaId: 'hall', bestAvailable: 3 }]),
    desk.place('b', [{ areaId: 'floor', quantity: 1 }])]);
  await desk.awaitLapse();
  await desk.setHoldMs(60_000);
  t.ok((await desk.place('c', [{ areaId: 'hall', bestAvailable: 3 }, { areaId: 'floor', quantity: 1 }])).ok);
  const { events } = await desk.check();
  t.same(events.slice(-3).map(({ type }) => type), ['hold.expired', 'hold.expired', 'hold.placed']);
  t.equal(await desk.expire(), 0, 'they come back once');
  await desk.check();
});

t.test('a buyer has at most buyerLimit tickets, held and bought, over the whole sale', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(50), floorOf(50, 'stand')], { buyerLimit: 4 }));
  const floor = (n: number) => [{ areaId: 'floor', quantity: n }];
  t.ok((await desk.place('a', floor(3))).ok);
  await refuses(t, desk, () => desk.place('b', floor(2)), 'buyer_limit', '1');
  await refuses(t, desk, () => desk.place('b', [...floor(1), { areaId: 'stand', quantity: 1 }]),
    'buyer_limit', '1');
  t.ok((await desk.place('b', floor(4), { buyerId: 'another' })).ok);
  await desk.confirm('a', 'o1');
  await refuses(t, desk, () => desk.place('c', floor(2)), 'buyer_limit', '1');
  await desk.release('b', 'another');
  t.ok((await desk.place('d', floor(4), { buyerId: 'another' })).ok, 'what was given back does not count');
  await desk.check();
});

t.test('a sale that is not open takes no holds', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]), { isOpen: false });
  const claim = () => desk.place('a', [{ areaId: 'floor', quantity: 1 }]);
  await refuses(t, desk, claim, 'sale_not_open');
  await desk.define(saleOf([floorOf(5)], { opensAt: '2100-01-01T00:00:00Z' }));
  await desk.move('open');
  await refuses(t, desk, claim, 'sale_not_open');
  await desk.define(saleOf([floorOf(5)], { opensAt: '2000-01-01T00:00:00Z' }));
  t.ok((await desk.place('first', [{ areaId: 'floor', quantity: 1 }])).ok);
  await desk.move('pause');
  await refuses(t, desk, claim, 'sale_paused');
  t.ok((await desk.place('first', [{ areaId: 'floor', quantity: 1 }])).ok, 'a repeat is no new hold');
  await desk.move('resume');
  await desk.define(saleOf([floorOf(5)], { closesAt: '2001-01-01T00:00:00Z' }));
  await refuses(t, desk, claim, 'sale_closed');
  await desk.define(saleOf([floorOf(5)]));
  await desk.move('close');
  await refuses(t, desk, claim, 'sale_closed');
  await desk.redis.hset(saleKeys(desk.partition, desk.saleId).sale, 'state', 'recovering');
  await refuses(t, desk, claim, 'recovering');
});

t.test('a claim with the numbers of an older definition is stale', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  const plan = planOf([{ areaId: 'floor', quantity: 1 }], await desk.sale());
  await desk.define(saleOf([floorOf(5)], { name: 'Another name' }));
  await refuses(t, desk, () => desk.stock.placeHold(desk.partition, {
    saleId: 'hamlet', plan, holdId: 'a', buyerId: 'b', digest: 'd', context: 'buyer 0',
  }), 'stale');
});

t.test('several sales of one partition in one call', async (t) => {
  const one = await openDesk(t, saleOf([floorOf(500)]));
  const redisUrl = redisUrlOf(one);
  const saleId = Array.from({ length: 1000 }, (_, i) => `sale-${i}`)
    .find((id) => one.directory.partitionOf(id) === one.partition) ?? '';
  const other = await openDesk(t, saleOf([floorOf(3)]), { saleId, redisUrl });
  const plan = planOf([{ areaId: 'floor', quantity: 1 }], await one.sale());
  const claim = (id: string, sale: string) => one.stock.placeHold(one.partition, {
    saleId: sale, plan, holdId: id, buyerId: id, digest: 'd', context: 'buyer 0',
  });
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) =>
    claim(`h${i}`, i % 2 === 0 ? 'hamlet' : saleId)));
  t.equal(answers.filter(({ ok }) => ok).length, 6 + 3);
  t.same((await one.check()).areas['floor'], { free: 494, held: 6, sold: 0 });
  t.same((await other.check()).areas['floor'], { free: 0, held: 3, sold: 0 });
});

t.test('a call that makes thousands of events writes all of them', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(1000)]));
  const redisUrl = redisUrlOf(desk);
  const saleIds = Array.from({ length: 6000 }, (_, i) => `sale-${i}`)
    .filter((id) => desk.directory.partitionOf(id) === desk.partition).slice(0, 45);
  const desks = await Promise.all(saleIds.map((saleId) =>
    openDesk(t, saleOf([floorOf(1000)]), { saleId, redisUrl })));
  const plan = planOf([{ areaId: 'floor', quantity: 1 }], await desk.sale());
  const claim = (saleId: string, id: string) => desk.stock.placeHold(desk.partition, {
    saleId, plan, holdId: id, buyerId: id, digest: 'd', context: 'buyer 0',
  });
  const all = async (count: number, prefix: string) => Promise.all(saleIds.flatMap((saleId) =>
    Array.from({ length: count }, (_, i) => claim(saleId, `${prefix}${i}`))));
  await Promise.all(desks.map((one) => one.setHoldMs(3000)));
  await all(100, 'lapsing');
  await Promise.all(desks.map((one) => one.awaitLapse()));
  await Promise.all(desks.map((one) => one.setHoldMs(60_000)));
  // A claim for each sale, in one call: it gives all lapsed holds back.
  t.ok((await all(1, 'late')).every((answer) => answer.ok));
  for (const one of desks.filter((_, i) => i % 15 === 0)) {
    t.same((await one.check()).areas['floor'], { free: 999, held: 1, sold: 0 });
  }
});

t.test('the same call twice, as a client resends it, changes nothing', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 6)]), floorOf(5)]));
  const answers = await Promise.all([
    desk.place('a', [{ areaId: 'hall', bestAvailable: 2 }]),
    desk.place('b', [{ areaId: 'floor', quantity: 2 }]),
  ]);
  const before = await desk.dump();
  const [, ...again] = await desk.resend() as [number, ...string[]];
  t.same(again.map((text) => readHoldRecord(text.slice(1))),
    answers.map((answer) => answer.ok && answer.hold));
  t.same(await desk.dump(), before);
  await desk.check();
});

