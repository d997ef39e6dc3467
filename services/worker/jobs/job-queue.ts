import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, run } from 'graphile-worker';
import type { Job, LogFunctionFactory, Runner, TaskList, WorkerEvents } from 'graphile-worker';
import type { Log } from '../../shared/platform/log.ts';
import { backoffMs, createPause } from '../../shared/platform/pause.ts';
import { loadSql } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import type { WorkerMetrics } from '../worker-metrics.ts';
import type { RefundJob } from './give-back.ts';
import type { OrderJob } from './make-tickets.ts';
import { createPatientPool } from './patient-pool.ts';
import type { CancelJob } from './tell-cancelled.ts';

export const TASKS = ['make-tickets', 'send-mail', 'tell-cancelled', 'give-back'] as const;
export type Task = (typeof TASKS)[number];

/** What does each task; some have more to say than which order. */
export interface Perform {
  'make-tickets': (job: OrderJob) => Promise<void>;
  'send-mail': (job: OrderJob) => Promise<void>;
  'tell-cancelled': (job: CancelJob) => Promise<void>;
  'give-back': (job: RefundJob) => Promise<void>;
}

/** Which of its parts there are depends on the task. */
type AnyJob = RefundJob & CancelJob;

const sql = {
  renewJobWorker: loadSql(import.meta.url, './sql/renew-job-worker.sql'),
  endJobWorker: loadSql(import.meta.url, './sql/end-job-worker.sql'),
  freeJobs: loadSql(import.meta.url, './sql/free-jobs.sql'),
  forgetJobWorkers: loadSql(import.meta.url, './sql/forget-job-workers.sql'),
};

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 3_000;
/** Between two looks for jobs whose time has come, besides being told of new ones. */
const POLL_MS = 1_000;

/**
 * Works on jobs of the queue, several at once, beside any number of processes. A job that throws comes again,
 * later each time (e^attempts seconds, six hours at most), 25 times; then it has failed and waits for an
 * operator. Who is killed leaves its jobs to the others after `leaseMs`: one may then be done twice, so each
 * task must bear that.
 */
export class JobQueue {
  readonly #pool: Pool;
  readonly #perform: Perform;
  readonly #atOnce: number;
  readonly #leaseMs: number;
  readonly #metrics: WorkerMetrics;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  #runner: Runner | undefined;
  #poolId: string | undefined;
  #trouble = 'the jobs are not looked for yet';
  #awayTrouble = '';
  #working: Promise<unknown> | undefined;

  constructor(options: {
    /** of the legacy database, with two connections more than jobs at once */
    pool: Pool;
    perform: Perform;
    atOnce: number;
    /** from when a process died until its jobs are done by others */
    leaseMs: number;
    metrics: WorkerMetrics;
    log: Log;
  }) {
    this.#pool = options.pool;
    this.#perform = options.perform;
    this.#atOnce = options.atOnce;
    this.#leaseMs = options.leaseMs;
    this.#metrics = options.metrics;
    this.#log = options.log;
  }

  /** Begins in the background. Can be called twice. */
  start(): void {
    this.#working ??= Promise.all([this.#keepRunning(), this.#keepAlive()]);
  }

  /** Lets the jobs under way end. Can be called twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#runner?.stop().catch(() => undefined);
    await this.#working;
    if (this.#poolId === undefined) return;
    await this.#pool.query(sql.endJobWorker, [this.#poolId]).catch(() => undefined);
    this.#poolId = undefined;
  }

  /** What keeps it from working, a sentence each. */
  troubles(): string[] {
    return [this.#trouble || this.#awayTrouble].filter(Boolean);
  }

  /** Should the library's runner give up, there is a new one. */
  async #keepRunning(): Promise<void> {
    for (let failures = 0; !this.#stopping.signal.aborted;) {
      try {
        await this.#runOnce();
        failures = 0;
      } catch (error) {
        failures += 1;
        this.#trouble = `jobs cannot be worked on: ${(error as Error).message}`;
        this.#log.warn({ err: error, failures }, 'jobs cannot be worked on');
      }
      this.#runner = undefined;
      if (this.#stopping.signal.aborted) return;
      await sleep(backoffMs(Math.max(1, failures), RETRY_MS_MIN, RETRY_MS_MAX));
    }
  }

  async #runOnce(): Promise<void> {
    const taskList: TaskList = Object.fromEntries(TASKS.map((task) =>
      [task, (payload: unknown, { job }: { job: Job }) => this.#work(task, payload as AnyJob, job)]));
    const events = new EventEmitter() as WorkerEvents;
    events.on('pool:create', ({ workerPool }) => {
      this.#poolId = workerPool.id;
    });
    const runner = await run({
      pgPool: createPatientPool(this.#pool, this.#stopping.signal), taskList, concurrency: this.#atOnce,
      noHandleSignals: true, pollInterval: POLL_MS,
      parsedCronItems: [], events, logger: new Logger(logTo(this.#log)),
    });
    this.#runner = runner;
    this.#trouble = '';
    if (this.#stopping.signal.aborted) await runner.stop();
    await runner.promise;
  }

  async #work(task: Task, order: AnyJob, { attempts, max_attempts: attemptsMax }: Job): Promise<void> {
    const startedAtMs = performance.now();
    try {
      await this.#perform[task](order);
      this.#metrics.jobsEnded.inc({ task, outcome: 'done' });
    } catch (error) {
      this.#metrics.jobsEnded.inc({ task, outcome: 'failed' });
      const { saleId, orderId } = order;
      const said = { err: error, task, saleId, orderId, attempts };
      if (attempts >= attemptsMax) this.#log.error(said, 'a job failed for the last time');
      else this.#log.warn(said, 'a job failed and comes again');
      throw error;
    } finally {
      this.#metrics.jobMs.observe({ task }, performance.now() - startedAtMs);
    }
  }

  /** Says that this process lives, and frees the jobs of those who do not. */
  async #keepAlive(): Promise<void> {
    const pause = createPause(this.#stopping.signal);
    while (!this.#stopping.signal.aborted) {
      try {
        if (this.#poolId !== undefined) await this.#pool.query(sql.renewJobWorker, [this.#poolId]);
        type Freed = { poolId: string; jobs: number };
        for (const freed of (await this.#pool.query<Freed>(sql.freeJobs, [this.#leaseMs])).rows) {
          this.#log.info(freed, 'jobs of a process that is gone are free again');
        }
        await this.#pool.query(sql.forgetJobWorkers, [this.#leaseMs * 10]);
        this.#awayTrouble = '';
      } catch (error) {
        if (this.#awayTrouble === '') this.#log.warn({ err: error }, 'jobs cannot be worked on');
        this.#awayTrouble = `jobs cannot be worked on: ${(error as Error).message}`;
      }
      await pause.wait(this.#leaseMs / 4);
    }
  }
}

/** What the library says at `info` is of no interest to anybody on call; failed jobs are logged above. */
function logTo(log: Log): LogFunctionFactory {
  return () => (level, message, meta) => {
    if (meta?.['failure'] === true) return;
    if (level === 'error') log.error(`jobs: ${message}`);
    else if (level === 'warning') log.warn(`jobs: ${message}`);
    else log.debug(`jobs: ${message}`);
  };
}
