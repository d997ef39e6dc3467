import type { PackedEvent } from '../shared/contracts/outbox.ts';
import type { Log } from '../shared/platform/log.ts';

export interface StoppedSalesOptions {
  log: Log;
  /** Runs suspend-sale; a later epoch than the one given, when Redis has the sale in one, and it goes on. */
  suspend(saleId: string, epoch: number): Promise<number | undefined>;
  /** Runs set-aside-events; false when this Redis is not the one it was. */
  setAside(saleId: string, events: PackedEvent[]): Promise<boolean>;
  /** Runs drop-void; false while Redis has the sale in that epoch, or is not the one it was. */
  dropVoid(saleId: string, epoch: number, ids: string[]): Promise<boolean>;
  /** These are kept apart now, or nobody waits for them any more. */
  done(events: PackedEvent[]): void;
  /** Redis has the sale in that later epoch: what contradicted is of before its recovery. */
  recovered(saleId: string, epoch: number): void;
}

interface StoppedSale {
  /** of the event that contradicted */
  epoch: number;
  isSuspended: boolean;
  /** to be set aside, by id */
  events: Map<string, PackedEvent>;
}

/** Events per call of set-aside-events; the script takes 1,000. */
const EVENTS_PER_CALL = 500;

/** What was made in an epoch that the log has left. */
interface Outdated {
  epoch: number;
  /** those that somebody may wait for, by id */
  events: Map<string, PackedEvent>;
}

/**
 * The sales of one partition that contradict the log, until they are recovered: each is suspended, and its
 * events are moved out of the outbox into a place of their own, so that they neither get lost nor keep the
 * outbox from being trimmed. What Redis does not take is tried again with the next `work`.
 */
export class StoppedSales {
  readonly #options: StoppedSalesOptions;
  readonly #sales = new Map<string, StoppedSale>();
  /** by sale, which Redis may still have so */
  readonly #outdated = new Map<string, Outdated>();
  /** what was answered before the last one speaks of another Redis */
  #restarts = 0;
  #working: Promise<void> | undefined;

  constructor(options: StoppedSalesOptions) {
    this.#options = options;
  }

  has(saleId: string): boolean {
    return this.#sales.has(saleId);
  }

  stop(saleId: string, epoch: number): void {
    if (!this.has(saleId)) this.#sales.set(saleId, { epoch, isSuspended: false, events: new Map() });
  }

  /** Commands may reach another Redis from now on, which does not know that the sales are suspended. */
  restart(): void {
    this.#restarts += 1;
    for (const sale of this.#sales.values()) sale.isSuspended = false;
  }

  /** The sale was recovered. */
  forget(saleId: string): void {
    this.#sales.delete(saleId);
  }

  /**
   * Redis wrote events in an epoch that the log has left: `work` suspends a sale that is still in it, and
   * sets them aside; where the sale is in a later one, it ends the waiting for them.
   */
  outdate(saleId: string, epoch: number, events: readonly PackedEvent[]): void {
    const known = this.#outdated.get(saleId);
    this.#outdated.set(saleId, {
      epoch: Math.max(epoch, known?.epoch ?? 0),
      events: new Map([...known?.events ?? [], ...events.map((event) => [event.id, event] as const)]),
    });
  }

  /** Notes an event of a stopped sale; `work` sets it aside. */
  add(event: PackedEvent): void {
    this.#sales.get(event.saleId)?.events.set(event.id, event);
  }

  /** Suspends and sets aside what is due. Never rejects. */
  work(): Promise<void> {
    this.#working ??= this.#workOnce().finally(() => {
      this.#working = undefined;
    });
    return this.#working;
  }

  async #workOnce(): Promise<void> {
    await this.#suspendOutdated();
    for (const [saleId, sale] of this.#sales) {
      const restarts = this.#restarts;
      try {
        const later = sale.isSuspended ? undefined : await this.#options.suspend(saleId, sale.epoch);
        if (restarts !== this.#restarts) continue;
        if (later !== undefined) {
          this.#options.recovered(saleId, later);
          continue;
        }
        sale.isSuspended = true;
        while (sale.events.size > 0) {
          const some = [...sale.events.values()].slice(0, EVENTS_PER_CALL);
          if (!await this.#options.setAside(saleId, some)) return;
          if (restarts !== this.#restarts) break;
          for (const { id } of some) sale.events.delete(id);
          this.#options.done(some);
        }
      } catch (error) {
        this.#options.log.warn({ err: error, saleId }, 'the sale could not be suspended or set aside yet');
      }
    }
  }

  async #suspendOutdated(): Promise<void> {
    const { suspend, dropVoid, setAside, done, log } = this.#options;
    for (const [saleId, outdated] of this.#outdated) {
      const { epoch, events } = outdated;
      const restarts = this.#restarts;
      try {
        const later = await suspend(saleId, epoch);
        while (events.size > 0 && restarts === this.#restarts) {
          const some = [...events.values()].slice(0, EVENTS_PER_CALL);
          const isTaken = later === undefined ? await setAside(saleId, some)
            : await dropVoid(saleId, epoch, some.map(({ id }) => id));
          if (!isTaken || restarts !== this.#restarts) break;
          for (const { id } of some) events.delete(id);
          done(some);
        }
        const isDone = events.size === 0 && restarts === this.#restarts;
        if (isDone && this.#outdated.get(saleId) === outdated) this.#outdated.delete(saleId);
      } catch (error) {
        log.warn({ err: error, saleId }, 'the sale could not be suspended yet');
      }
    }
  }
}
