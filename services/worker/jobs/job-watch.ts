import { loadSql } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import { repeat } from '../../shared/platform/repeat.ts';
import type { Repeating } from '../../shared/platform/repeat.ts';
import type { WorkerMetrics } from '../worker-metrics.ts';
import { TASKS } from './job-queue.ts';
import { JOB_STATES } from './job-table.ts';
import type { JobState } from './job-table.ts';

const COUNT_JOBS = loadSql(import.meta.url, './sql/count-jobs.sql');
const WATCH_MS = 2_000;

/**
 * Keeps the gauges of the queue; any number of processes show the same. That PostgreSQL is away the queue
 * says: what was known stays.
 */
export function createJobWatch({ pool, metrics }: { pool: Pool; metrics: WorkerMetrics }): Repeating {
  return repeat(WATCH_MS, async () => {
    type Row = { task: string; state: JobState; jobs: number; oldestMs: number };
    const { rows } = await pool.query<Row>(COUNT_JOBS);
    metrics.jobs.reset();
    for (const task of TASKS) for (const state of JOB_STATES) metrics.jobs.set({ task, state }, 0);
    for (const { task, state, jobs } of rows) metrics.jobs.set({ task, state }, jobs);
    const waiting = rows.filter(({ state }) => state !== 'failed');
    metrics.oldestJobMs.set(Math.max(0, ...waiting.map(({ oldestMs }) => oldestMs)));
  });
}
