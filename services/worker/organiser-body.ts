import type { BusEvent } from '../shared/contracts/bus-record.ts';
import { isEventType } from '../shared/contracts/events.ts';
import { upcast } from '../shared/contracts/upcast.ts';

/**
 * What an organiser must not get, at the top of `data` of whatever type, one that is not known yet included:
 * the sealed contact, the seed from which ticket codes derive, what access codes and requests were digested
 * to. docs/webhooks.md lists them.
 */
const PRIVATE_DATA = new Set(['contact', 'ticketSeed', 'codes', 'digest', 'key']);
/** Who of us did it, and in which request, is nobody's business outside. */
const PRIVATE_ATTRIBUTES = new Set([
  'actor', 'actorrole', 'actorfrom', 'actorwhy', 'traceid', 'traceparent', 'causationid', 'prev',
]);

/**
 * The body of a delivery: the CloudEvent in the language of today, without what is private. An event that
 * this process is too old for is passed on as it was written.
 */
export function organiserBody(written: BusEvent): string {
  const event = inTodaysWords(written);
  const shown = without(event, PRIVATE_ATTRIBUTES);
  const { data } = event;
  const isRecord = typeof data === 'object' && data !== null && !Array.isArray(data);
  return JSON.stringify(isRecord ? { ...shown, data: without(data, PRIVATE_DATA) } : shown);
}

function inTodaysWords(event: BusEvent): BusEvent {
  if (!isEventType(event.type)) return event;
  try {
    return upcast(event);
  } catch {
    return event;
  }
}

function without(record: object, names: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.has(name)));
}
