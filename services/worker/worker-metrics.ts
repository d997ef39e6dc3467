import { Counter, Gauge, Histogram } from '../shared/platform/metrics.ts';

/** What the worker counts. */
export interface WorkerMetrics {
  /** by `verdict` */
  events: Counter;
  unreadable: Counter;
  /** by `outcome` */
  attempts: Counter;
  attemptMs: Histogram;
  dead: Gauge;
  pending: Gauge;
  oldestMs: Gauge;
  switchedOff: Counter;
  jobs: Gauge<'task' | 'state'>;
  oldestJobMs: Gauge;
  jobsEnded: Counter<'task' | 'outcome'>;
  jobMs: Histogram<'task'>;
  paymentsRead: Counter<'method' | 'told'>;
  paymentsUnmatched: Gauge<'method'>;
  paymentsReadAgeMs: Gauge<'method'>;
  recallOrders: Gauge<'sale' | 'state'>;
}

/** Registers the worker's metrics; once per process. */
export function createWorkerMetrics(): WorkerMetrics {
  return {
    events: new Counter({
      name: 'onsale_webhook_events_total',
      help: 'Events read: accepted by the rule, or passed_by as duplicates and what contradicts the log',
      labelNames: ['verdict'],
    }),
    unreadable: new Counter({
      name: 'onsale_webhook_unreadable_total', help: 'Records that are no batch of events',
    }),
    attempts: new Counter({
      name: 'onsale_webhook_attempts_total',
      help: 'Attempts to deliver: delivered, failed, dead or gone',
      labelNames: ['outcome'],
    }),
    attemptMs: new Histogram({
      name: 'onsale_webhook_attempt_ms',
      help: 'How long receivers take to answer',
      buckets: [10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000],
    }),
    dead: new Gauge({
      name: 'onsale_webhook_dead', help: 'Deliveries that were given up; alarm on any',
    }),
    pending: new Gauge({ name: 'onsale_webhook_pending', help: 'Deliveries to be made' }),
    oldestMs: new Gauge({
      name: 'onsale_webhook_oldest_ms', help: 'How long the oldest pending delivery has been waiting',
    }),
    switchedOff: new Counter({
      name: 'onsale_webhook_switched_off_total', help: 'Webhooks switched off since their receiver said 410',
    }),
    ...createJobMetrics(),
    ...createPaymentMetrics(),
  };
}

function createJobMetrics(): Pick<WorkerMetrics, 'jobs' | 'oldestJobMs' | 'jobsEnded' | 'jobMs'> {
  return {
    jobs: new Gauge({
      name: 'onsale_jobs',
      help: 'Jobs in the queue, of all workers: queued, running, retrying or failed; alarm on the last',
      labelNames: ['task', 'state'],
    }),
    oldestJobMs: new Gauge({
      name: 'onsale_jobs_oldest_ms', help: 'How long ago the oldest job was made that may still be done',
    }),
    jobsEnded: new Counter({
      name: 'onsale_jobs_ended_total', help: 'Attempts of this worker: done or failed',
      labelNames: ['task', 'outcome'],
    }),
    jobMs: new Histogram({
      name: 'onsale_job_ms', help: 'How long an attempt takes', labelNames: ['task'],
      buckets: [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000],
    }),
  };
}

function createPaymentMetrics(): Pick<
  WorkerMetrics, 'paymentsRead' | 'paymentsUnmatched' | 'paymentsReadAgeMs' | 'recallOrders'
> {
  return {
    paymentsRead: new Counter({
      name: 'onsale_payments_read_total',
      help: 'What the lists of payment providers had, and what selling said of it: known, unknown or refused',
      labelNames: ['method', 'told'],
    }),
    paymentsUnmatched: new Gauge({
      name: 'onsale_payments_unmatched', help: 'What a provider has and no order knows of; alarm on any',
      labelNames: ['method'],
    }),
    recallOrders: new Gauge({
      name: 'onsale_recall_orders',
      help: 'Orders of shows that were cancelled or moved, by what became of them; alarm on refused',
      labelNames: ['sale', 'state'],
    }),
    paymentsReadAgeMs: new Gauge({
      name: 'onsale_payments_read_age_ms',
      help: 'How long ago the list of a provider was last read to its end',
      labelNames: ['method'],
    }),
  };
}
