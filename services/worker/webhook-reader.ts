import { hostname } from 'node:os';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { ensureStream } from '../shared/platform/kinesis.ts';
import type { Log } from '../shared/platform/log.ts';
import { backoffMs, createPause } from '../shared/platform/pause.ts';
import type { Pool } from '../shared/platform/pg.ts';
import { createReader } from '../shared/platform/reader/create-reader.ts';
import type { Reader } from '../shared/platform/reader/create-reader.ts';
import type { WorkerConfig } from './config.ts';
import type { EventQueue } from './event-queue.ts';

/** Under which the worker's positions are kept (platform/reader). */
export const WEBHOOK_CURSOR = 'organiser-webhooks';

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 3_000;

/** Reads the stream for the webhooks, as soon as it is there. */
export interface WebhookReader {
  start(): void;
  /** Waits for the batches under way. Can be called twice. */
  stop(): Promise<void>;
  /** What keeps it from reading, a sentence each. */
  troubles(): string[];
}

/** Not reading yet. */
export function createWebhookReader(
  { config, kinesis, fanOut, leases, queue, log }: {
    config: WorkerConfig;
    kinesis: KinesisClient;
    /** undefined: the stream is polled */
    fanOut: KinesisClient | undefined;
    /** of the database with the worker's tables: leases are kept however busy the queue's pool is */
    leases: Pool;
    queue: EventQueue;
    log: Log;
  },
): WebhookReader {
  const stopping = new AbortController();
  const pause = createPause(stopping.signal);
  let stage = 'it has not started';
  let reader: Reader | undefined;
  let starting: Promise<void> | undefined;

  async function startReading(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted;) {
      try {
        await tryStart();
        stage = '';
        return;
      } catch (error) {
        failures += 1;
        stage = `the stream cannot be read yet: ${(error as Error).message}`;
        log.warn({ err: error, failures }, 'the stream cannot be read yet');
        await pause.wait(backoffMs(failures, RETRY_MS_MIN, RETRY_MS_MAX));
      }
    }
  }

  async function tryStart(): Promise<void> {
    const { KINESIS_STREAM: streamName, KINESIS_SHARDS: shards } = config;
    const { streamKey } = await ensureStream(kinesis, { streamName, shards });
    reader = createReader({
      client: kinesis, streamName, streamKey, cursor: WEBHOOK_CURSOR, start: { from: 'horizon' },
      pool: leases, owner: `${hostname()}-${process.pid}`, log,
      pollMsMin: config.BUS_POLL_MS_MIN, pollMsMax: config.BUS_POLL_MS_MAX,
      leaseMs: config.LEASE_MS, fanOutClient: fanOut,
      // Our records are never aggregated.
      deaggregates: false,
      onBatch: (batch, lease) => queue.take(batch, lease),
    });
    reader.start();
  }

  return {
    start() {
      starting ??= startReading();
    },
    async stop() {
      stopping.abort();
      await starting;
      await reader?.stop();
    },
    troubles: () => [stage, ...reader?.troubles() ?? []].filter(Boolean),
  };
}
