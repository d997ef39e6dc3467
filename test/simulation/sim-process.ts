import type { Clock } from '../../services/shared/platform/clock.ts';
import type { Pause } from '../../services/shared/platform/pause.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { VirtualTime } from './virtual-time.ts';

/** 2026-01-01T00:00:00Z: when every history begins. */
export const BEGINNING_MS = 1_767_225_600_000;

/**
 * A process on a machine of its own: its clock may be wrong and jump, it may stand still for a while (what
 * came meanwhile reaches it when it wakes, in order), and it may be killed (nothing reaches it any more,
 * while what it has sent goes on its way).
 */
export class SimProcess implements Clock {
  readonly name: string;
  clockOffsetMs = 0;
  readonly #time: VirtualTime;
  readonly #random: SeededRandom;
  #isDead = false;
  #asleepUntilMs = 0;
  #missed: (() => void)[] = [];

  constructor(name: string, time: VirtualTime, random: SeededRandom) {
    this.name = name;
    this.#time = time;
    this.#random = random;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  nowMs(): number {
    return Math.round(BEGINNING_MS + this.#time.nowMs + this.clockOffsetMs);
  }

  elapsedMs(): number {
    return this.#time.nowMs;
  }

  random(): number {
    return this.#random.float();
  }

  /** Runs something in `ms`, or when the process wakes after that; never when it is dead. */
  after(ms: number, run: () => void): void {
    this.#time.after(ms, () => {
      if (this.#isDead) return;
      if (this.#time.nowMs < this.#asleepUntilMs) this.#missed.push(run);
      else run();
    });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  createPause(signal: AbortSignal): Pause {
    return {
      wait: (ms) => new Promise((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
        this.after(ms, resolve);
      }),
      wake: () => undefined,
    };
  }

  standStill(ms: number): void {
    const untilMs = this.#time.nowMs + ms;
    if (untilMs <= this.#asleepUntilMs) return;
    this.#asleepUntilMs = untilMs;
    this.#time.after(ms, () => {
      if (this.#time.nowMs < this.#asleepUntilMs) return;
      const missed = this.#missed;
      this.#missed = [];
      for (const run of missed) if (!this.#isDead) run();
    });
  }

  /** Ends a stand-still now. */
  wake(): void {
    if (this.#time.nowMs >= this.#asleepUntilMs) return;
    this.#asleepUntilMs = this.#time.nowMs;
    const missed = this.#missed;
    this.#missed = [];
    for (const run of missed) if (!this.#isDead) run();
  }

  kill(): void {
    this.#isDead = true;
    this.#missed = [];
  }
}
