/**
 * What the buyer has chosen and not yet reserved: seats with a ticket type each, and counts for areas
 * without seats. Kept, so that a reload does not empty it; seats that others take meanwhile are dropped and
 * named.
 *
 * @typedef {import('./sale-types.js').Sale} Sale
 * @typedef {{ toggleSeat(seatId: string): 'added' | 'removed' | 'limit', hasSeat(seatId: string): boolean,
 *   seatIds(): string[], ticketType(seatId: string): string, setTicketType(seatId: string, ticketType:
 *   string): void, quantity(areaId: string, ticketType: string): number, setQuantity(areaId: string,
 *   ticketType: string, quantity: number): void, dropSeats(unavailable: (seatId: string) => boolean):
 *   string[], clear(): void, count(): number, limit: number, total(): number, items():
 *   import('./sale-types.js').RequestItem[] }} Choice total in minor units, of the tickets
 *   alone; limit: tickets at a time
 */

/**
 * @param {Sale} sale
 * @param {import('./keep.js').Keep} keep
 * @param {() => void} onChange
 * @returns {Choice}
 */
export function createChoice(sale, keep, onChange) {
  const pricesOfSeat = seatPrices(sale);
  const pricesOfArea = areaPrices(sale);
  /** @type {Map<string, string>} seatId → ticketType */
  const seats = new Map();
  /** @type {Map<string, number>} `areaId ticketType` → quantity */
  const quantities = new Map();
  restore();

  function restore() {
    const kept = keep.read('choice');
    for (const [seatId, ticketType] of kept?.seats ?? []) {
      if (pricesOfSeat.get(seatId)?.[ticketType] !== undefined) seats.set(seatId, ticketType);
    }
    for (const [name, quantity] of kept?.quantities ?? []) {
      const [areaId, ticketType] = splitName(name);
      if (pricesOfArea.get(areaId)?.[ticketType] !== undefined) quantities.set(name, quantity);
    }
  }

  function changed() {
    keep.write('choice', { seats: [...seats], quantities: [...quantities] });
    onChange();
  }

  const limit = Math.min(sale.buyerLimit, sale.holdLimit ?? sale.buyerLimit);
  const count = () => seats.size + [...quantities.values()].reduce((sum, n) => sum + n, 0);

  return {
    toggleSeat(seatId) {
      if (seats.delete(seatId)) {
        changed();
        return 'removed';
      }
      if (count() >= limit) return 'limit';
      seats.set(seatId, Object.keys(pricesOfSeat.get(seatId) ?? {})[0] ?? '');
      changed();
      return 'added';
    },
    hasSeat: (seatId) => seats.has(seatId),
    seatIds: () => [...seats.keys()],
    ticketType: (seatId) => seats.get(seatId) ?? '',
    setTicketType(seatId, ticketType) {
      seats.set(seatId, ticketType);
      changed();
    },
    quantity: (areaId, ticketType) => quantities.get(joinName(areaId, ticketType)) ?? 0,
    setQuantity(areaId, ticketType, quantity) {
      if (quantity > 0) quantities.set(joinName(areaId, ticketType), quantity);
      else quantities.delete(joinName(areaId, ticketType));
      changed();
    },
    dropSeats(unavailable) {
      const dropped = [...seats.keys()].filter(unavailable);
      for (const seatId of dropped) seats.delete(seatId);
      if (dropped.length > 0) changed();
      return dropped;
    },
    clear() {
      seats.clear();
      quantities.clear();
      changed();
    },
    count,
    limit,
    total() {
      let sum = 0;
      for (const [seatId, ticketType] of seats) sum += pricesOfSeat.get(seatId)?.[ticketType] ?? 0;
      for (const [name, quantity] of quantities) {
        const [areaId, ticketType] = splitName(name);
        sum += quantity * (pricesOfArea.get(areaId)?.[ticketType] ?? 0);
      }
      return sum;
    },
    items() {
      /** @type {Map<string, string[]>} */
      const seatIdsByType = new Map();
      for (const [seatId, ticketType] of seats) {
        seatIdsByType.set(ticketType, [...(seatIdsByType.get(ticketType) ?? []), seatId]);
      }
      return [
        ...[...seatIdsByType].map(([ticketType, seatIds]) => ({ seatIds, ticketType })),
        ...[...quantities].map(([name, quantity]) => {
          const [areaId, ticketType] = splitName(name);
          return { areaId, quantity, ticketType };
        }),
      ];
    },
  };
}

/**
 * @param {Sale} sale
 * @returns {Map<string, Record<string, number>>} seatId → ticketType → price
 */
function seatPrices(sale) {
  const byCategory = new Map(sale.categories.map((category) => [category.categoryId, category.prices]));
  const seats = sale.areas.flatMap((area) => area.rows ?? []).flatMap((row) => row.seats);
  return new Map(seats.map((seat) => [seat.seatId, byCategory.get(seat.categoryId) ?? {}]));
}

/** @param {Sale} sale */
function areaPrices(sale) {
  const byCategory = new Map(sale.categories.map((category) => [category.categoryId, category.prices]));
  return new Map(
    sale.areas
      .filter((area) => area.kind === 'general')
      .map((area) => [area.areaId, byCategory.get(area.categoryId ?? '') ?? {}]),
  );
}

/** @param {string} areaId @param {string} ticketType */
function joinName(areaId, ticketType) {
  return `${areaId} ${ticketType}`;
}

/** @param {string} name @returns {[string, string]} */
function splitName(name) {
  const [areaId = '', ticketType = ''] = name.split(' ');
  return [areaId, ticketType];
}
