import { Type } from 'typebox';
import type { Static, TSchema } from 'typebox';
import { EventAttributes } from './event-schemas.ts';
import { saysWho } from './says-who.ts';
import type { OperatorSays } from './says-who.ts';
import { traceparentOf } from './trace-context.ts';

/**
 * Events that are no sale's: CloudEvents in streams of the event store with a name (`operator-webhooks`),
 * never on the bus. They say who did what in the same attributes as a sale's events, and are chained, linked
 * and placed like them. What an operator changes in a sale is an event of that sale and not told twice.
 */

const closed = { additionalProperties: false };
const text = (max: number, description: string) =>
  Type.String({ minLength: 1, maxLength: max, description });

const SaleId = Type.Optional(text(200, 'the sale that it is about, where it is about one'));

/** The schema of `data`, by event type. */
export const STREAM_EVENT_DATA = {
  'operator.acted': Type.Object({
    what: text(300, 'method and route, or the command'),
    outcome: Type.Union([Type.Literal('done'), Type.Literal('asked')], {
      description: '`asked`: somebody else carries it out later',
    }),
    saleId: SaleId,
    details: Type.Record(Type.String(), Type.Unknown(), {
      description: 'what the act was about, by its kind',
    }),
  }, closed),
  'projection.parked': Type.Object({
    projection: text(200, 'that has stopped for this sale'),
    saleId: text(200, 'of whose events it applies no more until an operator retries or skips'),
    seq: Type.Integer({ minimum: 1, description: 'of the event that cannot be applied' }),
    eventId: text(200, 'its id'),
    eventType: text(200, 'its type'),
    reason: Type.String({ maxLength: 2_000, description: 'why it cannot be applied' }),
  }, closed),
  'route.changed': Type.Object({
    saleId: text(200, 'the show, whose requests go elsewhere from now on'),
    number: Type.Integer({ minimum: 1, description: 'of the route: 1, 2, 3 … with each change' }),
    from: text(40, 'state of the route before'),
    to: text(40, 'state of the route now: `legacy` or `selling`'),
  }, closed),
} as const satisfies Record<string, TSchema>;

export const STREAM_EVENT_TYPES = Object.keys(STREAM_EVENT_DATA) as StreamEventType[];
export type StreamEventType = keyof typeof STREAM_EVENT_DATA;
export type StreamEventData<T extends StreamEventType> = Static<(typeof STREAM_EVENT_DATA)[T]>;

/** Names of streams: `operator-webhooks`. No sale's id can be mistaken for one (`streamKeyOf`). */
const STREAM = /^[a-z]{1,40}-[\w.:@-]{1,100}$/;

/** True for the name of a stream that is no sale's. */
export function isStreamName(name: string): boolean {
  return STREAM.test(name);
}

/** Under which the event store keeps a stream that is no sale's. */
export function streamKeyOf(stream: string): string {
  return `$${stream}`;
}

/** `dataschema` of what is written now; all are of version 1. */
export function streamDataSchemaOf(type: StreamEventType): string {
  return `urn:onsale:event:${type}:1`;
}

const { epoch: _epoch, source: _source, subject: _subject, ...shared } = EventAttributes.properties;

/** What every such event has beside `type`, `dataschema` and `data`. */
export const StreamAttributes = Type.Object({
  ...shared,
  source: Type.String({ pattern: '^/onsale/[a-z]{1,40}$', description: 'the service that wrote it' }),
  subject: Type.String({ pattern: STREAM.source, description: 'the stream' }),
});

/** A whole event of one type. */
export function streamEventSchemaOf<T extends StreamEventType>(type: T) {
  return Type.Object({
    ...StreamAttributes.properties,
    type: Type.Literal(type),
    dataschema: Type.Literal(streamDataSchemaOf(type)),
    data: STREAM_EVENT_DATA[type],
  });
}

/** Who did something, from where and why: as far as it is known. */
export interface Doer extends OperatorSays {
  /** `operator:NAME`, or `system` */
  actor: string;
  /** of the request that did it, as contracts/trace-context.ts writes it */
  trace?: string | undefined;
}

/** An event before its stream has taken it: what it says, and not yet where it stands. */
export interface UnplacedEvent<T extends StreamEventType = StreamEventType> {
  specversion: '1.0';
  id: string;
  source: string;
  type: T;
  subject: string;
  /** ISO 8601, UTC */
  time: string;
  datacontenttype: 'application/json';
  dataschema: string;
  actor: string;
  actorrole?: string;
  actorfrom?: string;
  actorwhy?: string;
  traceparent?: string;
  correlationid: string;
  causationid?: string;
  data: StreamEventData<T>;
}

/**
 * Makes an event for a stream. Throws for a name of a stream, an id or an actor that no reader would take.
 *
 * @param parts.id unique in its stream: by it what comes twice is known
 * @param parts.service that writes it
 * @param parts.timeMs when it was done
 */
export function streamEvent<T extends StreamEventType>(
  { id, service, stream, type, timeMs, doer, data }: {
    id: string; service: string; stream: string; type: T; timeMs: number; doer: Doer;
    data: StreamEventData<T>;
  },
): UnplacedEvent<T> {
  const { actor, trace = '' } = doer;
  for (const short of [id, actor]) if (!SHORT.test(short)) throw new Error(`"${short}" is no id or actor`);
  if (!isStreamName(stream)) throw new Error(`"${stream}" is no name of a stream`);
  const traceparent = traceparentOf(trace);
  const causationid = trace.slice(0, 32);
  return {
    specversion: '1.0',
    id,
    source: `/onsale/${service}`,
    type,
    subject: stream,
    time: new Date(timeMs).toISOString(),
    datacontenttype: 'application/json',
    dataschema: streamDataSchemaOf(type),
    actor,
    ...saysWho(doer),
    ...traceparent !== undefined && { traceparent },
    correlationid: causationid || id,
    ...causationid !== '' && { causationid },
    data,
  };
}

const SHORT = /^[!-~]{1,200}$/;
