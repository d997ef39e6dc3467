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
 * item order and then seat order, as the buyer was shown them.
 *
 * @param contacts of the orders, in the same order
 */
export function planOrders(
  orders: readonly PlannedOrder[],
  contacts: readonly Contact[],
): { lines: OrderLine[]; tickets: OrderTicket[] } {
  const lines: OrderLine[] = [];
  const tickets: OrderTicket[] = [];
  for (const [order, { data }] of orders.entries()) {
    const holder = contacts[order]?.name ?? '';
    let n = 0;
    const addLine = (line: Omit<OrderLine, 'order'>): void => {
      lines.push({ order, ...line });
      for (let i = 0; i < line.quantity; i++) {
        n += 1;
        tickets.push({
          line: lines.length - 1, number: ticketId(data.orderId, n), code: ticketCode(data.ticketSeed, n),
          seatId: line.seatId, holder,
        });
      }
    };
    for (const { areaId, seatIds, ticketType, quantity, price: priceMinor } of data.items) {
      if (seatIds === undefined) addLine({ areaId, seatId: null, ticketType, quantity, priceMinor });
      else for (const seatId of seatIds) addLine({ areaId, seatId, ticketType, quantity: 1, priceMinor });
    }
  }
  return { lines, tickets };
}
