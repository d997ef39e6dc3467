/**
 * W3C Trace Context, as much of it as an event needs: a request belongs to a trace, and whoever called us has
 * a span in it that our events are children of. Written in an event's context as `traceId`, or as
 * `traceId-spanId-flags` when the caller said more than that.
 */
export interface TraceParent {
  /** 32 hex digits */
  traceId: string;
  /** 16 hex digits: the caller's span */
  spanId: string;
  /** two hex digits; the lowest bit says that somebody records the trace */
  flags: string;
}

/** Of this version and of later ones, which may have more at the end; `ff` and ids of zeros are invalid. */
const HEADER = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?=$|-)/;
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;

/** Reads a `traceparent` header; undefined for what is none, which then counts as not sent (W3C, 3.2.2.5). */
export function readTraceparent(header: unknown): TraceParent | undefined {
  const match = typeof header === 'string' ? HEADER.exec(header) : null;
  if (match === null) return undefined;
  const isLonger = match[0].length !== match.input.length;
  if (isLonger && match[0].startsWith('00')) return undefined;
  const [, traceId = '', spanId = '', flags = ''] = match;
  return { traceId, spanId, flags };
}

/** True for 32 hex digits that are not all zeros. */
export function isTraceId(text: unknown): text is string {
  return typeof text === 'string' && TRACE_ID.test(text);
}

/** What an event's context says of the trace of the request that it comes from. */
export function traceTextOf(requestId: string, header: unknown): string {
  const parent = readTraceparent(header);
  return parent === undefined ? requestId : `${parent.traceId}-${parent.spanId}-${parent.flags}`;
}

/**
 * The `traceparent` of such a text, undefined when it names no trace. A trace that began with us has no span
 * but the request itself: it gets the trace's first 16 digits for its id, so that nobody has to store one.
 * The first ones, since they are the same for all requests of a process, and so weigh nothing in a batch.
 */
export function traceparentOf(traceText: string): string | undefined {
  const traceId = traceText.slice(0, 32);
  if (!isTraceId(traceId)) return undefined;
  if (traceText.length > 32) return `00-${traceText}`;
  const spanId = traceId.startsWith('0'.repeat(16)) ? traceId.slice(16) : traceId.slice(0, 16);
  return `00-${traceId}-${spanId}-00`;
}
