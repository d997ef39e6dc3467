import { createPause } from '../shared/platform/pause.ts';
import type { Pool } from '../shared/platform/pg.ts';
import { selectParkedPartitions } from './event-store.ts';
import type { ParkedPartition } from './event-store.ts';
import type { ProjectorMetrics } from './projector-metrics.ts';

/** Keeps looking at what is parked, whichever process parks or releases it. */
export interface ParkedWatch {
  start(): void;
  /** Waits for the question under way; the signal ends it. */
  stop(): Promise<void>;
  /** A sentence for each parked partition. */
  troubles(): string[];
}

const WATCH_MS = 1_000;

/** Not looking yet. */
export function createParkedWatch(
  { pool, metrics, signal }: { pool: Pool; metrics: ProjectorMetrics; signal: AbortSignal },
): ParkedWatch {
  const pause = createPause(signal);
  let parked: ParkedPartition[] = [];
  let watching: Promise<void> | undefined;

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      try {
        parked = await selectParkedPartitions(pool);
        metrics.parkedPartitions.set(parked.length);
      } catch {
        // That PostgreSQL is away the reader says; what was known stays.
      }
      await pause.wait(WATCH_MS);
    }
  }

  return {
    start() {
      watching ??= watch();
    },
    async stop() {
      await watching;
    },
    troubles: () => parked.map(({ partition, reason, records }) =>
      `partition ${partition} is parked, ${records} records wait: ${reason}`),
  };
}
