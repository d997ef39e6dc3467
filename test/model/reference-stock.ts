import type { InventoryRequest } from '../../services/shared/contracts/inventory-schemas.ts';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import type { SeatState } from '../../services/shared/contracts/folded-sale.ts';
import { Trial } from './reference-claim.ts';
import type { ReferenceSale } from './reference-claim.ts';

/**
 * What must come of an operator's change of the stock, worked out from the fold alone: the answer to the
 * letter, and each event with what it says. What is so already stays and makes no event; one seat that cannot
 * be changed keeps all from it.
 */
export interface Outcome {
  answer: string;
  detail: string;
  events: { type: SaleEvent['type']; data: object }[];
}

/** What is known of the call beside the sale. */
export interface Circumstances {
  /** folds what was given back first; `hasLapsed`: lapsed holds as well as overdue channels */
  foldDue(hasLapsed: boolean): void;
  called: { fromMs: number; toMs: number };
  /** of the answer: it decides where the clock leaves it open */
  reason: string;
}

/** The outcome of a request; folds on its way what the script does before it. */
export function outcomeOf(sale: ReferenceSale, request: InventoryRequest, at: Circumstances): Outcome {
  const fault = faultOf(sale, request);
  if (fault !== undefined) return refused(fault);
  if (sale.fold.state === 'closed') return refused('sale_closed');
  const { block, unblock, allocate, release, returnAllocation } = request;
  if (request.price !== undefined || request.capacity !== undefined) return ofAmending(sale, request, at);
  at.foldDue(returnAllocation === undefined);
  if (returnAllocation !== undefined) {
    const isReturned = sale.fold.returned.has(returnAllocation);
    return done(isReturned ? [] : [event('allocation.returned', { channelId: returnAllocation })]);
  }
  if (allocate !== undefined && isLate(sale, allocate.channelId, at)) return refused('allocation_returned');
  if (allocate?.fromChannelId !== undefined) return ofMoving(sale, allocate, at);
  const places = block ?? unblock ?? allocate ?? {};
  if (places.areaId !== undefined) {
    const { areaId, quantity = 0 } = places;
    return allocate === undefined ? ofBlocking(sale, areaId, quantity)
      : ofAllotting(sale, areaId, allocate.channelId ?? '', quantity);
  }
  if (release !== undefined) return ofSeats(sale, seatsOf(sale, release), 'places.released', {}, released);
  const { seatIds = [] } = places;
  if (block !== undefined) return ofSeats(sale, seatIds, 'stock.blocked', { reason: 'r' }, blocked);
  if (unblock !== undefined) return ofSeats(sale, seatIds, 'stock.unblocked', { reason: 'r' }, unblocked);
  const channelId = allocate?.channelId ?? null;
  return ofSeats(sale, seatIds, 'allocation.changed', { channelId }, allocated(channelId));
}

/** What the sale does not have. */
function faultOf({ known }: ReferenceSale, request: InventoryRequest): string | undefined {
  const { allocate, returnAllocation, capacity, areaId, groupId, categoryId, ticketType = '' } = request;
  const { definition, layout } = known;
  const channelId = allocate?.channelId ?? returnAllocation;
  const named = [channelId, allocate?.fromChannelId].filter((id) => id !== undefined && id !== null);
  if (named.some((id) => !layout.channelIds.includes(id))) return 'channel_unknown';
  if (request.price !== undefined) {
    const category = definition.categories.find((one) => one.categoryId === categoryId);
    return Object.hasOwn(category?.prices ?? {}, ticketType) ? undefined : 'ticket_type_unknown';
  }
  const isOfVenue = capacity !== undefined && areaId === undefined && groupId === undefined;
  return isOfVenue && definition.capacity === null ? 'item_unsuitable' : undefined;
}

function ofAmending(sale: ReferenceSale, request: InventoryRequest, at: Circumstances): Outcome {
  const { definition } = sale.known;
  const { price, capacity = 0, areaId, groupId, categoryId = '', ticketType = '' } = request;
  const version = definition.version + 1;
  if (price !== undefined) {
    const category = definition.categories.find((one) => one.categoryId === categoryId);
    if (category?.prices[ticketType] === price) return done([]);
    at.foldDue(true);
    return done([event('price.changed', { version, categoryId, ticketType, price })]);
  }
  const counterOf = () => (areaId !== undefined ? sale.fold.areas.get(areaId)
    : groupId !== undefined ? sale.fold.groups.get(groupId) : sale.fold.venue);
  if (counterOf()?.capacity === capacity) return done([]);
  at.foldDue(true);
  const { held = 0, sold = 0 } = counterOf() ?? {};
  const area = sale.fold.areas.get(areaId ?? '');
  const least = held + sold + (area?.blocked ?? 0)
    + [...area?.allotted.values() ?? []].reduce((sum, left) => sum + left, 0);
  if (capacity < least) return refused('capacity_in_use', String(least));
  const of = { ...areaId !== undefined && { areaId }, ...groupId !== undefined && { groupId } };
  return done([event('capacity.changed', { version, ...of, capacity })]);
}

/** What a channel whose time is over was given would be returned at once. */
function isLate(
  { known }: ReferenceSale,
  channelId: string | null,
  { called, reason }: Circumstances,
): boolean {
  const { returnsAt = null } = known.definition.channels.find((one) => one.channelId === channelId) ?? {};
  if (returnsAt === null || Date.parse(returnsAt) > called.toMs) return false;
  return Date.parse(returnsAt) <= called.fromMs || reason === 'allocation_returned';
}

/** What neither anybody has nor any channel may draw. */
function publicLeft(sale: ReferenceSale, areaId: string): number {
  const trial = new Trial(sale, []);
  return trial.openLeft(trial.countersOver(areaId)[0] ?? -1);
}

function ofBlocking(sale: ReferenceSale, areaId: string, quantity: number): Outcome {
  const left = publicLeft(sale, areaId);
  const more = quantity - (sale.fold.areas.get(areaId)?.blocked ?? 0);
  if (more > left) return refused('stock_in_use', `f${left}`);
  if (more === 0) return done([]);
  const type = more > 0 ? 'stock.blocked' : 'stock.unblocked';
  return done([event(type, { areaId, reason: 'r', quantity: Math.abs(more) })]);
}

function ofAllotting(sale: ReferenceSale, areaId: string, channelId: string, quantity: number): Outcome {
  const has = sale.fold.areas.get(areaId)?.allotted.get(channelId) ?? 0;
  const most = publicLeft(sale, areaId) + has;
  if (quantity > most) return refused('allocation_too_large', `f${most}`);
  if (quantity === has) return done([]);
  return done([event('allocation.changed', { areaId, channelId, quantity })]);
}

/** A share out of that of another channel, or back into it: both together stay what they are. */
function ofMoving(
  sale: ReferenceSale,
  { channelId, fromChannelId = '', areaId = '', quantity = 0 }: NonNullable<InventoryRequest['allocate']>,
  at: Circumstances,
): Outcome {
  const of = (id: string | null) => sale.fold.areas.get(areaId)?.allotted.get(id ?? '') ?? 0;
  const both = of(channelId) + of(fromChannelId);
  const change = (id: string | null, n: number) =>
    event('allocation.changed', { areaId, channelId: id, quantity: n });
  const changes = [change(channelId, quantity), change(fromChannelId, both - quantity)];
  if (quantity < of(channelId)) {
    return isLate(sale, fromChannelId, at) ? refused('allocation_returned') : done(changes);
  }
  if (quantity > both) return refused('allocation_too_large', `f${both}`);
  return done(quantity === of(channelId) ? [] : changes.toReversed());
}

/** Whether a seat changes, or why it cannot. */
type SeatRule = (seat: SeatState) => boolean | string;

const isTaken = ({ holder, blocked }: SeatState) => holder !== undefined || blocked;
const isReserved = ({ home }: SeatState) => home === 'accessible' || home === 'companion';
const blocked: SeatRule = (seat) => (seat.holder === undefined ? !seat.blocked : 'stock_in_use');
const unblocked: SeatRule = (seat) => seat.blocked;
const released: SeatRule = isReserved;
const allocated = (channelId: string | null): SeatRule => (seat) => {
  if (seat.home === (channelId === null ? 'public' : `channel:${channelId}`)) return false;
  if (isReserved(seat)) return 'seats_reserved';
  return isTaken(seat) ? 'stock_in_use' : true;
};

function ofSeats(
  { fold, known: { layout } }: ReferenceSale,
  seatIds: string[],
  type: SaleEvent['type'],
  said: object,
  rule: SeatRule,
): Outcome {
  const areaOf = (seatId: string) => fold.seats.get(seatId)?.areaId ?? '';
  const byArea = Map.groupBy(new Set(seatIds), areaOf);
  const against = new Map<string, number[]>();
  const events: Outcome['events'] = [];
  for (const [areaId, inArea] of byArea) {
    const changed: string[] = [];
    for (const seatId of inArea) {
      const seat = fold.seats.get(seatId);
      if (seat === undefined) throw new Error(`the fold has no seat ${seatId}`);
      const verdict = rule(seat);
      const offset = layout.offsetBySeatId.get(seatId) ?? -1;
      if (typeof verdict === 'string') against.set(verdict, [...against.get(verdict) ?? [], offset]);
      else if (verdict) changed.push(seatId);
    }
    if (changed.length > 0) events.push(event(type, { areaId, ...said, seatIds: changed }));
  }
  for (const reason of ['stock_in_use', 'seats_reserved']) {
    const offsets = against.get(reason);
    if (offsets !== undefined) return refused(reason, offsets.join('.'));
  }
  return done(events);
}

/** The places that a release names. */
function seatsOf(
  { known: { definition } }: ReferenceSale,
  { seatIds, areaId }: NonNullable<InventoryRequest['release']>,
): string[] {
  if (seatIds !== undefined) return seatIds;
  return definition.areas.filter((area) => areaId === undefined || area.areaId === areaId)
    .flatMap(({ rows = [] }) => rows.flatMap(({ seats }) => seats))
    .filter(({ accessible, companion }) => accessible === true || companion === true)
    .map(({ seatId }) => seatId);
}

function event(type: SaleEvent['type'], data: object): Outcome['events'][number] {
  return { type, data };
}

function done(events: Outcome['events']): Outcome {
  return { answer: 'ok', detail: '', events };
}

function refused(answer: string, detail = ''): Outcome {
  return { answer, detail, events: [] };
}
