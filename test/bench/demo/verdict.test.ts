import t from 'tap';
import { judgeSale, verdictLine } from '../../../bench/demo/verdict.ts';
import type { Evidence } from '../../../bench/demo/verdict.ts';
import type { EventData, EventType, SaleEvent } from '../../../services/shared/contracts/events.ts';

/** A sale of two seats and two standing places, sold to two buyers: all three sources agree. */
function cleanSale(): Evidence {
  const log = chain([
    ['sale.defined', {
      version: 1, name: 'Test', currency: 'EUR', opensAt: null, closesAt: null,
      holdSeconds: 5, holdSecondsMax: 5, buyerLimit: 4, paymentMethods: ['free'],
      categories: [{ categoryId: 'c', name: 'c', prices: { adult: 100 } }],
      areas: [
        { areaId: 'stalls', name: 'Stalls', kind: 'seated', capacity: 2, categoryId: null },
        { areaId: 'floor', name: 'Floor', kind: 'general', capacity: 2, categoryId: 'c' },
      ],
    }],
    ['area.defined', {
      version: 1, areaId: 'stalls', rows: [{ rowId: 'A', seats: [seat('a-1'), seat('a-2')] }],
    }],
    ['sale.opened', {}],
    placed('h_1', 'b-1', [seats('a-1', 'a-2')]),
    placed('h_2', 'b-2', [places(2)]),
    confirmed('o_1', 'h_1', 'b-1', [seats('a-1', 'a-2')]),
    confirmed('o_2', 'h_2', 'b-2', [places(2)]),
  ]);
  const areas = [
    { areaId: 'stalls', capacity: 2, held: 0, sold: 2 },
    { areaId: 'floor', capacity: 2, held: 0, sold: 2 },
  ];
  return {
    capacity: 4,
    redis: { seq: log.length, areas: structuredClone(areas), seats: 'ss' },
    log,
    sql: {
      areas: structuredClone(areas),
      tickets: [
        { ticketId: 'o_1-1', orderId: 'o_1', areaId: 'stalls', seatId: 'a-1' },
        { ticketId: 'o_1-2', orderId: 'o_1', areaId: 'stalls', seatId: 'a-2' },
        { ticketId: 'o_2-1', orderId: 'o_2', areaId: 'floor', seatId: null },
        { ticketId: 'o_2-2', orderId: 'o_2', areaId: 'floor', seatId: null },
      ],
      lagsMs: [10, 30],
    },
    acknowledged: [
      { orderId: 'o_1', ticketIds: ['o_1-1', 'o_1-2'] },
      { orderId: 'o_2', ticketIds: ['o_2-1', 'o_2-2'] },
    ],
  };
}

t.test('a clean sale is clean', async (t) => {
  const verdict = judgeSale(cleanSale());
  t.same(verdict.faults, []);
  t.equal(verdict.isClean, true);
  t.equal(verdictLine(verdict), 'sold 4, oversold 0, undersold 0, legacy rows 4, lag p99 30 ms');
});

t.test('a seat with two owners in the log is oversold', async (t) => {
  const evidence = cleanSale();
  evidence.log = chain([
    ...evidence.log.map(({ type, data }): Fact => [type, data]),
    placed('h_3', 'b-3', [seats('a-1')]),
    confirmed('o_3', 'h_3', 'b-3', [seats('a-1')]),
  ]);
  const verdict = judgeSale(evidence);
  t.equal(verdict.isClean, false);
  t.equal(verdict.oversold, 1);
  t.match(verdict.faults.join('\n'), /the log contradicts itself: test seq 8/);
});

t.test('a seat with two tickets in SQL is oversold, also when the sum is right', async (t) => {
  const evidence = cleanSale();
  const ticket = evidence.sql.tickets[1];
  if (ticket !== undefined) ticket.seatId = 'a-1';
  const verdict = judgeSale(evidence);
  t.equal(verdict.isClean, false);
  t.equal(verdict.oversold, 1);
  t.equal(verdict.undersold, 1, 'and the other seat is unsold');
});

t.test('an area past its capacity is oversold in Redis, also when another makes up for it', async (t) => {
  const evidence = cleanSale();
  evidence.redis.areas = [
    { areaId: 'stalls', capacity: 2, held: 0, sold: 1 },
    { areaId: 'floor', capacity: 2, held: 0, sold: 3 },
  ];
  const verdict = judgeSale(evidence);
  t.equal(verdict.isClean, false);
  t.equal(verdict.oversold, 1);
});

t.test('a general area past its capacity in SQL is oversold', async (t) => {
  const evidence = cleanSale();
  evidence.sql.tickets.push({ ticketId: 'o_2-3', orderId: 'o_2', areaId: 'floor', seatId: null });
  const verdict = judgeSale(evidence);
  t.equal(verdict.isClean, false);
  t.equal(verdict.oversold, 1);
  t.equal(verdict.legacyRows, 5);
  t.match(verdict.faults.join('\n'), /SQL has 1 tickets that the log does not know/);
});

t.test('places that nobody got are undersold, wherever they are missing', async (t) => {
  const evidence = cleanSale();
  evidence.log = chain(evidence.log.slice(0, -1).map(({ type, data }): Fact => [type, data]));
  evidence.redis.seq -= 1;
  evidence.redis.areas[1] = { areaId: 'floor', capacity: 2, held: 2, sold: 0 };
  evidence.sql.areas[1] = { areaId: 'floor', capacity: 2, held: 2, sold: 0 };
  evidence.sql.tickets.splice(2);
  evidence.acknowledged.splice(1);
  const verdict = judgeSale(evidence);
  t.equal(verdict.sold, 2);
  t.equal(verdict.undersold, 2);
  t.equal(verdict.oversold, 0);
  t.equal(verdict.isClean, false);
});

t.test('rows that are missing in SQL only are a fault', async (t) => {
  const evidence = cleanSale();
  evidence.sql.tickets.pop();
  const verdict = judgeSale(evidence);
  t.equal(verdict.isClean, false);
  t.equal(verdict.sold, 4);
  t.equal(verdict.legacyRows, 3);
  t.equal(verdict.undersold, 1);
  t.match(verdict.faults.join('\n'), /1 orders that buyers were told of lack tickets in SQL/);
});

t.test('an order that a buyer was told of and that is nowhere is a fault', async (t) => {
  const evidence = cleanSale();
  evidence.acknowledged.push({ orderId: 'o_9', ticketIds: ['o_9-1'] });
  const verdict = judgeSale(evidence);
  t.equal(verdict.isClean, false);
  t.match(verdict.faults.join('\n'), /1 orders that buyers were told of are not in the log/);
});

t.test('a log with a hole is a fault', async (t) => {
  const evidence = cleanSale();
  evidence.log.splice(4, 1);
  const verdict = judgeSale(evidence);
  t.equal(verdict.isClean, false);
  t.match(verdict.faults.join('\n'), /the log breaks at seq 6: rejected seq_gap/);
});

t.test('counters of the CMS that differ from the log are a fault', async (t) => {
  const evidence = cleanSale();
  evidence.sql.areas[0] = { areaId: 'stalls', capacity: 2, held: 1, sold: 2 };
  const verdict = judgeSale(evidence);
  t.equal(verdict.isClean, false);
  t.match(verdict.faults.join('\n'), /stalls: the log says held 0, sold 2; SQL says held 1, sold 2/);
});

t.test('seats that Redis does not show as sold are a fault', async (t) => {
  const evidence = cleanSale();
  evidence.redis.seats = 's0';
  t.match(judgeSale(evidence).faults.join('\n'), /the log has 2 seats sold, Redis 1/);
});

t.test('Redis at another seq than the log is a fault', async (t) => {
  const evidence = cleanSale();
  evidence.redis.seq += 1;
  t.equal(judgeSale(evidence).isClean, false);
});

type Fact = [type: EventType, data: unknown];
type Items = EventData<'hold.placed'>['items'];

/** Events with seq, id and prev as the scripts give them. */
function chain(facts: Fact[]): SaleEvent[] {
  return facts.map(([type, data], i) => ({
    specversion: '1.0', id: `e${i + 1}`, source: '/onsale/p00', type, subject: 'test',
    time: '2026-11-23T10:00:00.000Z', datacontenttype: 'application/json',
    sequence: String(i + 1), prev: i === 0 ? '0' : `e${i}`, epoch: 0, data,
  }) as SaleEvent);
}

function seat(seatId: string): { seatId: string; label: string; x: number; y: number; categoryId: string } {
  return { seatId, label: seatId, x: 0, y: 0, categoryId: 'c' };
}

function seats(...seatIds: string[]): Items[number] {
  const quantity = seatIds.length;
  return { areaId: 'stalls', categoryId: 'c', ticketType: 'adult', price: 100, quantity, seatIds };
}

function places(quantity: number): Items[number] {
  return { areaId: 'floor', categoryId: 'c', ticketType: 'adult', price: 100, quantity };
}

function totalOf(items: Items): number {
  return items.reduce((sum, { price, quantity }) => sum + price * quantity, 0);
}

function placed(holdId: string, buyerId: string, items: Items): Fact {
  const at = '2026-11-23T10:10:00.000Z';
  return ['hold.placed', {
    holdId, buyerId, items, total: totalOf(items), currency: 'EUR',
    expiresAt: at, expiresAtMax: at, digest: 'd',
  }];
}

function confirmed(orderId: string, holdId: string, buyerId: string, items: Items): Fact {
  return ['order.confirmed', {
    orderId, holdId, buyerId, items, total: totalOf(items), currency: 'EUR', paymentMethod: 'free',
    contact: 'x', ticketSeed: 's', digest: 'd',
  }];
}
