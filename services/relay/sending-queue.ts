import { BATCH_EVENTS_MAX } from '../shared/contracts/bus-record.ts';
import { REMEMBERED_IDS } from '../shared/contracts/log-fold.ts';
import type { PackedEvent } from '../shared/contracts/outbox.ts';
import type { Clock } from '../shared/platform/clock.ts';
import { encodeBatch } from './encode-batch.ts';
import type { LayoutCache } from './layout-cache.ts';
import { RecordRefusedError } from './record-sender.ts';
import type { RecordSender } from './record-sender.ts';
import type { SentRecords } from './sent-records.ts';

export interface SendingQueueOptions {
  partition: number;
  layouts: LayoutCache;
  clock: Clock;
  sender: RecordSender;
  /** which this fills */
  records: SentRecords;
  isOpen(event: PackedEvent): boolean;
  /** False for what was queued and shall not be sent any more. */
  isToSend(event: PackedEvent): boolean;
  /** False before the log is known, and while something forbids it. */
  mayGoOn(): boolean;
  /** Fills the queue anew, from all that is open. */
  refill(): void;
  /** An event cannot be sent at all. */
  fault(event: PackedEvent, reason: string): void;
  pauseAfter(failures: number, error: unknown): Promise<void>;
}

/**
 * Sent and not read back, above which no record is begun: with one more record it is what the fold remembers
 * of a sale, so that what comes twice is always recognised.
 */
const SENT_EVENTS_MAX = REMEMBERED_IDS - BATCH_EVENTS_MAX;

/** What one partition has to send, in order, one record in flight; and what of it was not read back yet. */
export class SendingQueue {
  /** when it was sent, by id of the open event; ms of `elapsedMs` */
  readonly sent = new Map<string, number>();
  readonly #options: SendingQueueOptions;
  #events: PackedEvent[] = [];
  /** events per record at most: fewer while the one is looked for for whose sake a record was refused */
  #eventsMax = BATCH_EVENTS_MAX;
  #refillWanted = false;
  #pumping: Promise<void> | undefined;

  constructor(options: SendingQueueOptions) {
    this.#options = options;
  }

  push(event: PackedEvent): void {
    this.#events.push(event);
  }

  clear(): void {
    this.#events = [];
    this.#refillWanted = false;
  }

  /** Before the next record the queue is filled anew: something that was sent is not in the log. */
  wantRefill(): void {
    this.#refillWanted = true;
  }

  /** Sends what there is, in the background. */
  pump(): void {
    if (this.#pumping !== undefined || !this.#maySend()) return;
    this.#pumping = this.#send().finally(() => {
      this.#pumping = undefined;
      // An event may have been queued between the last look at the queue and now.
      this.pump();
    });
  }

  /** Resolves when the record under way has ended. */
  async settled(): Promise<void> {
    await this.#pumping;
  }

  #maySend(): boolean {
    return this.#options.mayGoOn()
      && (this.#refillWanted || (this.#events.length > 0 && this.sent.size < SENT_EVENTS_MAX));
  }

  /** One record after the other. The queue is cut here only, so that waiting in between is safe. */
  async #send(): Promise<void> {
    const { isToSend, refill, fault, pauseAfter } = this.#options;
    for (let failures = 0; this.#maySend();) {
      if (this.#refillWanted) {
        refill();
        // What was sent before may fill already what may be.
        continue;
      }
      try {
        const batch = await encodeBatch(this.#events.slice(0, this.#eventsMax), isToSend, this.#options);
        if (batch.fault !== undefined) fault(batch.fault.event, batch.fault.reason);
        if (batch.data !== undefined && !await this.#deliver(batch.data, batch.events)) continue;
        this.#events = this.#events.slice(batch.taken);
        failures = 0;
      } catch (error) {
        await pauseAfter(failures += 1, error);
      }
    }
  }

  /** False when the record was refused and is to be tried with fewer events; a single one is at fault. */
  async #deliver(data: Uint8Array, events: PackedEvent[]): Promise<boolean> {
    const { sender, records, isOpen, clock, fault } = this.#options;
    records.add(data, events);
    try {
      if (!await sender.deliver(data, events, isOpen)) return true;
    } catch (error) {
      if (!(error instanceof RecordRefusedError)) throw error;
      this.#eventsMax = Math.ceil(events.length / 2);
      const [first, second] = events;
      if (first === undefined || second !== undefined) return false;
      fault(first, `the bus refuses it: ${error.message}`);
      return true;
    }
    this.#eventsMax = Math.min(BATCH_EVENTS_MAX, 2 * this.#eventsMax);
    const sentAtMs = clock.elapsedMs();
    // Some may have been read back before the reply came.
    for (const event of events) if (isOpen(event)) this.sent.set(event.id, sentAtMs);
    return true;
  }
}
