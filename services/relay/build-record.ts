import {
  BATCH_BYTES_MAX, BATCH_EVENTS_MAX, RECORD_BYTES_MAX, RECORD_TEXT_BYTES_MAX,
} from '../shared/contracts/bus-record.ts';
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
 * Where records are put together, one at a time: an event's text is copied to here and dropped, since two
 * thousand of them, kept until they are joined, cost more in collecting garbage than in writing them.
 */
const desk = Buffer.allocUnsafeSlow(BATCH_BYTES_MAX + 2);
const COMMA = 0x2c;
const OPENING = 0x5b;
const CLOSING = 0x5d;

/**
 * Packs as many of the events as one record may hold, from the first on, in order. A batch that compresses
 * badly is built again with half of it.
 *
 * @param texts the events as JSON, at least one; asked for no more of them than one that has no room
 * @throws EventTooLargeError when the first event alone is too large
 */
export function buildRecord(texts: Iterable<string>): BuiltRecord {
  /** for each event, where it ends */
  const ends: number[] = [];
  let end = 0;
  desk[0] = OPENING;
  for (const text of texts) {
    if (ends.length === BATCH_EVENTS_MAX) break;
    const start = end + 1;
    const room = BATCH_BYTES_MAX - start;
    // Three bytes per character at most: counting them is rarely needed.
    if (text.length * 3 > room && Buffer.byteLength(text) > room) {
      if (ends.length === 0) return buildLarge(text);
      break;
    }
    if (end > 0) desk[end] = COMMA;
    end = start + desk.write(text, start);
    ends.push(end);
  }
  for (let count = ends.length; ; count = Math.ceil(count / 2)) {
    const last = ends[count - 1] ?? 0;
    desk[last] = CLOSING;
    const data = compress(desk.subarray(0, last + 1));
    if (data.length <= RECORD_BYTES_MAX) return { data, count, textBytes: last + 1 };
    if (count === 1) throw new EventTooLargeError(`one event takes ${data.length} bytes compressed`);
  }
}

/** A single event may be larger than a batch should be. */
function buildLarge(text: string): BuiltRecord {
  const plain = Buffer.from(`[${text}]`);
  if (plain.length > RECORD_TEXT_BYTES_MAX) {
    throw new EventTooLargeError(`one event takes ${plain.length} bytes, which no reader unpacks`);
  }
  const data = compress(plain);
  if (data.length <= RECORD_BYTES_MAX) return { data, count: 1, textBytes: plain.length };
  throw new EventTooLargeError(`one event takes ${data.length} bytes compressed`);
}
