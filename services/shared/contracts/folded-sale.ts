import type { EventData, Fee, Item, Row, Tax } from './events.ts';
import type { HoldStatus } from './hold-record.ts';
import { GENESIS } from './log-rule.ts';
import type { Head } from './log-rule.ts';
import type { OrderStatus, PaymentKind, RefundStatus } from './order-record.ts';
import type { OrderExtras } from './outbox.ts';

/**
 * What a sale is after some of its events: everything that Redis keeps of it, in words instead of numbers,
 * so that packSale (contracts/pack-sale.ts) can write it down again. `evolve` makes it and nobody else
 * changes it.
 */
export const SALE_STATES = ['draft', 'open', 'paused', 'closed', 'archived', 'recovering'] as const;
export type SaleState = (typeof SALE_STATES)[number];

export interface AreaState {
  kind: 'seated' | 'general';
  capacity: number;
  held: number;
  sold: number;
  blocked: number;
  /** of a general area: what a channel may still draw, by channelId; gone once the channel was returned */
  allotted: Map<string, number>;
}

/** Above areas: held and sold are the sums of those beneath; what is blocked does not count here. */
export interface GroupState {
  capacity: number;
  held: number;
  sold: number;
  /** all beneath it, also those of its child groups */
  areaIds: Set<string>;
}

export interface VenueState {
  /** null: as many as the areas have */
  capacity: number | null;
  held: number;
  sold: number;
}

/** Whom a free seat is for. */
export type SeatHome = 'public' | 'accessible' | 'companion' | `channel:${string}`;

export interface SeatState {
  areaId: string;
  /** holdId; none while it is free */
  holder: string | undefined;
  sold: boolean;
  blocked: boolean;
  home: SeatHome;
}

/** What a hold is about: first as placed, then as each change left it. */
export interface HoldContent {
  items: Item[];
  /** minor units */
  total: number;
  fees: Fee[];
  taxes: Tax[];
  terms: string;
  codes: string[];
  /** of the request that made it so */
  digest: string;
}

export interface HoldChange extends HoldContent {
  key: string;
  seq: number;
  atMs: number;
}

/** `digest` is that of the request that placed it, whatever changed it since. */
export interface HoldState extends HoldContent {
  status: HoldStatus;
  buyerId: string;
  placedAtMs: number;
  /** from placedAtMs to its first end */
  holdMs: number;
  /** from placedAtMs to its absolute end */
  maxMs: number;
  expiresAt: string;
  expiresAtMax: string;
  /** the end that the last extension gave it */
  extendedAt: string | undefined;
  extends: { key: string; expiresAt: string; seq: number }[];
  /** what it was before the first change */
  original: HoldContent | undefined;
  changes: HoldChange[];
  endedAtMs: number | undefined;
  /** seq of the event that ended it; 0 while it lives */
  endedSeq: number;
  /** '' unless it was ordered */
  orderId: string;
}

export interface OrderState {
  holdId: string;
  buyerId: string;
  items: Item[];
  totalMinor: number;
  fees: Fee[];
  taxes: Tax[];
  terms: string;
  status: OrderStatus;
  /** 0 before it was confirmed */
  confirmedAtMs: number;
  /** of the last event that made it what it is */
  eventId: string;
  extras: OrderExtras;
  /** of the last attempt to pay; '' without one */
  method: string;
  /** 0: it was confirmed at once */
  attempt: number;
  deadlineMs: number;
  /** of the first attempt */
  startedAtMs: number;
  /** of its hold, as the absolute end that this had */
  placedAtMs: number;
  capMs: number;
  /** used up by it */
  codes: string[];
  /** numbers of cancelled tickets, ascending */
  gone: number[];
  payments: Map<string, PaymentState>;
  refunds: Map<string, RefundState>;
}

/** What a provider took: the price of the order, a wrong amount, or what no order was made of. */
export interface PaymentState {
  kind: PaymentKind;
  amountMinor: number;
  currency: string;
}

export interface RefundState {
  paymentId: string;
  amountMinor: number;
  status: RefundStatus;
}

export interface BuyerState {
  /** held, pending and bought */
  tickets: number;
  /** live ones, and those of pending orders */
  holds: number;
  /** held without buying since the last strike; 0 in a sale without rules against hoarding */
  heldMs: number;
  strikes: number;
  coolUntilMs: number;
  /** what was given back, with the absolute end its hold had; by `unitsOf` (contracts/evolve-buyer.ts) */
  returned: Map<string, number>;
}

export interface UseState {
  uses: number;
  /** by buyerId; nobody is in it with 0 */
  usesByBuyer: Map<string, number>;
}

export interface CodeState extends UseState {
  channelIds: string[];
  /** 0: any number */
  usesMax: number;
  usesPerBuyerMax: number;
}

export interface FoldedSale {
  head: Head;
  epoch: number;
  state: SaleState;
  /** in force: with the prices and capacities of today */
  definition: EventData<'sale.defined'> | undefined;
  areas: Map<string, AreaState>;
  groups: Map<string, GroupState>;
  venue: VenueState;
  /** of seated areas */
  rows: Map<string, Row[]>;
  /** version of the definition that all areas were last written anew with */
  areasVersion: number;
  /** by seatId */
  seats: Map<string, SeatState>;
  /** channels that were given back to public and have got nothing since */
  returned: Set<string>;
  holds: Map<string, HoldState>;
  orders: Map<string, OrderState>;
  /** by buyerId; who has nothing, and of whom nothing is to be remembered, is not in it */
  buyers: Map<string, BuyerState>;
  /** by digest */
  codes: Map<string, CodeState>;
  /** by promotionId */
  promotions: Map<string, UseState>;
}

/** A sale of which nothing has been heard. */
export function initialSale(): FoldedSale {
  return {
    head: GENESIS,
    epoch: 0,
    state: 'draft',
    definition: undefined,
    areas: new Map(),
    groups: new Map(),
    venue: { capacity: null, held: 0, sold: 0 },
    rows: new Map(),
    areasVersion: 0,
    seats: new Map(),
    returned: new Set(),
    holds: new Map(),
    orders: new Map(),
    buyers: new Map(),
    codes: new Map(),
    promotions: new Map(),
  };
}

/** Throws an Error with the message unless the promise holds. */
export function check(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

/** The definition in force; throws while there is none. */
export function definedBy(sale: FoldedSale): EventData<'sale.defined'> {
  if (sale.definition === undefined) throw new Error('the sale is not defined');
  return sale.definition;
}

/** An area by its id; throws when there is none. */
export function areaOf(sale: FoldedSale, areaId: string): AreaState {
  const area = sale.areas.get(areaId);
  if (area === undefined) throw new Error(`area ${areaId} is unknown`);
  return area;
}

/** A seat of an area; throws when it is not there, or in another area. */
export function seatOf(sale: FoldedSale, areaId: string, seatId: string): SeatState {
  const seat = sale.seats.get(seatId);
  if (seat === undefined) throw new Error(`seat ${seatId} is unknown`);
  check(seat.areaId === areaId, `seat ${seatId} is not in ${areaId}`);
  return seat;
}
