import { EventAttributes } from '../../services/shared/contracts/event-schemas.ts';
import {
  EVENT_DATA, EVENT_TYPES, Fee, Item, Row, Seat, Tax,
} from '../../services/shared/contracts/events.ts';

/** A JSON Schema, or a part of one. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** What several events are made of; the larger first, so that the smaller are found inside them. */
const SHARED = { Row, Seat, Item, Fee, Tax };

/**
 * The schemas of all events as plain JSON, by the name that others refer to them with: what they share,
 * `Attributes`, and the data by event type.
 */
export function schemaParts(): Record<string, Json> {
  const shared = Object.entries(SHARED).map(([name, schema]): [string, Json] =>
    [name, referring(schema, name)]);
  const data = EVENT_TYPES.map((type): [string, Json] => [type, referring(EVENT_DATA[type])]);
  return Object.fromEntries([['Attributes', plain(EventAttributes)], ...shared, ...data]);
}

/** The schema with references in the place of shared ones; `own` is not replaced by a reference to itself. */
function referring(schema: unknown, own = ''): Json {
  const texts = new Map(Object.entries(SHARED).filter(([name]) => name !== own)
    .map(([name, one]) => [JSON.stringify(one), name]));
  const walk = (value: Json): Json => {
    if (typeof value !== 'object' || value === null) return value;
    const name = texts.get(JSON.stringify(value));
    if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
    if (Array.isArray(value)) return value.map(walk);
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, walk(part)]));
  };
  return walk(plain(schema));
}

function plain(schema: unknown): Json {
  return JSON.parse(JSON.stringify(schema)) as Json;
}
