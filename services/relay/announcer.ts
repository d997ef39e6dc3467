import type { Clock } from '../shared/platform/clock.ts';
import type { OutboxLedger, Trim } from './outbox-ledger.ts';

export interface AnnouncerOptions {
  ledger: OutboxLedger;
  clock: Clock;
  /** Runs accept-events; false when this Redis is not the one it was. */
  accept(ids: string[], trim: Trim | undefined): Promise<boolean>;
  /** False while Redis is another one, and once the relay ends. */
  mayGoOn(): boolean;
  /** Redis has turned out to be another one. */
  foreign(): void;
  pauseAfter(failures: number, error: unknown): Promise<void>;
}

/**
 * What was announced so shortly before the connection broke may be unknown to the Redis behind the next one:
 * longer than a replica lags, and no more than that stream keeps.
 */
const FRESH_MS = 60_000;
const FRESH_IDS_MAX = 10_000;
/** Per call of accept-events. */
const ANNOUNCED_IDS_MAX = 5_000;

/**
 * Tells Redis which events of one partition the log has accepted, and trims the outbox behind them. Nothing
 * is taken off before Redis has said that it is done.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  #ids: string[] = [];
  /** announced lately, with the time, by `elapsedMs` */
  #fresh: { id: string; atMs: number }[] = [];
  /** what was answered before the last one speaks of another Redis */
  #restarts = 0;
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** `flush` announces it. */
  add(eventId: string): void {
    this.#ids.push(eventId);
  }

  /** Another Redis may answer from now on: what was announced lately is announced once more. */
  restart(): void {
    const sinceMs = this.#options.clock.elapsedMs() - FRESH_MS;
    const again = this.#fresh.filter(({ atMs }) => atMs >= sinceMs).map(({ id }) => id);
    this.#ids = [...again, ...this.#ids];
    this.#fresh = [];
    this.#restarts += 1;
  }

  /** Resolves when Redis has taken what is there now, or may not be asked any more. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#flushOnce());
    return this.#flushing;
  }

  settled(): Promise<void> {
    return this.#flushing;
  }

  async #flushOnce(): Promise<void> {
    const { ledger, accept, mayGoOn, foreign, pauseAfter } = this.#options;
    for (let failures = 0; mayGoOn();) {
      const ids = this.#ids.slice(0, ANNOUNCED_IDS_MAX);
      // Trimmed is only what is announced, in the same call at the latest.
      const trim = ids.length < this.#ids.length ? undefined : ledger.trim();
      if (ids.length === 0 && trim === undefined) return;
      const restarts = this.#restarts;
      try {
        const isTaken = await accept(ids, trim);
        if (restarts !== this.#restarts) continue;
        if (isTaken) {
          this.#ids = this.#ids.slice(ids.length);
          this.#remember(ids);
          if (trim !== undefined) ledger.trimmed(trim);
          failures = 0;
        } else {
          foreign();
        }
      } catch (error) {
        await pauseAfter(failures += 1, error);
      }
    }
  }

  #remember(ids: string[]): void {
    const atMs = this.#options.clock.elapsedMs();
    for (const id of ids) this.#fresh.push({ id, atMs });
    // Cutting the array costs its length: not every time.
    if (this.#fresh.length > 2 * FRESH_IDS_MAX) this.#fresh = this.#fresh.slice(-FRESH_IDS_MAX);
  }
}
