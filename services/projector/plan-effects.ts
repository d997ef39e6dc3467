import type { BusEvent } from '../shared/contracts/bus-record.ts';
import type { EventData, Item } from '../shared/contracts/events.ts';

/** An event of the event store, on its way into a projection. */
export interface StoredEvent {
  seq: number;
  event: BusEvent;
}

export type SeatStatus = 'free' | 'held' | 'sold';

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
  /** by area code: how many more are held and sold */
  areas: Map<string, { held: number; sold: number }>;
  /** by seat code: the status before the first and after the last of the events */
  seats: Map<string, { before: SeatStatus; after: SeatStatus }>;
  orders: PlannedOrder[];
}

export type Step =
  | { kind: 'define-sale'; data: EventData<'sale.defined'> }
  | { kind: 'define-area'; data: EventData<'area.defined'> }
  | { kind: 'set-state'; state: 'open' | 'paused' | 'closed' }
  | { kind: 'change-stock'; change: StockChange };

/**
 * Turns a run of one sale's events into the steps that bring its legacy rows to the same state. Runs of
 * holds and orders become one step, so that a busy area is written once per batch and not once per hold. An
 * event type that is unknown here has no effect: whoever needs it finds it in the event store.
 *
 * @throws Error when two events of the run contradict each other: a seat that is taken twice
 */
export function planEffects(events: readonly StoredEvent[]): Step[] {
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
  }
  return steps;
}

function structuralStep({ type, data }: BusEvent): Step | undefined {
  switch (type) {
    case 'sale.defined': return { kind: 'define-sale', data: data as EventData<'sale.defined'> };
    case 'area.defined': return { kind: 'define-area', data: data as EventData<'area.defined'> };
    case 'sale.opened': return { kind: 'set-state', state: 'open' };
    case 'sale.paused': return { kind: 'set-state', state: 'paused' };
    case 'sale.resumed': return { kind: 'set-state', state: 'open' };
    case 'sale.closed': return { kind: 'set-state', state: 'closed' };
    default: return undefined;
  }
}

/** Adds an event to the change; false when it changes nothing. */
function addToChange(change: StockChange, { seq, event }: StoredEvent): boolean {
  switch (event.type) {
    case 'hold.placed':
      move(change, event.data as EventData<'hold.placed'>, 'free', 'held');
      return true;
    case 'hold.released':
    case 'hold.expired':
      move(change, event.data as EventData<'hold.released'>, 'held', 'free');
      return true;
    case 'order.confirmed':
      move(change, event.data as EventData<'order.confirmed'>, 'held', 'sold');
      change.orders.push({ seq, time: event.time, data: event.data as EventData<'order.confirmed'> });
      return true;
    default:
      return false;
  }
}

function move(change: StockChange, { items }: { items: Item[] }, from: SeatStatus, to: SeatStatus): void {
  for (const { areaId, quantity, seatIds } of items) {
    const area = change.areas.get(areaId) ?? { held: 0, sold: 0 };
    if (from === 'held') area.held -= quantity;
    if (to === 'held') area.held += quantity;
    if (to === 'sold') area.sold += quantity;
    change.areas.set(areaId, area);
    for (const seatId of seatIds ?? []) moveSeat(change, seatId, from, to);
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
