import { loadSql } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';

const sql = {
  selectJobs: loadSql(import.meta.url, './sql/select-jobs.sql'),
  retryJob: loadSql(import.meta.url, './sql/retry-job.sql'),
};

/**
 * queued: waits for its first attempt; retrying: for its next; failed: has had all of them, and waits for an
 * operator.
 */
export const JOB_STATES = ['queued', 'running', 'retrying', 'failed'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** A job that is not done. */
export interface QueuedJob {
  id: number;
  task: string;
  /** `SALE/ORDER/TASK` */
  key: string | null;
  state: JobState;
  attempts: number;
  attemptsMax: number;
  lastError: string | null;
  runAt: Date;
  createdAt: Date;
}

/**
 * Jobs by id, behind one.
 *
 * @param state undefined: all that were tried, or are being tried
 */
export async function listJobs(
  pool: Pool, { state, after, countMax }: { state: JobState | undefined; after: number; countMax: number },
): Promise<QueuedJob[]> {
  return (await pool.query<QueuedJob>(sql.selectJobs, [state, after, countMax])).rows;
}

/** Gives a job all its attempts again, from now on. False when it runs or is done. */
export async function retryJob(pool: Pool, id: number): Promise<boolean> {
  return (await pool.query(sql.retryJob, [id])).rowCount === 1;
}
