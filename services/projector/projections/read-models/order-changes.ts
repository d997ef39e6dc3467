import type { EventData, Item } from '../../../shared/contracts/events.ts';
import type { KnownEvent } from '../projection.ts';

/** An order, with what most read models want to know of it. */
export interface ConfirmedOrder {
  data: EventData<'order.confirmed'>;
  /** ISO 8601 */
  time: string;
  tickets: number;
}

/** Tickets of a confirmed order that do not hold any more. */
export interface CancelledTickets {
  orderId: string;
  items: readonly Item[];
  tickets: number;
}

/** What a run of events says of confirmed orders. */
export interface OrderChanges {
  confirmed: readonly ConfirmedOrder[];
  cancelled: readonly CancelledTickets[];
  /**
   * Of the price of orders, what is to be given back. Money that was never the price of an order (late,
   * twice, a wrong amount) is not in it. What a provider refuses to give back is still owed.
   */
  owed: readonly { orderId: string; amountMinor: number }[];
}

/** The orders among a run of events. Asked by several for the same run, it looks once. */
export function orderChanges(events: readonly KnownEvent[]): OrderChanges {
  const found = known.get(events);
  if (found !== undefined) return found;
  const confirmed: ConfirmedOrder[] = [];
  const cancelled: CancelledTickets[] = [];
  const owed: { orderId: string; amountMinor: number }[] = [];
  for (const { event } of events) {
    if (event.type === 'order.confirmed') {
      confirmed.push({ data: event.data, time: event.time, tickets: countOf(event.data.items) });
    } else if (event.type === 'order.cancelled' && event.data.from === 'confirmed') {
      const { orderId, items } = event.data;
      cancelled.push({ orderId, items, tickets: countOf(items) });
    } else if (event.type === 'refund.requested' && event.data.reason === 'cancelled') {
      owed.push({ orderId: event.data.orderId, amountMinor: event.data.amount });
    }
  }
  const changes = { confirmed, cancelled, owed };
  known.set(events, changes);
  return changes;
}

const known = new WeakMap<readonly KnownEvent[], OrderChanges>();

function countOf(items: readonly Item[]): number {
  return items.reduce((sum, { quantity }) => sum + quantity, 0);
}
