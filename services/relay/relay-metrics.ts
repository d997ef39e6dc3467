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
  voided: Counter;
  headsWritten: Counter;
  headsContradicted: Counter;
  lagMs: Histogram;
}

/** Registers the relay's metrics; once per process. */
export function createRelayMetrics(
  outbox: {
    entries(): number;
    waiting(): number;
    standing(): Promise<{ fullestBytes: number; oldestAtMs: number | undefined }>;
  },
  leases: { own(): number; free(): number; live(): number },
): RelayMetrics {
  new Gauge({
    name: 'onsale_relay_outbox_entries',
    help: 'Entries that the log has not wholly accepted, of the outboxes this relay works on',
    collect() { this.set(outbox.entries()); },
  });
  new Gauge({
    name: 'onsale_relay_outbox_age_ms',
    help: 'Age of the oldest entry of all outboxes, whoever works on them',
    // What these two were last, while Redis does not answer.
    async collect() {
      await outbox.standing().then(({ oldestAtMs }) =>
        this.set(oldestAtMs === undefined ? 0 : Math.max(0, Date.now() - oldestAtMs)), () => undefined);
    },
  });
  new Gauge({
    name: 'onsale_relay_outbox_bytes',
    help: 'Bytes of the fullest outbox; new holds are refused from nine tenths of OUTBOX_BYTES_MAX on',
    async collect() {
      await outbox.standing().then(({ fullestBytes }) => this.set(fullestBytes), () => undefined);
    },
  });
  new Gauge({
    name: 'onsale_relay_partitions',
    help: 'Partitions whose events this relay sends',
    collect() { this.set(leases.own()); },
  });
  new Gauge({
    name: 'onsale_relay_partitions_free',
    help: 'Partitions whose events nobody sends; alarm when it stays above 0',
    collect() { this.set(leases.free()); },
  });
  new Gauge({
    name: 'onsale_relay_live',
    help: 'Relays that share the partitions, as this one sees it',
    collect() { this.set(leases.live()); },
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
    voided: counter('voided', 'Events of before a recovery, dropped: the log will never have them'),
    headsWritten: counter('heads_written', 'Records of the heads of a partition put on the bus'),
    headsContradicted: counter('heads_contradicted', 'Heads said by a relay that are not so; alarm on any'),
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
