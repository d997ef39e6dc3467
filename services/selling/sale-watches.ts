import { SaleWatch } from './sale-watch.ts';
import type { SaleWatchOptions } from './sale-watch.ts';

/**
 * The sales that somebody reads or watches in this process. Sales nobody watches any more go first when
 * there are too many; those that do not exist are not kept at all.
 */
const SALES_MAX = 1_000;
const BEAT_MS = 15_000;

export interface SaleWatchesOptions extends SaleWatchOptions {
  /** open streams of this process at most */
  streamsMax: number;
}

export class SaleWatches {
  /** streams that were cut off because their client did not read */
  droppedCount = 0;
  #options: SaleWatchesOptions;
  #watches = new Map<string, SaleWatch>();
  #beat: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: SaleWatchesOptions) {
    this.#options = options;
  }

  /** Starts the heartbeat of the streams. */
  start(): void {
    if (this.#isStopped) return;
    this.#beat ??= setInterval(() => {
      for (const { audience } of this.#watches.values()) void audience.beat();
    }, BEAT_MS);
  }

  /** Ends all streams; none can be opened afterwards. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#beat);
    await Promise.all([...this.#watches.values()].map((watch) => watch.stop()));
  }

  /** The sale, whether it exists or not. */
  of(saleId: string): SaleWatch {
    const known = this.#watches.get(saleId);
    if (known !== undefined) {
      // Last in the order: the one unused for longest stands first.
      this.#watches.delete(saleId);
      this.#watches.set(saleId, known);
      return known;
    }
    this.#makeRoom();
    const watch = new SaleWatch(saleId, this.#options);
    this.#watches.set(saleId, watch);
    return watch;
  }

  /** This process has changed the sale; of no matter to one that nobody reads here. */
  noteWrite(saleId: string): void {
    this.#watches.get(saleId)?.noteWrite();
  }

  /** For a sale that turned out not to exist. */
  forget(watch: SaleWatch): void {
    if (watch.audience.count === 0 && this.#watches.get(watch.saleId) === watch) {
      this.#watches.delete(watch.saleId);
    }
  }

  /** Open streams. */
  streamCount(): number {
    let count = 0;
    for (const { audience } of this.#watches.values()) count += audience.count;
    return count;
  }

  /** Whether one more stream may be opened. */
  hasRoom(): boolean {
    return !this.#isStopped && this.streamCount() < this.#options.streamsMax;
  }

  #makeRoom(): void {
    if (this.#watches.size < SALES_MAX) return;
    for (const watch of this.#watches.values()) {
      if (watch.audience.count > 0) continue;
      this.#watches.delete(watch.saleId);
      return;
    }
  }
}
