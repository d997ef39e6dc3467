/**
 * A pause that can be cut short: by its own `wake`, which also counts when it comes just before the pause
 * (the wish is kept and the next pause is none), and by the signal that stops everything.
 */
export interface Pause {
  /** Resolves after `ms`, on `wake`, or on abort; never rejects. */
  wait(ms: number): Promise<void>;
  wake(): void;
}

/** A pause for one loop; several loops need one each. */
export function createPause(signal: AbortSignal): Pause {
  let woken = false;
  let end: (() => void) | undefined;
  return {
    async wait(ms) {
      if (!woken && !signal.aborted && ms > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(finish, ms);
          signal.addEventListener('abort', finish, { once: true });
          end = finish;
          function finish(): void {
            clearTimeout(timer);
            signal.removeEventListener('abort', finish);
            end = undefined;
            resolve();
          }
        });
      }
      woken = false;
    },
    wake() {
      woken = true;
      end?.();
    },
  };
}

/**
 * Milliseconds to wait before the next attempt: grows from `msMin` to `msMax`, doubling, of which a random
 * half is taken off, so that many who failed together do not come back together.
 *
 * @param attempt 1 after the first failure
 * @param random from 0 on, below 1: which part of that half is left
 */
export function backoffMs(attempt: number, msMin: number, msMax: number, random = Math.random()): number {
  const ms = Math.min(msMax, msMin * 2 ** Math.min(attempt - 1, 16));
  return ms / 2 + random * (ms / 2);
}
