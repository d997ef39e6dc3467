import { assertNever } from './assert-never.ts';
import type { EventData, Item, SaleEvent } from './events.ts';
import { GENESIS } from './log-rule.ts';
import type { Head } from './log-rule.ts';
import type { HoldStatus } from './hold-record.ts';

/**
 * What an event means. `evolve` is the one definition: verification, rebuilding, "as of" questions and the
 * tests of the scripts all fold with it; the Lua scripts are its fast twin. It takes accepted events in
 * order and throws when one contradicts what came before, so that a fold that ends has proved promises 1 and
 * 2 on its way.
 *
 * A fold owns its state: `evolve` changes it in place and returns it.
 */
export const SALE_STATES = ['draft', 'open', 'paused', 'closed', 'recovering'] as const;
export type SaleState = (typeof SALE_STATES)[number];

export interface AreaState {
  kind: 'seated' | 'general';
  capacity: number;
  held: number;
  sold: number;
}

export interface SeatState {
  areaId: string;
  holder: string | undefined;
  sold: boolean;
}

export interface HoldState {
  status: HoldStatus;
  buyerId: string;
  items: Item[];
  expiresAt: string;
  expiresAtMax: string;
}

export interface OrderState {
  holdId: string;
  buyerId: string;
  items: Item[];
  totalMinor: number;
}

export interface FoldedSale {
  head: Head;
  epoch: number;
  state: SaleState;
  definition: EventData<'sale.defined'> | undefined;
  areas: Map<string, AreaState>;
  /** by seatId; a free seat has no holder */
  seats: Map<string, SeatState>;
  holds: Map<string, HoldState>;
  orders: Map<string, OrderState>;
  /** tickets held and bought, by buyerId */
  buyers: Map<string, number>;
}

/** A sale of which nothing has been heard. */
export function initialSale(): FoldedSale {
  return {
    head: GENESIS,
    epoch: 0,
    state: 'draft',
    definition: undefined,
    areas: new Map(),
    seats: new Map(),
    holds: new Map(),
    orders: new Map(),
    buyers: new Map(),
  };
}

/**
 * Applies one accepted event. Throws an Error that names the sale and the seq if the event breaks a promise:
 * a seat with two owners, an area past its capacity, a hold that ends twice, a buyer past the limit.
 */
export function evolve(sale: FoldedSale, event: SaleEvent): FoldedSale {
  try {
    apply(sale, event);
  } catch (error) {
    throw new Error(`${event.subject} seq ${event.sequence} (${event.type}): ${(error as Error).message}`);
  }
  sale.head = { seq: Number(event.sequence), id: event.id };
  sale.epoch = event.epoch;
  return sale;
}

function apply(sale: FoldedSale, event: SaleEvent): void {
  switch (event.type) {
    case 'sale.defined': return define(sale, event.data);
    case 'area.defined': return defineArea(sale, event.data);
    case 'sale.opened': return move(sale, ['draft'], 'open');
    case 'sale.paused': return move(sale, ['open'], 'paused');
    case 'sale.resumed': return move(sale, ['paused'], 'open');
    case 'sale.closed': return move(sale, ['draft', 'open', 'paused'], 'closed');
    case 'hold.placed': return place(sale, event.data);
    case 'hold.extended': {
      liveHold(sale, event.data.holdId).expiresAt = event.data.expiresAt;
      return;
    }
    case 'hold.released': return end(sale, event.data, 'released');
    case 'hold.expired': return end(sale, event.data, 'expired');
    case 'order.confirmed': return confirm(sale, event.data);
    default: assertNever(event);
  }
}

function define(sale: FoldedSale, data: EventData<'sale.defined'>): void {
  check(sale.state !== 'closed', 'the sale is closed');
  sale.definition = data;
  if (sale.state !== 'draft') return;
  sale.areas = new Map(data.areas.map(({ areaId, kind, capacity }) =>
    [areaId, { kind, capacity, held: 0, sold: 0 }]));
  for (const [seatId, seat] of sale.seats) {
    if (sale.areas.get(seat.areaId)?.kind !== 'seated') sale.seats.delete(seatId);
  }
}

function defineArea(sale: FoldedSale, data: EventData<'area.defined'>): void {
  check(sale.state === 'draft', 'the areas are fixed');
  for (const [seatId, seat] of sale.seats) if (seat.areaId === data.areaId) sale.seats.delete(seatId);
  for (const row of data.rows) {
    for (const { seatId } of row.seats) {
      sale.seats.set(seatId, { areaId: data.areaId, holder: undefined, sold: false });
    }
  }
}

function move(sale: FoldedSale, from: SaleState[], to: SaleState): void {
  check(from.includes(sale.state), `the sale is ${sale.state}`);
  sale.state = to;
}

function place(sale: FoldedSale, data: EventData<'hold.placed'>): void {
  // A hold's id comes from its Idempotency-Key: a day after it ended the key, and so the id, may come again.
  check(sale.holds.get(data.holdId)?.status !== 'live', `hold ${data.holdId} was placed before`);
  let total = 0;
  for (const item of data.items) {
    const area = areaOf(sale, item.areaId);
    area.held += item.quantity;
    total += item.price * item.quantity;
    check(area.held + area.sold <= area.capacity, `${item.areaId} is past its capacity`);
    const seatCount = area.kind === 'seated' ? item.quantity : 0;
    check((item.seatIds?.length ?? 0) === seatCount, 'seats and quantity differ');
    for (const seatId of item.seatIds ?? []) {
      const seat = seatOf(sale, seatId);
      check(seat.areaId === item.areaId, `seat ${seatId} is not in ${item.areaId}`);
      check(seat.holder === undefined, `seat ${seatId} has two owners`);
      seat.holder = data.holdId;
    }
    count(sale, data.buyerId, item.quantity);
  }
  check(total === data.total, `the items cost ${total}, not ${data.total}`);
  const limit = sale.definition?.buyerLimit ?? 0;
  check((sale.buyers.get(data.buyerId) ?? 0) <= limit, `buyer ${data.buyerId} is past the limit`);
  const { buyerId, items, expiresAt, expiresAtMax } = data;
  sale.holds.set(data.holdId, { status: 'live', buyerId, items, expiresAt, expiresAtMax });
}

function end(sale: FoldedSale, data: EventData<'hold.released'>, status: 'released' | 'expired'): void {
  const hold = liveHold(sale, data.holdId);
  check(isSameItems(hold.items, data.items), 'other items come back than were held');
  for (const item of hold.items) {
    areaOf(sale, item.areaId).held -= item.quantity;
    for (const seatId of item.seatIds ?? []) seatOf(sale, seatId).holder = undefined;
    count(sale, hold.buyerId, -item.quantity);
  }
  hold.status = status;
}

function confirm(sale: FoldedSale, data: EventData<'order.confirmed'>): void {
  const hold = liveHold(sale, data.holdId);
  check(!sale.orders.has(data.orderId), `order ${data.orderId} was made before`);
  check(isSameItems(hold.items, data.items), 'other items are sold than were held');
  for (const item of hold.items) {
    const area = areaOf(sale, item.areaId);
    area.held -= item.quantity;
    area.sold += item.quantity;
    for (const seatId of item.seatIds ?? []) seatOf(sale, seatId).sold = true;
  }
  hold.status = 'ordered';
  const { orderId, holdId, buyerId, items } = data;
  sale.orders.set(orderId, { holdId, buyerId, items, totalMinor: data.total });
}

/** Compares member by member: a store may give JSON back with its members in another order. */
function isSameItems(a: Item[], b: Item[]): boolean {
  const values = (items: Item[]) => JSON.stringify(items.map((item) =>
    [item.areaId, item.categoryId, item.ticketType, item.price, item.quantity, item.seatIds ?? []]));
  return values(a) === values(b);
}

function liveHold(sale: FoldedSale, holdId: string): HoldState {
  const hold = sale.holds.get(holdId);
  if (hold === undefined) throw new Error(`hold ${holdId} is unknown`);
  check(hold.status === 'live', `hold ${holdId} is ${hold.status}`);
  return hold;
}

function areaOf(sale: FoldedSale, areaId: string): AreaState {
  const area = sale.areas.get(areaId);
  if (area === undefined) throw new Error(`area ${areaId} is unknown`);
  return area;
}

function seatOf(sale: FoldedSale, seatId: string): SeatState {
  const seat = sale.seats.get(seatId);
  if (seat === undefined) throw new Error(`seat ${seatId} is unknown`);
  return seat;
}

function count(sale: FoldedSale, buyerId: string, change: number): void {
  const tickets = (sale.buyers.get(buyerId) ?? 0) + change;
  if (tickets === 0) sale.buyers.delete(buyerId);
  else sale.buyers.set(buyerId, tickets);
}

function check(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}
