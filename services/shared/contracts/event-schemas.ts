import { Type } from 'typebox';
import { EVENT_DATA, EVENT_TYPES } from './events.ts';
import type { EventType } from './events.ts';
import { WHY_CHARS_MAX } from './says-who.ts';

/**
 * The whole events: CloudEvents 1.0 attributes around the data of contracts/events.ts, and the version of
 * that data, one schema per type. docs/events.md and docs/asyncapi.yaml are made from what stands here, and
 * event-schemas.lock.json fixes it: a schema that changes gets a new version, an upcaster from the one before
 * (contracts/upcast.ts) and stored samples (test/samples/events).
 */

/** The version of a type's `data`; 1 where nothing is said. Any change of a schema is a new one. */
export const EVENT_VERSIONS: Readonly<Partial<Record<EventType, number>>> = {
  'sale.defined': 2,
  'area.defined': 2,
  'hold.placed': 2,
  'hold.released': 2,
  'hold.expired': 2,
  'order.confirmed': 3,
};

const DATA_SCHEMA = /^urn:onsale:event:([a-z]+\.[a-z]+):([1-9]\d{0,3})$/;

/** The current version of a type's data. */
export function versionOf(type: EventType): number {
  return EVENT_VERSIONS[type] ?? 1;
}

/** `dataschema` of what is written now: `urn:onsale:event:hold.placed:2`. */
export function dataSchemaOf(type: EventType): string {
  return DATA_SCHEMAS[type];
}

const DATA_SCHEMAS = Object.fromEntries(EVENT_TYPES.map((type) =>
  [type, `urn:onsale:event:${type}:${versionOf(type)}`])) as Record<EventType, string>;

/** Type and version of a `dataschema` of ours; undefined for anybody else's. */
export function readDataSchema(uri: unknown): { type: string; version: number } | undefined {
  const match = typeof uri === 'string' ? DATA_SCHEMA.exec(uri) : null;
  return match === null ? undefined : { type: match[1] ?? '', version: Number(match[2]) };
}

/** Digits of `sequence`: it has to order as text does (CloudEvents, sequence extension). */
const SEQUENCE_DIGITS = 10;

/** `sequence` of the seq-th event of a sale: `0000000042`. */
export function sequenceOf(seq: number): string {
  return String(seq).padStart(SEQUENCE_DIGITS, '0');
}

/** Ids and names that every reader can keep: printable ASCII, so that no database refuses one. */
const short = (description: string) => Type.String({ pattern: '^[!-~]{1,200}$', description });

/**
 * What every event has beside `type`, `dataschema` and `data`. Not closed: CloudEvents lets those who pass an
 * event on add attributes, and a reader passes over those it does not know.
 */
export const EventAttributes = Type.Object({
  specversion: Type.Literal('1.0'),
  id: short('unique in its sale; made in the script that made the event true'),
  source: Type.String({ pattern: '^/onsale/p\\d{2,5}$', description: 'the partition' }),
  subject: short('saleId'),
  time: Type.String({ format: 'date-time', description: 'by the clock of the script' }),
  datacontenttype: Type.Literal('application/json'),
  sequence: Type.String({
    pattern: `^(?!0+$)\\d{${SEQUENCE_DIGITS}}$`,
    description: 'seq: 1, 2, 3 … of the sale, without gaps, as text that orders as the numbers do',
  }),
  prev: short('id of the event of the sale before; `0` before the first'),
  epoch: Type.Integer({
    minimum: 0, maximum: 2_147_483_647, description: 'how often the sale was rebuilt from the log',
  }),
  actor: short('who: `buyer`, `key:checkout`, `operator:NAME`, `provider:METHOD`, or `system` where time or '
    + 'recovery did it'),
  actorrole: Type.Optional(short('of an operator: `viewer`, `operator` or `admin`')),
  actorfrom: Type.Optional(short('of an operator: the address that the request came from')),
  actorwhy: Type.Optional(Type.String({
    minLength: 1, maxLength: WHY_CHARS_MAX, description: 'of an operator: why, in their own words, if given',
  })),
  traceparent: Type.Optional(Type.String({
    pattern: '^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$',
    description: 'the request that did it, W3C Trace Context; absent where none did',
  })),
  correlationid: short('one business flow: the hold, from first claim to order or end; else the request'),
  causationid: Type.Optional(short('what asked for it: the trace id of the request; absent where none did')),
});

/** A whole event of one type. */
export function eventSchemaOf(type: EventType) {
  return Type.Object({
    ...EventAttributes.properties,
    type: Type.Literal(type),
    dataschema: Type.Literal(dataSchemaOf(type)),
    data: EVENT_DATA[type],
  });
}

/** The whole events, by type. */
export const EVENT_SCHEMAS = Object.fromEntries(EVENT_TYPES.map((type) =>
  [type, eventSchemaOf(type)])) as Record<EventType, ReturnType<typeof eventSchemaOf>>;
