import { moneyOf, sumUp } from '../shared/contracts/hold-record.ts';
import type { HoldRecord, PackedItem } from '../shared/contracts/hold-record.ts';
import type { HoldAnswer, HoldItem, OrderAnswer } from '../shared/contracts/http-schemas.ts';
import type { SaleLayout } from '../shared/contracts/layout.ts';
import { isPending } from '../shared/contracts/order-record.ts';
import type { OrderRecord } from '../shared/contracts/order-record.ts';
import type { PaymentStart } from '../shared/payments/provider.ts';
import { ticketCode, ticketId } from '../shared/contracts/ticket-code.ts';

/**
 * The body of a hold: what it was when it was placed, so that a repeat is answered alike; `expiresAtMs` may
 * be later.
 */
export function showHold(
  holdId: string,
  hold: HoldRecord,
  layout: SaleLayout,
  expiresAtMs: number,
): HoldAnswer {
  const together = areTogether(hold.items, layout);
  return {
    holdId,
    items: showItems(hold.items, layout),
    ...showSums(hold),
    currency: layout.currency,
    ...(together !== undefined && { together }),
    expiresAt: isoOf(expiresAtMs),
    expiresAtMax: isoOf(hold.expiresAtMaxMs),
  };
}

/** The total, and the fees of the whole and the taxes where there are any. */
function showSums({ items, terms }: { items: PackedItem[]; terms: string }) {
  const { total, fees, taxes } = sumUp(items, terms);
  return { total, ...(fees.length > 0 && { fees }), ...(taxes.length > 0 && { taxes }) };
}

/**
 * Whether all seats of a hold are next to each other in one row with no aisle between; undefined if it has
 * none.
 */
function areTogether(items: PackedItem[], { seats, segments }: SaleLayout): boolean | undefined {
  const offsets = items.flatMap((item) => item.offsets).toSorted((a, b) => a - b);
  if (offsets.length === 0) return undefined;
  return offsets.every((offset, i) => {
    const before = offsets[i - 1];
    if (before === undefined) return true;
    const segment = seats[offset]?.segment;
    const isJoined = segment === seats[before]?.segment || segments[segment ?? -1]?.joinsLeft === true;
    return offset === before + 1 && isJoined;
  });
}

/** Holds of one script call lapse in the same millisecond: the times of the last few are kept. */
const ISO_TIMES_MAX = 64;
const isoTimes = new Map<number, string>();

function isoOf(ms: number): string {
  let text = isoTimes.get(ms);
  if (text === undefined) {
    if (isoTimes.size >= ISO_TIMES_MAX) isoTimes.clear();
    text = new Date(ms).toISOString();
    isoTimes.set(ms, text);
  }
  return text;
}

/**
 * The body of an order. Tickets are given out once the log has accepted it: the codes of an order that got
 * lost would otherwise go round for seats that are sold again.
 */
export function showOrder(
  orderId: string,
  order: OrderRecord,
  layout: SaleLayout,
  isInLog: boolean,
  start: Partial<PaymentStart> = {},
): OrderAnswer {
  const accepted = isInLog && order.confirmedAtMs > 0;
  const items = showItems(order.items, layout);
  const waitingFor = isInLog ? order.status === 'pending' && 'payment' : 'log';
  return {
    orderId,
    holdId: order.holdId,
    status: isInLog ? order.status : 'pending',
    ...(waitingFor !== false && { waitingFor }),
    ...(order.payment !== undefined && order.payment.attempt > 0 && { payment: showPayment(order, start) }),
    items,
    tickets: !accepted ? [] : items.map(({ price: _price, fees: _fees, taxes: _taxes, ...item }, i) => ({
      ticketId: ticketId(orderId, i + 1),
      code: ticketCode(order.extras.ticketSeed, i + 1),
      ...item,
    })).filter((_ticket, i) => order.payment?.gone.includes(i + 1) !== true),
    ...showSums(order),
    currency: layout.currency,
    ...(accepted && { confirmedAt: new Date(order.confirmedAtMs).toISOString() }),
  };
}

function showPayment(
  order: OrderRecord,
  { redirectUrl, clientSecret }: Partial<PaymentStart>,
): NonNullable<OrderAnswer['payment']> {
  const { method = '', attempt = 0, deadlineMs = 0 } = order.payment ?? {};
  return {
    method,
    attempt,
    ...(isPending(order) && { deadline: isoOf(deadlineMs) }),
    ...(redirectUrl !== undefined && { redirectUrl }),
    ...(clientSecret !== undefined && { clientSecret }),
  };
}

/** One entry per ticket, in the order in which tickets are numbered. */
export function showItems(items: PackedItem[], layout: SaleLayout): HoldItem[] {
  return items.flatMap((item) => {
    const areaId = layout.areas[item.areaIndex]?.area.areaId ?? '';
    const ticketType = layout.ticketTypes[item.ticketTypeIndex] ?? '';
    const { price, fees, taxes } = moneyOf(item.money);
    const sold = {
      ticketType, price, ...(fees.length > 0 && { fees }), ...(taxes.length > 0 && { taxes }),
    };
    if (item.offsets.length === 0) {
      return Array.from({ length: item.quantity }, () => ({ areaId, ...sold }));
    }
    return item.offsets.map((offset) => {
      const seat = layout.seats[offset]?.seat;
      return { areaId, seatId: seat?.seatId ?? '', seatLabel: seat?.label ?? '', ...sold };
    });
  });
}
