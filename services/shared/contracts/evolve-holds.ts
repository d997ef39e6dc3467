import type { EventData, Item, SaleEvent, SaleEventOf } from './events.ts';
import { countChanged, countEnded, countPlaced } from './evolve-buyer.ts';
import { exchangeCodes, giveBackCodes, useCodes } from './evolve-codes.ts';
import { giveBackItem, takeItem } from './evolve-stock.ts';
import { check, definedBy } from './folded-sale.ts';
import type { FoldedSale, HoldContent, HoldState, SaleState } from './folded-sale.ts';
import { isPending } from './order-record.ts';
import { readTerms, totalOf } from './pricing.ts';

/** The life of a hold: placed, extended, changed, and one end. */

/** Applies `hold.placed`. Throws when anything of it is not to be had. */
export function place(sale: FoldedSale, event: SaleEventOf<'hold.placed'>): void {
  const { data } = event;
  const { holdId, buyerId, expiresAt, expiresAtMax } = data;
  checkState(sale, ['open']);
  // A hold's id comes from its Idempotency-Key: a day after it ended the key, and so the id, may come again.
  check(sale.holds.get(holdId)?.status !== 'live', `hold ${holdId} was placed before`);
  const placedAtMs = Date.parse(event.time);
  const hold: HoldState = {
    ...contentOf(data), status: 'live', buyerId, placedAtMs,
    holdMs: Date.parse(expiresAt) - placedAtMs, maxMs: Date.parse(expiresAtMax) - placedAtMs,
    expiresAt, expiresAtMax, extendedAt: undefined, extends: [], original: undefined, changes: [],
    endedAtMs: undefined, endedSeq: 0, orderId: '',
  };
  check(hold.holdMs <= hold.maxMs, 'the hold ends after its absolute end');
  check(data.items.length > 0, 'nothing is held');
  for (const item of data.items) takeItem(sale, holdId, item);
  checkTotal(sale, data);
  countPlaced(sale, hold);
  useCodes(sale, buyerId, hold.codes);
  sale.holds.set(holdId, hold);
}

/** Applies `hold.extended`: never back, never past the absolute end. */
export function extend(sale: FoldedSale, { data, sequence }: SaleEventOf<'hold.extended'>): void {
  const hold = liveHold(sale, data);
  checkState(sale, ['open', 'paused']);
  check(Date.parse(data.expiresAt) >= Date.parse(hold.expiresAt), 'the hold gets less time');
  check(Date.parse(data.expiresAt) <= Date.parse(hold.expiresAtMax), 'the hold gets more time than it may');
  hold.expiresAt = hold.extendedAt = data.expiresAt;
  hold.extends.push({ key: data.key, expiresAt: data.expiresAt, seq: Number(sequence) });
}

/** Applies `hold.changed`: some items come back, others are taken; its end stays. */
export function change(sale: FoldedSale, event: SaleEventOf<'hold.changed'>): void {
  const { data } = event;
  const { holdId, removed, added } = data;
  const hold = liveHold(sale, data);
  checkState(sale, added.length > 0 ? ['open'] : ['open', 'paused', 'closed']);
  check(data.items.length > 0, 'nothing is left of the hold');
  checkItems(hold.items, data);
  for (const item of removed) giveBackItem(sale, item);
  for (const item of added) takeItem(sale, holdId, item);
  checkTotal(sale, data);
  const content = contentOf(data);
  exchangeCodes(sale, hold.buyerId, hold.codes, content.codes);
  const { items, total, fees, taxes, terms, codes, digest } = hold;
  hold.original ??= { items, total, fees, taxes, terms, codes, digest };
  const atMs = Date.parse(event.time);
  hold.changes.push({ ...content, key: data.key, seq: Number(event.sequence), atMs });
  Object.assign(hold, content, { digest });
  countChanged(sale, hold, removed, added, atMs);
}

/** Applies `hold.released` and `hold.expired`: everything comes back, once. */
export function end(
  sale: FoldedSale,
  event: SaleEventOf<'hold.released'> | SaleEventOf<'hold.expired'>,
): void {
  const status = event.type === 'hold.released' ? 'released' : 'expired';
  const hold = liveHold(sale, event.data);
  check(isSameItems(hold.items, event.data.items), 'other items come back than were held');
  for (const item of hold.items) giveBackItem(sale, item);
  giveBackCodes(sale, hold.buyerId, hold.codes);
  countEnded(sale, hold, status, Date.parse(event.time));
  finish(hold, status, event);
}

/**
 * Applies `sale.recovered`: nobody could order or pay while the sale was being rebuilt, so every live hold
 * ends so much later, and may be extended so much further; so do pending orders. What lapsed before the sale
 * stopped stays lapsed.
 */
export function giveTimeBack(sale: FoldedSale, lostMs: number): void {
  check(lostMs >= 0, `${lostMs} ms cannot be given back`);
  const later = (time: string): string => new Date(Date.parse(time) + lostMs).toISOString();
  for (const hold of sale.holds.values()) {
    if (hold.status !== 'live') continue;
    hold.holdMs += lostMs;
    hold.maxMs += lostMs;
    hold.expiresAtMax = later(hold.expiresAtMax);
    hold.expiresAt = later(hold.expiresAt);
    if (hold.extendedAt !== undefined) hold.extendedAt = hold.expiresAt;
    for (const one of hold.extends) one.expiresAt = later(one.expiresAt);
  }
  for (const order of sale.orders.values()) if (isPending(order)) order.deadlineMs += lostMs;
}

/** What has items and a price. */
export type Priced = EventData<'hold.placed'> | EventData<'hold.changed'> | EventData<'order.confirmed'>
  | EventData<'payment.started'>;

/** Items and what they cost, with what may be left out. */
export function contentOf(data: Priced): HoldContent {
  const { items, total, fees = [], taxes = [], terms = '', digest } = data;
  return { items, total, fees, taxes, terms, codes: 'codes' in data ? data.codes ?? [] : [], digest };
}

/** Ends a hold: nothing can be done with it any more. */
export function finish(hold: HoldState, status: HoldState['status'], event: SaleEvent): void {
  hold.status = status;
  hold.endedAtMs = Date.parse(event.time);
  hold.endedSeq = Number(event.sequence);
}

function checkState(sale: FoldedSale, states: SaleState[]): void {
  check(states.includes(sale.state), `the sale is ${sale.state}`);
}

/** The live hold of a buyer that an event names; throws when there is none. */
export function liveHold(
  sale: FoldedSale, { holdId, buyerId }: { holdId: string; buyerId: string },
): HoldState {
  const hold = sale.holds.get(holdId);
  if (hold === undefined) throw new Error(`hold ${holdId} is unknown`);
  check(hold.status === 'live', `hold ${holdId} is ${hold.status}`);
  check(hold.buyerId === buyerId, `hold ${holdId} is not of ${buyerId}`);
  return hold;
}

/** Prices are as the items say; what they come to is one rule for all (contracts/pricing.ts). */
export function checkTotal(sale: FoldedSale, data: Priced): void {
  const lines = data.items.map(({ price, fees = [], taxes = [], quantity }) =>
    ({ money: { price, fees, taxes }, quantity }));
  const sum = totalOf(lines, readTerms(data.terms ?? ''));
  check(sum.total === data.total, `the items cost ${sum.total}, not ${data.total}`);
  check(feeText(sum.fees) === feeText(data.fees), 'the fees are not those of the terms');
  check(taxText(sum.taxes) === taxText(data.taxes), 'the taxes are not those of items and fees');
  const { currency } = definedBy(sale);
  check(data.currency === currency, `the sale is in ${currency}, not in ${data.currency}`);
}

/** old − removed + added = items, however they are cut into single items. */
function checkItems(old: Item[], { removed, added, items }: EventData<'hold.changed'>): void {
  const left = unitCounts(old);
  for (const [unit, quantity] of unitCounts(removed)) {
    check((left.get(unit) ?? 0) >= quantity, 'more is given back than was held');
    left.set(unit, (left.get(unit) ?? 0) - quantity);
  }
  for (const [unit, quantity] of unitCounts(added)) left.set(unit, (left.get(unit) ?? 0) + quantity);
  const after = unitCounts(items);
  const isSame = [...left].every(([unit, quantity]) => (after.get(unit) ?? 0) === quantity)
    && [...after.keys()].every((unit) => left.has(unit));
  check(isSame, 'the hold has other items than were kept and added');
}

function unitCounts(items: Item[]): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (unit: string, quantity: number) => counts.set(unit, (counts.get(unit) ?? 0) + quantity);
  for (const item of items) {
    const { seatIds } = item;
    if (seatIds === undefined) add(itemText(item), item.quantity);
    else for (const seatId of seatIds) add(`${itemText(item)} ${seatId}`, 1);
  }
  return counts;
}

/** Whether two lists say the same, item by item. */
export function isSameItems(a: Item[], b: Item[]): boolean {
  const text = (items: Item[]) => JSON.stringify(items.map((item) =>
    [itemText(item), item.quantity, item.seatIds ?? []]));
  return text(a) === text(b);
}

/** Member by member: a store may give JSON back with its members in another order. */
function itemText(item: Item): string {
  const { areaId, categoryId, ticketType, price, fees, taxes, channelId = '' } = item;
  return JSON.stringify([areaId, categoryId, ticketType, price, feeText(fees), taxText(taxes), channelId]);
}

function feeText(fees: Item['fees'] = []): string {
  return fees.map(({ feeId, amount }) => `${feeId}=${amount}`).join();
}

function taxText(taxes: Item['taxes'] = []): string {
  return taxes.map(({ taxId, amount, included }) => `${taxId}=${amount} ${included}`).join();
}
