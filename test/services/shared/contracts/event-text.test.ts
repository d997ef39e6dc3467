import t from 'tap';
import { decodeBatch } from '../../../../services/shared/contracts/bus-record.ts';
import { toEventText } from '../../../../services/shared/contracts/event-text.ts';
import { partitionKeys } from '../../../../services/shared/contracts/keys.ts';
import type { SaleLayout } from '../../../../services/shared/contracts/layout.ts';
import { readOutboxEntry, toSaleEvent } from '../../../../services/shared/contracts/outbox.ts';
import type { PackedEvent } from '../../../../services/shared/contracts/outbox.ts';
import type { SaleInput } from '../../../../services/shared/contracts/sale-input.ts';
import { floorOf, hallOf, openDesk, rowOf, saleOf } from '../../../harness/open-desk.ts';
import type { Teardown } from '../../../harness/teardown.ts';

const PARTITION = 7;
const NOTHING = 'no reader would take it';
const CONTACT = 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..OIyT4pMfvCQsBlb5.5mGm_JUw.66AYKxKggiqrgM3CLkpAYQ';
const extrasWith = (more: object) => JSON.stringify(
  { paymentMethod: 'free', contact: CONTACT, ticketSeed: 't_G4A0MmVn', digest: 'gYN7dDQ4bZ', ...more });

/** By way of objects; NOTHING where that cannot be, or where a reader refuses what comes of it. */
function slowly(event: PackedEvent, layout: SaleLayout): string {
  try {
    const text = JSON.stringify(toSaleEvent(event, PARTITION, layout));
    decodeBatch(`[${text}]`);
    return text;
  } catch {
    return NOTHING;
  }
}

function quickly(event: PackedEvent, layout: SaleLayout): string {
  try {
    return toEventText(event, PARTITION, layout);
  } catch {
    return NOTHING;
  }
}

/** Every kind of event that has items, and some others, as the scripts write them. */
async function play(t: Teardown, input: SaleInput): Promise<{ events: PackedEvent[]; layout: SaleLayout }> {
  const desk = await openDesk(t, input);
  const items = [{ areaId: 'hall', bestAvailable: 2 }, { areaId: 'floor', quantity: 2 }];
  for (const id of ['a', 'b']) await desk.place(id, items, { buyerId: `b_${id}` });
  await desk.place('f', [{ areaId: 'floor', quantity: 1 }]);
  await desk.extend('a', 'k', 'b_a');
  await desk.confirm('a', 'o', { buyerId: 'b_a' });
  await desk.confirm('f', 'p');
  await desk.change('b', { items: [{ areaId: 'floor', quantity: 3 }] }, { buyerId: 'b_b' });
  await desk.release('b', 'b_b');
  await desk.setHoldMs(10);
  await desk.place('c', items);
  await desk.awaitLapse();
  await desk.expire();
  await desk.move('pause');
  const entries = await desk.redis.xrange(partitionKeys(desk.partition).outbox, '-', '+');
  const { layout } = await desk.sale();
  return { events: entries.flatMap(([, fields]) => readOutboxEntry(fields)), layout };
}

const PLAIN = saleOf([hallOf([rowOf('A', 6)]), floorOf(20)]);
const PRICED: SaleInput = {
  ...PLAIN,
  fees: [{ feeId: 'service', per: 'order', amount: 150 }, { feeId: 'paper', per: 'ticket', amount: 30 }],
  taxes: [{ taxId: 'vat', percent: 7, included: true }],
};

t.test('an event is written to the letter as by way of objects, whatever is in it', async (t) => {
  for (const input of [PLAIN, PRICED]) {
    const { events, layout } = await play(t, input);
    t.ok(new Set(events.map(({ type }) => type)).size >= 9, 'of many types');
    for (const event of events) {
      t.equal(quickly(event, layout), slowly(event, layout), event.type);
      t.not(slowly(event, layout), NOTHING);
      // One assertion for all of them: there are ten thousand.
      const different = oddOf(event).filter((odd) => quickly(odd, layout) !== slowly(odd, layout));
      t.same(different, [], `${event.type} with something unusual`);
    }
  }
});

t.test('an order says what its API process wrote', async (t) => {
  const { events, layout } = await play(t, PLAIN);
  const order = events.find(({ type }) => type === 'order.confirmed');
  if (order === undefined) throw new Error('no order');
  const texts = [
    extrasWith({}), extrasWith({ paymentMethod: 'card "gold"' }), extrasWith({ contact: 'é\u2028' }),
    extrasWith({ digest: 7 }), extrasWith({ items: [] }), extrasWith({ __proto__: 1, more: { deep: [] } }),
    ` ${extrasWith({})}`, extrasWith({}).replace('"digest"', '"ticketSeed"'), '{}', '',
    extrasWith({ digest: '\\' }), extrasWith({ contact: '' }),
  ];
  const orders = texts.map((text) => ({ ...order, body: [...order.body.slice(0, 5), text] }));
  t.same(orders.map((one) => quickly(one, layout)), orders.map((one) => slowly(one, layout)));
});

t.test('what no reader would take is not written', async (t) => {
  const { events, layout } = await play(t, PLAIN);
  const [first] = events.filter(({ type }) => type === 'hold.placed');
  if (first === undefined) throw new Error('no hold');
  for (const bad of [{ saleId: 'with blank' }, { id: '' }, { prev: 'é' }, { seq: 0 }, { timeMs: 1e15 }]) {
    t.throws(() => toEventText({ ...first, ...bad }, PARTITION, layout), JSON.stringify(bad));
  }
  t.throws(() => toEventText(first, PARTITION, undefined), /cannot be read without its layout/);
});

/** The event with something unusual in each of its parts, one at a time. */
function oddOf(event: PackedEvent): PackedEvent[] {
  const strings = ['', '"', '\\', 'a b', 'é', '\u2028', 'x'.repeat(201), '7'];
  const numbers = [0, -1, 1.5, NaN, 1e15, 253_402_300_800_000];
  const odd: PackedEvent[] = [];
  for (const text of strings) {
    for (const name of ['id', 'prev', 'saleId'] as const) odd.push({ ...event, [name]: text });
    for (const context of [text, `buyer ${text}`, `${text} 4bf92f3577b34da6a3ce929d0e0e4736`, 'a b c']) {
      odd.push({ ...event, context });
    }
    for (const i of event.body.keys()) odd.push({ ...event, body: event.body.with(i, text) });
  }
  for (const number of numbers) {
    for (const name of ['seq', 'timeMs', 'epoch'] as const) odd.push({ ...event, [name]: number });
  }
  const traced = 'buyer 4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  return [...odd, { ...event, context: traced }, { ...event, body: event.body.slice(0, -1) }];
}
