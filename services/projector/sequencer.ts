import { chainSales } from '../shared/event-store/chain-events.ts';
import { PLACED_MAX, placeChunks } from '../shared/event-store/place-chunks.ts';
import type { Log } from '../shared/platform/log.ts';
import { createPause } from '../shared/platform/pause.ts';
import type { Pause } from '../shared/platform/pause.ts';
import type { Pool } from '../shared/platform/pg.ts';

/**
 * Gives what was appended its positions, and completes what projectors of the version before append: side by
 * side, since completing a large sale takes minutes, for which no event must wait for its position.
 */
export interface Sequencer {
  start(): void;
  /** There is something to place. */
  wake(): void;
  /** Waits for the transaction under way; the signal given at the start ends everything. */
  stop(): Promise<void>;
  /** A sentence for what keeps it from its work. */
  troubles(): string[];
}

/** What is committed meanwhile gets its positions together. */
const GATHER_MS = 10;
/** Until what another process has left behind is seen. */
const LOOK_MS = 1_000;

interface Task {
  run(): Promise<void>;
  /** what it means when it fails */
  trouble: string;
}

/** Not working yet. Every projector has one: any of them places what all of them have committed. */
export function createSequencer(
  { pool, log, signal }: { pool: Pool; log: Log; signal: AbortSignal },
): Sequencer {
  const placingPause = createPause(signal);
  const troubles = new Map<Task, string>();
  let working: Promise<unknown> | undefined;

  /** Until the signal: what is thrown is told, and tried again a little later. */
  async function repeat(pause: Pause, task: Task): Promise<void> {
    while (!signal.aborted) {
      try {
        await task.run();
        troubles.delete(task);
      } catch (error) {
        if (!troubles.has(task)) log.warn({ err: error }, task.trouble);
        troubles.set(task, `${task.trouble}: ${(error as Error).message}`);
      }
      await pause.wait(LOOK_MS);
      await createPause(signal).wait(GATHER_MS);
    }
  }

  const placing: Task = {
    trouble: 'new events have no positions',
    async run() {
      while (!signal.aborted && await placeChunks(pool) === PLACED_MAX);
    },
  };
  const chaining: Task = {
    trouble: 'events of the version before are not chained',
    async run() {
      await chainSales(pool, signal);
    },
  };

  return {
    start() {
      working ??= Promise.all([repeat(placingPause, placing), repeat(createPause(signal), chaining)]);
    },
    wake: () => placingPause.wake(),
    async stop() {
      await working;
    },
    troubles: () => [...troubles.values()],
  };
}
