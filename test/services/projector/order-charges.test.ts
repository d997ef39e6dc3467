/** Fees and taxes of an order, as rows beside its lines. */
import t from 'tap';
import type { EventData, Item, SaleEvent } from '../../../services/shared/contracts/events.ts';
import { BOX, FLOOR } from '../../harness/event-chain.ts';
import type { EventChain } from '../../harness/event-chain.ts';
import { openBus } from '../../harness/open-bus.ts';
import { startService } from '../../stack.ts';

const ruled = {
  fees: [
    { feeId: 'service', per: 'ticket', amount: 150 },
    { feeId: 'handling', per: 'order', amount: 200 },
  ],
  taxes: [{ taxId: 'vat', percent: 10, included: true }, { taxId: 'city', percent: 1, included: false }],
} as const;

/** Two seats and three places to stand: a service fee per ticket, one for handling, two taxes. */
const perTicket = {
  categoryId: 'c', ticketType: 'adult', price: 4_500, fees: [{ feeId: 'service', amount: 150 }],
  taxes: [{ taxId: 'vat', amount: 423, included: true }, { taxId: 'city', amount: 47, included: false }],
};
const items: Item[] = [
  { ...perTicket, areaId: BOX, quantity: 2, seatIds: ['b-1', 'b-2'] },
  { ...perTicket, areaId: FLOOR, quantity: 3 },
];
const taxes = [
  { taxId: 'vat', amount: 5 * 423 + 18, included: true },
  { taxId: 'city', amount: 5 * 47 + 2, included: false },
];
const sums = {
  fees: [{ feeId: 'handling', amount: 200 }], taxes, terms: '+handling=200~vat=10%^city=1%', currency: 'EUR',
  total: 5 * (4_500 + 150 + 47) + 200 + 2,
};

/** The sale with its rules, a hold of all that, and the order made from it. */
async function sell(sale: EventChain): Promise<SaleEvent[]> {
  const [defined, ...opening] = sale.open();
  if (defined?.type !== 'sale.defined') throw new Error('no definition');
  const definition: EventData<'sale.defined'> = {
    ...defined.data, fees: [...ruled.fees], taxes: [...ruled.taxes],
  };
  const at = new Date().toISOString();
  const hold = sale.next('hold.placed', {
    holdId: 'h_1', buyerId: 'h_1', items, ...sums, expiresAt: at, expiresAtMax: at, digest: 'd',
  });
  const order = await sale.confirm({ holdId: 'h_1', items });
  if (order.type !== 'order.confirmed') throw new Error('no order');
  return [{ ...defined, data: definition }, ...opening, hold, { ...order, data: { ...order.data, ...sums } }];
}

t.test('what an order costs beside its tickets is in order_charges, and the total has it all', async (t) => {
  const { stack, chain, put, pool, settled, count } = await openBus(t);
  await startService(t, 'projector', stack.env);
  const events = await sell(chain('hamlet'));
  await put(events);
  await put(events);
  await settled();
  const { rows } = await pool.query(`
    SELECT h.kind, h.code, h.amount_minor::int AS amount, h.included, a.code AS area, s.code AS seat
    FROM order_charges h
    LEFT JOIN order_lines l ON l.id = h.order_line_id
    LEFT JOIN areas a ON a.id = l.area_id LEFT JOIN seats s ON s.id = l.seat_id ORDER BY h.id`);
  const fee = { kind: 'fee', code: 'service', included: false };
  t.same(rows, [
    { ...fee, amount: 150, area: BOX, seat: 'b-1' },
    { ...fee, amount: 150, area: BOX, seat: 'b-2' },
    { ...fee, amount: 450, area: FLOOR, seat: null },
    { ...fee, code: 'handling', amount: 200, area: null, seat: null },
    { kind: 'tax', code: 'vat', amount: 2_133, included: true, area: null, seat: null },
    { kind: 'tax', code: 'city', amount: 237, included: false, area: null, seat: null },
  ]);
  t.equal(await count('order_lines WHERE price_minor = 4500'), 3, 'a line has the price of the ticket');
  t.equal(await count(`payments WHERE amount_minor = ${sums.total}`), 1);
  t.equal(await count(`orders WHERE total_minor = ${sums.total}`), 1);
});
