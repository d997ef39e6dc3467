import { createPause } from '../shared/platform/pause.ts';
import { loadSql } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';
import type { WorkerMetrics } from './worker-metrics.ts';

const sql = {
  countDeliveries: loadSql(import.meta.url, './sql/count-deliveries.sql'),
  deleteDelivered: loadSql(import.meta.url, './sql/delete-delivered.sql'),
};

/** Keeps the gauges, and removes what was delivered long ago. */
export interface DeliveryWatch {
  start(): void;
  /** Waits for the question under way. Can be called twice. */
  stop(): Promise<void>;
}

const WATCH_MS = 5_000;
const DELETED_AT_ONCE = 5_000;
const DAY_MS = 24 * 3_600_000;

/** Not watching yet. */
export function createDeliveryWatch(
  { pool, metrics, keepDays }: { pool: Pool; metrics: WorkerMetrics; keepDays: number },
): DeliveryWatch {
  const stopping = new AbortController();
  const pause = createPause(stopping.signal);
  let watching: Promise<void> | undefined;

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await look();
      } catch {
        // That PostgreSQL is away the deliverer says; what was known stays.
      }
      await pause.wait(WATCH_MS);
    }
  }

  async function look(): Promise<void> {
    type Row = { dead: number; pending: number; oldest_ms: number };
    const { rows: [counted] } = await pool.query<Row>(sql.countDeliveries);
    metrics.dead.set(counted?.dead ?? 0);
    metrics.pending.set(counted?.pending ?? 0);
    metrics.oldestMs.set(counted?.oldest_ms ?? 0);
    await pool.query(sql.deleteDelivered, [keepDays * DAY_MS, DELETED_AT_ONCE]);
  }

  return {
    start() {
      watching ??= watch();
    },
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}
