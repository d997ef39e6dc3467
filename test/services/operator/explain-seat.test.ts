import { randomBytes } from 'node:crypto';
import t from 'tap';
import { describeSale } from '../../../services/operator/describe-sale.ts';
import { explainSeat } from '../../../services/operator/explain-seat.ts';
import type { SaleEvent } from '../../../services/shared/contracts/events.ts';
import { BOX, EventChain, FLOOR } from '../../harness/event-chain.ts';

const newSale = () => new EventChain('hamlet', randomBytes(32).toString('base64url'));

async function* streamOf(events: readonly SaleEvent[]): AsyncGenerator<SaleEvent> {
  yield* events;
}

const seatOf = (events: readonly SaleEvent[], seatId: string, nowMs = 0) =>
  explainSeat(streamOf(events), seatId, nowMs);

t.test('each event that changed a seat is told, and no other', async (t) => {
  const sale = newSale();
  const events = sale.open();
  const other = sale.hold(2);
  const first = sale.hold(2, ['b-3', 'b-4']);
  const blocked = { areaId: BOX, seatIds: ['b-3'], reason: 'camera' };
  events.push(other.event, first.event, sale.release(first), sale.next('sale.paused', {}),
    sale.next('sale.resumed', {}), sale.next('stock.blocked', blocked));
  t.match(await seatOf(events, 'b-3'), {
    areaId: BOX, rowId: 'A', label: '4', categoryId: 'c', status: 'blocked', holder: null, order: null,
    why: 'It was blocked by system: camera.', seq: 9,
    steps: [
      { seq: 2, type: 'area.defined', status: 'free', reason: null },
      { seq: 5, type: 'hold.placed', status: 'held', correlationId: first.holdId },
      { seq: 6, type: 'hold.released', status: 'free' },
      { seq: 9, type: 'stock.blocked', status: 'blocked', reason: 'camera' },
    ],
  });
  t.equal((await seatOf(events, 'b-3'))?.steps.length, 4);
  t.match(await seatOf(events, 'b-4'), { status: 'free', why: 'It is free for everybody.' });
  t.equal(await seatOf(events, 'b-99'), undefined);
});

t.test('a held seat says by whom and until when, and whether that time is over', async (t) => {
  const sale = newSale();
  const events = sale.open();
  const hold = sale.hold(1, ['b-0']);
  events.push(hold.event);
  const untilMs = Date.parse((hold.event.data as { expiresAt: string }).expiresAt);
  const { holdId } = hold;
  t.match(await seatOf(events, 'b-0', untilMs - 1),
    { status: 'held', holder: { holdId, buyerId: holdId, lapsed: false }, why: /^It is held by .* until 2/ });
  t.match(await seatOf(events, 'b-0', untilMs), { holder: { lapsed: true }, why: /about to be given back/ });
  events.push(sale.next('sale.recovered', { lostMs: 60_000 }));
  const after = await seatOf(events, 'b-0', untilMs);
  t.match(after, { holder: { lapsed: false, expiresAt: new Date(untilMs + 60_000).toISOString() } });
  t.match(after?.steps.at(-1), { type: 'sale.recovered', status: 'held' }, 'the time given back is a change');
});

t.test('a sold seat says to whom, with which order, of what sum', async (t) => {
  const sale = newSale();
  const events = sale.open();
  const hold = sale.hold(2, ['b-0', 'b-1']);
  events.push(hold.event, await sale.confirm(hold));
  const orderId = `o_${hold.holdId.slice(2)}`;
  t.match(await seatOf(events, 'b-1'), {
    status: 'sold', holder: null, why: `It was sold to ${hold.holdId} with order ${orderId}.`,
    order: { orderId, holdId: hold.holdId, total: 9_000, currency: 'EUR' },
  });
});

t.test('a free seat of a sale that does not sell says so', async (t) => {
  const sale = newSale();
  const events = [...sale.open(), sale.next('sale.paused', {})];
  t.match(await seatOf(events, 'b-1'), { why: 'It is free, but the sale is paused.' });
});

t.test('a sale as of each of its events is the fold up to there', async (t) => {
  const sale = newSale();
  const events = sale.open({ capacity: 10, seats: 2 });
  const floor = sale.hold(3);
  const box = sale.hold(1, ['b-1']);
  events.push(floor.event, box.event, await sale.confirm(floor), sale.release(box),
    sale.next('stock.blocked', { areaId: FLOOR, quantity: 2, reason: 'stage' }));
  const asOf = (seq: number) => describeSale('hamlet', streamOf(events), { seq });
  t.match(await asOf(5), {
    seq: 5, state: 'open', venue: { capacity: 12, free: 8, held: 4, sold: 0 },
    areas: [{ areaId: FLOOR, free: 7, held: 3 }, { areaId: BOX, free: 1, held: 1 }],
    holds: { live: 2, ended: 0, ordered: 0 }, orders: { count: 0 },
  });
  t.match(await asOf(99), {
    seq: 8, venue: { capacity: 10, free: 7, held: 0, sold: 3 },
    areas: [{ areaId: FLOOR, free: 5, blocked: 2, sold: 3 }, { areaId: BOX, free: 2 }],
    holds: { live: 0, ended: 1, ordered: 1 },
    orders: { count: 1, tickets: 3, total: 13_500, currency: 'EUR' }, buyers: 1,
  });
  const before = Date.parse(events[0]?.time ?? '') - 1;
  t.match(await describeSale('hamlet', streamOf(events), { atMs: before }), { seq: 0, at: null, areas: [] });
});

t.test('an event whose clock ran behind belongs to what stands before it', async (t) => {
  const sale = newSale();
  const events = sale.open();
  const at = (index: number, time: string): void => {
    const event = events[index];
    if (event !== undefined) event.time = time;
  };
  at(0, '2026-11-23T10:00:05.000Z');
  at(1, '2026-11-23T10:00:04.000Z');
  at(2, '2026-11-23T10:00:06.000Z');
  const asOf = (time: string) => describeSale('hamlet', streamOf(events), { atMs: Date.parse(time) });
  t.equal((await asOf('2026-11-23T10:00:04.000Z')).seq, 0);
  t.equal((await asOf('2026-11-23T10:00:05.000Z')).seq, 2);
  t.equal((await asOf('2026-11-23T10:00:06.000Z')).seq, 3);
});
