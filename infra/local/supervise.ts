/**
 * Keeps one program running: started again when it ends, after a pause that doubles from 0.25 to 10
 * seconds and is short again after a minute without trouble.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { GuardedChild } from './spawn-guarded.ts';

export type Supervised = {
  name: string;
  /** How often it ended by itself so far. */
  endCount(): number;
  /** Ends it for good and waits for that. May be called twice. */
  stop(): Promise<void>;
};

export type SuperviseOptions = {
  name: string;
  start: () => Promise<GuardedChild>;
  say: (sentence: string) => void;
  /** Called after every start, the first included. */
  onStart: (name: string, pid: number) => void;
};

const pauseMsMin = 250;
const pauseMsMax = 10_000;
const calmMs = 60_000;

/** Rejects when the first start fails; later ones are tried for ever. */
export async function supervise({ name, start, say, onStart }: SuperviseOptions): Promise<Supervised> {
  const stopping = new AbortController();
  let child = await start();
  let startedAtMs = Date.now();
  let endCount = 0;
  let pauseMs = pauseMsMin;
  onStart(name, child.pid);

  /** Whether it runs again. */
  const startAgain = async (): Promise<boolean> => {
    await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, pauseMsMax);
    if (stopping.signal.aborted) return false;
    try {
      child = await start();
    } catch (error) {
      say(`${name} could not be started again: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
    startedAtMs = Date.now();
    onStart(name, child.pid);
    return true;
  };
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const code = await child.exited;
      if (stopping.signal.aborted) return;
      endCount++;
      if (Date.now() - startedAtMs > calmMs) pauseMs = pauseMsMin;
      say(`${name} ended with code ${code}; starting it again in ${pauseMs} ms`);
      while (!(await startAgain()) && !stopping.signal.aborted);
    }
  };
  const watching = watch();
  return {
    name,
    endCount: () => endCount,
    stop: async () => {
      stopping.abort();
      await child.stop();
      await watching;
      // A start that was under way when the order came has made another child.
      await child.stop();
    },
  };
}
