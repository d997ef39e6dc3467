import type { BusEvent } from './bus-record.ts';

/**
 * Linked streams: what an event is about beside its sale, as texts by which it is found again. Within a sale:
 * `hold:h_…`, `order:o_…`, `seat:SALE/SEAT`; over all sales: `buyer:…`, `flow:…` (its correlation, where
 * that is no hold), `by:operator` and `by:operator:NAME` (an operator did it); `sale:SALE` of what is about a
 * sale and in another stream. Events of all versions and of unknown types are linked by the members that
 * these names have in `data`; places of a general area have no names, and no links. The event store keeps a
 * 32-bit key per link: whoever looks by it has to ask `linksOf` whether the event is really meant.
 */

/** The link of a seat. */
export function seatLink(saleId: string, seatId: string): string {
  return `seat:${saleId}/${seatId}`;
}

/** The linked streams that an event is in; its own sale is none of them. */
export function linksOf(event: BusEvent): string[] {
  const links = new Set<string>();
  eachLink(event, (prefix, name) => links.add(prefix + name));
  return [...links];
}

/** What is kept of a link: FNV-1a over its UTF-16 units, signed. Two links can have one key. */
export function linkKey(link: string): number {
  return addUnits(FNV_START, link) | 0;
}

/** The keys of all links of an event, parted by commas. */
export function linkKeysOf(event: BusEvent): string {
  let keys = '';
  // No link is written out for it: this runs for every event that is stored.
  eachLink(event, (prefix, name) => {
    keys += `${keys === '' ? '' : ','}${addUnits(startOf(prefix), name) | 0}`;
  });
  return keys;
}

type Take = (prefix: string, name: string) => void;

const OPERATOR = 'operator:';

/** A link may come more than once. */
function eachLink({ subject, correlationid, actor, data }: BusEvent, take: Take): void {
  const members = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>;
  const { holdId, orderId, buyerId, items, added, removed, seatIds, saleId } = members;
  if (typeof correlationid === 'string' && correlationid !== holdId) take('flow:', correlationid);
  if (typeof actor === 'string' && actor.startsWith(OPERATOR)) {
    take('by:', 'operator');
    take('by:', actor);
  }
  if (typeof saleId === 'string') take('sale:', saleId);
  if (typeof holdId === 'string') take('hold:', holdId);
  if (typeof orderId === 'string') take('order:', orderId);
  if (typeof buyerId === 'string') take('buyer:', buyerId);
  const seats = seatLink(subject, '');
  takeItems(seats, items, take);
  if (added !== undefined) takeItems(seats, added, take);
  if (removed !== undefined) takeItems(seats, removed, take);
  if (seatIds !== undefined) takeSeats(seats, seatIds, take);
}

function takeItems(prefix: string, items: unknown, take: Take): void {
  if (!Array.isArray(items)) return;
  for (const item of items as ({ seatIds?: unknown } | null)[]) takeSeats(prefix, item?.seatIds, take);
}

function takeSeats(prefix: string, seatIds: unknown, take: Take): void {
  if (!Array.isArray(seatIds)) return;
  for (const seatId of seatIds) if (typeof seatId === 'string') take(prefix, seatId);
}

/** FNV-1a, 32 bits. */
const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const HOLD_START = addUnits(FNV_START, 'hold:');
const ORDER_START = addUnits(FNV_START, 'order:');
const BUYER_START = addUnits(FNV_START, 'buyer:');

/** The last prefix, which most often is the next as well. */
const last = { prefix: '', start: FNV_START };

function startOf(prefix: string): number {
  if (prefix === 'hold:') return HOLD_START;
  if (prefix === 'order:') return ORDER_START;
  if (prefix === 'buyer:') return BUYER_START;
  if (prefix !== last.prefix) Object.assign(last, { prefix, start: addUnits(FNV_START, prefix) });
  return last.start;
}

function addUnits(hash: number, text: string): number {
  let sum = hash;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), FNV_PRIME);
  return sum;
}
