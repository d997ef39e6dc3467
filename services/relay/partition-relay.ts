import type { LogFold } from '../shared/contracts/log-fold.ts';
import type { Head, Judgement } from '../shared/contracts/log-rule.ts';
import { readOutboxEntry } from '../shared/contracts/outbox.ts';
import type { PackedEvent } from '../shared/contracts/outbox.ts';
import { partitionName } from '../shared/contracts/partition-of.ts';
import type { Log } from '../shared/platform/log.ts';
import { backoffMs, createPause } from '../shared/platform/pause.ts';
import type { Pause } from '../shared/platform/pause.ts';
import { encodeBatch } from './encode-batch.ts';
import type { LayoutCache } from './layout-cache.ts';
import { createOutboxLedger } from './outbox-ledger.ts';
import type { OutboxLedger } from './outbox-ledger.ts';
import type { RelayMetrics } from './relay-metrics.ts';

export interface PartitionRelayOptions {
  partition: number;
  fold: LogFold;
  layouts: LayoutCache;
  log: Log;
  metrics: RelayMetrics;
  /** Puts one record, once. */
  put(data: Uint8Array): Promise<void>;
  /** Runs accept-events; false when this Redis is not the one it was. */
  accept(trimBefore: string, ids: string): Promise<boolean>;
  /** Runs suspend-sale. */
  suspend(saleId: string): Promise<void>;
}

/** Events read from the outbox and not accepted yet, above which no more are read. */
const OPEN_EVENTS_MAX = 50_000;
/** Sent and not read back: fewer than the fold remembers, so that what comes twice is always recognised. */
const SENT_EVENTS_MAX = 12_000;
/** What the bus took and is not read back after this long is sent again. */
const RESEND_MS = 30_000;
const RETRY_MS_MIN = 20;
const RETRY_MS_MAX = 1_000;
/** Of the failures in a row, the first and then every so many are logged. */
const LOGGED_FAILURES = 20;

/**
 * Makes the log of one partition equal to its outbox. What the log lacks is sent, in order, one record in
 * flight, until the bus takes it; what the log has accepted is announced and trimmed; what contradicts the
 * log stops its sale and stays in the outbox for the recovery to look at. Sending never decides anything:
 * only what was read back counts.
 */
export class PartitionRelay {
  readonly ledger: OutboxLedger = createOutboxLedger();
  readonly #options: PartitionRelayOptions;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #pause: Pause = createPause(this.#stopping.signal);
  readonly #stoppedSales = new Map<string, { reason: string; suspended: boolean }>();
  /** when it was sent, ms, by id of the open event */
  readonly #sent = new Map<string, number>();
  /** the last event of a sale that is in the queue or was sent */
  readonly #tails = new Map<string, Head>();
  #queue: PackedEvent[] = [];
  #announced: string[] = [];
  #begun = false;
  #resendWanted = false;
  #haltedBy = '';
  #foreign = false;
  #putTrouble = '';
  #pumping: Promise<void> | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: PartitionRelayOptions) {
    this.#options = options;
    this.#log = options.log.child({ partition: options.partition });
  }

  /** Takes entries in as they stand in the outbox. */
  offer(entries: { id: string; fields: string[] }[]): void {
    for (const { id, fields } of entries) {
      const events = this.#read(id, fields);
      this.ledger.add(id, events ?? [], events !== undefined);
      if (this.#begun) for (const event of events ?? []) this.#place(event);
    }
    if (this.#announced.length > 0) void this.flush();
    this.#pump();
  }

  /** Notes events that another source (the event store) has seen in the log. */
  markAccepted(eventIds: Iterable<string>): void {
    for (const id of eventIds) this.#note(id);
  }

  /** The log was read to its tip: from now on what it lacks is sent. */
  begin(): void {
    this.#begun = true;
    this.#requeue();
    void this.flush();
    this.#pump();
  }

  /** Notes what the log says of an event; `flush` announces it. */
  settle(event: { saleId: string; seq: number; id: string }, { verdict, reason }: Judgement): void {
    if (verdict !== 'rejected') this.#note(event.id);
    else if (this.ledger.open(event.id) !== undefined) {
      // After a gap the events before it are missing: that is cured by sending all of them once more.
      if (reason === 'seq_gap') this.#resendWanted = this.#begun;
      else this.#stopSale(event.saleId, `the log rejected seq ${event.seq}: ${reason}`);
    }
  }

  /** Announces what was accepted and trims behind it. Resolves when Redis has done so, or on stop. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#flushOnce());
    return this.#flushing;
  }

  /** Called every second or so: sends again what got lost, suspends what could not be suspended yet. */
  tick(): void {
    const [oldestMs] = this.#sent.values();
    if (oldestMs !== undefined && Date.now() - oldestMs > RESEND_MS) this.#resendWanted = true;
    void this.#suspendStopped();
    this.#pump();
  }

  hasRoom(): boolean {
    return this.ledger.openCount() < OPEN_EVENTS_MAX;
  }

  /**
   * What hinders the partition, a sentence each. A stopped sale is not among it: all others go on, and the
   * log, the metric and the state of the sale tell of it.
   */
  troubles(): string[] {
    const name = partitionName(this.#options.partition);
    return [
      this.#foreign ? `${name}: Redis has another generation, recovery is needed` : '',
      this.#haltedBy === '' ? '' : `${name}: ${this.#haltedBy}`,
      this.#putTrouble,
    ].filter(Boolean);
  }

  /**
   * Says whether Redis still has the generation this relay knows; a partition of another one is left alone.
   */
  setForeign(foreign: boolean): void {
    if (foreign && !this.#foreign) this.#log.error('Redis has another generation: recovery is needed');
    this.#foreign = foreign;
    this.#pump();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#pumping;
    await this.#flushing;
  }

  #read(entryId: string, fields: string[]): PackedEvent[] | undefined {
    try {
      return readOutboxEntry(fields);
    } catch (error) {
      this.#haltedBy = `outbox entry ${entryId} cannot be read: ${(error as Error).message}`;
      this.#log.error({ err: error, entryId }, 'an outbox entry cannot be read: the partition is stopped');
      return undefined;
    }
  }

  /** Sorts an event of the outbox by what the log says of it: done, to be sent, or a contradiction. */
  #place(event: PackedEvent): void {
    if (this.#stoppedSales.has(event.saleId)) return;
    const { fold } = this.#options;
    const standing = fold.standing(event);
    if (standing === 'accepted') {
      this.#note(event.id);
    } else if (standing !== 'ahead') {
      this.#stopSale(event.saleId, `the log has another event at seq ${event.seq}`);
    } else {
      const head = fold.head(event.saleId);
      const tail = this.#tails.get(event.saleId) ?? head;
      const last = tail.seq > head.seq ? tail : head;
      if (event.seq !== last.seq + 1 || event.prev !== last.id) {
        this.#stopSale(event.saleId, `seq ${event.seq} of the outbox does not follow seq ${last.seq}`);
        return;
      }
      this.#tails.set(event.saleId, { seq: event.seq, id: event.id });
      this.#queue.push(event);
    }
  }

  #note(eventId: string): void {
    const event = this.ledger.accept(eventId);
    if (event === undefined) return;
    this.#sent.delete(eventId);
    // Nobody waits for a hold: announcing them would only make the stream long.
    if (!event.type.startsWith('hold.')) this.#announced.push(eventId);
    this.#options.metrics.lagMs.observe(Math.max(0, Date.now() - event.timeMs));
  }

  #stopSale(saleId: string, reason: string): void {
    if (this.#stoppedSales.has(saleId)) return;
    this.#stoppedSales.set(saleId, { reason, suspended: false });
    this.#options.metrics.contradictions.inc();
    this.#log.error({ saleId, reason }, 'the outbox contradicts the log: the sale is stopped');
    void this.#suspendStopped();
  }

  async #suspendStopped(): Promise<void> {
    for (const [saleId, stopped] of this.#stoppedSales) {
      if (stopped.suspended || this.#foreign) continue;
      stopped.suspended = true;
      try {
        await this.#options.suspend(saleId);
      } catch (error) {
        stopped.suspended = false;
        this.#log.warn({ err: error, saleId }, 'the sale could not be suspended yet');
      }
    }
  }

  /**
   * The queue anew from all that is open: at the start, and when something that was sent is not in the log.
   */
  #requeue(): void {
    this.#resendWanted = false;
    this.#sent.clear();
    this.#tails.clear();
    this.#queue = [];
    for (const event of [...this.ledger.openEvents()]) this.#place(event);
  }

  #pump(): void {
    if (this.#pumping !== undefined || !this.#maySend()) return;
    this.#pumping = this.#sendQueue().finally(() => {
      this.#pumping = undefined;
      // An event may have been queued between the last look at the queue and now.
      this.#pump();
    });
  }

  #maySend(): boolean {
    return this.#begun && !this.#foreign && this.#haltedBy === '' && !this.#stopping.signal.aborted
      && (this.#resendWanted || (this.#queue.length > 0 && this.#sent.size < SENT_EVENTS_MAX));
  }

  /** One record after the other. The queue is cut here only, so that waiting in between is safe. */
  async #sendQueue(): Promise<void> {
    for (let failures = 0; this.#maySend();) {
      if (this.#resendWanted) this.#requeue();
      try {
        const batch = await encodeBatch(this.#queue, (event) => this.#isToSend(event), this.#options);
        if (batch.fault !== undefined) this.#stopSale(batch.fault.saleId, batch.fault.reason);
        if (batch.data !== undefined) await this.#deliver(batch.data, batch.events);
        this.#queue = this.#queue.slice(batch.taken);
        failures = 0;
      } catch (error) {
        await this.#pauseAfter(failures += 1, error, 'a record could not be built');
      }
    }
  }

  #isToSend(event: PackedEvent): boolean {
    return this.ledger.open(event.id) !== undefined && !this.#stoppedSales.has(event.saleId);
  }

  /** Puts a record until the bus has taken it, or its events are found in the log although no reply came. */
  async #deliver(data: Uint8Array, events: PackedEvent[]): Promise<void> {
    const { put, metrics } = this.#options;
    const isOpen = ({ id }: PackedEvent): boolean => this.ledger.open(id) !== undefined;
    for (let failures = 0; events.some(isOpen);) {
      if (this.#stopping.signal.aborted) return;
      try {
        await put(data);
        metrics.sent.inc(events.length);
        break;
      } catch (error) {
        this.#putTrouble = `the bus does not take records: ${(error as Error).message}`;
        metrics.sendFailures.inc();
        await this.#pauseAfter(failures += 1, error, 'the bus does not take a record');
      }
    }
    this.#putTrouble = '';
    const sentAtMs = Date.now();
    // Some may have been read back before the reply came.
    for (const event of events) if (isOpen(event)) this.#sent.set(event.id, sentAtMs);
  }

  async #flushOnce(): Promise<void> {
    const ids = this.#announced;
    const trimBefore = this.ledger.takeTrimBefore() ?? '';
    this.#announced = [];
    if (ids.length === 0 && trimBefore === '') return;
    for (let failures = 0; !this.#foreign && !this.#stopping.signal.aborted;) {
      try {
        const isOurs = await this.#options.accept(trimBefore, ids.join(' '));
        this.setForeign(!isOurs);
        return;
      } catch (error) {
        await this.#pauseAfter(failures += 1, error, 'Redis does not take what was accepted');
      }
    }
  }

  async #pauseAfter(failures: number, error: unknown, sentence: string): Promise<void> {
    if (failures % LOGGED_FAILURES === 1) this.#log.warn({ err: error, failures }, sentence);
    await this.#pause.wait(backoffMs(failures, RETRY_MS_MIN, RETRY_MS_MAX));
  }
}
