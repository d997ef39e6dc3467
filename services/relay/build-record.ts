import { BATCH_BYTES_MAX, BATCH_EVENTS_MAX, RECORD_BYTES_MAX } from '../shared/contracts/bus-record.ts';
import { compress } from '../shared/platform/compression.ts';

export interface BuiltRecord {
  data: Buffer;
  /** how many of the events, from the first, are in it */
  count: number;
  /** of the JSON, before compression */
  textBytes: number;
}

/**
 * Thrown for a single event that does not fit into a record even alone; `count` is 0 then, nothing can be
 * sent.
 */
export class EventTooLargeError extends Error {}

/**
 * Packs as many of the events as one record may hold, from the first on, in order. A batch that compresses
 * badly is built again with half of it.
 *
 * @param texts the events as JSON, at least one
 * @throws EventTooLargeError when the first event alone is too large
 */
export function buildRecord(texts: readonly string[]): BuiltRecord {
  let count = fitting(texts);
  for (;;) {
    const text = `[${texts.slice(0, count).join(',')}]`;
    const data = compress(text);
    if (data.length <= RECORD_BYTES_MAX) return { data, count, textBytes: text.length };
    if (count === 1) throw new EventTooLargeError(`one event takes ${data.length} bytes compressed`);
    count = Math.ceil(count / 2);
  }
}

function fitting(texts: readonly string[]): number {
  let length = 0;
  let count = 0;
  for (const text of texts) {
    length += text.length + 1;
    if (count > 0 && (length > BATCH_BYTES_MAX || count === BATCH_EVENTS_MAX)) break;
    count += 1;
  }
  return count;
}
