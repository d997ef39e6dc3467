import type { EventData, Item } from './events.ts';
import { areaOf, check, definedBy, seatOf } from './folded-sale.ts';
import type { AreaState, FoldedSale, SeatHome } from './folded-sale.ts';

/**
 * How events move the stock: free, held, sold, blocked, and what is set aside for channels. After every one
 * of them held + sold + blocked + what channels may still draw is at most the capacity of an area, and
 * held + sold that of each group and of the venue; every function here throws when that would not be so.
 */

/** Takes an item from the channel it names, or from what is set aside for nobody, into a hold. */
export function takeItem(sale: FoldedSale, holdId: string, item: Item): void {
  const area = areaOf(sale, item.areaId);
  const { channelId, quantity, seatIds = [] } = item;
  check(seatIds.length === (area.kind === 'seated' ? quantity : 0), 'seats and quantity differ');
  if (area.kind === 'general' && channelId !== undefined) draw(area, item.areaId, channelId, quantity);
  count(sale, item.areaId, quantity, 0);
  checkCapacity(sale, item.areaId);
  for (const seatId of seatIds) {
    const seat = seatOf(sale, item.areaId, seatId);
    check(seat.holder === undefined, `seat ${seatId} has two owners`);
    check(!seat.blocked, `seat ${seatId} is blocked`);
    check(isOpenTo(sale, seat.home, channelId), `seat ${seatId} is set aside: ${seat.home}`);
    seat.holder = holdId;
  }
}

/** Puts an item of a hold back where it came from: to its channel, unless that was returned meanwhile. */
export function giveBackItem(sale: FoldedSale, { areaId, channelId, quantity, seatIds }: Item): void {
  const { kind, allotted } = areaOf(sale, areaId);
  if (kind === 'general' && channelId !== undefined && !sale.returned.has(channelId)) {
    allotted.set(channelId, (allotted.get(channelId) ?? 0) + quantity);
  }
  count(sale, areaId, -quantity, 0);
  for (const seatId of seatIds ?? []) seatOf(sale, areaId, seatId).holder = undefined;
}

/** What was held is sold. */
export function sellItem(sale: FoldedSale, { areaId, quantity, seatIds }: Item): void {
  count(sale, areaId, -quantity, quantity);
  for (const seatId of seatIds ?? []) seatOf(sale, areaId, seatId).sold = true;
}

/** What was sold is not any more: back to where it came from, or blocked. */
export function unsellItem(sale: FoldedSale, item: Item, isReturned: boolean): void {
  const { areaId, quantity, seatIds = [] } = item;
  count(sale, areaId, isReturned ? quantity : 0, -quantity);
  for (const seatId of seatIds) seatOf(sale, areaId, seatId).sold = false;
  if (isReturned) return giveBackItem(sale, item);
  areaOf(sale, areaId).blocked += quantity;
  for (const seatId of seatIds) {
    Object.assign(seatOf(sale, areaId, seatId), { holder: undefined, blocked: true });
  }
}

/** Takes free places out of the sale. */
export function block(sale: FoldedSale, data: EventData<'stock.blocked'>): void {
  const area = areaOf(sale, data.areaId);
  area.blocked += quantityOf(area, data);
  for (const seatId of data.seatIds ?? []) {
    const seat = seatOf(sale, data.areaId, seatId);
    check(seat.holder === undefined, `seat ${seatId} is not free`);
    check(!seat.blocked, `seat ${seatId} is blocked`);
    seat.blocked = true;
  }
  checkCapacity(sale, data.areaId);
}

/** Puts blocked places back into the sale. */
export function unblock(sale: FoldedSale, data: EventData<'stock.unblocked'>): void {
  const area = areaOf(sale, data.areaId);
  const quantity = quantityOf(area, data);
  check(quantity <= area.blocked, `${data.areaId} has ${area.blocked} blocked`);
  area.blocked -= quantity;
  for (const seatId of data.seatIds ?? []) {
    const seat = seatOf(sale, data.areaId, seatId);
    check(seat.blocked, `seat ${seatId} is not blocked`);
    seat.blocked = false;
  }
}

/** Sets aside for a channel from now on: a quantity it may still draw, or free seats. */
export function changeAllocation(sale: FoldedSale, data: EventData<'allocation.changed'>): void {
  const { areaId, channelId, quantity, seatIds } = data;
  const area = areaOf(sale, areaId);
  check((quantity === undefined) !== (seatIds === undefined), 'neither or both of quantity and seats');
  check((seatIds !== undefined) === (area.kind === 'seated'), `${areaId} is ${area.kind}`);
  if (channelId !== null) checkChannel(sale, channelId);
  if (quantity !== undefined) {
    if (channelId === null) throw new Error('what is set aside for nobody is not counted');
    area.allotted.set(channelId, quantity);
    checkCapacity(sale, areaId);
  }
  for (const seatId of seatIds ?? []) {
    const seat = seatOf(sale, areaId, seatId);
    check(seat.holder === undefined && !seat.blocked, `seat ${seatId} is not free`);
    check(seat.home !== 'accessible' && seat.home !== 'companion', `seat ${seatId} is ${seat.home}`);
    seat.home = channelId === null ? 'public' : `channel:${channelId}`;
  }
  if (channelId !== null) sale.returned.delete(channelId);
}

/** Gives all that is left of a channel to everybody; what it has held comes back to everybody as well. */
export function returnAllocation(sale: FoldedSale, { channelId }: EventData<'allocation.returned'>): void {
  checkChannel(sale, channelId);
  for (const area of sale.areas.values()) area.allotted.delete(channelId);
  for (const seat of sale.seats.values()) if (seat.home === `channel:${channelId}`) seat.home = 'public';
  sale.returned.add(channelId);
}

/** Offers accessible places and companion seats to everybody. */
export function releasePlaces(sale: FoldedSale, { areaId, seatIds }: EventData<'places.released'>): void {
  for (const seatId of seatIds) {
    const seat = seatOf(sale, areaId, seatId);
    check(!seat.home.startsWith('channel:'), `seat ${seatId} is set aside: ${seat.home}`);
    seat.home = 'public';
  }
}

/** Gives a general area, a group or the venue another capacity, never less than what is taken of it. */
export function changeCapacity(sale: FoldedSale, data: EventData<'capacity.changed'>): void {
  const { areaId, groupId, capacity, version } = data;
  const definition = definedBy(sale);
  check(areaId === undefined || groupId === undefined, 'both of area and group');
  if (areaId !== undefined) {
    const area = areaOf(sale, areaId);
    check(area.kind === 'general', `${areaId} is seated: its seats are its capacity`);
    area.capacity = capacity;
    checkCapacity(sale, areaId);
    const areas = definition.areas.map((one) => (one.areaId === areaId ? { ...one, capacity } : one));
    sale.definition = { ...definition, version, areas };
  } else if (groupId !== undefined) {
    const group = sale.groups.get(groupId);
    if (group === undefined) throw new Error(`group ${groupId} is unknown`);
    group.capacity = capacity;
    check(group.held + group.sold <= capacity, `group ${groupId} is past its capacity`);
    const groups = definition.groups?.map((one) => (one.groupId === groupId ? { ...one, capacity } : one));
    sale.definition = { ...definition, version, ...groups && { groups } };
  } else {
    sale.venue.capacity = capacity;
    check(sale.venue.held + sale.venue.sold <= capacity, 'the venue is past its capacity');
    sale.definition = { ...definition, version, capacity };
  }
}

/** Throws if more is taken or set aside of an area, or taken of what is above it, than there is. */
export function checkCapacity(sale: FoldedSale, areaId: string): void {
  const { held, sold, blocked, allotted, capacity } = areaOf(sale, areaId);
  let taken = held + sold + blocked;
  for (const left of allotted.values()) taken += left;
  check(taken <= capacity, `${areaId} is past its capacity`);
  for (const [groupId, group] of sale.groups) {
    if (!group.areaIds.has(areaId)) continue;
    check(group.held + group.sold <= group.capacity, `group ${groupId} is past its capacity`);
  }
  const { venue } = sale;
  check(venue.held + venue.sold <= (venue.capacity ?? Infinity), 'the venue is past its capacity');
}

function draw(area: AreaState, areaId: string, channelId: string, quantity: number): void {
  const left = area.allotted.get(channelId);
  if (left === undefined) throw new Error(`channel ${channelId} has nothing in ${areaId}`);
  check(quantity <= left, `channel ${channelId} has ${left} left in ${areaId}`);
  area.allotted.set(channelId, left - quantity);
}

function isOpenTo(sale: FoldedSale, home: SeatHome, channelId: string | undefined): boolean {
  if (channelId === undefined) return !home.startsWith('channel:');
  return home === `channel:${channelId}` || (home === 'public' && sale.returned.has(channelId));
}

function count(sale: FoldedSale, areaId: string, held: number, sold: number): void {
  const above = [...sale.groups.values()].filter((group) => group.areaIds.has(areaId));
  for (const counter of [areaOf(sale, areaId), sale.venue, ...above]) {
    counter.held += held;
    counter.sold += sold;
  }
}

function quantityOf(area: AreaState, data: EventData<'stock.blocked'>): number {
  check((data.seatIds !== undefined) === (area.kind === 'seated'), `${data.areaId} is ${area.kind}`);
  const quantity = data.seatIds?.length ?? data.quantity ?? 0;
  check(data.quantity === undefined || data.quantity === quantity, 'seats and quantity differ');
  check(quantity > 0, 'nothing is named');
  return quantity;
}

function checkChannel(sale: FoldedSale, channelId: string): void {
  const isKnown = definedBy(sale).channels?.some((channel) => channel.channelId === channelId) ?? false;
  check(isKnown, `channel ${channelId} is unknown`);
}
