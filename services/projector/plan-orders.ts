import type { EventData } from '../shared/contracts/events.ts';
import { ticketCode, ticketId } from '../shared/contracts/ticket-code.ts';
import type { Contact } from '../shared/platform/contact-seal.ts';
import type { PlannedOrder } from './plan-effects.ts';

export interface OrderLine {
  /** index of its order */
  order: number;
  areaId: string;
  seatId: string | null;
  ticketType: string;
  quantity: number;
  priceMinor: number;
}

/** A fee of a line or of a whole order, or a tax of a whole order. */
export interface OrderCharge {
  /** index of its order */
  order: number;
  /** index of its line; null when it belongs to the whole order */
  line: number | null;
  kind: 'fee' | 'tax';
  /** the id of the fee or tax */
  code: string;
  /** of all tickets of the line, or of the whole order */
  amountMinor: number;
  /** part of prices and fees, so nothing is added for it */
  included: boolean;
}

export interface OrderTicket {
  /** index of its line */
  line: number;
  number: string;
  code: string;
  seatId: string | null;
  holder: string;
}

/**
 * The rows of orders: one line per seat, or per item of a standing area; one ticket per place, numbered in
 * item order and then seat order, as the buyer was shown them. A line's price is the ticket's alone: fees and
 * taxes are charges.
 *
 * @param contacts of the orders, in the same order
 */
export function planOrders(
  orders: readonly PlannedOrder[],
  contacts: readonly Contact[],
): { lines: OrderLine[]; tickets: OrderTicket[]; charges: OrderCharge[] } {
  const lines: OrderLine[] = [];
  const tickets: OrderTicket[] = [];
  const charges: OrderCharge[] = [];
  for (const [order, { data }] of orders.entries()) {
    const holder = contacts[order]?.name ?? '';
    let n = 0;
    const addLine = (line: Omit<OrderLine, 'order'>, fees: Fees): void => {
      lines.push({ order, ...line });
      charges.push(...feeCharges(fees, { order, line: lines.length - 1 }, line.quantity));
      for (let i = 0; i < line.quantity; i++) {
        n += 1;
        tickets.push({
          line: lines.length - 1, number: ticketId(data.orderId, n), code: ticketCode(data.ticketSeed, n),
          seatId: line.seatId, holder,
        });
      }
    };
    for (const { areaId, seatIds, ticketType, quantity, price: priceMinor, fees } of data.items) {
      const sold = { areaId, ticketType, priceMinor };
      if (seatIds === undefined) addLine({ ...sold, seatId: null, quantity }, fees);
      else for (const seatId of seatIds) addLine({ ...sold, seatId, quantity: 1 }, fees);
    }
    charges.push(...feeCharges(data.fees, { order, line: null }), ...taxCharges(data.taxes, order));
  }
  return { lines, tickets, charges };
}

type Fees = EventData<'order.confirmed'>['fees'];
type Taxes = EventData<'order.confirmed'>['taxes'];

function feeCharges(
  fees: Fees = [],
  owner: { order: number; line: number | null },
  quantity = 1,
): OrderCharge[] {
  return fees.map(({ feeId, amount }) =>
    ({ ...owner, kind: 'fee', code: feeId, amountMinor: amount * quantity, included: false }));
}

/** The order's taxes are those of all its items and fees together; an item's own are part of them. */
function taxCharges(taxes: Taxes = [], order: number): OrderCharge[] {
  return taxes.map(({ taxId, amount, included }) =>
    ({ order, line: null, kind: 'tax', code: taxId, amountMinor: amount, included }));
}
