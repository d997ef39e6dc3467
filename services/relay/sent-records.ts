import type { PackedEvent } from '../shared/contracts/outbox.ts';

interface SentRecord {
  data: Uint8Array;
  events: readonly PackedEvent[];
}

/** One is in flight, and what was sent before is limited by SENT_EVENTS_MAX; more lie here after failures. */
const RECORDS_MAX = 4;

/**
 * The last records that one partition has sent, with the events in them: one that is read back byte by byte
 * as it was sent needs no unpacking. It tells what a record says and nothing else; whether that counts is
 * decided by the rule when it is read, in the order of the shard, as for any other record. What is not found
 * here (another relay's, or one that comes twice) is unpacked.
 */
export class SentRecords {
  #records: SentRecord[] = [];

  /** Called before it is sent: it may be read back before the reply comes. */
  add(data: Uint8Array, events: readonly PackedEvent[]): void {
    this.#records = [...this.#records.slice(-(RECORDS_MAX - 1)), { data, events }];
  }

  /** The events of a record with these very bytes, once; undefined when it is none of the last. */
  take(data: Uint8Array): readonly PackedEvent[] | undefined {
    const found = this.#records.find((record) => Buffer.compare(record.data, data) === 0);
    if (found === undefined) return undefined;
    this.#records = this.#records.filter((record) => record !== found);
    return found.events;
  }
}
