import { Counter, Gauge } from '../metrics.ts';

/** What readers count, by cursor. */
export interface ReaderMetrics {
  /** leases that this process has */
  leases: Gauge;
  lagMs: Gauge;
  lost: Counter;
  trimmed: Counter;
}

let registered: ReaderMetrics | undefined;

/** The metrics of all readers of this process, registered with the first of them. */
export function readerMetrics(): ReaderMetrics {
  const labelNames = ['cursor'];
  registered ??= {
    leases: new Gauge({ name: 'onsale_reader_leases', help: 'Shards that this process reads', labelNames }),
    lagMs: new Gauge({
      name: 'onsale_reader_lag_ms',
      help: 'How long ago the oldest shard of this process was last read to its tip or, if it is behind, the '
        + 'arrival of the record that it has come to',
      labelNames,
    }),
    lost: new Counter({
      name: 'onsale_reader_leases_lost_total', help: 'Leases that another process has taken', labelNames,
    }),
    trimmed: new Counter({
      name: 'onsale_reader_trimmed_total',
      help: 'How often records were, or may have been, past their retention unread; alarm on any',
      labelNames,
    }),
  };
  return registered;
}
