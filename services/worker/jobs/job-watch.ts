import { createPause } from '../../shared/platform/pause.ts';
import { loadSql } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import type { WorkerMetrics } from '../worker-metrics.ts';
import { TASKS } from './job-queue.ts';
import { JOB_STATES } from './job-table.ts';
import type { JobState } from './job-table.ts';

/** Keeps the gauges of the queue; any number of processes show the same. */
export interface JobWatch {
  start(): void;
  /** Waits for the question under way. Can be called twice. */
  stop(): Promise<void>;
}

const COUNT_JOBS = loadSql(import.meta.url, './sql/count-jobs.sql');
const WATCH_MS = 2_000;

/** Not watching yet. */
export function createJobWatch({ pool, metrics }: { pool: Pool; metrics: WorkerMetrics }): JobWatch {
  const stopping = new AbortController();
  const pause = createPause(stopping.signal);
  let watching: Promise<void> | undefined;

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await look();
      } catch {
        // That PostgreSQL is away the queue says; what was known stays.
      }
      await pause.wait(WATCH_MS);
    }
  }

  async function look(): Promise<void> {
    type Row = { task: string; state: JobState; jobs: number; oldestMs: number };
    const { rows } = await pool.query<Row>(COUNT_JOBS);
    metrics.jobs.reset();
    for (const task of TASKS) for (const state of JOB_STATES) metrics.jobs.set({ task, state }, 0);
    for (const { task, state, jobs } of rows) metrics.jobs.set({ task, state }, jobs);
    const waiting = rows.filter(({ state }) => state !== 'failed');
    metrics.oldestJobMs.set(Math.max(0, ...waiting.map(({ oldestMs }) => oldestMs)));
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
