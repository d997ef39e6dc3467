import type { PackedEvent } from '../shared/contracts/outbox.ts';
import type { Log } from '../shared/platform/log.ts';

export interface StoppedSalesOptions {
  log: Log;
  /** Runs suspend-sale. */
  suspend(saleId: string): Promise<void>;
  /** Runs set-aside-events; false when this Redis is not the one it was. */
  setAside(saleId: string, events: PackedEvent[]): Promise<boolean>;
  /** These are kept apart now. */
  done(events: PackedEvent[]): void;
}

interface StoppedSale {
  isSuspended: boolean;
  /** to be set aside, by id */
  events: Map<string, PackedEvent>;
}

/** Events per call of set-aside-events; the script takes 1,000. */
const EVENTS_PER_CALL = 500;

/**
 * The sales of one partition that contradict the log, until the relay ends: each is suspended, and its events
 * are moved out of the outbox into a place of their own, so that they neither get lost nor keep the outbox
 * from being trimmed. What Redis does not take is tried again with the next `work`.
 */
export class StoppedSales {
  readonly #options: StoppedSalesOptions;
  readonly #sales = new Map<string, StoppedSale>();
  #working: Promise<void> | undefined;

  constructor(options: StoppedSalesOptions) {
    this.#options = options;
  }

  has(saleId: string): boolean {
    return this.#sales.has(saleId);
  }

  stop(saleId: string): void {
    if (!this.has(saleId)) this.#sales.set(saleId, { isSuspended: false, events: new Map() });
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
    for (const [saleId, sale] of this.#sales) {
      try {
        if (!sale.isSuspended) await this.#options.suspend(saleId);
        sale.isSuspended = true;
        while (sale.events.size > 0) {
          const some = [...sale.events.values()].slice(0, EVENTS_PER_CALL);
          if (!await this.#options.setAside(saleId, some)) return;
          for (const { id } of some) sale.events.delete(id);
          this.#options.done(some);
        }
      } catch (error) {
        this.#options.log.warn({ err: error, saleId }, 'the sale could not be suspended or set aside yet');
      }
    }
  }
}
