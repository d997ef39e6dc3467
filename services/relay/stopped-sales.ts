import type { PackedEvent } from '../shared/contracts/outbox.ts';
import type { Log } from '../shared/platform/log.ts';

export interface StoppedSalesOptions {
  log: Log;
  /** Runs suspend-sale; a later epoch than the one given, when Redis has the sale in one, and it goes on. */
  suspend(saleId: string, epoch: number): Promise<number | undefined>;
  /** Runs set-aside-events; false when this Redis is not the one it was. */
  setAside(saleId: string, events: PackedEvent[]): Promise<boolean>;
  /** These are kept apart now. */
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

/**
 * The sales of one partition that contradict the log, until they are recovered: each is suspended, and its
 * events are moved out of the outbox into a place of their own, so that they neither get lost nor keep the
 * outbox from being trimmed. What Redis does not take is tried again with the next `work`.
 */
export class StoppedSales {
  readonly #options: StoppedSalesOptions;
  readonly #sales = new Map<string, StoppedSale>();
  /** epoch by sale: Redis may still have the sale in it, which the log has left */
  readonly #outdated = new Map<string, number>();
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

  /** Redis wrote an event in an epoch that the log has left; `work` suspends a sale that is still in it. */
  outdate(saleId: string, epoch: number): void {
    this.#outdated.set(saleId, Math.max(epoch, this.#outdated.get(saleId) ?? 0));
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
    for (const [saleId, epoch] of this.#outdated) {
      const restarts = this.#restarts;
      try {
        await this.#options.suspend(saleId, epoch);
        const isSame = restarts === this.#restarts && this.#outdated.get(saleId) === epoch;
        if (isSame) this.#outdated.delete(saleId);
      } catch (error) {
        this.#options.log.warn({ err: error, saleId }, 'the sale could not be suspended yet');
      }
    }
  }
}
