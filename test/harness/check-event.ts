import { Compile } from 'typebox/compile';
import { decodeBatch } from '../../services/shared/contracts/bus-record.ts';
import { EVENT_SCHEMAS } from '../../services/shared/contracts/event-schemas.ts';
import { EVENT_TYPES } from '../../services/shared/contracts/events.ts';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';

const VALIDATORS = new Map(EVENT_TYPES.map((type) => [type, Compile(EVENT_SCHEMAS[type])] as const));

/**
 * Throws an Error that says what is wrong when an event is not of the schema of its type, has an attribute
 * that no schema knows, or would not be taken from the bus.
 */
export function checkEvent(event: SaleEvent): void {
  // Over the wire and back, as every reader gets it.
  const text = JSON.stringify([event]);
  const [read] = decodeBatch(text);
  const validator = VALIDATORS.get(event.type);
  if (validator === undefined) throw new Error(`no schema for ${event.type}`);
  const faults = [...validator.Errors(read)].map((fault) => `${fault.instancePath} ${fault.message}`);
  const known = Object.keys(EVENT_SCHEMAS[event.type].properties);
  for (const name of Object.keys(event)) if (!known.includes(name)) faults.push(`${name} is no attribute`);
  if (faults.length > 0) throw new Error(`${text} is no ${event.type}: ${faults.join('; ')}`);
}
