import { BATCH_EVENTS_MAX } from '../shared/contracts/bus-record.ts';
import { REMEMBERED_IDS } from '../shared/contracts/log-fold.ts';
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
import type { OutboxLedger, Trim } from './outbox-ledger.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import { StoppedSales } from './stopped-sales.ts';
import { WaitingEvents } from './waiting-events.ts';

export interface PartitionRelayOptions {
  partition: number;
  fold: LogFold;
  layouts: LayoutCache;
  log: Log;
  metrics: RelayMetrics;
  /** Puts one record, once. */
  put(data: Uint8Array): Promise<void>;
  /** Runs accept-events; false when this Redis is not the one it was. */
  accept(ids: string[], trim: Trim | undefined): Promise<boolean>;
  /** Runs suspend-sale. */
  suspend(saleId: string): Promise<void>;
  /** Runs set-aside-events; false when this Redis is not the one it was. */
  setAside(saleId: string, events: PackedEvent[]): Promise<boolean>;
  /** True if events of the sale were set aside, by whichever relay. */
  hasSetAside(saleId: string): Promise<boolean>;
}

/** Events read from the outbox and not accepted yet, above which no more are read. */
const OPEN_EVENTS_MAX = 50_000;
/**
 * Sent and not read back, above which no record is begun: with one more record it is what the fold remembers
 * of a sale, so that what comes twice is always recognised.
 */
const SENT_EVENTS_MAX = REMEMBERED_IDS - BATCH_EVENTS_MAX;
/** Per call of accept-events. */
const ANNOUNCED_IDS_MAX = 5_000;
/** What the bus took and is not read back after this long is sent again. */
const RESEND_MS = 30_000;
const RETRY_MS_MIN = 20;
const RETRY_MS_MAX = 1_000;
/** Of the failures in a row, the first and then every so many are logged. */
const LOGGED_FAILURES = 20;

/**
 * Makes the log of one partition equal to its outbox. What the log lacks is sent, in order, one record in
 * flight, until the bus takes it; what the log has accepted is announced and trimmed; what is proven to
 * contradict the log stops its sale and is set aside for the recovery. An event that does not follow what is
 * known of the log proves nothing (another relay may have sent and trimmed those in between): it waits until
 * more of the log is known. Sending never decides anything: only what was read back counts.
 */
export class PartitionRelay {
  readonly ledger: OutboxLedger = createOutboxLedger();
  readonly waiting = new WaitingEvents();
  readonly #options: PartitionRelayOptions;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #pause: Pause = createPause(this.#stopping.signal);
  readonly #stopped: StoppedSales;
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
    this.#stopped = new StoppedSales({
      log: this.#log, suspend: options.suspend, setAside: options.setAside,
      done: (events) => {
        for (const { id } of events) if (this.ledger.finish(id) !== undefined) this.#sent.delete(id);
        options.metrics.setAside.inc(events.length);
        void this.flush();
      },
    });
  }

  /** Takes entries in as they stand in the outbox. */
  offer(entries: { id: string; fields: string[] }[]): void {
    for (const { id, fields } of entries) {
      const events = this.#read(id, fields);
      const fresh = this.ledger.add(id, events ?? [], events !== undefined);
      if (this.#begun) for (const event of fresh) this.#place(event);
    }
    // Also without new events: entries read again may be done, and want to be trimmed.
    void this.flush();
    this.#pump();
  }

  /** The outbox will be offered from its beginning again: over another connection positions mean nothing. */
  restart(): void {
    this.ledger.restart();
  }

  /**
   * Takes in what another source (the event store) knows of the log: accepted ids, and, already in the fold,
   * heads. `hasIt` tells of an open event older than the fold remembers: true, it is in the log, false, it is
   * not and never will be, undefined, unknown.
   */
  learn(acceptedIds: Iterable<string>, hasIt: (event: PackedEvent) => boolean | undefined): void {
    for (const id of acceptedIds) this.#note(id);
    for (const event of [...this.ledger.openEvents()]) {
      if (this.#options.fold.standing(event) !== 'unknown' || hasIt(event) !== false) continue;
      this.#stopSale(event.saleId, `the log has another event at seq ${event.seq}`);
    }
    for (const saleId of this.waiting.saleIds()) this.waiting.advance(saleId);
    void this.flush();
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
    this.waiting.advance(event.saleId);
    if (verdict !== 'rejected') {
      this.#note(event.id);
      return;
    }
    const ours = this.ledger.open(event.id);
    if (ours === undefined) return;
    // After a gap the events before it are missing: that is cured by sending all of them once more.
    if (reason === 'seq_gap') {
      this.#resendWanted = this.#begun;
    } else {
      this.#stopSale(event.saleId, `the log rejected seq ${event.seq}: ${reason}`);
      this.#setAside(ours);
    }
  }

  /** Announces what was accepted and trims behind it. Resolves when Redis has done so, or on stop. */
  flush(): Promise<void> {
    this.#placeAdvanced();
    this.#flushing = this.#flushing.then(() => this.#flushOnce());
    return this.#flushing;
  }

  /** Called every second or so: sends again what got lost, repeats what Redis did not take. */
  tick(): void {
    const [oldestMs] = this.#sent.values();
    if (oldestMs !== undefined && Date.now() - oldestMs > RESEND_MS) this.#resendWanted = true;
    if (!this.#foreign) void this.#stopped.work();
    void this.#lookAtWaiting();
    this.#pump();
  }

  /** An event was read that is older than the fold remembers: if it is ours, the event store has to tell. */
  doubt(eventId: string): void {
    const event = this.ledger.open(eventId);
    if (event !== undefined && this.#sent.delete(eventId)) this.waiting.add(event);
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
    const isBack = this.#foreign && !foreign;
    this.#foreign = foreign;
    // What could not be announced in the meantime.
    if (isBack) void this.flush();
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

  /** Sorts an event of the outbox by what the log says of it: done, to be sent, waiting, a contradiction. */
  #place(event: PackedEvent): void {
    const { fold } = this.#options;
    const { saleId } = event;
    const standing = fold.standing(event);
    const head = fold.head(saleId);
    const tail = this.#tails.get(saleId);
    if (standing === 'accepted') {
      for (const id of [event.id, ...this.waiting.provenBy(event)]) this.#note(id);
    } else if (this.#stopped.has(saleId)) {
      this.#setAside(event);
    } else if (standing === 'contradicted') {
      this.#stopSale(saleId, `the log has another event at seq ${event.seq}`);
    } else if (standing === 'unknown' || this.waiting.has(saleId)) {
      this.waiting.add(event);
    } else if (tail !== undefined && tail.seq > head.seq ? follows(tail, event) : follows(head, event)) {
      this.#tails.set(saleId, { seq: event.seq, id: event.id });
      this.#queue.push(event);
    } else if (event.seq === head.seq + 1 && event.prev !== head.id) {
      this.#stopSale(saleId, `seq ${event.seq} of the outbox does not follow the log's ${head.id}`);
    } else {
      this.waiting.add(event);
    }
  }

  /** Judges again what waits in sales of which more is known now. */
  #placeAdvanced(): void {
    for (const event of this.waiting.takeAdvanced()) {
      if (this.ledger.open(event.id) !== undefined) this.#place(event);
    }
    this.#pump();
  }

  /** A sale whose events were set aside before goes on with a state that the log does not know: it stops. */
  async #lookAtWaiting(): Promise<void> {
    for (const saleId of this.waiting.saleIds()) {
      this.waiting.advance(saleId);
      try {
        if (await this.#options.hasSetAside(saleId)) {
          this.#stopSale(saleId, 'events of it contradicted the log before, and it has not been recovered');
        }
      } catch (error) {
        this.#log.debug({ err: (error as Error).message, saleId }, 'what waits could not be looked at');
        return;
      }
    }
    this.#placeAdvanced();
  }

  #note(eventId: string): void {
    const event = this.ledger.finish(eventId);
    if (event === undefined) return;
    this.#sent.delete(eventId);
    // Nobody waits for a hold: announcing them would only make the stream long.
    if (!event.type.startsWith('hold.')) this.#announced.push(eventId);
    this.#options.metrics.lagMs.observe(Math.max(0, Date.now() - event.timeMs));
    this.#pump();
  }

  /** What of it was sent may still be accepted and is left to `settle`; the rest is set aside now. */
  #stopSale(saleId: string, reason: string): void {
    if (!this.#stopped.has(saleId)) {
      this.#stopped.stop(saleId);
      this.#options.metrics.contradictions.inc();
      this.#log.error({ saleId, reason }, 'the outbox contradicts the log: the sale is stopped');
      this.waiting.forget(saleId);
      for (const event of [...this.ledger.openEvents()]) {
        if (event.saleId === saleId && !this.#sent.has(event.id)) this.#place(event);
      }
    }
    if (!this.#foreign) void this.#stopped.work();
  }

  #setAside(event: PackedEvent): void {
    this.#stopped.add(event);
    if (!this.#foreign) void this.#stopped.work();
  }

  /**
   * The queue anew from all that is open: at the start, and when something that was sent is not in the log.
   */
  #requeue(): void {
    this.#resendWanted = false;
    const nowMs = Date.now();
    for (const [id, sentAtMs] of this.#sent) {
      // A stopped sale is not sent again: what the log says of it in time counts, then it is set aside.
      const isStopped = this.#stopped.has(this.ledger.open(id)?.saleId ?? '');
      if (!isStopped || nowMs - sentAtMs > RESEND_MS) this.#sent.delete(id);
    }
    this.#tails.clear();
    this.waiting.clear();
    this.#queue = [];
    for (const event of [...this.ledger.openEvents()]) if (!this.#sent.has(event.id)) this.#place(event);
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
    return this.ledger.open(event.id) !== undefined && !this.#stopped.has(event.saleId);
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

  /** Nothing is taken off before Redis has said that it is done. */
  async #flushOnce(): Promise<void> {
    for (let failures = 0; !this.#foreign && !this.#stopping.signal.aborted;) {
      const ids = this.#announced.slice(0, ANNOUNCED_IDS_MAX);
      // Trimmed is only what is announced, in the same call at the latest.
      const trim = ids.length < this.#announced.length ? undefined : this.ledger.trim();
      if (ids.length === 0 && trim === undefined) return;
      try {
        if (await this.#options.accept(ids, trim)) {
          this.#announced = this.#announced.slice(ids.length);
          if (trim !== undefined) this.ledger.trimmed(trim);
          failures = 0;
        } else {
          this.setForeign(true);
        }
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

function follows(last: Head, event: PackedEvent): boolean {
  return event.seq === last.seq + 1 && event.prev === last.id;
}
