import type { SaleEvent } from '../shared/contracts/events.ts';
import { evolve, initialSale } from '../shared/contracts/evolve.ts';
import type { FoldedSale, SeatHome } from '../shared/contracts/folded-sale.ts';

export type SeatStatus = 'free' | 'held' | 'sold' | 'blocked';

/** One event that changed what the seat is, or until when it is held. */
export interface SeatStep {
  seq: number;
  type: string;
  /** ISO 8601 */
  at: string;
  actor: string;
  correlationId: string;
  /** what it was afterwards */
  status: SeatStatus;
  /** in the words of the operator who did it */
  reason: string | null;
}

export interface SeatHolder {
  holdId: string;
  buyerId: string;
  /** ISO 8601, as all times here */
  placedAt: string;
  expiresAt: string;
  expiresAtMax: string;
  /** its time is over and nothing has given it back yet: the next claim or a sweeper will, within a second */
  lapsed: boolean;
}

export interface SeatOrder {
  orderId: string;
  holdId: string;
  buyerId: string;
  confirmedAt: string;
  /** of the whole order, minor units */
  total: number;
  currency: string;
}

/** Why a seat is what it is, by the log alone. */
export interface SeatExplanation {
  seatId: string;
  areaId: string;
  rowId: string;
  label: string;
  categoryId: string;
  status: SeatStatus;
  /** whom it is for while it is free */
  home: SeatHome;
  /** one sentence for whoever asks */
  why: string;
  holder: SeatHolder | null;
  order: SeatOrder | null;
  /** oldest first */
  steps: SeatStep[];
  /** up to which event this is the truth */
  seq: number;
}

/**
 * Folds the events of a sale and follows one seat through them.
 *
 * @param events of the sale from its first on, in the language of today
 * @param nowMs to tell a hold that lives from one that has lapsed
 * @returns undefined when the sale has no such seat
 * @throws Error of `evolve` when the log breaks a promise
 */
export async function explainSeat(
  events: AsyncIterable<SaleEvent>,
  seatId: string,
  nowMs: number,
): Promise<SeatExplanation | undefined> {
  const sale = initialSale();
  const steps: SeatStep[] = [];
  let before = '';
  for await (const event of events) {
    evolve(sale, event);
    const after = factsOf(sale, seatId);
    if (after === before) continue;
    before = after;
    steps.push(stepOf(sale, event, seatId));
  }
  return explain(sale, seatId, steps, nowMs);
}

/** All of a seat's state that an event can change; equal texts, nothing happened to it. */
function factsOf(sale: FoldedSale, seatId: string): string {
  const seat = sale.seats.get(seatId);
  if (seat === undefined) return '';
  const hold = seat.holder === undefined ? undefined : sale.holds.get(seat.holder);
  return [seat.areaId, seat.home, seat.blocked, seat.sold, seat.holder, hold?.expiresAt].join(' ');
}

function stepOf(sale: FoldedSale, event: SaleEvent, seatId: string): SeatStep {
  return {
    seq: Number(event.sequence),
    type: event.type,
    at: event.time,
    actor: event.actor,
    correlationId: event.correlationid,
    status: statusOf(sale, seatId),
    reason: 'reason' in event.data ? event.data.reason : null,
  };
}

function statusOf(sale: FoldedSale, seatId: string): SeatStatus {
  const seat = sale.seats.get(seatId);
  if (seat?.sold === true) return 'sold';
  if (seat?.holder !== undefined) return 'held';
  return seat?.blocked === true ? 'blocked' : 'free';
}

function explain(
  sale: FoldedSale, seatId: string, steps: SeatStep[], nowMs: number,
): SeatExplanation | undefined {
  const state = sale.seats.get(seatId);
  if (state === undefined) return undefined;
  const place = findPlace(sale, state.areaId, seatId);
  const status = statusOf(sale, seatId);
  const holder = status === 'held' ? holderOf(sale, state.holder, nowMs) : null;
  const order = status === 'sold' ? orderOf(sale, state.holder) : null;
  const why = sentenceOf(sale, { status, home: state.home, holder, order, steps });
  return {
    seatId, areaId: state.areaId, ...place, status, home: state.home, why, holder, order, steps,
    seq: sale.head.seq,
  };
}

function findPlace(
  sale: FoldedSale, areaId: string, seatId: string,
): Pick<SeatExplanation, 'rowId' | 'label' | 'categoryId'> {
  for (const { rowId, seats } of sale.rows.get(areaId) ?? []) {
    const seat = seats.find((one) => one.seatId === seatId);
    if (seat !== undefined) return { rowId, label: seat.label, categoryId: seat.categoryId };
  }
  return { rowId: '', label: '', categoryId: '' };
}

function holderOf(sale: FoldedSale, holdId = '', nowMs: number): SeatHolder | null {
  const hold = sale.holds.get(holdId);
  if (hold === undefined) return null;
  return {
    holdId,
    buyerId: hold.buyerId,
    placedAt: new Date(hold.placedAtMs).toISOString(),
    expiresAt: hold.expiresAt,
    expiresAtMax: hold.expiresAtMax,
    lapsed: Date.parse(hold.expiresAt) <= nowMs,
  };
}

function orderOf(sale: FoldedSale, holdId = ''): SeatOrder | null {
  const orderId = sale.holds.get(holdId)?.orderId ?? '';
  const order = sale.orders.get(orderId);
  if (order === undefined) return null;
  return {
    orderId, holdId, buyerId: order.buyerId, confirmedAt: new Date(order.confirmedAtMs).toISOString(),
    total: order.totalMinor, currency: sale.definition?.currency ?? '',
  };
}

const FOR_WHOM: Record<string, string> = {
  public: 'It is free for everybody.',
  accessible: 'It is free, and offered only to those who ask for an accessible place.',
  companion: 'It is free, and offered only beside an accessible place.',
};

function sentenceOf(
  sale: FoldedSale,
  { status, home, holder, order, steps }:
  Pick<SeatExplanation, 'status' | 'home' | 'holder' | 'order' | 'steps'>,
): string {
  if (status === 'sold') return `It was sold to ${order?.buyerId} with order ${order?.orderId}.`;
  if (status === 'held') {
    return holder?.lapsed === true
      ? `It was held by ${holder.buyerId} until ${holder.expiresAt} and is about to be given back.`
      : `It is held by ${holder?.buyerId} until ${holder?.expiresAt}, at most until ${holder?.expiresAtMax}.`;
  }
  if (status === 'blocked') {
    const blocking = steps.findLast(({ type }) => type === 'stock.blocked');
    return `It was blocked by ${blocking?.actor}: ${blocking?.reason}.`;
  }
  if (sale.state !== 'open') return `It is free, but the sale is ${sale.state}.`;
  return FOR_WHOM[home] ?? `It is free, and set aside for the ${home.replace(':', ' ')}.`;
}
