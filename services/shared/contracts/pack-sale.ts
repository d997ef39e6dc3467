import type { Item } from './events.ts';
import { EVERY_UNIT } from './evolve-buyer.ts';
import type { BuyerState, FoldedSale, HoldContent, HoldState, OrderState, SeatState } from './folded-sale.ts';
import type { HoldStatus } from './hold-record.ts';
import type { SaleLayout } from './layout.ts';
import { isPending } from './order-record.ts';
import { packMoney } from './pricing.ts';
import type { SaleDefinition } from './sale-definition.ts';

/**
 * A folded sale as Redis keeps it, key by key: what it takes to revive an archived sale, or to rebuild a lost
 * one, from the log. The scripts of lua/ read it as if they had written it. They may have written some of it
 * in other words that mean the same: several holds in one member of `expiry`, offsets one by one instead of
 * as a run, `0` for a channel that has nothing left or nothing any more, and no records of holds that ended
 * more than a day ago.
 */
export interface PackedSale {
  /** state, seq, head, epoch, version, returned; not what the definition says: limits, times, layout */
  sale: Record<string, string>;
  /** JSON */
  definition: string;
  /** counter index → `free held sold blocked`; `area index:channel` → units left to the channel */
  areas: Record<string, string>;
  /** a byte per seat: what it is, and what it is when nobody has it; `runs` follow from these */
  seats: string;
  homes: string;
  /** holdId → record; `holdId/0` and `holdId/key` → record before the first and after each change */
  holds: Record<string, string>;
  /** live holds, ms */
  expiry: { member: string; expiresAtMs: number }[];
  /** the oldest first */
  ended: string[];
  buyers: Record<string, string>;
  orders: Record<string, string>;
  codes: Record<string, string>;
}

/**
 * Packs a sale. The layout is that of the definition, which is `definitionOf(fold)`. Throws when something in
 * the fold is not in the layout.
 */
export function packSale(fold: FoldedSale, definition: SaleDefinition, layout: SaleLayout): PackedSale {
  const names = namesOf(definition, layout);
  return {
    sale: {
      state: fold.state,
      seq: String(fold.head.seq),
      head: fold.head.id,
      epoch: String(fold.epoch),
      version: String(definition.version),
      returned: lettersOf([...fold.returned], names),
    },
    definition: JSON.stringify(definition),
    areas: packCounters(fold, definition, names),
    seats: layout.seats.map(({ seat }) => seatByte(seatIn(fold, seat.seatId), names)).join(''),
    homes: layout.seats.map(({ seat }) => homeByte(seatIn(fold, seat.seatId), names)).join(''),
    ...packPending(packHolds(fold, names), fold),
    buyers: Object.fromEntries([...fold.buyers].map(([id, buyer]) => [id, packBuyer(buyer, names)])),
    orders: Object.fromEntries([...fold.orders].map(([id, order]) => [id, packOrder(order, names)])),
    codes: packCodes(fold, names),
  };
}

/** What has a number in the records, with its number. */
interface Names {
  layout: SaleLayout;
  categories: Map<string, number>;
  ticketTypes: Map<string, number>;
  /** from 1 on */
  channels: Map<string, number>;
}

function namesOf(definition: SaleDefinition, layout: SaleLayout): Names {
  const numbered = (ids: string[], first: number) => new Map(ids.map((id, i) => [id, i + first]));
  return {
    layout,
    categories: numbered(layout.categoryIds, 0),
    ticketTypes: numbered(layout.ticketTypes, 0),
    channels: numbered(definition.channels.map(({ channelId }) => channelId), 1),
  };
}

function packCounters(fold: FoldedSale, definition: SaleDefinition, names: Names): Record<string, string> {
  const fields: Record<string, string> = {};
  const { areas } = names.layout;
  for (const { area: { areaId }, index } of areas) {
    const state = found(fold.areas, areaId, 'area');
    fields[index] = counterText(state, state.blocked);
    for (const [id, left] of state.allotted) {
      fields[`${index}:${found(names.channels, id, 'channel')}`] = String(left);
    }
  }
  for (const [i, { groupId }] of definition.groups.entries()) {
    fields[areas.length + i] = counterText(found(fold.groups, groupId, 'group'), 0);
  }
  const { capacity, held, sold } = fold.venue;
  if (capacity !== null) {
    fields[areas.length + definition.groups.length] = counterText({ capacity, held, sold }, 0);
  }
  return fields;
}

/** What is set aside for channels is part of what is free. */
function counterText(counter: { capacity: number; held: number; sold: number }, blocked: number): string {
  const { capacity, held, sold } = counter;
  return `${capacity - held - sold - blocked} ${held} ${sold} ${blocked}`;
}

function seatIn(fold: FoldedSale, seatId: string): SeatState {
  return found(fold.seats, seatId, 'seat');
}

function seatByte(seat: SeatState, names: Names): string {
  if (seat.sold) return 's';
  if (seat.holder !== undefined) return 'h';
  return seat.blocked ? 'b' : homeByte(seat, names);
}

const HOME_BYTES = { public: '0', accessible: 'w', companion: 'c' };

function homeByte({ home }: SeatState, names: Names): string {
  return home in HOME_BYTES ? HOME_BYTES[home as keyof typeof HOME_BYTES]
    : lettersOf([home.slice('channel:'.length)], names);
}

function lettersOf(channelIds: string[], { channels }: Names): string {
  return channelIds.map((id) => String.fromCharCode(64 + found(channels, id, 'channel'))).join('');
}

const LETTERS: Record<HoldStatus, string> = { live: 'l', released: 'r', expired: 'e', ordered: 'o' };

function packHolds(fold: FoldedSale, names: Names): Pick<PackedSale, 'holds' | 'expiry' | 'ended'> {
  const holds: PackedSale['holds'] = {};
  const expiry: PackedSale['expiry'] = [];
  const ended: { id: string; seq: number }[] = [];
  for (const [holdId, hold] of fold.holds) {
    const end = [hold.orderId, hold.endedAtMs ?? ''].join('\t');
    holds[holdId] = `${LETTERS[hold.status]}\t${packContent(hold, hold, Infinity, names)}\t${end}`;
    if (hold.status === 'live') expiry.push({ member: holdId, expiresAtMs: Date.parse(hold.expiresAt) });
    else ended.push({ id: holdId, seq: hold.endedSeq });
    for (const { id, content, seq, atMs } of answersOf(holdId, hold)) {
      holds[id] = `r\t${packContent(hold, content, seq, names)}\t\t${atMs}`;
      ended.push({ id, seq });
    }
  }
  // Both sorts are stable: the answers of one change stay in their order.
  return { holds, expiry, ended: ended.toSorted((a, b) => a.seq - b.seq).map(({ id }) => id) };
}

/** A pending order lapses too: its member of `expiry` is `/` and its id. */
function packPending(packed: ReturnType<typeof packHolds>, fold: FoldedSale): ReturnType<typeof packHolds> {
  for (const [orderId, order] of fold.orders) {
    if (isPending(order)) packed.expiry.push({ member: `/${orderId}`, expiresAtMs: order.deadlineMs });
  }
  return packed;
}

/**
 * What is kept of a changed hold so that repeats of older requests get the answer they had. It is no hold, so
 * it says `released`, and nobody can order it; it is forgotten a day after the change that made it.
 */
function answersOf(
  holdId: string,
  { original, changes }: HoldState,
): { id: string; content: HoldContent; seq: number; atMs: number }[] {
  const [first] = changes;
  if (original === undefined || first === undefined) return [];
  return [
    // Made by the first change, after whatever the event before it had ended.
    { id: `${holdId}/0`, content: original, seq: first.seq - 0.5, atMs: first.atMs },
    ...changes.map((change) => ({ id: `${holdId}/${change.key}`, content: change, ...change })),
  ];
}

/** The fields of a record from digest to trail, as they were at a seq. */
function packContent(hold: HoldState, content: HoldContent, seq: number, names: Names): string {
  const extended = hold.extends.filter((one) => one.seq <= seq);
  const trail = [
    ...extended.map(({ key, expiresAt, seq }) => ({ text: `${key}=${Date.parse(expiresAt)}`, seq })),
    ...hold.changes.filter((one) => one.seq <= seq).map(({ key, seq }) => ({ text: `${key}=`, seq })),
  ].toSorted((a, b) => a.seq - b.seq);
  const last = extended.at(-1);
  return [
    content.digest, hold.buyerId, hold.placedAtMs, hold.holdMs, hold.maxMs, packItems(content.items, names),
    content.terms, content.codes.join(' '), last === undefined ? '' : Date.parse(last.expiresAt),
    trail.map(({ text }) => text).join(';'),
  ].join('\t');
}

function packItems(items: Item[], names: Names): string {
  return items.map((item) => {
    const { areaId, ticketType, categoryId, price, fees = [], taxes = [], quantity, channelId } = item;
    const places = packPlaces(item, names);
    return [
      found(names.layout.areaById, areaId, 'area').index,
      found(names.ticketTypes, ticketType, 'ticket type'),
      found(names.categories, categoryId, 'category'),
      packMoney({ price, fees, taxes }),
      quantity,
      channelId === undefined ? 0 : found(names.channels, channelId, 'channel'),
      places.segment,
      places.offsets,
    ].join();
  }).join(';');
}

function packPlaces({ seatIds }: Item, { layout }: Names): { segment: number; offsets: string } {
  if (seatIds === undefined) return { segment: -1, offsets: '' };
  const offsets = seatIds.map((seatId) => found(layout.offsetBySeatId, seatId, 'seat'));
  const segments = new Set(offsets.map((offset) => layout.seats[offset]?.segment ?? -1));
  const [segment = -1] = segments;
  if (segments.size !== 1) throw new Error(`the seats ${seatIds.join(' ')} are not in one segment`);
  const runs: [first: number, count: number][] = [];
  for (const offset of offsets) {
    const run = runs.at(-1);
    if (run !== undefined && offset === run[0] + run[1]) run[1] += 1;
    else runs.push([offset, 1]);
  }
  const texts = runs.map(([first, count]) => (count === 1 ? String(first) : `${first}+${count}`));
  return { segment, offsets: texts.join('.') };
}

function packBuyer(buyer: BuyerState, { layout }: Names): string {
  const { tickets, holds, heldMs, strikes, coolUntilMs, returned } = buyer;
  if (heldMs + strikes + coolUntilMs + returned.size === 0) return `${tickets} ${holds}`;
  const places = [...returned].map(([unit, capMs]) => {
    const id = unit.slice(unit.indexOf(':') + 1);
    const place = unit === EVERY_UNIT ? unit
      : unit.startsWith('seat:') ? `s${found(layout.offsetBySeatId, id, 'seat')}`
      : `a${found(layout.areaById, id, 'area').index}`;
    return `${place}@${capMs}`;
  });
  return [tickets, holds, heldMs, strikes, coolUntilMs, places.join()].join(' ');
}

/** A record as contracts/order-record.ts describes it. */
function packOrder(order: OrderState, names: Names): string {
  const { status, buyerId, holdId, confirmedAtMs, items, terms, eventId, extras } = order;
  const { attempt, gone, payments, refunds } = order;
  const record = [status, extras.digest, buyerId, holdId, confirmedAtMs, packItems(items, names), terms,
    eventId, JSON.stringify(extras)];
  if (attempt + gone.length + payments.size + refunds.size === 0) return record.join('\t');
  const { method, deadlineMs, startedAtMs, placedAtMs, capMs, codes } = order;
  return [...record, method, attempt, deadlineMs, startedAtMs, placedAtMs, capMs, codes.join(' '),
    gone.join('.'), packMoneyOf(order)].join('\t');
}

/** Payments and then refunds: nobody reads in which order they came. */
function packMoneyOf({ payments, refunds }: OrderState): string {
  return [
    ...[...payments].map(([id, { amountMinor, currency, kind }]) =>
      ['p', id, amountMinor, currency, kind.slice(0, 1)].join('=')),
    ...[...refunds].map(([id, { paymentId, amountMinor, status }]) =>
      ['r', id, paymentId, amountMinor, status.slice(0, 1)].join('=')),
  ].join(' ');
}

/**
 * Per access code `letters usesMax usesPerBuyerMax used`, letters being those of the channels it opens; per
 * promotion `p:<id>` its uses; and of either, what one buyer has used, under `<code>/<buyerId>`.
 */
function packCodes(fold: FoldedSale, names: Names): Record<string, string> {
  const fields: Record<string, string> = {};
  const addBuyers = (code: string, byBuyer: Map<string, number>) => {
    for (const [buyerId, uses] of byBuyer) fields[`${code}/${buyerId}`] = String(uses);
  };
  for (const [digest, { channelIds, usesMax, usesPerBuyerMax, uses, usesByBuyer }] of fold.codes) {
    fields[digest] = [lettersOf(channelIds, names), usesMax, usesPerBuyerMax, uses].join(' ');
    addBuyers(digest, usesByBuyer);
  }
  for (const [promotionId, { uses, usesByBuyer }] of fold.promotions) {
    if (uses > 0) fields[`p:${promotionId}`] = String(uses);
    addBuyers(`p:${promotionId}`, usesByBuyer);
  }
  return fields;
}

function found<T>(known: Map<string, T>, id: string, what: string): T {
  const value = known.get(id);
  if (value === undefined) throw new Error(`the layout has no ${what} "${id}"`);
  return value;
}
