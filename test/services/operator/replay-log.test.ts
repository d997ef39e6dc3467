import { randomBytes } from 'node:crypto';
import t from 'tap';
import type { SaleEvent } from '../../../services/shared/contracts/events.ts';
import { digestAfter, NO_DIGEST, timeUsOf } from '../../../services/shared/event-store/event-digest.ts';
import type { StoredEvent } from '../../../services/shared/event-store/stored-event.ts';
import { LogReplay } from '../../../services/operator/verify/replay-log.ts';
import { BOX, EventChain } from '../../harness/event-chain.ts';

const newSale = () => new EventChain('hamlet', randomBytes(32).toString('base64url'));

/** As the event store has them: whoever writes them so can make the chain whole, but not the sale. */
function stored(events: readonly SaleEvent[]): StoredEvent[] {
  let digest: Uint8Array = NO_DIGEST;
  return events.map((event) => {
    const row = { saleId: event.subject, seq: Number(event.sequence), id: event.id, type: event.type,
      timeUs: timeUsOf(event.time), body: JSON.stringify(event) };
    digest = digestAfter(digest, row);
    return { ...row, digest, event, position: undefined };
  });
}

function replay(events: readonly StoredEvent[]): LogReplay {
  const log = new LogReplay('hamlet', []);
  log.take(events);
  return log;
}

t.test('a log is replayed to its end and counted', async (t) => {
  const sale = newSale();
  const events = sale.open();
  const [a, b, c] = [sale.hold(2), sale.hold(1, ['b-0']), sale.hold(3)];
  events.push(a.event, b.event, c.event, await sale.confirm(a), sale.release(b));
  const late = sale.next('hold.expired', { holdId: c.holdId, buyerId: c.holdId, items: c.items });
  late.time = new Date(Date.parse((c.event.data as { expiresAt: string }).expiresAt) + 700).toISOString();
  const log = replay(stored([...events, late]));
  t.same(log.faults, []);
  t.match(log.tally.totals, {
    currency: 'EUR', holds: { placed: 3, released: 1, expired: 1, ordered: 1 }, expiredLateMsMax: 700,
    orders: 1, tickets: 2, money: 9_000, recoveries: 0,
  });
  t.equal(log.end.seq, 9);
});

t.test('each way to touch a stored event is found', async (t) => {
  const sale = newSale();
  const events = [...sale.open(), ...await sale.traffic(3)];
  const change = (edit: (rows: StoredEvent[]) => void): string => {
    const rows = stored(events);
    edit(rows);
    return replay(rows).faults[0] ?? '';
  };
  const at = (rows: StoredEvent[], i: number): StoredEvent => rows[i] as StoredEvent;
  const body = (rows: StoredEvent[]) => at(rows, 4).body.replace('4500', '4501');
  t.match(change((rows) => { at(rows, 4).body = body(rows); }), /^hamlet seq 5: /);
  t.match(change((rows) => { at(rows, 4).timeUs = String(BigInt(at(rows, 4).timeUs) + 1n); }), /seq 5: /);
  t.match(change((rows) => { at(rows, 4).type = 'hold.expired'; }), /seq 5: /);
  t.match(change((rows) => { rows.splice(4, 1); }), /seq 5: after seq 4 comes 6/);
  t.match(change((rows) => { rows.splice(4, 2, at(rows, 5), at(rows, 4)); }), /seq 5: after seq 4 comes 6/);
  t.match(change((rows) => { at(rows, 4).digest = undefined; }), /seq 5: it has no digest/);
});

t.test('a log whose chain is whole and that breaks a promise is found', async (t) => {
  const double = newSale();
  const events = double.open();
  events.push(double.hold(1, ['b-0']).event, double.hold(2, ['b-0', 'b-1']).event,
    double.next('sale.paused', {}));
  const log = replay(stored(events));
  t.same(log.faults, ['hamlet seq 5 (hold.placed): seat b-0 has two owners']);
  t.equal(log.tally.totals.holds.placed, 1, 'what follows is not counted');

  const over = newSale();
  const opened = over.open({ capacity: 3 });
  opened.push(over.hold(2).event, over.hold(2).event);
  t.match(replay(stored(opened)).faults, [/seq 5 \(hold\.placed\)/]);

  const twice = newSale();
  const hold = twice.open();
  const held = twice.hold(1);
  t.match(replay(stored([...hold, held.event, twice.release(held), twice.release(held)])).faults,
    [/seq 6 \(hold\.released\)/]);

  const blocked = newSale();
  const before = [...blocked.open(), blocked.hold(1, ['b-0']).event];
  t.match(replay(stored([...before, blocked.next('stock.blocked',
    { areaId: BOX, seatIds: ['b-0'], reason: 'stage' })])).faults, [/seat b-0 is not free/]);
});

t.test('an event type from a later release is no verdict', async (t) => {
  const sale = newSale();
  const event = { ...sale.next('sale.opened', {}), type: 'sale.teleported' } as unknown as SaleEvent;
  t.match(replay(stored([event])).faults, [/seq 1: what sale\.teleported means is not known here/]);
});
