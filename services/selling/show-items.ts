import type { HoldRecord, PackedItem } from '../shared/contracts/hold-record.ts';
import type { HoldAnswer, HoldItem, OrderAnswer } from '../shared/contracts/http-schemas.ts';
import type { SaleLayout } from '../shared/contracts/layout.ts';
import type { OrderRecord } from '../shared/contracts/order-record.ts';
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
  return {
    holdId,
    items: showItems(hold.items, layout),
    total: hold.totalMinor,
    currency: layout.currency,
    expiresAt: isoOf(expiresAtMs),
    expiresAtMax: isoOf(hold.expiresAtMaxMs),
  };
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
  accepted: boolean,
): OrderAnswer {
  const items = showItems(order.items, layout);
  return {
    orderId,
    holdId: order.holdId,
    status: accepted ? 'confirmed' : 'pending',
    ...(!accepted && { waitingFor: 'log' }),
    items,
    tickets: !accepted ? [] : items.map(({ price: _, ...item }, i) => ({
      ticketId: ticketId(orderId, i + 1),
      code: ticketCode(order.extras.ticketSeed, i + 1),
      ...item,
    })),
    total: order.totalMinor,
    currency: layout.currency,
    ...(accepted && { confirmedAt: new Date(order.confirmedAtMs).toISOString() }),
  };
}

/** One entry per ticket, in the order in which tickets are numbered. */
function showItems(items: PackedItem[], layout: SaleLayout): HoldItem[] {
  return items.flatMap((item) => {
    const areaId = layout.areas[item.areaIndex]?.area.areaId ?? '';
    const ticketType = layout.ticketTypes[item.ticketTypeIndex] ?? '';
    const sold = { ticketType, price: item.priceMinor };
    if (item.offsets.length === 0) {
      return Array.from({ length: item.quantity }, () => ({ areaId, ...sold }));
    }
    return item.offsets.map((offset) => {
      const seat = layout.seats[offset]?.seat;
      return { areaId, seatId: seat?.seatId ?? '', seatLabel: seat?.label ?? '', ...sold };
    });
  });
}
