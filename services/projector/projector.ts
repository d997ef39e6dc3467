import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { ensureStream } from '../shared/platform/kinesis.ts';
import type { Log } from '../shared/platform/log.ts';
import { backoffMs } from '../shared/platform/pause.ts';
import type { Pool } from '../shared/platform/pg.ts';
import { createReader } from '../shared/platform/reader/create-reader.ts';
import type { Reader } from '../shared/platform/reader/create-reader.ts';
import { repeat } from '../shared/platform/repeat.ts';
import type { Repeating } from '../shared/platform/repeat.ts';
import type { ProjectorConfig } from './config.ts';
import { passOn } from './contact-keys.ts';
import { EventAppender } from './event-appender.ts';
import { EVENT_STORE_CURSOR, EventStore } from './event-store.ts';
import { createParkedWatch } from './parked-watch.ts';
import type { ParkedWatch } from './parked-watch.ts';
import type { ProjectionEngine } from './projections/projection-engine.ts';
import type { ProjectorMetrics } from './projector-metrics.ts';
import { createRetention } from './retention.ts';
import { createSequencer } from './sequencer.ts';
import type { Sequencer } from './sequencer.ts';
import { createStreamForwarder } from './stream-forwarder.ts';
import type { OutboxDatabase, StreamForwarder } from './stream-forwarder.ts';

/** How long a key waits at most once the legacy database is back. */
const PASS_ON_MS = 500;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 3_000;

/**
 * Stream → event store → projections. The two halves know of each other only that the first wakes the
 * second: appending never waits for a projection, and a projection that was not woken finds its work by
 * itself. Any number of processes share the shards by lease; each may be killed at any moment, and what it
 * holds in memory can be read again.
 */
export class Projector {
  readonly #config: ProjectorConfig;
  readonly #kinesis: KinesisClient;
  readonly #fanOut: KinesisClient | undefined;
  readonly #events: Pool;
  readonly #legacy: Pool;
  readonly #leases: Pool;
  readonly #projections: ProjectionEngine;
  readonly #metrics: ProjectorMetrics;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #parked: ParkedWatch;
  readonly #sequencer: Sequencer;
  readonly #retention: Repeating;
  readonly #passingOn: Repeating;
  readonly #forwarder: StreamForwarder;
  #reader: Reader | undefined;
  #stage = 'it has not started';
  #starting: Promise<void> | undefined;

  constructor(options: {
    config: ProjectorConfig;
    kinesis: KinesisClient;
    /** undefined: the stream is polled */
    fanOut: KinesisClient | undefined;
    events: Pool;
    /** of the same database: leases are kept however busy the other is */
    leases: Pool;
    /** which has the positions of the projections, and the keys of contacts */
    legacy: Pool;
    /** of streams that are no sale's */
    outboxes: readonly OutboxDatabase[];
    projections: ProjectionEngine;
    metrics: ProjectorMetrics;
    log: Log;
  }) {
    this.#config = options.config;
    this.#kinesis = options.kinesis;
    this.#fanOut = options.fanOut;
    this.#events = options.events;
    this.#legacy = options.legacy;
    this.#leases = options.leases;
    this.#projections = options.projections;
    this.#metrics = options.metrics;
    this.#log = options.log;
    this.#parked = createParkedWatch({ pool: this.#leases, metrics: this.#metrics });
    this.#sequencer = createSequencer({
      pool: this.#leases, log: this.#log, signal: this.#stopping.signal,
    });
    this.#retention = createRetention({
      events: this.#leases, legacy: options.legacy, log: this.#log,
      retentionDays: this.#config.EVENT_RETENTION_DAYS,
    });
    this.#passingOn = repeat(PASS_ON_MS, () => passOn({ events: this.#leases, legacy: options.legacy }));
    this.#forwarder = createStreamForwarder({
      outboxes: options.outboxes, events: this.#leases, metrics: this.#metrics, log: this.#log,
      signal: this.#stopping.signal, onAppended: () => this.#sequencer.wake(),
    });
  }

  /** Begins in the background; `troubles` says how far it is. Can be called twice. */
  start(): void {
    this.#starting ??= this.#startReading();
    this.#parked.start();
    this.#sequencer.start();
    this.#retention.start();
    this.#passingOn.start();
    this.#forwarder.start();
    this.#projections.start();
  }

  /** Lets the transactions under way end. Can be called twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#starting;
    await this.#reader?.stop();
    await this.#parked.stop();
    await this.#sequencer.stop();
    await this.#retention.stop();
    await this.#passingOn.stop();
    await this.#forwarder.stop();
    await this.#projections.stop();
  }

  /** What keeps it from its work, a sentence each. */
  troubles(): string[] {
    const reading = [this.#stage, ...this.#reader?.troubles() ?? [], ...this.#parked.troubles(),
      ...this.#sequencer.troubles(), ...this.#forwarder.troubles()];
    return [...reading, ...this.#projections.troubles()].filter(Boolean);
  }

  async #startReading(): Promise<void> {
    for (let failures = 0; !this.#stopping.signal.aborted;) {
      try {
        await this.#tryStart();
        this.#stage = '';
        return;
      } catch (error) {
        failures += 1;
        this.#stage = `the stream cannot be read yet: ${(error as Error).message}`;
        this.#log.warn({ err: error, failures }, 'the stream cannot be read yet');
        await sleep(backoffMs(failures, RETRY_MS_MIN, RETRY_MS_MAX));
      }
    }
  }

  async #tryStart(): Promise<void> {
    const { KINESIS_STREAM: streamName, KINESIS_SHARDS: shards } = this.#config;
    const { streamKey } = await ensureStream(this.#kinesis, { streamName, shards });
    const store = new EventStore(this.#events, this.#legacy, streamKey);
    const appender = new EventAppender({
      store, metrics: this.#metrics, log: this.#log,
      onAppended: (saleIds) => {
        this.#projections.wake(saleIds);
        this.#sequencer.wake();
      },
    });
    this.#reader = createReader({
      client: this.#kinesis, streamName, streamKey, cursor: EVENT_STORE_CURSOR, start: { from: 'horizon' },
      pool: this.#leases, owner: `${hostname()}-${process.pid}`, log: this.#log,
      pollMsMin: this.#config.BUS_POLL_MS_MIN, pollMsMax: this.#config.BUS_POLL_MS_MAX,
      leaseMs: this.#config.LEASE_MS, fanOutClient: this.#fanOut,
      // Our records are never aggregated; what others aggregate is kept as it came.
      deaggregates: false,
      onBatch: (batch, lease) => appender.append(batch, lease),
    });
    this.#reader.start();
  }
}
