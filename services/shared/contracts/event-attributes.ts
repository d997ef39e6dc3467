import { sourceOf } from './bus-record.ts';
import { dataSchemaOf, sequenceOf } from './event-schemas.ts';
import type { EventData, EventType, SaleEventOf } from './events.ts';
import { readDoer, saysWho } from './says-who.ts';
import { traceparentOf } from './trace-context.ts';

/** What an event is made of; all else of it follows. */
export interface EventParts<T extends EventType> {
  id: string;
  partition: number;
  type: T;
  saleId: string;
  seq: number;
  prev: string;
  /** ISO 8601 */
  time: string;
  epoch: number;
  /** nobody: `system` */
  actor?: string | undefined;
  /** of the request that did it, as contracts/trace-context.ts writes it */
  trace?: string | undefined;
  /** of the operator who did it, as contracts/says-who.ts packs it */
  doer?: string | undefined;
  data: EventData<T>;
}

/** An event with all its attributes, in the language of today. */
export function attributesOf<T extends EventType>(parts: EventParts<T>): SaleEventOf<T> {
  const { id, partition, type, saleId, seq, prev, time, epoch, actor, trace = '', doer = '', data } = parts;
  return {
    specversion: '1.0',
    id,
    source: sourceOf(partition),
    type,
    subject: saleId,
    time,
    datacontenttype: 'application/json',
    dataschema: dataSchemaOf(type),
    sequence: sequenceOf(seq),
    prev,
    epoch,
    actor: actor === undefined || actor === '' ? 'system' : actor,
    ...doer !== '' && saysWho(readDoer(doer)),
    ...whereFrom(id, trace, data),
    data,
  };
}

/**
 * Trace, correlation and causation. None of it is written per event: the flow is the hold's, or else the
 * request's, or begins with the event; and what asked for an event is the request, by its trace id, which its
 * answer carried as `x-trace-id`. Nothing asked for what time brought about (an expiry, the return of an
 * allocation): the correlation leads to the event that set the time.
 *
 * @param trace as contracts/trace-context.ts writes it; '' without a request
 */
export function whereFrom(
  id: string,
  trace: string,
  data: unknown,
): { traceparent?: string; correlationid: string; causationid?: string } {
  const traceparent = traceparentOf(trace);
  const causationid = trace.slice(0, 32);
  const { holdId } = data as { holdId?: unknown };
  const flow = typeof holdId === 'string' && holdId !== '' ? holdId : causationid || id;
  return {
    ...traceparent !== undefined && { traceparent },
    correlationid: flow,
    ...causationid !== '' && { causationid },
  };
}
