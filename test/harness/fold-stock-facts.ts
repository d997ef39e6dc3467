import type { SaleEvent } from '../../services/shared/contracts/events.ts';

/** What the legacy tables know of a sale beside what `evolve` proves: told from its events once more. */
export interface StockFacts {
  blockedSeats: Set<string>;
  /** by areaId; what is not there has nothing blocked */
  blockedByArea: Map<string, number>;
  /** `categoryId ticketType` to minor units */
  prices: Map<string, number>;
}

/** Folds the events of one sale, all of them and in order. */
export function foldStockFacts(events: readonly SaleEvent[]): StockFacts {
  const facts: StockFacts = { blockedSeats: new Set(), blockedByArea: new Map(), prices: new Map() };
  const areaOfSeat = new Map<string, string>();
  const block = (areaId: string, by: number): void => {
    facts.blockedByArea.set(areaId, (facts.blockedByArea.get(areaId) ?? 0) + by);
  };
  for (const { type, data } of events) {
    if (type === 'sale.defined') {
      facts.prices = new Map(data.categories.flatMap(({ categoryId, prices }) =>
        Object.entries(prices).map(([type, priceMinor]) => [`${categoryId} ${type}`, priceMinor])));
    } else if (type === 'price.changed') {
      facts.prices.set(`${data.categoryId} ${data.ticketType}`, data.price);
    } else if (type === 'area.defined') {
      for (const [id, areaId] of areaOfSeat) if (areaId === data.areaId) facts.blockedSeats.delete(id);
      for (const { seatId } of data.rows.flatMap(({ seats }) => seats)) areaOfSeat.set(seatId, data.areaId);
      facts.blockedByArea.clear();
    } else if (type === 'stock.blocked') {
      block(data.areaId, data.quantity ?? data.seatIds?.length ?? 0);
      for (const seatId of data.seatIds ?? []) facts.blockedSeats.add(seatId);
    } else if (type === 'stock.unblocked') {
      block(data.areaId, -(data.quantity ?? data.seatIds?.length ?? 0));
      for (const seatId of data.seatIds ?? []) facts.blockedSeats.delete(seatId);
    }
  }
  return facts;
}
