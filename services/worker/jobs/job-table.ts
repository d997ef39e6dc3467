import type { Doer } from '../../shared/contracts/stream-events.ts';
import { loadSql, withTransaction } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import { tellAct } from '../../shared/stream-outbox/tell-act.ts';

const sql = {
  selectJobs: loadSql(import.meta.url, './sql/select-jobs.sql'),
  retryJob: loadSql(import.meta.url, './sql/retry-job.sql'),
};

/** The stream of what operators do about jobs. */
const JOBS_STREAM = 'operator-jobs';

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

/** Gives a job all its attempts again, from now on, and tells the audit. False when it runs or is done. */
export function retryJob(pool: Pool, id: number, doer: Doer): Promise<boolean> {
  return withTransaction(pool, async (client) => {
    const { rows: [job] } = await client.query<{ task: string; key: string; saleId: string }>(
      sql.retryJob, [id]);
    if (job === undefined) return false;
    const { task, key, saleId } = job;
    await tellAct(client, {
      service: 'worker', stream: JOBS_STREAM, doer, what: `retry job ${id}`, outcome: 'done', saleId,
      details: { task, key },
    });
    return true;
  });
}
