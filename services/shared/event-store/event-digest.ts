import { hash } from 'node:crypto';

/**
 * The hash chain of a stream: each event's digest is the SHA-256 of the digest before it (32 zero bytes
 * before the first) followed by the event's bytes. These are, each as its length in bytes (unsigned, 32
 * bits, most significant first) and then its UTF-8: the stream's key (the sale's id), seq in decimal, id,
 * type, time in microseconds since 1970 in decimal, and the body: the JSON text exactly as it is stored.
 * So a digest stands for every byte of every event before it, their order and their times. Where an event
 * was read, and when, is not in it: all who store the same log have the same digests.
 */

/** What an event's digest is over. */
export interface DigestedEvent {
  saleId: string;
  seq: number;
  id: string;
  type: string;
  /** since 1970, in decimal */
  timeUs: string;
  /** the JSON text as stored */
  body: string;
}

export const DIGEST_BYTES = 32;
/** The digest before a stream's first event. */
export const NO_DIGEST: Readonly<Uint8Array> = new Uint8Array(DIGEST_BYTES);

const LENGTH_BYTES = 4;
/** One event after the other is written here; a larger one makes it larger for good. */
let scratch = Buffer.allocUnsafe(64 * 1024);

/** The digest of an event that follows one with the digest `before`. */
export function digestAfter(before: Readonly<Uint8Array>, event: DigestedEvent): Buffer {
  const { saleId, seq, id, type, timeUs, body } = event;
  reserve(body.length + saleId.length + id.length + type.length + timeUs.length);
  scratch.set(before, 0);
  let end = DIGEST_BYTES;
  end = put(saleId, end);
  end = put(String(seq), end);
  end = put(id, end);
  end = put(type, end);
  end = put(timeUs, end);
  end = put(body, end);
  // As text, which Node makes faster than a buffer: 0.7 us against 1.7 (750 bytes, Node 24).
  return Buffer.from(hash('sha256', scratch.subarray(0, end), 'binary'), 'latin1');
}

/** An event's time as PostgreSQL keeps it: digits beyond microseconds are cut off, not rounded. */
export function toStoredTime(time: string): string {
  return time.length <= 24 ? time : time.replace(/(\.\d{6})\d+/, '$1');
}

/** Microseconds since 1970 of an event's `time` (ISO 8601 with a zone, any number of digits), in decimal. */
export function timeUsOf(time: string): string {
  if (time.length === 24 && time.endsWith('Z')) return inMicroseconds(Date.parse(time), 0);
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? '';
  const wholeMs = Date.parse(fraction === '' ? time : time.replace(`.${fraction}`, ''));
  return inMicroseconds(wholeMs, Number(fraction.slice(0, 6).padEnd(6, '0')));
}

function inMicroseconds(ms: number, us: number): string {
  const sum = ms * 1_000 + us;
  return Number.isSafeInteger(sum) ? String(sum) : String(BigInt(ms) * 1_000n + BigInt(us));
}

/** A UTF-16 unit takes three bytes at most. */
function reserve(chars: number): void {
  const bytes = DIGEST_BYTES + 6 * (LENGTH_BYTES + 20) + 3 * chars;
  if (scratch.length < bytes) scratch = Buffer.allocUnsafe(2 * bytes);
}

function put(text: string, at: number): number {
  const bytes = scratch.write(text, at + LENGTH_BYTES, 'utf8');
  scratch.writeUInt32BE(bytes, at);
  return at + LENGTH_BYTES + bytes;
}
