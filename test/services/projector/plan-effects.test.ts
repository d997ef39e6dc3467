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
  t.same([...change.areas], [['floor', { held: 3, sold: 0 }], ['box', { held: 1, sold: 1 }]]);
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
