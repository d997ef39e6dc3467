import { needsLayout, toSaleEvent } from '../shared/contracts/outbox.ts';
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
  const texts: string[] = [];
  const events: PackedEvent[] = [];
  /** for each text, how many of the queue are dealt with by it and those before it */
  const takenBy: number[] = [];
  let taken = 0;
  for (const event of queue.slice(0, LOOKED_AT_MAX)) {
    if (isToSend(event)) {
      const text = await encode(event, partition, layouts);
      if (typeof text !== 'string') {
        if (texts.length > 0) break;
        return { events: [], taken: taken + 1, fault: { event, reason: text.fault } };
      }
      texts.push(text);
      events.push(event);
      takenBy.push(taken + 1);
    }
    taken += 1;
  }
  const [first] = events;
  if (first === undefined) return { events, taken };
  try {
    const { data, count } = buildRecord(texts);
    if (count < events.length) taken = takenBy[count - 1] ?? 0;
    return { data, events: events.slice(0, count), taken };
  } catch (error) {
    if (!(error instanceof EventTooLargeError)) throw error;
    return { events: [], taken: takenBy[0] ?? 1, fault: { event: first, reason: error.message } };
  }
}

async function encode(
  event: PackedEvent, partition: number, layouts: LayoutCache,
): Promise<string | { fault: string }> {
  if (event.type === 'sale.defined') layouts.forget(event.saleId);
  const layout = needsLayout(event.type) ? await layouts.get(partition, event.saleId) : undefined;
  try {
    return JSON.stringify(toSaleEvent(event, partition, layout));
  } catch (error) {
    return { fault: `seq ${event.seq} (${event.type}) cannot be encoded: ${(error as Error).message}` };
  }
}
