import { Counter, Gauge, Histogram } from '../shared/platform/metrics.ts';

/** What the relay counts. The gauges ask for their value when they are read. */
export interface RelayMetrics {
  sent: Counter;
  sendFailures: Counter;
  accepted: Counter;
  duplicates: Counter;
  rejected: Counter;
  unreadable: Counter;
  contradictions: Counter;
  setAside: Counter;
  lagMs: Histogram;
}

/** Registers the relay's metrics; once per process. */
export function createRelayMetrics(
  outbox: {
    entries(): number;
    oldestAtMs(): number | undefined;
    waiting(): number;
    fullestBytes(): Promise<number>;
  },
): RelayMetrics {
  new Gauge({
    name: 'onsale_relay_outbox_entries',
    help: 'Entries of all outboxes that the log has not wholly accepted',
    collect() { this.set(outbox.entries()); },
  });
  new Gauge({
    name: 'onsale_relay_outbox_age_ms',
    help: 'Age of the oldest of them',
    collect() { this.set(Math.max(0, Date.now() - (outbox.oldestAtMs() ?? Date.now()))); },
  });
  new Gauge({
    name: 'onsale_relay_outbox_bytes',
    help: 'Bytes of the fullest outbox; new holds are refused from nine tenths of OUTBOX_BYTES_MAX on',
    // What it was last, while Redis does not answer.
    async collect() { await outbox.fullestBytes().then((bytes) => this.set(bytes), () => undefined); },
  });
  new Gauge({
    name: 'onsale_relay_waiting_events',
    help: 'Events that do not follow what is known of the log; alarm when they stay',
    collect() { this.set(outbox.waiting()); },
  });
  return {
    sent: counter('sent', 'Events that the bus took'),
    sendFailures: counter('send_failures', 'Records that the bus did not take, or whose reply was lost'),
    accepted: counter('accepted', 'Events read back that became part of the log'),
    duplicates: counter('duplicates', 'Events read back that were in the log before'),
    rejected: counter('rejected', 'Events read back that the rule rejects; alarm on any'),
    unreadable: counter('unreadable', 'Records on the bus that are none of ours, or broken'),
    contradictions: counter('contradictions', 'Sales stopped: outbox and log contradict; alarm on any'),
    setAside: counter('set_aside', 'Events of stopped sales moved out of the outbox'),
    lagMs: new Histogram({
      name: 'onsale_relay_lag_ms',
      help: 'From the event in Redis to its acceptance by the log',
      buckets: [5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 30_000],
    }),
  };
}

function counter(name: string, help: string): Counter {
  return new Counter({ name: `onsale_relay_${name}_total`, help });
}
