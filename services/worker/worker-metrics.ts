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
  };
}
