import { isEventType } from '../shared/contracts/events.ts';
import { upcast } from '../shared/contracts/upcast.ts';
import { openContact } from '../shared/platform/contact-seal.ts';
import type { Contact } from '../shared/platform/contact-seal.ts';
import type { Log } from '../shared/platform/log.ts';
import { backoffMs, createPause } from '../shared/platform/pause.ts';
import type { Pause } from '../shared/platform/pause.ts';
import { isLasting } from './is-lasting.ts';
import type { LegacyProgress } from './legacy-progress.ts';
import { PositionMovedError } from './legacy-progress.ts';
import { planEffects } from './plan-effects.ts';
import type { Step, StoredEvent } from './plan-effects.ts';
import { ProjectionFault } from './projection-fault.ts';
import type { ProjectorMetrics } from './projector-metrics.ts';

/** More per transaction gives no more throughput and longer waits for everybody else. */
const EVENTS_PER_BATCH_MAX = 1_000;
/** Sales worked on at once; each needs a connection. */
export const SALES_AT_ONCE = 3;
/** How often the whole store is looked over for what nobody woke this process for. */
const SURVEY_MS = 1_000;
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 2_000;

/**
 * Brings the legacy rows behind the event store: each event has its effect once, in order per sale, because
 * effect and position move in one transaction. An event that cannot be applied is parked with its reason;
 * that sale then waits, all others go on, and it is tried again when its row in `projection.parked_events`
 * is gone. While PostgreSQL is away nothing is parked: it waits and goes on.
 */
export class LegacyProjection {
  readonly #progress: LegacyProgress;
  readonly #contactKey: Uint8Array;
  readonly #metrics: ProjectorMetrics;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #surveyPause: Pause = createPause(this.#stopping.signal);
  readonly #waiting = new Set<string>();
  readonly #working = new Map<string, Promise<void>>();
  readonly #positions = new Map<string, number>();
  #parked = new Set<string>();
  #trouble = 'the positions are not read yet';
  #surveying: Promise<void> | undefined;

  constructor(
    { progress, contactKey, metrics, log }:
    { progress: LegacyProgress; contactKey: Uint8Array; metrics: ProjectorMetrics; log: Log },
  ) {
    this.#progress = progress;
    this.#contactKey = contactKey;
    this.#metrics = metrics;
    this.#log = log;
  }

  start(): void {
    this.#surveying ??= this.#keepSurveying();
  }

  /** Lets the transactions under way end. Can be called twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#surveying;
    await Promise.all(this.#working.values());
  }

  /** There may be more events of these sales. */
  wake(saleIds: Iterable<string>): void {
    for (const saleId of saleIds) if (!this.#parked.has(saleId)) this.#waiting.add(saleId);
    this.#dispatch();
  }

  /** What keeps it from working, a sentence each. A parked sale is not among it: all others go on. */
  troubles(): string[] {
    return this.#trouble === '' ? [] : [this.#trouble];
  }

  #dispatch(): void {
    for (const saleId of this.#waiting) {
      if (this.#stopping.signal.aborted || this.#working.size >= SALES_AT_ONCE) return;
      // One that is being worked on stays waiting, and is looked at once more when that is done.
      if (this.#working.has(saleId)) continue;
      this.#waiting.delete(saleId);
      this.#working.set(saleId, this.#catchUp(saleId).finally(() => {
        this.#working.delete(saleId);
        this.#dispatch();
      }));
    }
  }

  async #keepSurveying(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        const { behind, parked } = await this.#progress.survey();
        this.#parked = parked;
        this.#metrics.parked.set(parked.size);
        this.#trouble = '';
        this.wake(behind.keys());
      } catch (error) {
        this.#trouble = `the projection cannot be surveyed: ${(error as Error).message}`;
        this.#log.warn({ err: error }, 'the projection cannot be surveyed');
      }
      await this.#surveyPause.wait(SURVEY_MS);
    }
  }

  /** Applies what there is of one sale, until there is no more or it is parked. Never rejects. */
  async #catchUp(saleId: string): Promise<void> {
    for (let failures = 0; !this.#stopping.signal.aborted && !this.#parked.has(saleId);) {
      try {
        const from = this.#positions.get(saleId) ?? await this.#progress.position(saleId);
        const events = await this.#progress.eventsAfter(saleId, from, EVENTS_PER_BATCH_MAX);
        if (events.length === 0) return;
        await this.#applyOrSplit(saleId, from, events);
        failures = 0;
      } catch (error) {
        this.#positions.delete(saleId);
        if (error instanceof PositionMovedError) continue;
        failures += 1;
        this.#trouble = `the legacy rows cannot be written: ${(error as Error).message}`;
        if (failures % 20 === 1) this.#log.warn({ err: error, saleId }, 'legacy rows cannot be written');
        await createPause(this.#stopping.signal).wait(backoffMs(failures, RETRY_MS_MIN, RETRY_MS_MAX));
      }
    }
  }

  /**
   * Applies a run of events at once; when that cannot be, its halves, down to the one event that is at
   * fault.
   */
  async #applyOrSplit(saleId: string, from: number, events: StoredEvent[]): Promise<void> {
    const last = events.at(-1);
    if (last === undefined || this.#parked.has(saleId)) return;
    try {
      const { steps, contacts } = await this.#plan(events);
      await this.#progress.apply(saleId, { from, to: last.seq }, steps, contacts);
      this.#positions.set(saleId, last.seq);
      this.#report(events);
    } catch (error) {
      if (!(error instanceof ProjectionFault) && !isLasting(error)) throw error;
      if (events.length === 1) return this.#park(saleId, last, error);
      const middle = Math.floor(events.length / 2);
      await this.#applyOrSplit(saleId, from, events.slice(0, middle));
      const after = events[middle - 1]?.seq ?? from;
      await this.#applyOrSplit(saleId, after, events.slice(middle));
    }
  }

  async #park(saleId: string, stored: StoredEvent, error: Error): Promise<void> {
    await this.#progress.park(saleId, stored, error.message);
    this.#parked.add(saleId);
    this.#metrics.parked.set(this.#parked.size);
    const { seq, event: { id } } = stored;
    this.#log.error({ saleId, seq, id, err: error }, 'an event is parked, its sale waits');
  }

  /** Everything that needs no database; what fails here fails again. */
  async #plan(events: readonly StoredEvent[]): Promise<{ steps: Step[]; contacts: Map<string, Contact> }> {
    try {
      const steps = planEffects(events.map(ofToday));
      return { steps, contacts: await this.#openContacts(steps) };
    } catch (error) {
      throw new ProjectionFault((error as Error).message, { cause: error });
    }
  }

  async #openContacts(steps: readonly Step[]): Promise<Map<string, Contact>> {
    const orders = steps.flatMap((step) => step.kind === 'change-stock' ? step.change.orders : []);
    const opened = await Promise.all(orders.map(async ({ data }): Promise<[string, Contact]> =>
      [data.orderId, await openContact(this.#contactKey, data.contact)]));
    return new Map(opened);
  }

  #report(events: readonly StoredEvent[]): void {
    const nowMs = Date.now();
    this.#trouble = '';
    this.#metrics.projected.inc(events.length);
    for (const { event } of events) {
      if (event.type !== 'order.confirmed') continue;
      this.#metrics.projectionLagMs.observe(Math.max(0, nowMs - Date.parse(event.time)));
    }
  }
}

/** A type that is unknown here stays as it is, and has no effect. */
function ofToday({ seq, event }: StoredEvent): StoredEvent {
  return { seq, event: isEventType(event.type) ? upcast(event) : event };
}
