import type { BusEvent } from './bus-record.ts';
import { whereFrom } from './event-attributes.ts';
import { dataSchemaOf, readDataSchema, sequenceOf, versionOf } from './event-schemas.ts';
import { isEventType } from './events.ts';
import type { EventType, SaleEvent } from './events.ts';

/**
 * Events of all times in the language of today. Whoever reads events for what they mean (a fold, a
 * projection) calls it first; whoever only keeps them (the event store, the operator's API) keeps what was
 * written. It is pure and does not judge: an event that broke its schema when it was written breaks it
 * afterwards.
 */

/** From a version of a type's data to the next. */
type Upcaster = (data: unknown) => unknown;

/** What was added may be missing, and that means what it always meant: no fees, taxes, channels, rules. */
const membersAdded: Upcaster = (data) => data;

/** By type, from version 1 on: the n-th brings version n to n + 1. */
const UPCASTERS: Readonly<Partial<Record<EventType, readonly Upcaster[]>>> = {
  'sale.defined': [membersAdded],
  'area.defined': [membersAdded],
  'hold.placed': [membersAdded],
  'hold.released': [membersAdded],
  'hold.expired': [membersAdded],
  'order.confirmed': [membersAdded, membersAdded],
};

/**
 * The event as it would be written today; the very same object if it is of today.
 *
 * @throws Error for a type or a version that this reader does not know: readers are deployed before writers,
 *   so this one is too old
 */
export function upcast(event: BusEvent): SaleEvent {
  const { type } = event;
  if (!isEventType(type)) throw new Error(`the event type ${type} is unknown here`);
  if (event.dataschema === dataSchemaOf(type)) return event as SaleEvent;
  const from = event.dataschema === undefined ? 1 : versionIn(type, event.dataschema);
  const data = (UPCASTERS[type] ?? []).slice(from - 1).reduce((older, step) => step(older), event.data);
  const today = event.dataschema === undefined ? addAttributes(event) : event;
  return { ...today, dataschema: dataSchemaOf(type), data } as SaleEvent;
}

function versionIn(type: EventType, dataschema: string): number {
  const named = readDataSchema(dataschema);
  if (named?.type !== type) throw new Error(`${type} has the schema ${dataschema}`);
  if (named.version > versionOf(type)) throw new Error(`${type} of version ${named.version} is unknown here`);
  return named.version;
}

/**
 * Before there was `dataschema` (until November 2026), events had a `traceid`, a `sequence` without leading
 * zeros, and nothing of their flow. Those with data of version 2 of that time are read as version 1: what
 * version 1 lacks they have already.
 */
function addAttributes({ traceid, ...event }: BusEvent & { traceid?: string }): BusEvent {
  return {
    ...event,
    sequence: sequenceOf(Number(event.sequence)),
    actor: event.actor ?? 'system',
    ...whereFrom(event.id, traceid ?? '', event.data),
  };
}
