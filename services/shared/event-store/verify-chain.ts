import type { BusEvent } from '../contracts/bus-record.ts';
import { digestAfter, NO_DIGEST, timeUsOf } from './event-digest.ts';
import type { DigestedEvent } from './event-digest.ts';

/** A stored event with what its row says of it. */
export interface ChainedEvent extends DigestedEvent {
  /** undefined: not chained yet (a projector of the version before has stored it) */
  digest: Uint8Array | undefined;
}

/** Where a chain stands: what the verification went through, and what it begins with to go on. */
export interface ChainEnd {
  /** seq of the last event, which is their number */
  seq: number;
  id: string;
  digest: Readonly<Uint8Array>;
}

/** What is wrong at the first event that is not what it was. */
export interface ChainFault {
  seq: number;
  reason: string;
}

/** Before a stream's first event. */
export const CHAIN_START: ChainEnd = { seq: 0, id: '0', digest: NO_DIGEST };

/**
 * Follows a stream's chain over some of its events, from `from` on. Finds whatever was changed, added,
 * removed or moved among them, or in their rows; that the end was not cut off only the head can tell
 * (`checkHead`). It is pure.
 *
 * @param streamKey the sale's id, or that of another stream
 * @returns the end, to go on from; or the first fault
 */
export function verifyChain(
  streamKey: string, events: Iterable<ChainedEvent>, from: ChainEnd = CHAIN_START,
): ChainEnd | { fault: ChainFault } {
  let end = from;
  for (const event of events) {
    const reason = faultOf(streamKey, event, end);
    if (reason !== '') return { fault: { seq: end.seq + 1, reason } };
    end = { seq: event.seq, id: event.id, digest: event.digest ?? NO_DIGEST };
  }
  return end;
}

/** The fault when the head does not say what the chain ended with; undefined when it does. */
export function checkHead(
  end: ChainEnd, head: { seq: number; id: string; digest: Uint8Array | undefined },
): ChainFault | undefined {
  const { seq } = head;
  if (seq !== end.seq) return { seq, reason: `the head is at seq ${seq}, the last event is ${end.seq}` };
  if (head.id !== end.id) return { seq, reason: 'the head has another id than the last event' };
  const isSame = head.digest !== undefined && Buffer.compare(head.digest, end.digest) === 0;
  return isSame ? undefined : { seq, reason: 'the head has another digest than the last event' };
}

function faultOf(streamKey: string, event: ChainedEvent, { seq, id, digest }: ChainEnd): string {
  if (event.saleId !== streamKey) return `it is an event of ${event.saleId}`;
  if (event.seq !== seq + 1) return `after seq ${seq} comes ${event.seq}`;
  if (event.digest === undefined) return 'it has no digest (yet)';
  if (Buffer.compare(digestAfter(digest, event), event.digest) !== 0) {
    return 'it is not what was stored: its digest is another';
  }
  return contradictionOf(streamKey, event, id);
}

/** What the row says beside the body has to be the body's. */
function contradictionOf(streamKey: string, event: ChainedEvent, previousId: string): string {
  let body: BusEvent;
  try {
    body = JSON.parse(event.body) as BusEvent;
  } catch {
    return 'its body is no JSON';
  }
  const isOfStream = streamKey === body.subject || streamKey === `$${body.subject}`;
  const isItself = body.id === event.id && body.type === event.type && Number(body.sequence) === event.seq
    && timeUsOf(body.time) === event.timeUs && isOfStream;
  if (!isItself) return 'its row and its body differ';
  return body.prev === previousId ? '' : 'it does not follow the event before';
}
