import type { OrderAdminView } from '../shared/contracts/cancellation-schemas.ts';
import { sumUp } from '../shared/contracts/hold-record.ts';
import type { SaleLayout } from '../shared/contracts/layout.ts';
import { ticketId } from '../shared/contracts/ticket-code.ts';
import { leftOf } from './cancel-order.ts';
import type { FoundOrder } from './find-order.ts';
import { showItems } from './show-items.ts';

/** An order with its money. Ticket codes are not for operators: whoever has one gets in. */
export function showOrderToOperator(
  orderId: string, { order, isConfirmed: isInLog }: FoundOrder, layout: SaleLayout,
): OrderAdminView {
  const { holdId, buyerId, status, confirmedAtMs, payment } = order;
  return {
    orderId, holdId, buyerId, status, isInLog,
    totalMinor: sumUp(order.items, order.terms).total,
    currency: layout.currency,
    method: payment?.method ?? order.extras.paymentMethod,
    attempt: payment?.attempt ?? 0,
    ...confirmedAtMs > 0 && { confirmedAt: new Date(confirmedAtMs).toISOString() },
    tickets: showItems(order.items, layout).map(({ areaId, seatId, ticketType, price: priceMinor }, i) => ({
      ticketId: ticketId(orderId, i + 1),
      areaId, ...seatId !== undefined && { seatId }, ticketType, priceMinor,
      isCancelled: status === 'cancelled' || payment?.gone.includes(i + 1) === true,
    })),
    payments: (payment?.payments ?? []).map((one) => ({
      ...one, leftMinor: one.kind === 'refused' ? 0 : leftOf(order, one),
    })),
    refunds: payment?.refunds ?? [],
  };
}
