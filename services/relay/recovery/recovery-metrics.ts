import { Counter, Gauge, Histogram } from '../../shared/platform/metrics.ts';

export interface RecoveryMetrics {
  recoveries: Counter;
  /** of what was set aside */
  discarded: Counter;
  seconds: Histogram;
}

/**
 * Registers what the recovery counts; once per process.
 *
 * @param recovering asked when the metrics are read: how many sales are recovering
 */
export function createRecoveryMetrics(recovering: () => number): RecoveryMetrics {
  new Gauge({
    name: 'onsale_relay_recovering_sales',
    help: 'Sales that are suspended and not rebuilt from the log yet; alarm when it stays',
    collect() { this.set(recovering()); },
  });
  return {
    recoveries: new Counter({
      name: 'onsale_relay_recoveries_total', help: 'Sales rebuilt from the log; alarm on any',
    }),
    discarded: new Counter({
      name: 'onsale_relay_discarded_total', help: 'Events that were set aside and dropped by a recovery',
    }),
    seconds: new Histogram({
      name: 'onsale_relay_recovery_seconds',
      help: 'From the moment a sale stopped working to its reopening',
      buckets: [0.5, 1, 2, 5, 10, 20, 60, 300, 1_800],
    }),
  };
}
