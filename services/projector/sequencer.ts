import { setTimeout as sleep } from 'node:timers/promises';
import { chainSales } from '../shared/event-store/chain-events.ts';
import { PLACED_MAX, placeChunks } from '../shared/event-store/place-chunks.ts';
import type { Log } from '../shared/platform/log.ts';
import { createPause } from '../shared/platform/pause.ts';
import type { Pool } from '../shared/platform/pg.ts';

/** Gives what was appended its positions, and completes what projectors of the version before append. */
export interface Sequencer {
  start(): void;
  /** There is something to place. */
  wake(): void;
  /** Waits for the transaction under way; the signal ends it. */
  stop(): Promise<void>;
  /** A sentence for what keeps it from its work. */
  troubles(): string[];
}

/** What is committed meanwhile gets its positions together. */
const GATHER_MS = 10;
/** Until what another process has left behind is seen. */
const LOOK_MS = 1_000;

/** Not working yet. Every projector has one: any of them places what all of them have committed. */
export function createSequencer(
  { pool, log, signal }: { pool: Pool; log: Log; signal: AbortSignal },
): Sequencer {
  const pause = createPause(signal);
  let working: Promise<void> | undefined;
  let trouble = '';

  async function work(): Promise<void> {
    let lookedAtMs = -Infinity;
    while (!signal.aborted) {
      try {
        const now = performance.now();
        if (now - lookedAtMs >= LOOK_MS) {
          await chainSales(pool);
          lookedAtMs = now;
        }
        let placed = PLACED_MAX;
        while (placed === PLACED_MAX) placed = await placeChunks(pool);
        trouble = '';
      } catch (error) {
        if (trouble === '') log.warn({ err: error }, 'the events have no positions yet');
        trouble = `new events have no positions: ${(error as Error).message}`;
      }
      await pause.wait(LOOK_MS);
      await sleep(GATHER_MS);
    }
  }

  return {
    start() {
      working ??= work();
    },
    wake: () => pause.wake(),
    async stop() {
      await working;
    },
    troubles: () => trouble === '' ? [] : [trouble],
  };
}
