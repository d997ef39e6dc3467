/** What operators change while a sale runs, and holds that change: each event type has its one effect. */
import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import type { EventChain } from '../../harness/event-chain.ts';
import { BOX, FLOOR } from '../../harness/event-chain.ts';
import { openBus } from '../../harness/open-bus.ts';
import { startService } from '../../stack.ts';

type Bus = Awaited<ReturnType<typeof openBus>>;

const reason = 'a camera stands there';

/** An open sale whose legacy rows follow. */
async function openSale(t: Parameters<typeof openBus>[0]): Promise<{ bus: Bus; sale: EventChain }> {
  const bus = await openBus(t);
  await startService(t, 'projector', bus.stack.env);
  const sale = bus.chain('hamlet');
  await bus.put(sale.open({ capacity: 100, seats: 10 }));
  return { bus, sale };
}

async function areasOf({ pool }: Bus): Promise<unknown> {
  const { rows } = await pool.query('SELECT code, capacity, held, sold, blocked FROM areas ORDER BY code');
  return rows;
}

t.test('stock.blocked and stock.unblocked: seats and places leave the sale and come back', async (t) => {
  const { bus, sale } = await openSale(t);
  const hold = sale.hold(1, ['b-3']);
  const events = [
    hold.event,
    sale.next('stock.blocked', { areaId: BOX, seatIds: ['b-0', 'b-1', 'b-2'], reason }),
    sale.next('stock.blocked', { areaId: FLOOR, quantity: 40, reason }),
    sale.next('stock.unblocked', { areaId: BOX, seatIds: ['b-1'], reason }),
    sale.next('stock.unblocked', { areaId: FLOOR, quantity: 15, reason }),
    await sale.confirm(hold),
  ];
  await bus.put(events);
  await bus.put(events);
  const log = await bus.settled();
  t.match(log, { duplicates: events.length, rejected: 0 }, 'all of it came twice');
  t.same(await areasOf(bus), [
    { code: BOX, capacity: 10, held: 0, sold: 1, blocked: 2 },
    { code: FLOOR, capacity: 100, held: 0, sold: 0, blocked: 25 },
  ]);
  t.equal(await bus.count(`seats WHERE status = 'blocked' AND code IN ('b-0', 'b-2')`), 2);
});

t.test('stock.blocked of a seat that is held parks the sale: the log contradicts itself', async (t) => {
  const { bus, sale } = await openSale(t);
  await bus.put([sale.hold(1, ['b-3']).event]);
  await bus.settled();
  await bus.put([sale.next('stock.blocked', { areaId: BOX, seatIds: ['b-3'], reason })]);
  const parked = await awaitThat('it is parked', async () =>
    (await bus.pool.query('SELECT type, reason FROM projection.parked_events')).rows[0]);
  t.match(parked, { type: 'stock.blocked', reason: /seats/ });
});

t.test('capacity.changed: of an area; of a group or the venue legacy has none', async (t) => {
  const { bus, sale } = await openSale(t);
  await bus.put([
    sale.hold(5).event,
    sale.next('capacity.changed', { version: 2, areaId: FLOOR, capacity: 5 }),
  ]);
  await bus.settled();
  t.match(await areasOf(bus), [{}, { code: FLOOR, capacity: 5, held: 5 }]);
  await bus.put([sale.next('capacity.changed', { version: 3, areaId: FLOOR, capacity: 300 })]);
  await bus.settled();
  t.match(await areasOf(bus), [{ code: BOX, capacity: 10 }, { code: FLOOR, capacity: 300, held: 5 }]);
});

t.test('price.changed: the price of one ticket type; what is held keeps its own', async (t) => {
  const { bus, sale } = await openSale(t);
  const hold = sale.hold(2);
  await bus.put([
    hold.event,
    sale.next('price.changed', { version: 2, categoryId: 'c', ticketType: 'adult', price: 9_900 }),
    await sale.confirm(hold),
  ]);
  await bus.settled();
  const { rows } = await bus.pool.query('SELECT ticket_type, price_minor FROM prices ORDER BY sort_order');
  t.same(rows, [{ ticket_type: 'adult', price_minor: 9_900 }, { ticket_type: 'child', price_minor: 2_000 }]);
  t.equal(await bus.count('orders WHERE total_minor = 9000'), 1);
});

t.test('hold.changed: what it gave back is free, what it took is held', async (t) => {
  const { bus, sale } = await openSale(t);
  const { event, holdId, items } = sale.hold(3, ['b-1', 'b-2', 'b-3']);
  const item = { areaId: BOX, categoryId: 'c', ticketType: 'adult', price: 4_500 };
  const child = { ...item, ticketType: 'child', price: 2_000, quantity: 1, seatIds: ['b-3'] };
  const standing = { ...item, areaId: FLOOR, quantity: 2 };
  const now = [{ ...item, quantity: 1, seatIds: ['b-4'] }, child, standing];
  const changed = sale.next('hold.changed', {
    holdId, buyerId: holdId, removed: items, added: now, items: now, total: 4_500 + 2_000 + 9_000,
    currency: 'EUR', key: 'k', digest: 'd',
  });
  await bus.put([event]);
  await bus.settled();
  await bus.put([changed]);
  await bus.put([changed]);
  await bus.settled();
  t.match(await areasOf(bus), [{ code: BOX, held: 2, sold: 0 }, { code: FLOOR, held: 2, sold: 0 }]);
  const held = await bus.pool.query(`SELECT code FROM seats WHERE status = 'held' ORDER BY code`);
  t.same(held.rows, [{ code: 'b-3' }, { code: 'b-4' }]);
  await bus.put([await sale.confirm({ holdId, items: now })]);
  await bus.settled();
  t.equal(await bus.count(`order_lines WHERE ticket_type = 'child'`), 1);
});

t.test('sale.reopened opens; closing, archiving and reviving leave the rows as they are', async (t) => {
  const { bus, sale } = await openSale(t);
  const state = async () => (await bus.pool.query('SELECT state FROM shows')).rows[0];
  await bus.put([...await sale.traffic(3), sale.next('sale.closed', {})]);
  await bus.settled();
  const before = await areasOf(bus);
  await bus.put([sale.next('sale.archived', {}), sale.next('sale.revived', {})]);
  await bus.settled();
  t.same(await state(), { state: 'closed' });
  t.same(await areasOf(bus), before);
  await bus.put([sale.next('sale.reopened', {})]);
  await bus.settled();
  t.same(await state(), { state: 'open' });
});

t.test('sale.recovered: no row changes, and the sale goes on from where it was', async (t) => {
  const { bus, sale } = await openSale(t);
  const [ordered, live, lapsing] = [sale.hold(2), sale.hold(1, ['b-3']), sale.hold(3, ['b-5', 'b-6', 'b-7'])];
  await bus.put([ordered.event, live.event, lapsing.event, await sale.confirm(ordered)]);
  t.match(await bus.settled(), { rejected: 0 });
  const rows = async (): Promise<unknown[]> => Promise.all(
    ['shows', 'areas', 'seats', 'orders', 'order_lines', 'payments', 'tickets', 'carts'].map(async (table) =>
      [table, (await bus.pool.query(`SELECT to_jsonb(r) AS row FROM ${table} r ORDER BY 1`)).rows]));
  const before = await rows();
  const recovered = sale.next('sale.recovered', { lostMs: 90_000 });
  await bus.put([recovered]);
  await bus.put([recovered]);
  await bus.settled();
  t.same(await rows(), before, 'legacy keeps no deadline of a hold: that is in Redis and in the log');
  const expired = sale.next('hold.expired',
    { holdId: lapsing.holdId, buyerId: lapsing.holdId, items: lapsing.items });
  await bus.put([expired, await sale.confirm(live)]);
  t.match(await bus.settled(), { rejected: 0 });
  t.same(await areasOf(bus), [
    { code: BOX, capacity: 10, held: 0, sold: 1, blocked: 0 },
    { code: FLOOR, capacity: 100, held: 0, sold: 2, blocked: 0 },
  ]);
});
