import type { SaleEvent } from './events.ts';
import { partitionName, partitionNamed } from './partition-of.ts';

/**
 * What one record on the bus holds: a JSON array of CloudEvents (application/cloudevents-batch+json),
 * compressed (platform/compression.ts), all of one partition, whose name is the partition key. Any language
 * can read it. The limits keep a record below Kinesis' 1 MiB and a reader's memory small; a writer splits
 * what exceeds them.
 */
export const BATCH_MEDIA_TYPE = 'application/cloudevents-batch+json';
export const BATCH_EVENTS_MAX = 2_000;
/** Of the JSON, uncompressed. */
export const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** Of the compressed data; Kinesis counts the partition key as well, hence the margin. */
export const RECORD_BYTES_MAX = 1024 * 1024 - 256;
/** What a reader unpacks at most: a single event may be larger than a batch should be, not unbounded. */
export const RECORD_TEXT_BYTES_MAX = 32 * 1024 * 1024;

/** How deep objects and arrays lie in each other at most, from the event on; ours need seven. */
export const EVENT_DEPTH_MAX = 32;

/** With or without leading zeros: what was written first had none. */
const SEQUENCE = /^(?!0+$)\d{1,15}$/;

/** What a record is checked for: the rule and the event store rest on it. */
type Checked = 'specversion' | 'id' | 'source' | 'subject' | 'time' | 'sequence' | 'prev';

/**
 * An event of the log as a reader sees it before it knows what it means: of whatever type and version.
 * contracts/upcast.ts makes an event of today of it.
 */
export type BusEvent = Pick<SaleEvent, Checked> & Partial<Omit<SaleEvent, Checked | 'type' | 'data'>>
  & { type: string; data: unknown };

/** `source` of the events of a partition: `/onsale/p07`. */
export function sourceOf(partition: number): string {
  return `/onsale/${partitionName(partition)}`;
}

/** The partition in an event's `source`, or undefined when somebody else wrote it. */
export function partitionOfSource(source: string): number | undefined {
  return source.startsWith('/onsale/') ? partitionNamed(source.slice('/onsale/'.length)) : undefined;
}

/** A relay's note on the bus about where the log of a partition stands; no event of a sale. */
export const PARTITION_HEADS = 'partition.heads';

/**
 * True for the record of a partition's heads (contracts/partition-heads.ts): every reader passes it by before
 * it applies the rule.
 */
export function isPartitionHeads({ type, source, subject }: BusEvent): boolean {
  return type === PARTITION_HEADS && source === `/onsale/${subject}`;
}

/**
 * The events of a record's text. Checks what the rule and the event store rest on (id, source, subject,
 * sequence, prev, type, time), not `data`: what a type means is the projection's business, and a type
 * unknown to a reader is kept. Throws an Error whose sentence tells what is wrong; then the whole record
 * counts as unreadable.
 */
export function decodeBatch(text: string): BusEvent[] {
  const batch: unknown = JSON.parse(text);
  if (!Array.isArray(batch)) throw new Error('not a JSON array of CloudEvents');
  for (const [i, event] of batch.entries()) {
    const wrong = readableFaultOf(event);
    if (wrong !== '') throw new Error(`event ${i}: ${wrong}`);
  }
  return batch as BusEvent[];
}

/**
 * Ids and names that every reader can keep: printable ASCII, so that no database refuses what another takes.
 */
const SHORT = /^[\x21-\x7e]{1,200}$/;
/** From the year 1 on, with a zone of less than 16 hours: more PostgreSQL does not take. */
const TIME = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-](0\d|1[0-5]):[0-5]\d)$/;

/** What keeps every reader from taking an event (`decodeBatch`), or ''. */
export function readableFaultOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return 'not an object';
  const event = value as Partial<Record<keyof BusEvent, unknown>>;
  if (event.specversion !== '1.0') return 'specversion is not 1.0';
  for (const name of ['id', 'source', 'subject', 'type', 'prev'] as const) {
    const value = event[name];
    const isShort = typeof value === 'string' && SHORT.test(value);
    if (!isShort) return `${name} is not 1 to 200 printable characters`;
  }
  if (typeof event.sequence !== 'string' || !SEQUENCE.test(event.sequence)) return 'sequence is no number';
  const { time } = event;
  if (typeof time !== 'string' || !TIME.test(time) || !isOnCalendar(time)) return 'time is no date';
  if (partitionOfSource(event.source as string) === undefined) return 'source is not a partition of ours';
  if (isDeeper(event, EVENT_DEPTH_MAX)) return `more than ${EVENT_DEPTH_MAX} levels deep`;
  return '';
}

/** `Date` takes 30 February for 1 March. */
function isOnCalendar(time: string): boolean {
  const local = time.slice(0, 19);
  const date = new Date(`${local}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(local);
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  const parts: unknown[] = Array.isArray(value) ? value : Object.values(value);
  for (const part of parts) if (isDeeper(part, levels - 1)) return true;
  return false;
}
