import { loadSql } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';
import { repeat } from '../shared/platform/repeat.ts';
import type { Repeating } from '../shared/platform/repeat.ts';
import type { WorkerMetrics } from './worker-metrics.ts';

const sql = {
  countDeliveries: loadSql(import.meta.url, './sql/count-deliveries.sql'),
  deleteDelivered: loadSql(import.meta.url, './sql/delete-delivered.sql'),
};

const WATCH_MS = 5_000;
const DELETED_AT_ONCE = 5_000;
const DAY_MS = 24 * 3_600_000;

/**
 * Keeps the gauges, and removes what was delivered long ago. That PostgreSQL is away the deliverer says: what
 * was known stays.
 */
export function createDeliveryWatch(
  { pool, metrics, keepDays }: { pool: Pool; metrics: WorkerMetrics; keepDays: number },
): Repeating {
  return repeat(WATCH_MS, async () => {
    type Row = { dead: number; pending: number; oldest_ms: number };
    const { rows: [counted] } = await pool.query<Row>(sql.countDeliveries);
    metrics.dead.set(counted?.dead ?? 0);
    metrics.pending.set(counted?.pending ?? 0);
    metrics.oldestMs.set(counted?.oldest_ms ?? 0);
    await pool.query(sql.deleteDelivered, [keepDays * DAY_MS, DELETED_AT_ONCE]);
  });
}
