import { Check } from 'typebox/value';
import t from 'tap';
import { sequenceOf } from '../../../../services/shared/contracts/event-schemas.ts';
import { EVENT_DATA, EVENT_TYPES } from '../../../../services/shared/contracts/events.ts';
import { readHoldRecord } from '../../../../services/shared/contracts/hold-record.ts';
import {
  needsLayout, packEvent, readOutboxEntry, toSaleEvent, unpackEvent,
} from '../../../../services/shared/contracts/outbox.ts';
import { partitionName, partitionOf } from '../../../../services/shared/contracts/partition-of.ts';
import { readOrderRecord } from '../../../../services/shared/contracts/order-record.ts';
import { ticketCode, ticketId } from '../../../../services/shared/contracts/ticket-code.ts';
import { floorOf, hallOf, openDesk, rowOf, saleOf } from '../../../harness/open-desk.ts';

t.test('every event that the scripts write fits the schema of its type', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 6)]), floorOf(9)]));
  const items = [{ areaId: 'hall', bestAvailable: 2 }, { areaId: 'floor', quantity: 2, ticketType: 'child' }];
  for (const id of ['a', 'b']) await desk.place(id, items);
  await desk.extend('a', 'k');
  await desk.confirm('a', 'o');
  await desk.release('b');
  await desk.setHoldMs(10);
  await desk.place('c', items);
  await desk.awaitLapse();
  await desk.expire();
  for (const verb of ['pause', 'resume', 'close'] as const) await desk.move(verb);
  const { events } = await desk.check();
  for (const event of events) {
    t.ok(Check(EVENT_DATA[event.type], event.data), `${event.type}: ${JSON.stringify(event.data)}`);
    t.match(event, { specversion: '1.0', source: `/onsale/p${desk.partition}`, subject: 'hamlet', epoch: 0,
      datacontenttype: 'application/json', time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ });
  }
  t.same(events.map(({ sequence }) => sequence), events.map((_, i) => sequenceOf(i + 1)));
  t.same(events.map(({ prev }) => prev), ['0', ...events.slice(0, -1).map(({ id }) => id)]);
  t.equal(new Set(events.map(({ id }) => id)).size, events.length);
  t.same([...new Set(events.map(({ actor }) => actor ?? ''))].toSorted(),
    ['buyer', 'operator:ann', 'system']);
});

t.test('an entry that no script writes is told, not skipped', (t) => {
  const header = '1\t0\t0\t1000\te-\t1';
  t.throws(() => readOutboxEntry(['hamlet', `${header}\nhold.invented\tc`]), /no such event type: hold.inv/);
  t.throws(() => readOutboxEntry(['hamlet', `${header}\nhold.placed`]), /not an outbox event/);
  t.throws(() => readOutboxEntry(['hamlet', header]), /not a block of the outbox/, 'no event in it');
  t.throws(() => readOutboxEntry(['hamlet']), /not a block of the outbox/);
  t.throws(() => readOutboxEntry(['hold.placed', 'hamlet\t1\te1']), /not a block of the outbox/);
  t.throws(() => unpackEvent('hold.invented\tx'), /no such event type: hold.invented/);
  t.throws(() => unpackEvent('hold.placed\thamlet\t1'), /not a packed event/);
  const [packed] = readOutboxEntry(['hamlet',
    `${header}\nhold.placed\tbuyer x\th\tl\td\tb\t1\t2\t2\t\t\t\t\t\t\t`]);
  if (packed === undefined) throw new Error('no event');
  t.throws(() => toSaleEvent(packed, 1, undefined), /cannot be read without its layout/);
  t.throws(() => readHoldRecord('x\ty'), /not a hold record/);
  t.throws(() => readOrderRecord('x\ty'), /not an order record/);
  t.same(EVENT_TYPES.filter((type) => needsLayout(type)),
    ['hold.placed', 'hold.extended', 'hold.changed', 'hold.released', 'hold.expired', 'order.confirmed',
      'order.expired', 'order.cancelled', 'payment.started', 'payment.failed', 'payment.late',
      'payment.mismatched']);
  t.end();
});

t.test('a block is read as the events it stands for', (t) => {
  const common = { saleId: 'hamlet', timeMs: 1000, epoch: 3, context: 'system', body: ['{}'] };
  const events = readOutboxEntry([
    'hamlet', '7\tbefore\t3\t1000\tn-1-\t1001\nsale.paused\tsystem\t{}\nsale.resumed\tsystem\t{}',
    'lear', '1\t0\t0\t1000\tn-2-\t1\nhold.extended\tbuyer x\th\tb\t5\tk',
  ]);
  t.same(events, [
    { ...common, type: 'sale.paused', seq: 7, id: 'n-1-1001', prev: 'before' },
    { ...common, type: 'sale.resumed', seq: 8, id: 'n-1-1002', prev: 'n-1-1001' },
    { type: 'hold.extended', saleId: 'lear', seq: 1, id: 'n-2-1', prev: '0', timeMs: 1000, epoch: 0,
      context: 'buyer x', body: ['h', 'b', '5', 'k'] },
  ]);
  t.same(events.map((event) => unpackEvent(packEvent(event))), events, 'by itself each says all of it');
  t.end();
});

t.test('a sale keeps its partition for ever: these values never change', (t) => {
  t.same(['hamlet', 'a', 'old-theatre', '2026-12-24-gala', ''].map((id) => partitionOf(id, 64)), PARTITIONS);
  t.equal(partitionName(7), 'p07');
  t.equal(partitionName(123), 'p123');
  const counts = new Map<number, number>();
  for (let i = 0; i < 6400; i++) {
    const partition = partitionOf(`show-${i}`, 64);
    counts.set(partition, (counts.get(partition) ?? 0) + 1);
  }
  t.equal(counts.size, 64);
  t.ok(Math.max(...counts.values()) < 200, 'they spread');
  t.end();
});

/** FNV-1a (32 bit) modulo 64, by hand. */
const PARTITIONS = [18, 44, 16, 14, 5];

t.test('ticket codes derive from the seed alone, and tell nothing of each other', (t) => {
  t.equal(ticketId('o_abc', 2), 'o_abc-2');
  t.equal(ticketCode('seed', 1), 'jdbBNXyXoLegFv4t');
  const codes = Array.from({ length: 1000 }, (_, i) => ticketCode('seed', i + 1));
  t.equal(new Set(codes).size, 1000);
  t.ok(codes.every((code) => /^[\w-]{16}$/.test(code)));
  t.not(ticketCode('other', 1), ticketCode('seed', 1));
  t.end();
});
