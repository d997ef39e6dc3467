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
  /** These are kept apart now. */
  done(events: PackedEvent[]): void;
  /** Nobody waits for these any more: the log will never have them. */
  dropped(events: PackedEvent[]): void;
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
  /** by sale; Redis may still have it so */
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
   * Redis wrote events in an epoch that the log has left: `work` ends the waiting for them, or, where Redis
   * still has the sale in that epoch, suspends it and sets them aside.
   */
  outdate(saleId: string, epoch: number, events: readonly PackedEvent[]): void {
    // One object for as long as there is something to do: `work` may be at it.
    const outdated = this.#outdated.get(saleId) ?? { epoch, events: new Map() };
    outdated.epoch = Math.max(epoch, outdated.epoch);
    for (const event of events) outdated.events.set(event.id, event);
    this.#outdated.set(saleId, outdated);
  }

  /** True if it is among what `outdate` was told and is not done with yet. */
  isOutdated({ saleId, id }: Pick<PackedEvent, 'saleId' | 'id'>): boolean {
    return this.#outdated.get(saleId)?.events.has(id) === true;
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
    await this.#endOutdated();
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

  async #endOutdated(): Promise<void> {
    for (const saleId of [...this.#outdated.keys()]) {
      try {
        while (await this.#endSome(saleId));
      } catch (error) {
        this.#options.log.warn({ err: error, saleId }, 'what is void could not be ended yet');
      }
    }
  }

  /** Returns false when nothing is left, or what is left has to wait. */
  async #endSome(saleId: string): Promise<boolean> {
    const { dropVoid, suspend, setAside, done, dropped } = this.#options;
    const outdated = this.#outdated.get(saleId);
    if (outdated === undefined) return false;
    const { epoch } = outdated;
    const restarts = this.#restarts;
    const some = [...outdated.events.values()].slice(0, EVENTS_PER_CALL);
    const isDropped = await dropVoid(saleId, epoch, some.map(({ id }) => id));
    if (restarts !== this.#restarts) return false;
    if (!isDropped) {
      const later = await suspend(saleId, epoch);
      if (later !== undefined || restarts !== this.#restarts) return false;
      const isTaken = some.length === 0 || await setAside(saleId, some);
      if (!isTaken || restarts !== this.#restarts) return false;
    }
    for (const { id } of some) outdated.events.delete(id);
    if (outdated.events.size === 0 && outdated.epoch === epoch) this.#outdated.delete(saleId);
    if (isDropped) dropped(some);
    else done(some);
    return true;
  }
}
