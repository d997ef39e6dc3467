import type { Clock } from '../shared/platform/clock.ts';
import { systemClock } from '../shared/platform/clock.ts';

export interface PutHealthOptions {
  /** Puts one record that means nothing to anybody, once. */
  probe(): Promise<unknown>;
  /** the machine's, if left out */
  clock?: Clock;
}

/** Between two probes. */
const PROBE_MS = 1_000;

/**
 * Whether the bus takes what this process puts: not one record, which may be refused for itself, but any.
 * While no put succeeds, empty records are tried as well, so that a process that has nothing to put any more
 * learns when it could again.
 */
export class PutHealth {
  readonly #options: PutHealthOptions;
  readonly #clock: Clock;
  /** by `elapsedMs`; undefined while the last put that ended was taken */
  #failingSinceMs: number | undefined;
  #probedAtMs = Number.NEGATIVE_INFINITY;
  #probing: Promise<boolean> | undefined;
  #why = '';

  constructor(options: PutHealthOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Runs a put and notes how it ended. Throws what it throws. */
  async note<T>(put: () => Promise<T>): Promise<T> {
    try {
      const result = await put();
      this.#failingSinceMs = undefined;
      return result;
    } catch (error) {
      this.#failingSinceMs ??= this.#clock.elapsedMs();
      this.#why = (error as Error).message;
      throw error;
    }
  }

  /** For how long no put has succeeded, from the first that failed; 0 when the last one did. */
  failingMs(): number {
    return this.#failingSinceMs === undefined ? 0 : this.#clock.elapsedMs() - this.#failingSinceMs;
  }

  /** What the last put failed with. */
  why(): string {
    return this.#why;
  }

  /** Called every second or so: tries again while nothing is taken. */
  tick(): void {
    const isDue = this.#clock.elapsedMs() - this.#probedAtMs >= PROBE_MS;
    if (this.#failingSinceMs !== undefined && isDue) void this.takes();
  }

  /** Asks now whether the bus takes anything at all. Never rejects. */
  takes(): Promise<boolean> {
    this.#probedAtMs = this.#clock.elapsedMs();
    this.#probing ??= this.note(() => this.#options.probe()).then(() => true, () => false).finally(() => {
      this.#probing = undefined;
    });
    return this.#probing;
  }
}
