import type { Pool } from '../shared/platform/pg.ts';
import { repeat } from '../shared/platform/repeat.ts';
import type { Repeating } from '../shared/platform/repeat.ts';
import { selectParkedPartitions } from './event-store.ts';
import type { ParkedPartition } from './event-store.ts';
import type { ProjectorMetrics } from './projector-metrics.ts';

/** Keeps looking at what is parked, whichever process parks or releases it. */
export interface ParkedWatch extends Repeating {
  /** A sentence for each parked partition. */
  troubles(): string[];
}

const WATCH_MS = 1_000;

/** That PostgreSQL is away the reader says: what was known stays. */
export function createParkedWatch(
  { pool, metrics }: { pool: Pool; metrics: ProjectorMetrics },
): ParkedWatch {
  let parked: ParkedPartition[] = [];
  const watching = repeat(WATCH_MS, async () => {
    parked = await selectParkedPartitions(pool);
    metrics.parkedPartitions.set(parked.length);
  });
  return {
    ...watching,
    troubles: () => parked.map(({ partition, reason, records }) =>
      `partition ${partition} is parked, ${records} records wait: ${reason}`),
  };
}
