import { Counter, Gauge, Histogram } from '../shared/platform/metrics.ts';

/** What the projector counts. */
export interface ProjectorMetrics {
  appended: Counter;
  duplicates: Counter;
  rejected: Counter;
  forwarded: Counter;
  unreadable: Counter;
  parkedPartitions: Gauge;
  projected: Counter<'projection'>;
  parked: Gauge<'projection'>;
  projectionLagMs: Histogram;
}

/** Registers the projector's metrics; once per process. */
export function createProjectorMetrics(): ProjectorMetrics {
  return {
    appended: counter('appended', 'Events appended to the event store'),
    duplicates: counter('duplicates', 'Events that were in the event store before'),
    rejected: counter('rejected', 'Events that the rule rejects; alarm on any'),
    forwarded: counter('forwarded', 'Events of streams taken from the outboxes into the event store'),
    unreadable: counter('unreadable', 'Records of others that are no batch of events'),
    parkedPartitions: new Gauge({
      name: 'onsale_projector_parked_partitions',
      help: 'Partitions of which nothing is stored, since a record of theirs cannot be taken; alarm on any',
    }),
    projected: new Counter({
      name: 'onsale_projector_projected_total',
      help: 'Events whose effect is in the tables of a projection',
      labelNames: ['projection'],
    }),
    parked: new Gauge({
      name: 'onsale_projection_parked',
      help: 'Sales of which a projection has stopped at an event that cannot be applied; alarm on any',
      labelNames: ['projection'],
    }),
    projectionLagMs: new Histogram({
      name: 'onsale_projection_lag_ms',
      help: 'From a confirmed order in Redis to its rows in the legacy tables',
      buckets: [20, 50, 100, 200, 300, 500, 750, 1_000, 2_000, 5_000, 30_000],
    }),
  };
}

function counter(name: string, help: string): Counter {
  return new Counter({ name: `onsale_projector_${name}_total`, help });
}
