import type { SaleEvent } from '../shared/contracts/events.ts';
import { evolve, initialSale } from '../shared/contracts/evolve.ts';
import type { FoldedSale, SaleState } from '../shared/contracts/folded-sale.ts';

export interface PlaceCounts {
  capacity: number;
  free: number;
  held: number;
  sold: number;
}

/** What a sale was at one moment of its log. */
export interface SaleDescription {
  saleId: string;
  /** of the last event that counts; 0 before the first */
  seq: number;
  /** of that event, ISO 8601 */
  at: string | null;
  state: SaleState;
  epoch: number;
  version: number;
  areas: ({ areaId: string; blocked: number; allotted: number } & PlaceCounts)[];
  groups: ({ groupId: string } & PlaceCounts)[];
  venue: PlaceCounts;
  holds: { live: number; ended: number; ordered: number };
  orders: { count: number; tickets: number; total: number; currency: string };
  /** who hold or have bought */
  buyers: number;
}

/** Up to which event: the one with this seq, or the last one before the first that is later than a time. */
export type Moment = { seq: number } | { atMs: number };

/**
 * Folds the events of a sale up to a moment. The order of a log is that of its seq: an event whose clock ran
 * behind belongs to what stands before it.
 *
 * @throws Error of `evolve` when the log breaks a promise
 */
export async function describeSale(
  saleId: string,
  events: AsyncIterable<SaleEvent>,
  moment: Moment,
): Promise<SaleDescription> {
  const sale = initialSale();
  let at: string | null = null;
  for await (const event of events) {
    if (isLater(event, moment)) break;
    evolve(sale, event);
    at = event.time;
  }
  return describe(saleId, sale, at);
}

function isLater(event: SaleEvent, moment: Moment): boolean {
  return 'seq' in moment ? Number(event.sequence) > moment.seq : Date.parse(event.time) > moment.atMs;
}

function describe(saleId: string, sale: FoldedSale, at: string | null): SaleDescription {
  const holds = { live: 0, ended: 0, ordered: 0 };
  for (const { status, orderId } of sale.holds.values()) {
    if (orderId !== '') holds.ordered += 1;
    else if (status === 'live') holds.live += 1;
    else holds.ended += 1;
  }
  const areas = [...sale.areas].map(([areaId, { capacity, held, sold, blocked, allotted }]) => ({
    areaId, capacity, held, sold, blocked,
    free: capacity - held - sold - blocked,
    allotted: [...allotted.values()].reduce((sum, quantity) => sum + quantity, 0),
  }));
  const capacityOfAreas = areas.reduce((sum, { capacity, blocked }) => sum + capacity - blocked, 0);
  const { held, sold } = sale.venue;
  const capacity = sale.venue.capacity ?? capacityOfAreas;
  let tickets = 0;
  let total = 0;
  const confirmed = [...sale.orders.values()].filter(({ confirmedAtMs }) => confirmedAtMs > 0);
  for (const { items, totalMinor, gone } of confirmed) {
    total += totalMinor;
    for (const { quantity } of items) tickets += quantity;
    tickets -= gone.length;
  }
  return {
    saleId, at, areas, holds,
    seq: sale.head.seq,
    state: sale.state,
    epoch: sale.epoch,
    version: sale.definition?.version ?? 0,
    groups: [...sale.groups].map(([groupId, group]) => ({
      groupId, capacity: group.capacity, held: group.held, sold: group.sold,
      free: group.capacity - group.held - group.sold,
    })),
    venue: { capacity, held, sold, free: capacity - held - sold },
    orders: { count: confirmed.length, tickets, total, currency: sale.definition?.currency ?? '' },
    buyers: [...sale.buyers.values()].filter(({ tickets }) => tickets > 0).length,
  };
}
