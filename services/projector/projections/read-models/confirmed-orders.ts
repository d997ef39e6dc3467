import type { EventData } from '../../../shared/contracts/events.ts';
import type { KnownEvent } from '../projection.ts';

/** An order, with what most read models want to know of it. */
export interface ConfirmedOrder {
  data: EventData<'order.confirmed'>;
  /** ISO 8601 */
  time: string;
  tickets: number;
}

/** The orders among a run of events. Asked by several for the same run, it looks once. */
export function confirmedOrders(events: readonly KnownEvent[]): readonly ConfirmedOrder[] {
  const found = orders.get(events);
  if (found !== undefined) return found;
  const confirmed = events.flatMap(({ event }) => event.type === 'order.confirmed' ? [{
    data: event.data,
    time: event.time,
    tickets: event.data.items.reduce((sum, { quantity }) => sum + quantity, 0),
  }] : []);
  orders.set(events, confirmed);
  return confirmed;
}

const orders = new WeakMap<readonly KnownEvent[], readonly ConfirmedOrder[]>();
