import { assertNever } from '../shared/contracts/assert-never.ts';
import type { LogEvent } from '../shared/contracts/log-fold.ts';
import type { Head, Judgement } from '../shared/contracts/log-rule.ts';
import type { PackedEvent } from '../shared/contracts/outbox.ts';
import { partitionName } from '../shared/contracts/partition-of.ts';
import type { Log } from '../shared/platform/log.ts';
import { systemClock } from '../shared/platform/clock.ts';
import type { Clock } from '../shared/platform/clock.ts';
import { backoffMs } from '../shared/platform/pause.ts';
import type { Pause } from '../shared/platform/pause.ts';
import { Announcer } from './announcer.ts';
import { createOutboxLedger } from './outbox-ledger.ts';
import type { OutboxLedger } from './outbox-ledger.ts';
import type { PartitionRelayOptions } from './partition-relay-options.ts';
import { placeEvent } from './place-event.ts';
import { readEntry } from './read-entry.ts';
import { RecordSender } from './record-sender.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import { SendingQueue } from './sending-queue.ts';
import { SentRecords } from './sent-records.ts';
import { StoppedSales } from './stopped-sales.ts';
import { VoidEvents } from './void-events.ts';
import { WaitingEvents } from './waiting-events.ts';

/** Events read from the outbox and not accepted yet, above which no more are read. */
const OPEN_EVENTS_MAX = 50_000;
/** What the bus took and is not read back after this long is sent again. */
const RESEND_MS = 30_000;
const RETRY_MS_MIN = 20;
const RETRY_MS_MAX = 1_000;
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
  readonly records = new SentRecords();
  readonly #options: PartitionRelayOptions;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #clock: Clock;
  readonly #pause: Pause;
  readonly #stopped: StoppedSales;
  readonly #announcer: Announcer;
  readonly #sender: RecordSender;
  readonly #queue: SendingQueue;
  /** `flush` deals with them */
  readonly #voids = new VoidEvents();
  /** the last event of a sale that is in the queue or was sent */
  readonly #tails = new Map<string, Head>();
  /** that the log has the recovered sales in: events of an earlier one, unless accepted, are void */
  readonly #epochs = new Map<string, number>();
  /** the latest that they were seen in, in this Redis: events of an earlier one are not sent */
  readonly #latestEpochs = new Map<string, number>();
  /** what of the outbox cannot be read, a sentence by entry */
  readonly #unread = new Map<string, string>();
  #begun = false;
  #foreign = false;

  constructor(options: PartitionRelayOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#pause = this.#clock.createPause(this.#stopping.signal);
    this.#log = options.log.child({ partition: options.partition });
    this.#announcer = new Announcer({
      ledger: this.ledger, clock: this.#clock, accept: options.accept,
      mayGoOn: () => !this.#foreign && !this.#stopping.signal.aborted,
      foreign: () => this.setForeign(true),
      pauseAfter: (failures, error) =>
        this.#pauseAfter(failures, error, 'Redis does not take what was accepted'),
    });
    this.#sender = new RecordSender({
      put: options.put, metrics: options.metrics, signal: this.#stopping.signal,
      pauseAfter: (failures, error) => this.#pauseAfter(failures, error, 'the bus does not take a record'),
    });
    this.#queue = new SendingQueue({
      partition: options.partition, layouts: options.layouts, clock: this.#clock, sender: this.#sender,
      records: this.records,
      isOpen: ({ id }) => this.ledger.open(id) !== undefined,
      isToSend: ({ id, saleId }) => this.ledger.open(id) !== undefined && !this.#stopped.has(saleId),
      mayGoOn: () => this.#begun && !this.#foreign && !this.#stopping.signal.aborted,
      refill: () => this.#requeue(),
      fault: (event, reason) => this.#stopSale(event, reason),
      pauseAfter: (failures, error) => this.#pauseAfter(failures, error, 'a record could not be built'),
    });
    this.#stopped = new StoppedSales({
      log: this.#log, suspend: options.suspend, setAside: options.setAside, dropVoid: options.dropVoid,
      done: (events) => this.#putAside(events, options.metrics.setAside),
      dropped: (events) => this.#putAside(events, options.metrics.voided),
      recovered: (saleId, epoch) => this.#overtake(saleId, epoch),
    });
  }

  /** Takes entries in as they stand in the outbox. */
  offer(entries: { id: string; fields: string[] }[]): void {
    for (const { id, fields } of entries) {
      const { events, fault } = readEntry(id, fields);
      if (fault !== undefined) {
        this.#unread.set(id, fault);
        this.#log.error({ fault }, 'a part of the outbox cannot be read: what follows it in its sale waits');
      }
      const { open, accepted } = this.ledger.add(id, events, fault === undefined);
      for (const event of open) this.#lookAtRecovery(event);
      if (this.#begun) for (const event of open) this.#place(event);
      for (const event of accepted) this.#announce(event);
    }
    // Also without new events: entries read again may be done, and want to be trimmed.
    void this.flush();
    this.#queue.pump();
  }

  /** The outbox will be offered from its beginning again: over another connection positions mean nothing. */
  restart(): void {
    this.ledger.restart();
    this.#unread.clear();
    this.#stopped.restart();
    this.#announcer.restart();
    this.#latestEpochs.clear();
    this.#queue.wantRefill();
  }

  /**
   * Takes in what the event store knows: accepted ids, and, already in the fold, heads. `hasIt` tells of an
   * open event older than the fold remembers whether the log has it; undefined: unknown.
   */
  learn(acceptedIds: Iterable<string>, hasIt: (event: PackedEvent) => boolean | undefined): void {
    for (const id of acceptedIds) this.#note(id);
    for (const event of [...this.ledger.openEvents()]) {
      if (this.#options.fold.standing(event) !== 'unknown' || hasIt(event) !== false) continue;
      this.#contradict(event, `the log has another event at seq ${event.seq}`);
    }
    for (const saleId of this.waiting.saleIds()) this.waiting.advance(saleId);
    void this.flush();
  }

  /** The log was read to its tip: from now on what it lacks is sent. */
  begin(): void {
    this.#begun = true;
    this.#requeue();
    void this.flush();
    this.#queue.pump();
  }

  /** Notes what the log says of an event; `flush` announces it. */
  settle(event: LogEvent, { verdict, reason }: Judgement): void {
    this.waiting.advance(event.saleId);
    if (verdict !== 'rejected') {
      // With what waits before it: that may have been read back while a later head was known.
      const before = this.waiting.provenBy(event);
      this.#note(event.id);
      for (const id of before) this.#note(id);
      return;
    }
    const ours = this.ledger.open(event.id);
    if (ours === undefined) return;
    // After a gap the events before it are missing: that is cured by sending all of them once more.
    if (reason === 'seq_gap') this.#queue.wantRefill();
    else this.#contradict(ours, `the log rejected seq ${event.seq}: ${reason}`);
  }

  /** Announces what was accepted and trims behind it. Resolves when Redis has done so, or on stop. */
  flush(): Promise<void> {
    this.#placeAdvanced();
    this.#endVoid();
    this.ledger.spare(({ id, saleId }) => this.waiting.of(saleId).some((event) => event.id === id));
    return this.#announcer.flush();
  }

  /** Called every second: sends again what got lost, repeats what Redis did not take. */
  tick(): void {
    const [oldestMs] = this.#queue.sent.values();
    if (oldestMs !== undefined && this.#clock.elapsedMs() - oldestMs > RESEND_MS) this.#queue.wantRefill();
    if (!this.#foreign) void this.#stopped.work();
    void this.flush();
    void this.#lookAtWaiting();
    this.#queue.pump();
  }

  /** An event was read that is older than the fold remembers: if it is ours, the event store has to tell. */
  doubt(eventId: string): void {
    const event = this.ledger.open(eventId);
    if (event !== undefined && this.#queue.sent.delete(eventId)) this.waiting.add(event);
  }

  /** Sets what is open of a suspended sale aside: it leads nowhere, or took too long. */
  giveUp(saleId: string, reason: string): void {
    const [first] = this.ledger.openEventsOf(saleId);
    if (first !== undefined) this.#stopSale(first, reason);
  }

  /** The latest epoch of a sale that was read from the outbox or the log. */
  epochOf(saleId: string): number {
    return Math.max(this.#latestEpochs.get(saleId) ?? 0, this.#epochs.get(saleId) ?? 0);
  }

  /** The log has the sale in this epoch: what is left of before and not in the log will never be. */
  enterEpoch(saleId: string, epoch: number): void {
    if (epoch <= (this.#epochs.get(saleId) ?? 0)) return;
    this.#epochs.set(saleId, epoch);
    this.#overtake(saleId, epoch);
    for (const event of this.ledger.openEventsOf(saleId)) {
      const isLeft = ['ahead', 'contradicted'].includes(this.#options.fold.standing(event));
      if (event.epoch < epoch && isLeft) this.#void(event);
    }
  }

  hasRoom(): boolean {
    return this.ledger.openCount() < OPEN_EVENTS_MAX;
  }

  /** What hinders the partition, a sentence each. Not among it: a stopped sale, all others go on. */
  troubles(): string[] {
    const name = partitionName(this.#options.partition);
    const other = this.#foreign ? `${name}: Redis has another generation, recovery is needed` : '';
    return [other, this.#sender.trouble()].filter(Boolean);
  }

  /** What of the outbox cannot be read, a sentence each: it hinders its own sales only. */
  unreadable(): string[] {
    return [...this.#unread.values()].map((fault) => `${partitionName(this.#options.partition)}: ${fault}`);
  }

  /** Says whether Redis still has the generation known here; a partition of another one is left alone. */
  setForeign(foreign: boolean): void {
    if (foreign && !this.#foreign) this.#log.error('Redis has another generation: recovery is needed');
    const isBack = this.#foreign && !foreign;
    this.#foreign = foreign;
    // What could not be announced in the meantime.
    if (isBack) void this.flush();
    this.#queue.pump();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#queue.settled();
    await this.#announcer.settled();
  }

  /** Does with an event of the outbox what is to be done with it (place-event.ts). */
  #place(event: PackedEvent): void {
    const { saleId, seq, id } = event;
    if (event.epoch > this.epochOf(saleId)) this.#overtake(saleId, event.epoch);
    const { place, why } = placeEvent(event, {
      fold: this.#options.fold, tail: this.#tails.get(saleId), othersWait: this.waiting.has(saleId),
      epoch: this.#epochs.get(saleId) ?? 0, latestEpoch: this.epochOf(saleId),
      isStopped: this.#stopped.has(saleId),
    });
    switch (place) {
      case 'announced':
        for (const known of [id, ...this.waiting.provenBy(event)]) this.#note(known);
        return;
      case 'void': return this.#void(event);
      case 'overtaken': return;
      case 'set-aside': return this.#setAside(event);
      case 'waiting': return this.waiting.add(event);
      case 'contradicting': return this.#contradict(event, why);
      case 'next':
        this.#tails.set(saleId, { seq, id });
        return this.#queue.push(event);
      default: assertNever(place);
    }
  }

  /** A sale that was stopped goes on when it was recovered since, even if in the epoch of its stop. */
  #lookAtRecovery({ saleId, epoch, type }: PackedEvent): void {
    if (type === 'sale.recovered' && epoch >= this.epochOf(saleId)) this.#overtake(saleId, epoch);
  }

  /** The sale was rebuilt from the log, by whichever relay: nothing of before is sent any more. */
  #overtake(saleId: string, epoch: number): void {
    this.#latestEpochs.set(saleId, epoch);
    this.#stopped.forget(saleId);
    this.waiting.forget(saleId);
    this.#options.layouts.forget(saleId);
    this.#queue.wantRefill();
    this.#queue.pump();
  }

  /** Judges again what waits in sales of which more is known now. */
  #placeAdvanced(): void {
    for (const event of this.waiting.takeAdvanced()) {
      if (this.ledger.open(event.id) !== undefined) this.#place(event);
    }
    this.#queue.pump();
  }

  /** A sale whose events were set aside before goes on with a state that the log does not know: it stops. */
  async #lookAtWaiting(): Promise<void> {
    for (const saleId of this.waiting.saleIds()) {
      this.waiting.advance(saleId);
      try {
        const [first] = this.waiting.of(saleId);
        if (first !== undefined && await this.#options.hasSetAside(saleId)) {
          this.#stopSale(first, 'events of it contradicted the log before, and it has not been recovered');
        }
      } catch (error) {
        this.#log.debug({ err: (error as Error).message, saleId }, 'what waits could not be looked at');
        return;
      }
    }
    this.#placeAdvanced();
  }

  #note(eventId: string): void {
    const event = this.ledger.finish(eventId, 'accepted');
    if (event === undefined) return;
    this.#queue.sent.delete(eventId);
    this.#announce(event);
    this.enterEpoch(event.saleId, event.epoch);
    this.#options.metrics.lagMs.observe(Math.max(0, this.#clock.nowMs() - event.timeMs));
    this.#queue.pump();
  }

  #announce({ id, type }: PackedEvent): void {
    // Nobody waits for a hold: announcing them would only make the stream long.
    if (!type.startsWith('hold.')) this.#announcer.add(id);
  }

  /** It was made before the sale was recovered, by whom nobody believed, and so was what follows. */
  #void(event: PackedEvent): void {
    if (!this.#stopped.isOutdated(event)) this.#voids.add(event);
  }

  /** What nobody waits for is done, the others are once nobody waits for them any more. */
  #endVoid(): void {
    for (const [saleId, events] of this.#voids.take((of) => this.ledger.openEventsOf(of))) {
      const isAwaited = ({ type }: PackedEvent): boolean => !type.startsWith('hold.');
      for (const { id } of events) this.#queue.sent.delete(id);
      this.#putAside(events.filter((event) => !isAwaited(event)), this.#options.metrics.voided);
      const epoch = Math.max(...events.map((event) => event.epoch));
      this.#stopped.outdate(saleId, epoch, events.filter(isAwaited));
      this.#log.warn({ saleId, count: events.length }, 'what was made before a recovery is void');
    }
  }

  /** They are dealt with, and not in the log. */
  #putAside(events: readonly PackedEvent[], counter: RelayMetrics['setAside']): void {
    counter.inc(events.length);
    for (const { id } of events) if (this.ledger.finish(id, 'aside')) this.#queue.sent.delete(id);
    void this.flush();
  }

  /** An event will never be in the log: that stops its sale, unless it was recovered since. */
  #contradict(event: PackedEvent, reason: string): void {
    if (event.epoch < this.epochOf(event.saleId)) return this.#void(event);
    this.#stopSale(event, reason);
    this.#setAside(event);
  }

  /** What of it was sent may still be accepted and is left to `settle`; the rest is set aside now. */
  #stopSale({ saleId, epoch }: Pick<PackedEvent, 'saleId' | 'epoch'>, reason: string): void {
    if (epoch < this.epochOf(saleId)) return;
    if (!this.#stopped.has(saleId)) {
      this.#stopped.stop(saleId, epoch);
      this.#options.metrics.contradictions.inc();
      this.#log.error({ saleId, reason }, 'the outbox contradicts the log: the sale is stopped');
      this.waiting.forget(saleId);
      for (const event of [...this.ledger.openEvents()]) {
        if (event.saleId === saleId && !this.#queue.sent.has(event.id)) this.#place(event);
      }
    }
    if (!this.#foreign) void this.#stopped.work();
  }

  #setAside(event: PackedEvent): void {
    this.#stopped.add(event);
    if (!this.#foreign) void this.#stopped.work();
  }

  /** The queue anew from all that is open: at the start, and when what was sent is not in the log. */
  #requeue(): void {
    this.#queue.clear();
    const nowMs = this.#clock.elapsedMs();
    for (const [id, sentAtMs] of this.#queue.sent) {
      // A stopped sale is not sent again: what the log says of it in time counts, then it is set aside.
      const isStopped = this.#stopped.has(this.ledger.open(id)?.saleId ?? '');
      if (!isStopped || nowMs - sentAtMs > RESEND_MS) this.#queue.sent.delete(id);
    }
    this.#tails.clear();
    this.waiting.clear();
    for (const one of [...this.ledger.openEvents()]) if (!this.#queue.sent.has(one.id)) this.#place(one);
  }

  async #pauseAfter(failures: number, error: unknown, sentence: string): Promise<void> {
    if (failures % LOGGED_FAILURES === 1) this.#log.warn({ err: error, failures }, sentence);
    await this.#pause.wait(backoffMs(failures, RETRY_MS_MIN, RETRY_MS_MAX, this.#clock.random()));
  }
}
