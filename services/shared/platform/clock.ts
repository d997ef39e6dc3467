import { createPause } from './pause.ts';
import type { Pause } from './pause.ts';

/**
 * What code that waits and measures time takes from its surroundings, so that a simulator can give it another
 * time and another chance than the machine's. Durations are measured with `elapsedMs`, which no correction of
 * the machine's clock moves; `nowMs` is for what is compared with times that somebody else wrote down.
 */
export interface Clock {
  /** Time of day, ms since 1970; may jump, both ways. */
  nowMs(): number;
  /** Ms since some moment, the same one for the whole process; never goes back. */
  elapsedMs(): number;
  /** From 0 on, below 1. */
  random(): number;
  createPause(signal: AbortSignal): Pause;
}

/** The machine's. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  elapsedMs: () => performance.now(),
  random: () => Math.random(),
  createPause,
};
