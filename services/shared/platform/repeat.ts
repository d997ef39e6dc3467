import { createPause } from './pause.ts';

/** Work in the background that comes again and again. */
export interface Repeating {
  /** Begins at once. Can be called twice. */
  start(): void;
  /** Waits for the work under way. Can be called twice. */
  stop(): Promise<void>;
}

/**
 * Does something, and again `everyMs` after it has ended, until it is stopped. Not started yet.
 *
 * @param onError what to do when it throws, before it is tried again; default: nothing
 */
export function repeat(
  everyMs: number, work: (signal: AbortSignal) => Promise<unknown>, onError?: (error: Error) => void,
): Repeating {
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = createPause(signal);
  let working: Promise<void> | undefined;

  async function goOn(): Promise<void> {
    while (!signal.aborted) {
      await work(signal).catch(onError ?? (() => undefined));
      await pause.wait(everyMs);
    }
  }

  return {
    start() {
      working ??= goOn();
    },
    async stop() {
      stopping.abort();
      await working;
    },
  };
}
