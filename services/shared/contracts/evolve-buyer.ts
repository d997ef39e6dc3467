import type { Item } from './events.ts';
import { check, definedBy } from './folded-sale.ts';
import type { BuyerState, FoldedSale, HoldState, OrderState } from './folded-sale.ts';

/**
 * What is counted per buyer: tickets and live holds, and what stands against hoarding. Time held without
 * buying adds up; a lapsed hold, and each time the sum reaches the sale's allowance, is a strike, and a
 * strike begins a cool-down that is twice as long as the one before. What was given back is remembered with
 * the absolute end its hold had: who claims it again gets no more time than was left.
 */

/** Counts a hold that was placed. Throws when the buyer may not have it: limits, cool-down, time spent. */
export function countPlaced(sale: FoldedSale, hold: HoldState): void {
  const { buyerId, items, placedAtMs } = hold;
  const buyer = buyerOf(sale, buyerId);
  const { buyerLimit, holdLimit, liveHoldsMax = 0, hoarding } = definedBy(sale);
  const quantity = quantityOf(items);
  check(quantity <= (holdLimit ?? Infinity), `the hold is past the limit of ${holdLimit}`);
  buyer.tickets += quantity;
  check(buyer.tickets <= buyerLimit, `buyer ${buyerId} is past the limit`);
  buyer.holds += 1;
  check(liveHoldsMax === 0 || buyer.holds <= liveHoldsMax, `buyer ${buyerId} has ${buyer.holds} live holds`);
  check(!hoarding || buyer.coolUntilMs <= placedAtMs, `buyer ${buyerId} may not hold anything yet`);
  // Events of a release without these rules gave every hold its full time.
  if (hoarding !== undefined) checkTime(sale, buyer, hold);
  keep(sale, buyerId, buyer, placedAtMs);
}

/** Counts a hold of which items were given back and others taken. */
export function countChanged(
  sale: FoldedSale,
  hold: HoldState,
  removed: Item[],
  added: Item[],
  nowMs: number,
): void {
  const buyer = buyerOf(sale, hold.buyerId);
  const { buyerLimit, holdLimit = Infinity } = definedBy(sale);
  const more = quantityOf(added) - quantityOf(removed);
  buyer.tickets += more;
  check(more <= 0 || buyer.tickets <= buyerLimit, `buyer ${hold.buyerId} is past the limit`);
  check(more <= 0 || quantityOf(hold.items) <= holdLimit, `the hold is past the limit of ${holdLimit}`);
  remember(buyer, Date.parse(hold.expiresAtMax), removed);
  keep(sale, hold.buyerId, buyer, nowMs);
}

/** Counts a hold that was released, or that lapsed: then its end counts, however late it was found. */
export function countEnded(
  sale: FoldedSale,
  hold: HoldState,
  status: 'released' | 'expired',
  nowMs: number,
): void {
  const endMs = status === 'expired' ? Date.parse(hold.expiresAt) : nowMs;
  const { buyerId, items, placedAtMs, expiresAtMax } = hold;
  const ended = { buyerId, items, capMs: Date.parse(expiresAtMax), heldMs: endMs - placedAtMs };
  end(sale, ended, { status, endMs, nowMs });
}

/** Counts a hold that was ordered: who buys has not been hoarding. */
export function countOrdered(sale: FoldedSale, { buyerId }: { buyerId: string }, nowMs: number): void {
  const buyer = buyerOf(sale, buyerId);
  buyer.holds -= 1;
  buyer.strikes = buyer.heldMs = buyer.coolUntilMs = 0;
  keep(sale, buyerId, buyer, nowMs);
}

/**
 * Counts an order that was given up before it was paid, or that lapsed. What its hold lasted counts as time
 * held; the time to pay was the method's.
 */
export function countUnpaid(sale: FoldedSale, order: OrderState, status: 'released' | 'expired',
  nowMs: number): void {
  const { buyerId, items, startedAtMs, deadlineMs, placedAtMs, capMs } = order;
  const endMs = status === 'expired' ? deadlineMs : nowMs;
  end(sale, { buyerId, items, capMs, heldMs: startedAtMs - placedAtMs }, { status, endMs, nowMs });
}

/** Counts tickets that came back to a buyer's order, or that were taken from it. */
export function countTickets(
  sale: FoldedSale, buyerId: string, { tickets, holds }: { tickets: number; holds: number }, nowMs: number,
): void {
  const buyer = buyerOf(sale, buyerId);
  const { buyerLimit } = definedBy(sale);
  buyer.tickets += tickets;
  buyer.holds += holds;
  check(tickets <= 0 || buyer.tickets <= buyerLimit, `buyer ${buyerId} is past the limit`);
  keep(sale, buyerId, buyer, nowMs);
}

/** What may be claimed again: `seat:` and the id of each seat, or `area:` and the id of a general area. */
export function unitsOf({ areaId, seatIds }: Item): string[] {
  return seatIds === undefined ? [`area:${areaId}`] : seatIds.map((seatId) => `seat:${seatId}`);
}

/** Tickets of some items. */
export function quantityOf(items: readonly Item[]): number {
  return items.reduce((sum, { quantity }) => sum + quantity, 0);
}

function end(
  sale: FoldedSale,
  { buyerId, items, capMs, heldMs }: { buyerId: string; items: Item[]; capMs: number; heldMs: number },
  { status, endMs, nowMs }: { status: 'released' | 'expired'; endMs: number; nowMs: number },
): void {
  const buyer = buyerOf(sale, buyerId);
  buyer.tickets -= quantityOf(items);
  buyer.holds -= 1;
  const { hoarding } = definedBy(sale);
  if (hoarding) {
    buyer.heldMs += heldMs;
    const allowanceMs = hoarding.holdSeconds * 1000;
    const spentCount = Math.floor(buyer.heldMs / allowanceMs);
    buyer.heldMs -= spentCount * allowanceMs;
    const strikeCount = spentCount + (status === 'expired' ? 1 : 0);
    if (strikeCount > 0) strike(buyer, hoarding, { strikeCount, endMs });
  }
  remember(buyer, capMs, items);
  keep(sale, buyerId, buyer, nowMs);
}

function buyerOf(sale: FoldedSale, buyerId: string): BuyerState {
  return sale.buyers.get(buyerId)
    ?? { tickets: 0, holds: 0, heldMs: 0, strikes: 0, coolUntilMs: 0, returned: new Map() };
}

function checkTime(sale: FoldedSale, { returned }: BuyerState, hold: HoldState): void {
  const holdMaxMs = definedBy(sale).holdSecondsMax * 1000;
  for (const unit of [EVERY_UNIT, ...hold.items.flatMap(unitsOf)]) {
    const capMs = returned.get(unit);
    if (capMs === undefined || capMs + holdMaxMs <= hold.placedAtMs) continue;
    check(Date.parse(hold.expiresAtMax) <= capMs, `${unit} is held for longer than was left of its time`);
  }
}

/** So many strikes at once: the last one's cool-down is the longest. */
function strike(
  buyer: BuyerState,
  { coolDownSeconds, coolDownSecondsMax }: { coolDownSeconds: number; coolDownSecondsMax: number },
  { strikeCount, endMs }: { strikeCount: number; endMs: number },
): void {
  buyer.strikes += strikeCount;
  const coolSeconds = Math.min(coolDownSeconds * 2 ** (buyer.strikes - 1), coolDownSecondsMax);
  buyer.coolUntilMs = Math.max(buyer.coolUntilMs, endMs + coolSeconds * 1000);
}

/** So many places are remembered one by one; of who gives more back, one stands for all. */
const RETURNED_MAX = 200;
/** The unit that stands for every place, with the earliest end of those it replaces. */
export const EVERY_UNIT = '*';

function remember({ returned }: BuyerState, capMs: number, items: Item[]): void {
  for (const unit of items.flatMap(unitsOf)) returned.set(unit, capMs);
  if (returned.size <= RETURNED_MAX) return;
  const earliestMs = Math.min(...returned.values());
  returned.clear();
  returned.set(EVERY_UNIT, earliestMs);
}

/** Writes a buyer down without what may be forgotten, or not at all. */
function keep(sale: FoldedSale, buyerId: string, buyer: BuyerState, nowMs: number): void {
  const holdMaxMs = definedBy(sale).holdSecondsMax * 1000;
  for (const [unit, capMs] of buyer.returned) if (capMs + holdMaxMs <= nowMs) buyer.returned.delete(unit);
  const { tickets, holds, heldMs, strikes, coolUntilMs, returned } = buyer;
  const isEmpty = tickets + holds + heldMs + strikes + coolUntilMs + returned.size === 0;
  if (isEmpty) sale.buyers.delete(buyerId);
  else sale.buyers.set(buyerId, buyer);
}
