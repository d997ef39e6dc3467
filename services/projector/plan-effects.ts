import type { BusEvent } from '../shared/contracts/bus-record.ts';
import type { EventData, Item } from '../shared/contracts/events.ts';
import type { StoredEvent } from './projections/projection.ts';

export type SeatStatus = 'free' | 'held' | 'sold' | 'blocked';
/** How many more of an area's places have each status; what is free is the rest of its capacity. */
export type AreaChange = Record<Exclude<SeatStatus, 'free'>, number>;

export interface PlannedOrder {
  seq: number;
  /** when it was confirmed, ISO 8601 */
  time: string;
  data: EventData<'order.confirmed'>;
}

/**
 * What a run of events changes in the stock, summed up: each row once, whatever happened to it in between.
 */
export interface StockChange {
  /** by area code */
  areas: Map<string, AreaChange>;
  /** by seat code: the status before the first and after the last of the events */
  seats: Map<string, { before: SeatStatus; after: SeatStatus }>;
  orders: PlannedOrder[];
}

export type Step =
  | { kind: 'define-sale'; data: EventData<'sale.defined'> }
  | { kind: 'define-area'; data: EventData<'area.defined'> }
  | { kind: 'set-state'; state: 'open' | 'paused' | 'closed' }
  | { kind: 'set-capacity'; areaId: string; capacity: number }
  | { kind: 'set-price'; data: EventData<'price.changed'> }
  | { kind: 'void-tickets'; data: EventData<'order.cancelled'> }
  | { kind: 'note-refund'; time: string; data: EventData<'refund.completed'> }
  | { kind: 'change-stock'; change: StockChange };

/**
 * Turns a run of one sale's events into the steps that bring its legacy rows to the same state. Runs of
 * holds and orders become one step, so that a busy area is written once per batch and not once per hold. An
 * event type that is unknown here has no effect, nor have those of which the legacy tables know nothing
 * (extensions, allocations, codes, capacities above single areas, attempts to pay, the archive): whoever
 * needs them finds them in the event store. An order is in the rows once it is confirmed: until then its
 * places are held.
 *
 * Several projections ask for the same run: it is planned once, and nobody changes what it gives.
 *
 * @throws Error when two events of the run contradict each other: a seat that is taken twice
 */
export function planEffects(events: readonly StoredEvent[]): readonly Step[] {
  const found = plans.get(events);
  if (found !== undefined) return found;
  const steps = planSteps(events);
  plans.set(events, steps);
  return steps;
}

const plans = new WeakMap<readonly StoredEvent[], readonly Step[]>();

function planSteps(events: readonly StoredEvent[]): Step[] {
  const steps: Step[] = [];
  for (const stored of events) {
    const step = structuralStep(stored.event);
    if (step !== undefined) {
      steps.push(step);
      continue;
    }
    const last = steps.at(-1);
    const change = last?.kind === 'change-stock' ? last.change : emptyChange();
    const changes = addToChange(change, stored);
    if (changes && last?.kind !== 'change-stock') steps.push({ kind: 'change-stock', change });
    // A step of its own: a place that is sold again gets its new ticket when the old one has gone.
    if (stored.event.type === 'order.cancelled') {
      const data = stored.event.data as EventData<'order.cancelled'>;
      if (data.from === 'confirmed') steps.push({ kind: 'void-tickets', data });
    }
  }
  return steps;
}

function structuralStep({ type, time, data }: BusEvent): Step | undefined {
  switch (type) {
    case 'sale.defined': return { kind: 'define-sale', data: data as EventData<'sale.defined'> };
    case 'area.defined': return { kind: 'define-area', data: data as EventData<'area.defined'> };
    case 'sale.opened': return { kind: 'set-state', state: 'open' };
    case 'sale.paused': return { kind: 'set-state', state: 'paused' };
    case 'sale.resumed': return { kind: 'set-state', state: 'open' };
    case 'sale.closed': return { kind: 'set-state', state: 'closed' };
    case 'sale.reopened': return { kind: 'set-state', state: 'open' };
    case 'price.changed': return { kind: 'set-price', data: data as EventData<'price.changed'> };
    case 'capacity.changed': return capacityStep(data as EventData<'capacity.changed'>);
    case 'refund.completed':
      return { kind: 'note-refund', time, data: data as EventData<'refund.completed'> };
    default: return undefined;
  }
}

/** Of a general area only: legacy has no capacity of groups or of the venue. */
function capacityStep({ areaId, capacity }: EventData<'capacity.changed'>): Step | undefined {
  return areaId === undefined ? undefined : { kind: 'set-capacity', areaId, capacity };
}

/** Adds an event to the change; false when it changes nothing. */
function addToChange(change: StockChange, { seq, event }: StoredEvent): boolean {
  switch (event.type) {
    case 'hold.placed':
      move(change, (event.data as EventData<'hold.placed'>).items, 'free', 'held');
      return true;
    case 'hold.changed': {
      const { removed, added } = event.data as EventData<'hold.changed'>;
      // In this order: a seat that only changes its ticket type is in both.
      move(change, removed, 'held', 'free');
      move(change, added, 'free', 'held');
      return true;
    }
    case 'hold.released':
    case 'hold.expired':
      move(change, (event.data as EventData<'hold.released'>).items, 'held', 'free');
      return true;
    case 'order.expired':
      move(change, (event.data as EventData<'order.expired'>).items, 'held', 'free');
      return true;
    case 'payment.late':
      move(change, (event.data as EventData<'payment.late'>).items, 'free', 'held');
      return true;
    case 'order.cancelled': {
      const { items, from, returned } = event.data as EventData<'order.cancelled'>;
      move(change, items, from === 'pending' ? 'held' : 'sold', returned ? 'free' : 'blocked');
      return true;
    }
    case 'stock.blocked':
      move(change, [event.data as EventData<'stock.blocked'>], 'free', 'blocked');
      return true;
    case 'stock.unblocked':
      move(change, [event.data as EventData<'stock.unblocked'>], 'blocked', 'free');
      return true;
    case 'order.confirmed':
      move(change, (event.data as EventData<'order.confirmed'>).items, 'held', 'sold');
      change.orders.push({ seq, time: event.time, data: event.data as EventData<'order.confirmed'> });
      return true;
    default:
      return false;
  }
}

/** A number of places of an area, or seats of it. */
type Places = Pick<Item, 'areaId' | 'seatIds'> & { quantity?: number };

function move(change: StockChange, places: Places[], from: SeatStatus, to: SeatStatus): void {
  for (const { areaId, seatIds = [], quantity = seatIds.length } of places) {
    const area = change.areas.get(areaId) ?? { held: 0, sold: 0, blocked: 0 };
    if (from !== 'free') area[from] -= quantity;
    if (to !== 'free') area[to] += quantity;
    change.areas.set(areaId, area);
    for (const seatId of seatIds) moveSeat(change, seatId, from, to);
  }
}

function moveSeat({ seats }: StockChange, seatId: string, from: SeatStatus, to: SeatStatus): void {
  const seat = seats.get(seatId);
  if (seat === undefined) seats.set(seatId, { before: from, after: to });
  else if (seat.after === from) seat.after = to;
  else throw new Error(`seat ${seatId} is ${seat.after}, not ${from}`);
}

function emptyChange(): StockChange {
  return { areas: new Map(), seats: new Map(), orders: [] };
}
