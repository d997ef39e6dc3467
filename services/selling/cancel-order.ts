import { moneyOf, sumUp } from '../shared/contracts/hold-record.ts';
import { isPending, readOrderRecord } from '../shared/contracts/order-record.ts';
import type { OrderRecord } from '../shared/contracts/order-record.ts';
import { awaitLog } from './await-log.ts';
import { deriveId } from './derive-id.ts';
import { divideTickets } from './divide-tickets.ts';
import { findRecord } from './find-order.ts';
import type { FoundOrder } from './find-order.ts';
import { endAtProvider } from './pay-order.ts';
import type { Cancellation } from './payments.ts';
import type { KnownSale } from './sale-directory.ts';
import type { SellingContext } from './selling-context.ts';
import type { Refusal } from './stock.ts';

/** What is given back of the price of tickets that are cancelled. */
export const REFUND_POLICIES = ['all', 'withoutFees', 'none'] as const;
export type RefundPolicy = (typeof REFUND_POLICIES)[number];

export interface CancelAsk extends Pick<Cancellation, 'tickets' | 'isReturned' | 'reason' | 'context'> {
  refund: RefundPolicy;
  /** an order that is paid for stays as it is */
  isUnpaidOnly?: boolean;
}

/** `whole`: an order that nobody has paid for has no single tickets yet. */
export type Cancelled = FoundOrder | Refusal | 'recovering' | 'unknown' | 'paid' | 'whole';

/** Reads that somebody else's change may outdate before one is given up. */
const TRIES_MAX = 10;

/**
 * Cancels an order or some of its tickets, has the refund that goes with it asked for in the same script, and
 * returns once the log has both. What is cancelled already stays as it is, so all of it can be repeated; what
 * changes between reading the order and the script is read anew.
 */
export async function cancelOrder(
  context: SellingContext,
  { sale, orderId }: { sale: KnownSale; orderId: string },
  ask: CancelAsk,
): Promise<Cancelled> {
  const { tickets, refund, isUnpaidOnly = false, ...how } = ask;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const found = await findRecord(context, sale, orderId);
    if (found === 'recovering') return found;
    if (found === undefined) return 'unknown';
    const { record, isConfirmed } = found;
    const order = readOrderRecord(record);
    const { after, numbers } = divideTickets(record, tickets);
    const isUnpaid = isPending(order);
    if (isUnpaid && tickets !== undefined && numbers.length < ticketCount(order)) return 'whole';
    if (order.status === 'cancelled' || (order.status === 'confirmed' && numbers.length === 0)) {
      return await awaitLog(context, sale, orderId, { order, isRepeat: true }) ?? 'recovering';
    }
    if (isUnpaidOnly && !isUnpaid && order.status !== 'expired') return 'paid';
    const back = isUnpaid ? undefined : refundOf(order, new Set(numbers), refund);
    const scope = { saleId: sale.saleId, buyerId: order.buyerId, key: `cancel/${orderId}/${after}` };
    const answer = await context.payments.cancel(sale.partition, {
      saleId: sale.saleId, orderId, record, ...how, ...tickets !== undefined && { tickets },
      ...back !== undefined && {
        refund: { refundId: deriveId(context.idSecret, 'r', scope), ...back, currency: sale.layout.currency },
      },
    });
    if (!answer.ok && answer.reason === 'stale') continue;
    if (!answer.ok) return answer;
    context.watches.noteWrite(sale.saleId);
    if (isUnpaid) await endAtProvider(context, { sale, orderId, order });
    const inLog = { order: readOrderRecord(answer.text), isRepeat: isConfirmed && answer.text === record };
    return await awaitLog(context, sale, orderId, inLog) ?? 'recovering';
  }
  return { ok: false, reason: 'stale', detail: '' };
}

/** How many tickets an order was made with. */
export function ticketCount({ items }: Pick<OrderRecord, 'items'>): number {
  return items.reduce((sum, { quantity }) => sum + quantity, 0);
}

/**
 * What goes back when these tickets go: what the order costs with them, less what it costs without them, so
 * that it makes no difference whether they go one by one; never more than is left of what was paid.
 */
export function refundOf(
  order: OrderRecord,
  goes: ReadonlySet<number>,
  policy: RefundPolicy,
): { paymentId: string; amountMinor: number } | undefined {
  const kept = order.payment?.payments.find(({ kind }) => kind === 'kept');
  if (kept === undefined || policy === 'none') return undefined;
  const gone = new Set(order.payment?.gone);
  const before = costOf(order, (number) => !gone.has(number));
  const after = costOf(order, (number) => !gone.has(number) && !goes.has(number));
  const priceMinor = before.totalMinor - after.totalMinor;
  const feesMinor = policy === 'withoutFees' ? before.feesMinor - after.feesMinor : 0;
  const amountMinor = Math.min(priceMinor - feesMinor, leftOf(order, kept));
  return amountMinor <= 0 ? undefined : { paymentId: kept.paymentId, amountMinor };
}

/** What some tickets of an order cost, and which part of it are fees, without the taxes on them. */
function costOf(
  { items, terms }: OrderRecord,
  isIn: (number: number) => boolean,
): { totalMinor: number; feesMinor: number } {
  let number = 0;
  const lines = items.map(({ money, quantity }) => ({
    money, quantity: Array.from({ length: quantity }, () => number += 1).filter(isIn).length,
  })).filter(({ quantity }) => quantity > 0);
  if (lines.length === 0) return { totalMinor: 0, feesMinor: 0 };
  const { total, fees } = sumUp(lines, terms);
  const ofTickets = lines.reduce((sum, { money, quantity }) =>
    sum + quantity * amountOf(moneyOf(money).fees), 0);
  return { totalMinor: total, feesMinor: ofTickets + amountOf(fees) };
}

function amountOf(lines: readonly { amount: number }[]): number {
  return lines.reduce((sum, { amount }) => sum + amount, 0);
}

/** What was taken in a payment and is neither given back nor about to be. */
export function leftOf(
  { payment }: OrderRecord,
  { paymentId, amountMinor }: { paymentId: string; amountMinor: number },
): number {
  const given = (payment?.refunds ?? [])
    .filter((one) => one.paymentId === paymentId && one.status !== 'failed');
  return given.reduce((left, one) => left - one.amountMinor, amountMinor);
}
