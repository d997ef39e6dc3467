import { toEventText } from '../shared/contracts/event-text.ts';
import type { SaleLayout } from '../shared/contracts/layout.ts';
import { needsLayout } from '../shared/contracts/outbox.ts';
import type { PackedEvent } from '../shared/contracts/outbox.ts';
import { buildRecord, EventTooLargeError } from './build-record.ts';
import type { LayoutCache } from './layout-cache.ts';

export interface EncodedBatch {
  /** the next record, if there is something to send */
  data?: Buffer;
  /** the events in it */
  events: PackedEvent[];
  /** how many of the queue, from its first on, are dealt with once the record is sent */
  taken: number;
  /** the queue's first event cannot be sent at all; its sale has to stop */
  fault?: { event: PackedEvent; reason: string };
}

/** Events looked at for one record: as many as a record may hold. */
const LOOKED_AT_MAX = 2_000;

/**
 * Makes the next record from the head of the queue, in order. An event that cannot be put into the language
 * of the log ends the batch before it and is reported as a fault when it is the first.
 *
 * @param isToSend false for what has been accepted meanwhile or belongs to a stopped sale: passed over
 * @throws the error of Redis when a layout cannot be read; nothing is lost then, call again
 */
export async function encodeBatch(
  queue: readonly PackedEvent[],
  isToSend: (event: PackedEvent) => boolean,
  { partition, layouts }: { partition: number; layouts: LayoutCache },
): Promise<EncodedBatch> {
  const looked = queue.slice(0, LOOKED_AT_MAX);
  const known = await layoutsOf(looked, partition, layouts);
  const wanted: { event: PackedEvent; taken: number }[] = [];
  for (const [i, event] of looked.entries()) if (isToSend(event)) wanted.push({ event, taken: i + 1 });
  const [first] = wanted;
  if (first === undefined) return { events: [], taken: looked.length };
  const faulty = (reason: string): EncodedBatch =>
    ({ events: [], taken: first.taken, fault: { event: first.event, reason } });
  const firstText = encode(first.event, partition, known);
  if (typeof firstText !== 'string') return faulty(firstText.fault);
  try {
    const { data, count } = buildRecord(textsFrom(firstText, wanted, partition, known));
    const taken = count < wanted.length ? wanted[count - 1]?.taken ?? 0 : looked.length;
    return { data, events: wanted.slice(0, count).map(({ event }) => event), taken };
  } catch (error) {
    if (!(error instanceof EventTooLargeError)) throw error;
    return faulty(error.message);
  }
}

/** One after the other, as the record has room, up to one that cannot be encoded. */
function* textsFrom(
  first: string, wanted: readonly { event: PackedEvent }[], partition: number, known: KnownLayouts,
): Generator<string> {
  yield first;
  for (const { event } of wanted.slice(1)) {
    const text = encode(event, partition, known);
    if (typeof text !== 'string') return;
    yield text;
  }
}

type KnownLayouts = ReadonlyMap<string, SaleLayout | undefined>;

/** Asked for once per record and sale: waiting for each event takes longer than writing it. */
async function layoutsOf(
  events: readonly PackedEvent[], partition: number, layouts: LayoutCache,
): Promise<KnownLayouts> {
  const known = new Map<string, SaleLayout | undefined>();
  for (const { saleId, type } of events) {
    if (type === 'sale.defined') {
      layouts.forget(saleId);
      known.delete(saleId);
    }
    if (needsLayout(type) && !known.has(saleId)) known.set(saleId, await layouts.get(partition, saleId));
  }
  return known;
}

function encode(
  event: PackedEvent, partition: number, known: KnownLayouts,
): string | { fault: string } {
  try {
    return toEventText(event, partition, known.get(event.saleId));
  } catch (error) {
    return { fault: `seq ${event.seq} (${event.type}) cannot be encoded: ${(error as Error).message}` };
  }
}
