import { EVERY_UNIT } from '../../services/shared/contracts/evolve-buyer.ts';
import { packMoney, packTerms, priceTicket } from '../../services/shared/contracts/pricing.ts';
import type { ItemRequest } from '../../services/shared/contracts/http-schemas.ts';
import type { HoldRecord, PackedItem } from '../../services/shared/contracts/hold-record.ts';
import type { PlaceAnswer, Refusal } from '../../services/selling/stock.ts';
import type { KnownSale } from '../../services/selling/sale-directory.ts';
import { checkBest, refusalOfBest } from './reference-best.ts';
import { chainsOf, Trial } from './reference-claim.ts';
import type { ReferenceSale } from './reference-claim.ts';
import { codeRefusal, countOf, digestsOf, promotionOf, refusalBefore } from './reference-limits.ts';
import type { Asked, Expected } from './reference-limits.ts';

/**
 * What the scripts must answer to a claim, worked out from the fold of the events alone. General quantities,
 * chosen seats, limits, codes, time and repeats are predicted to the letter; best available is judged by its
 * result (test/model/reference-best.ts). Throws an Error unless the answer is the one that the sale as it was
 * calls for.
 */
export function judgePlace(sale: ReferenceSale, asked: Asked, nowMs: number, answer: PlaceAnswer): void {
  const hold = sale.fold.holds.get(asked.holdId);
  if (hold !== undefined && !sale.forgotten.has(asked.holdId)) {
    const first = hold.original ?? hold;
    if (first.digest !== asked.digest) return expectRefusal(answer, 'idempotency_key_reused', '');
    return answer.ok && hold.original !== undefined ? undefined : expectRecord(answer, asked.holdId, sale);
  }
  const refusal = refusalBefore(sale, asked, nowMs);
  if (refusal !== undefined) return expectRefusal(answer, refusal.reason, refusal.detail);
  const walk = walkOf(sale, asked, nowMs, answer.ok ? answer.hold.items : undefined);
  judgeItems(walk, answer, nowMs + 1);
  if (answer.ok) checkHold(walk, answer.hold, capOf(walk));
}

/** What a change takes for a hold, or why it is refused. */
export type ChangeAnswer = { ok: true; items: PackedItem[] } | Refusal;

/**
 * As `judgePlace`, of what a hold shall get beside what it keeps: the reference is the sale after what goes
 * was given back. Throws an Error unless the answer is right.
 */
export function judgeAdded(
  sale: ReferenceSale,
  asked: Asked,
  nowMs: number,
  answer: ChangeAnswer,
): void {
  const hold = sale.fold.holds.get(asked.holdId);
  if (hold === undefined) throw new Error(`${asked.holdId} is not there`);
  const refusal = codeRefusal(sale, asked);
  if (refusal !== undefined) return expectRefusal(answer, refusal.reason, refusal.detail);
  const walk = walkOf(sale, asked, nowMs, answer.ok ? answer.items : undefined);
  judgeItems({ ...walk, isChange: true }, answer, Date.parse(hold.expiresAtMax));
}

/** Throws unless an answer is this refusal; `detail` undefined: whatever it says. */
export function expectRefusal(answer: { ok: true } | Refusal, reason: string, detail?: string): void {
  const got = answer.ok ? 'a hold' : `${answer.reason} ${answer.detail}`;
  if (answer.ok || answer.reason !== reason || (detail !== undefined && answer.detail !== detail)) {
    throw new Error(`the answer is ${got}, not ${reason} ${detail ?? ''}`);
  }
}

/** Throws unless the answer repeats what is known of a hold. */
function expectRecord(answer: PlaceAnswer, holdId: string, { fold }: ReferenceSale): void {
  const hold = fold.holds.get(holdId);
  if (!answer.ok) throw new Error(`a repeat of ${holdId} was refused: ${answer.reason}`);
  const { status, buyerId, placedAtMs, expiresAtMs, orderId, codes } = answer.hold;
  const got = [status, buyerId, placedAtMs, new Date(expiresAtMs).toISOString(), orderId, codes.join(' ')];
  const known = [hold?.status, hold?.buyerId, hold?.placedAtMs, hold?.expiresAt, hold?.orderId,
    hold?.codes.join(' ')];
  if (got.join() !== known.join()) throw new Error(`a repeat got ${got.join()}, the hold is ${known.join()}`);
}

/** Channels that a claim may draw on: of its pass, of its access code, and those whose time is over. */
function openedBy({ fold, known }: ReferenceSale, asked: Asked, nowMs: number): string[] {
  const overdue = known.definition.channels.filter(({ channelId, returnsAt }) =>
    returnsAt !== null && Date.parse(returnsAt) <= nowMs && !fold.returned.has(channelId));
  const ofCode = digestsOf(asked).flatMap((digest) => fold.codes.get(digest)?.channelIds ?? []);
  return [...new Set([...asked.opened, ...ofCode, ...overdue.map(({ channelId }) => channelId)])];
}

/** Goes through the items in order, as all or nothing; `items` is what the answer says was taken. */
interface Walk {
  sale: ReferenceSale;
  asked: Asked;
  nowMs: number;
  trial: Trial;
  /** a hold changes: its items are taken one after the other even where they are quantities only */
  isChange: boolean;
  items: PackedItem[] | undefined;
  /** of items */
  at: number;
  /** best available took some before, of which a refusal does not say which */
  isVague: boolean;
  /** seats of the segments that were chosen from, as they were before */
  before: Map<number, Set<string>>;
}

function walkOf(sale: ReferenceSale, asked: Asked, nowMs: number, items: PackedItem[] | undefined): Walk {
  return { sale, asked, nowMs, trial: new Trial(sale, openedBy(sale, asked, nowMs)), isChange: false, items,
    at: 0, isVague: false, before: new Map() };
}

/** `leastMs`: places that the buyer may not have until then are refused. */
function judgeItems(walk: Walk, answer: { ok: true } | Refusal, leastMs: number): void {
  const { asked, sale } = walk;
  for (const item of asked.items) {
    const refusal = item.quantity !== undefined ? walkQuantity(walk, item, item.quantity)
      : item.seatIds !== undefined ? walkSeats(walk, item, item.seatIds) : walkBest(walk, item,
        item.bestAvailable ?? 0);
    if (refusal === undefined) continue;
    if (walk.isVague) return expectVague(answer);
    if (isOtherCounter(walk, answer)) return;
    return expectRefusal(answer, refusal.reason, refusal.detail);
  }
  if (walk.isVague) return expectVague(answer);
  const stranded = strandedBy(walk);
  if (stranded.length > 0) return expectRefusal(answer, 'would_strand_seat', stranded.join('.'));
  const capMs = capOf(walk);
  if (capMs !== undefined && capMs < leastMs) {
    const { holdSecondsMax } = sale.known.definition;
    return expectRefusal(answer, 'hold_time_spent', String(capMs + holdSecondsMax * 1000));
  }
  if (!answer.ok) throw new Error(
    `the claim could be granted, but the answer is ${answer.reason} ${answer.detail}`);
  if (walk.at !== walk.items?.length) throw new Error('the hold has more items than were asked for');
}

const OF_STOCK = ['sold_out', 'seats_taken', 'seats_reserved', 'no_adjacent_seats', 'would_strand_seat',
  'hold_time_spent'];

function expectVague(answer: { ok: true } | Refusal): void {
  if (answer.ok) throw new Error('a claim was granted whose items cannot be had together');
  if (!OF_STOCK.includes(answer.reason)) throw new Error(`${answer.reason} says nothing of the stock`);
}

/**
 * Of several counters without room, a claim of quantities only may be told of any, with what is left there.
 */
function isOtherCounter(
  { sale, asked, trial, isChange }: Walk,
  answer: { ok: true } | Refusal,
): boolean {
  if (isChange || answer.ok || answer.reason !== 'sold_out') return false;
  if (asked.items.some(({ quantity }) => quantity === undefined)) return false;
  const [, index, left] = /^k(\d+)\.(\d+)$/.exec(answer.detail) ?? [];
  const wanted = asked.items.filter(({ areaId = '' }) => trial.countersOver(areaId).includes(Number(index)))
    .reduce((sum, item) => sum + countOf(item), 0);
  const open = new Trial(sale, trial.opened).openLeft(Number(index));
  return Number(left) === open && open < wanted;
}

function walkQuantity(walk: Walk, item: ItemRequest, n: number): Expected | undefined {
  const { trial } = walk;
  const { areaId = '' } = item;
  for (const index of trial.countersOver(areaId)) {
    if (trial.openLeft(index) >= n) continue;
    return { reason: 'sold_out', detail: `k${index}.${trial.openLeft(index, true)}` };
  }
  let left = n;
  const expected: [channel: string, quantity: number][] = [];
  for (const channelId of trial.opened) {
    const drawn = Math.min(left, trial.allotted(areaId, channelId));
    if (drawn <= 0) continue;
    trial.draw(areaId, channelId, drawn);
    expected.push([channelId, drawn]);
    left -= drawn;
  }
  if (left > 0) expected.push(['', left]);
  trial.use(areaId, n);
  if (walk.items === undefined) return undefined;
  for (const [channelId, quantity] of expected) {
    const packed = nextItem(walk, item);
    if (nameOf(walk, packed) !== areaId || channelOf(walk, packed) !== channelId
      || packed.quantity !== quantity
      || packed.offsets.length > 0) {
      throw new Error(`${quantity} of ${areaId} ${channelId} were to come, not ${JSON.stringify(packed)}`);
    }
  }
  return undefined;
}

function walkSeats(walk: Walk, item: ItemRequest, seatIds: string[]): Expected | undefined {
  const { trial, sale: { known: { layout } } } = walk;
  const seatOf = (seatId: string) => layout.seats[layout.offsetBySeatId.get(seatId) ?? -1];
  const bySegment = Map.groupBy(seatIds, (seatId) => seatOf(seatId)?.segment ?? -1);
  for (const [segment, group] of bySegment) {
    const areaId = layout.areas[seatOf(group[0] ?? '')?.areaIndex ?? -1]?.area.areaId ?? '';
    const before = freeIn(walk, segment);
    const taken: string[] = [];
    const reserved: string[] = [];
    const byChannel = new Map<string, string[]>();
    for (const seatId of group) {
      const home = trial.homeOf(seatId);
      const offset = String(layout.offsetBySeatId.get(seatId));
      if (home === undefined) taken.push(offset);
      else if (!isFor(home, item, trial.opened)) reserved.push(offset);
      else {
        const channelId = home.startsWith('channel:') ? home.slice('channel:'.length) : '';
        byChannel.set(channelId, [...byChannel.get(channelId) ?? [], seatId]);
        trial.taken.add(seatId);
      }
    }
    const seats = [...byChannel.values()].flat();
    const undo = () => { for (const seatId of seats) trial.taken.delete(seatId); };
    if (taken.length > 0) return undo(), { reason: 'seats_taken', detail: taken.join('.') };
    if (reserved.length > 0) return undo(), { reason: 'seats_reserved', detail: reserved.join('.') };
    const full = trial.countersOver(areaId).find((index) => trial.left(index) < group.length);
    if (full !== undefined) return { reason: 'sold_out', detail: `k${full}.${trial.openLeft(full, true)}` };
    if (!walk.before.has(segment)) walk.before.set(segment, before);
    trial.use(areaId, group.length);
    if (walk.items !== undefined) expectSeats(walk, item, byChannel);
  }
  return undefined;
}

function isFor(home: string, item: ItemRequest, opened: string[]): boolean {
  if (home === 'public') return true;
  if (home.startsWith('channel:')) return opened.includes(home.slice('channel:'.length));
  return item.accessible === true;
}

function freeIn({ trial, sale }: Walk, segment: number): Set<string> {
  return new Set(chainsOf(sale.known).flat()
    .filter((seat) => seat.segment === segment && trial.homeOf(seat.seatId) !== undefined)
    .map(({ seatId }) => seatId));
}

function expectSeats(walk: Walk, item: ItemRequest, byChannel: Map<string, string[]>): void {
  const { layout } = walk.sale.known;
  for (const channelId of ['', ...layout.channelIds]) {
    const seats = byChannel.get(channelId);
    if (seats === undefined) continue;
    const packed = nextItem(walk, item);
    const got = packed.offsets.map((offset) => layout.seats[offset]?.seat.seatId).join();
    if (got !== seats.join() || channelOf(walk, packed) !== channelId) {
      throw new Error(`${seats.join()} of "${channelId}" were to come, not ${got}`);
    }
  }
}

function walkBest(walk: Walk, item: ItemRequest, n: number): Expected | undefined {
  const { trial, sale: { known } } = walk;
  const categoryIds = known.definition.categories
    .filter(({ categoryId, prices }) => Object.hasOwn(prices, typeOf(known, item, categoryId)))
    .map(({ categoryId }) => categoryId);
  const wish = { n, item, categoryIds };
  const refusal = refusalOfBest(trial, wish);
  if (refusal !== undefined) return refusal;
  if (walk.items === undefined) {
    // Which it took is not known: what comes after may fail or not.
    walk.isVague = walk.asked.items.length > 1 || hasSpent(walk);
    return undefined;
  }
  const seatIds: string[] = [];
  while (seatIds.length < n) {
    const packed = nextItem(walk, item);
    const seats = packed.offsets.map((offset) => known.layout.seats[offset]?.seat.seatId ?? '');
    if (seats.length === 0) throw new Error('best available got something else than seats');
    const [first = ''] = seats;
    const home = trial.homeOf(first) ?? '';
    const expected = home.startsWith('channel:') ? home.slice('channel:'.length) : '';
    if (channelOf(walk, packed) !== expected) throw new Error(`${first} comes from "${expected}"`);
    seatIds.push(...seats);
  }
  checkBest(trial, wish, seatIds);
  for (const seatId of seatIds) {
    trial.taken.add(seatId);
    trial.use(walk.sale.fold.seats.get(seatId)?.areaId ?? '', 1);
  }
  return undefined;
}

/** Whether the time of any place that this buyer gave back may be over. */
function hasSpent({ sale, asked }: Walk): boolean {
  return (sale.fold.buyers.get(asked.buyerId)?.returned.size ?? 0) > 0;
}

/**
 * The offsets of seats that chosen seats leave alone: a run that was free, and of which two or more are left,
 * has one of them by itself.
 */
function strandedBy({ trial, sale, before }: Walk): number[] {
  if (sale.known.definition.allowStrandedSeats) return [];
  const stranded: number[] = [];
  for (const chain of chainsOf(sale.known)) {
    if (!chain.some(({ segment }) => before.has(segment))) continue;
    const isNow = (i: number) => chain[i] !== undefined && trial.homeOf(chain[i].seatId) !== undefined;
    const was = chain.map(({ seatId, segment }, i) => before.get(segment)?.has(seatId) ?? isNow(i));
    for (let from = 0; from < chain.length; from++) {
      if (!was[from] || was[from - 1]) continue;
      let to = from;
      while (was[to + 1]) to += 1;
      const left = chain.map((_, i) => i).filter((i) => i >= from && i <= to && isNow(i));
      if (left.length < 2 || left.length === to - from + 1) continue;
      stranded.push(...left.filter((i) => !left.includes(i - 1) && !left.includes(i + 1))
        .map((i) => chain[i]?.offset ?? -1));
    }
  }
  return stranded.toSorted((a, b) => a - b);
}

/** The earliest end that this buyer's earlier holds of any of these places had. */
function capOf(walk: Walk): number | undefined {
  const { sale, asked, nowMs, items, trial } = walk;
  const returned = sale.fold.buyers.get(asked.buyerId)?.returned ?? new Map<string, number>();
  const areaIds = items === undefined ? asked.items.flatMap((item) => (item.quantity ? [item.areaId] : []))
    : items.filter(({ offsets }) => offsets.length === 0).map((item) => nameOf(walk, item));
  const seats = [...trial.taken].map((seatId) => `seat:${seatId}`);
  const units = [EVERY_UNIT, ...areaIds.map((areaId) => `area:${areaId}`), ...seats];
  const sinceMs = nowMs - sale.known.definition.holdSecondsMax * 1000;
  const caps = units.flatMap((unit) => returned.get(unit) ?? []).filter((capMs) => capMs > sinceMs);
  return caps.toSorted((a, b) => a - b)[0];
}

function checkHold({ sale, asked, nowMs }: Walk, hold: HoldRecord, capMs = Infinity): void {
  const { definition } = sale.known;
  const maxMs = Math.min(definition.holdSecondsMax * 1000, capMs - nowMs);
  const codes = [asked.accessDigest, promotionOf(sale.known, asked)?.promotionId].filter(Boolean);
  const expected = [nowMs, nowMs + Math.min(sale.holdMs, maxMs), nowMs + maxMs, asked.buyerId, codes.length,
    packTerms(definition)];
  const got = [hold.placedAtMs, hold.expiresAtMs, hold.expiresAtMaxMs, hold.buyerId, hold.codes.length,
    hold.terms];
  if (got.join() !== expected.join()) throw new Error(`the hold is ${got.join()}, not ${expected.join()}`);
}

/** The next item of the answer, of the right ticket type and price. */
function nextItem(walk: Walk, item: ItemRequest): PackedItem {
  const packed = walk.items?.[walk.at];
  if (packed === undefined) throw new Error('the hold has fewer items than were asked for');
  walk.at += 1;
  const { known } = walk.sale;
  const categoryId = known.layout.categoryIds[packed.categoryIndex] ?? '';
  const ticketType = known.layout.ticketTypes[packed.ticketTypeIndex] ?? '';
  if (ticketType !== typeOf(known, item, categoryId)) throw new Error(`the ticket type is ${ticketType}`);
  const priceMinor = known.definition.categories.find(
    (one) => one.categoryId === categoryId)?.prices[ticketType];
  if (priceMinor === undefined) throw new Error(`${ticketType} is not sold in ${categoryId}`);
  const money = packMoney(priceTicket(known.definition, { priceMinor, categoryId, ticketType },
    promotionOf(known, walk.asked)));
  if (packed.money !== money) throw new Error(`the price is ${packed.money}, not ${money}`);
  return packed;
}

/** The type asked for; else the first of the category. */
export function typeOf(
  { definition, layout }: KnownSale, item: ItemRequest, categoryId: string | undefined,
): string {
  if (item.ticketType !== undefined) return item.ticketType;
  const prices = definition.categories.find((one) => one.categoryId === categoryId)?.prices ?? {};
  return layout.ticketTypes.find((type) => Object.hasOwn(prices, type)) ?? '';
}

const nameOf = ({ sale }: Walk, { areaIndex }: PackedItem): string =>
  sale.known.layout.areas[areaIndex]?.area.areaId ?? '';

function channelOf({ sale }: Walk, { channel }: PackedItem): string {
  return sale.known.layout.channelIds[channel - 1] ?? '';
}
