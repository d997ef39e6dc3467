import t from 'tap';
import { planEffects } from '../../../services/projector/plan-effects.ts';
import { planOrders } from '../../../services/projector/plan-orders.ts';
import type { SaleEvent } from '../../../services/shared/contracts/events.ts';
import { EventChain } from '../../harness/event-chain.ts';

const key = Buffer.alloc(32, 1).toString('base64url');
const stored = (events: SaleEvent[]) => events.map((event) => ({ seq: Number(event.sequence), event }));

t.test('a run of holds and orders becomes one step, each row once', async (t) => {
  const sale = new EventChain('hamlet', key);
  const opening = sale.open();
  const [a, b, c] = [sale.hold(2), sale.hold(1, ['b-1']), sale.hold(3)];
  const events = [
    ...opening, a.event, b.event, c.event,
    sale.release(a), await sale.confirm(b), sale.hold(1, ['b-2']).event,
  ];
  const steps = planEffects(stored(events));
  t.same(steps.map(({ kind }) => kind), ['define-sale', 'define-area', 'set-state', 'change-stock']);
  const [, , , last] = steps;
  if (last?.kind !== 'change-stock') throw new Error('no change');
  const { change } = last;
  t.same([...change.areas], [
    ['floor', { held: 3, sold: 0, blocked: 0 }], ['box', { held: 1, sold: 1, blocked: 0 }],
  ]);
  t.same([...change.seats], [
    ['b-1', { before: 'free', after: 'sold' }],
    ['b-2', { before: 'free', after: 'held' }],
  ]);
  t.same(change.orders.map(({ seq, data }) => [seq, data.holdId]), [[8, b.holdId]]);
});

t.test('a change of state or layout in between keeps its place', async (t) => {
  const sale = new EventChain('hamlet', key);
  sale.open();
  const [paused, resumed] = ['sale.paused', 'sale.resumed'] as const;
  const events = [sale.hold(1).event, sale.next(paused, {}), sale.next(resumed, {}), sale.hold(1).event];
  t.same(planEffects(stored(events)).map(({ kind }) => kind),
    ['change-stock', 'set-state', 'set-state', 'change-stock']);
});

t.test('a seat that is taken twice is found', async (t) => {
  const sale = new EventChain('hamlet', key);
  const events = [sale.hold(1, ['b-1']).event, sale.hold(1, ['b-1']).event];
  t.throws(() => planEffects(stored(events)), /seat b-1 is held, not free/);
});

t.test('blocking is summed up with holds; capacities and prices keep their place', async (t) => {
  const sale = new EventChain('hamlet', key);
  const reason = 'r';
  const events = [
    sale.next('stock.blocked', { areaId: 'box', seatIds: ['b-1', 'b-2'], reason }),
    sale.hold(2).event,
    sale.next('stock.unblocked', { areaId: 'box', seatIds: ['b-1'], reason }),
    sale.next('stock.blocked', { areaId: 'floor', quantity: 7, reason }),
    sale.next('capacity.changed', { version: 2, areaId: 'floor', capacity: 50 }),
    sale.next('price.changed', { version: 3, categoryId: 'c', ticketType: 'adult', price: 1 }),
    sale.next('sale.reopened', {}),
  ];
  const steps = planEffects(stored(events));
  t.match(steps, [
    { kind: 'change-stock' }, { kind: 'set-capacity', areaId: 'floor', capacity: 50 },
    { kind: 'set-price', data: { categoryId: 'c', ticketType: 'adult', price: 1 } },
    { kind: 'set-state', state: 'open' },
  ]);
  const [first] = steps;
  if (first?.kind !== 'change-stock') throw new Error('no change');
  t.same([...first.change.areas], [
    ['box', { held: 0, sold: 0, blocked: 1 }], ['floor', { held: 2, sold: 0, blocked: 7 }],
  ]);
  t.same([...first.change.seats], [
    ['b-1', { before: 'free', after: 'free' }], ['b-2', { before: 'free', after: 'blocked' }],
  ]);
});

t.test('a hold that is changed gives back before it takes', async (t) => {
  const sale = new EventChain('hamlet', key);
  const [both, one] = [sale.hold(2, ['b-1', 'b-2']), sale.hold(1, ['b-2'])];
  const changed = sale.next('hold.changed', {
    holdId: both.holdId, buyerId: 'b', removed: both.items, added: one.items, items: one.items, total: 4_500,
    currency: 'EUR', key: 'k', digest: 'd',
  });
  const [step] = planEffects(stored([both.event, changed]));
  if (step?.kind !== 'change-stock') throw new Error('no change');
  t.same([...step.change.areas], [['box', { held: 1, sold: 0, blocked: 0 }]]);
  t.same([...step.change.seats], [
    ['b-1', { before: 'free', after: 'free' }], ['b-2', { before: 'free', after: 'held' }],
  ]);
});

t.test('what legacy has no rows for changes nothing', async (t) => {
  const sale = new EventChain('hamlet', key);
  const events = [
    sale.next('capacity.changed', { version: 2, groupId: 'g', capacity: 5 }),
    sale.next('capacity.changed', { version: 3, capacity: 5 }),
    sale.next('allocation.changed', { areaId: 'floor', channelId: 'press', quantity: 5 }),
    sale.next('allocation.returned', { channelId: 'press' }),
    sale.next('places.released', { areaId: 'box', seatIds: ['b-1'] }),
    sale.next('codes.added', { codes: [] }),
    sale.next('sale.archived', {}),
    sale.next('sale.revived', {}),
  ];
  t.same(planEffects(stored(events)), []);
});

t.test('unknown types and extensions change nothing', async (t) => {
  const sale = new EventChain('hamlet', key);
  const extended = sale.next('hold.extended', { holdId: 'h', buyerId: 'b', expiresAt: '', key: 'k' });
  const unknown = { ...sale.next('sale.paused', {}), type: 'seat.dusted', data: null } as never as SaleEvent;
  t.same(planEffects(stored([extended, unknown])), []);
});

t.test('tickets are numbered in item order, then seat order', async (t) => {
  const sale = new EventChain('hamlet', key);
  const items = [
    { areaId: 'box', categoryId: 'c', ticketType: 'adult', price: 10, quantity: 2, seatIds: ['s1', 's2'] },
    { areaId: 'floor', categoryId: 'c', ticketType: 'child', price: 5, quantity: 2 },
  ];
  const event = await sale.confirm({ holdId: 'h_1', items });
  if (event.type !== 'order.confirmed') return t.bailout('no order');
  const order = { seq: 1, time: event.time, data: event.data };
  const { lines, tickets } = planOrders([order], [{ name: 'Ann', email: '' }]);
  t.same(lines.map(({ seatId, quantity, priceMinor }) => [seatId, quantity, priceMinor]),
    [['s1', 1, 10], ['s2', 1, 10], [null, 2, 5]]);
  t.same(tickets.map(({ number, line, seatId, holder }) => [number, line, seatId, holder]), [
    ['o_1-1', 0, 's1', 'Ann'], ['o_1-2', 1, 's2', 'Ann'],
    ['o_1-3', 2, null, 'Ann'], ['o_1-4', 2, null, 'Ann'],
  ]);
  t.equal(new Set(tickets.map(({ code }) => code)).size, 4);
});
