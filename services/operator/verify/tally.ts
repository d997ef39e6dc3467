import type { SaleEvent } from '../../shared/contracts/events.ts';

/** What happened in a sale, counted event by event. Money is in minor units. */
export interface Totals {
  currency: string;
  holds: { placed: number; released: number; expired: number; ordered: number };
  /** between the end of a hold and its coming back, ms: the latest that was seen */
  expiredLateMsMax: number;
  orders: number;
  tickets: number;
  /** of all orders, fees and taxes that are not in the prices included */
  money: number;
  /** how often it was rebuilt from the log */
  recoveries: number;
}

/** Counts the events of one sale, in order. */
export class Tally {
  readonly totals: Totals = {
    currency: '', holds: { placed: 0, released: 0, expired: 0, ordered: 0 }, expiredLateMsMax: 0,
    orders: 0, tickets: 0, money: 0, recoveries: 0,
  };

  /** @param endsAtMs of an expired hold: when its time was over, by the fold before this event */
  add(event: SaleEvent, endsAtMs: number): void {
    const { totals } = this;
    switch (event.type) {
      case 'sale.defined': totals.currency = event.data.currency; break;
      case 'sale.recovered': totals.recoveries += 1; break;
      case 'hold.placed': totals.holds.placed += 1; break;
      case 'hold.released': totals.holds.released += 1; break;
      case 'hold.expired':
        totals.holds.expired += 1;
        totals.expiredLateMsMax = Math.max(totals.expiredLateMsMax, Date.parse(event.time) - endsAtMs);
        break;
      case 'order.confirmed':
        totals.holds.ordered += 1;
        totals.orders += 1;
        totals.money += event.data.total;
        for (const { quantity } of event.data.items) totals.tickets += quantity;
        break;
      default:
    }
  }
}
