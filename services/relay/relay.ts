import { setTimeout as sleep } from 'node:timers/promises';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { Redis } from 'ioredis';
import { partitionKeys } from '../shared/contracts/keys.ts';
import { createLogFold } from '../shared/contracts/log-fold.ts';
import { partitionName } from '../shared/contracts/partition-of.ts';
import { ensureStream, putRecord } from '../shared/platform/kinesis.ts';
import type { Log } from '../shared/platform/log.ts';
import { backoffMs } from '../shared/platform/pause.ts';
import { redisReady } from '../shared/platform/redis.ts';
import { createStreamReader } from '../shared/platform/stream-reader.ts';
import type { StreamReader } from '../shared/platform/stream-reader.ts';
import type { RelayConfig } from './config.ts';
import { createLayoutCache } from './layout-cache.ts';
import { learnLog } from './learn-log.ts';
import { createOutboxReader } from './outbox-reader.ts';
import type { OutboxReader } from './outbox-reader.ts';
import { PartitionRelay } from './partition-relay.ts';
import { readLog } from './read-log.ts';
import { createRelayMetrics } from './relay-metrics.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import { createRelayScripts } from './relay-scripts.ts';
import type { RelayScripts } from './relay-scripts.ts';

export interface RelayOptions {
  config: RelayConfig;
  log: Log;
  kinesis: KinesisClient;
  /** for commands */
  redis: Redis;
  /** for blocking reads of the outboxes */
  outboxRedis: Redis;
}

const REDIS_WAIT_MS = 2_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 3_000;
const FULL_MS = 20;
const TICK_MS = 1_000;

/**
 * The relay of all partitions: learns where the log stands, then makes it equal to the outboxes (partition-
 * relay.ts). It may be killed at any moment and run twice: what it has in memory is read again from Redis
 * and the stream, and what it sends twice the rule drops. It needs Redis and the stream; while one is away
 * it waits and says so.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #fold = createLogFold();
  readonly #scripts: RelayScripts;
  readonly #metrics: RelayMetrics;
  readonly #partitions: number[];
  readonly #relays: PartitionRelay[];
  readonly #outboxes: OutboxReader;
  readonly #partitionsSeen = new Set<number>();
  #generations = new Map<number, string>();
  #reader: StreamReader | undefined;
  #fromHorizon = false;
  #stage = 'it has not started';
  #running: Promise<void> | undefined;
  #ticker: NodeJS.Timeout | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#scripts = createRelayScripts(options.redis);
    this.#outboxes = createOutboxReader(options.outboxRedis, (partition) => partitionKeys(partition).outbox);
    this.#partitions = Array.from({ length: options.config.PARTITIONS }, (_, partition) => partition);
    this.#metrics = createRelayMetrics({
      entries: () => this.#relays.reduce((sum, { ledger }) => sum + ledger.entryCount(), 0),
      oldestAtMs: () => this.#relays.map(({ ledger }) => ledger.oldestAtMs()).reduce(earlier, undefined),
    });
    const layouts = createLayoutCache(options.redis);
    this.#relays = this.#partitions.map((partition) => new PartitionRelay({
      partition, layouts, fold: this.#fold, log: this.#log, metrics: this.#metrics,
      put: (data) => this.#put(partition, data),
      accept: (trimBefore, ids) =>
        this.#scripts.accept(partition, this.#generations.get(partition) ?? '', trimBefore, ids),
      suspend: (saleId) => this.#scripts.suspend(partition, saleId),
    }));
  }

  /** Begins in the background; `troubles` says how far it is. Can be called twice. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Lets the record and the announcements under way end. Can be called twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#ticker);
    this.#options.outboxRedis.disconnect();
    await Promise.all(this.#relays.map((relay) => relay.stop()));
    await this.#reader?.stop();
    await this.#running;
  }

  /** What keeps it from its work, a sentence each. */
  troubles(): string[] {
    const redis = this.#options.redis.status === 'ready' ? '' : 'Redis does not answer';
    const partitions = this.#relays.flatMap((relay) => relay.troubles());
    return [this.#stage, redis, ...this.#reader?.troubles() ?? [], ...new Set(partitions)].filter(Boolean);
  }

  async #run(): Promise<void> {
    await this.#insist('Redis is not reached yet', () => this.#readOutboxes());
    const stream = await this.#insist('the stream is not reached yet', () => this.#findStream());
    if (stream !== undefined) await this.#readToTip(stream);
    await this.#insist('the generations are not read yet', () => this.#startGenerations());
    if (this.#stopping.signal.aborted) return;
    this.#stage = '';
    for (const relay of this.#relays) relay.begin();
    this.#ticker = setInterval(() => void this.#tick(), TICK_MS);
    await this.#followOutboxes();
  }

  /** All that is in the outboxes now, so that it is recognised while the log is read. */
  async #readOutboxes(): Promise<void> {
    await redisReady(this.#options.redis, REDIS_WAIT_MS);
    await redisReady(this.#options.outboxRedis, REDIS_WAIT_MS);
    this.#generations = await this.#scripts.generations(this.#partitions);
    for (let found = true; found && !this.#stopping.signal.aborted;) {
      const batches = await this.#outboxes.nextNow(this.#partitions);
      for (const { partition, entries } of batches) this.#relays[partition]?.offer(entries);
      found = batches.length > 0;
    }
  }

  async #findStream(): Promise<string> {
    const { KINESIS_STREAM: streamName, KINESIS_SHARDS: shards } = this.#options.config;
    return (await ensureStream(this.#options.kinesis, { streamName, shards })).streamKey;
  }

  async #readToTip(streamKey: string): Promise<void> {
    const { config, kinesis } = this.#options;
    this.#stage = 'the log is not read to its tip yet';
    const ids = this.#relays.flatMap(({ ledger }) => [...ledger.openEvents()].map(({ id }) => id));
    const eventStoreUrl = config.EVENT_STORE_URL ?? config.DATABASE_URL;
    const known = await learnLog({ eventStoreUrl, streamKey, ids, log: this.#log });
    this.#fromHorizon = known === undefined;
    for (const [saleId, head] of known?.heads ?? []) this.#fold.setHead(saleId, head);
    for (const partition of known?.partitions ?? []) this.#partitionsSeen.add(partition);
    for (const relay of this.#relays) relay.markAccepted(known?.acceptedIds ?? []);
    this.#reader = createStreamReader({
      client: kinesis, streamName: config.KINESIS_STREAM, log: this.#log,
      positions: known?.positions ?? new Map(),
      pollMsMin: config.BUS_POLL_MS_MIN, pollMsMax: config.BUS_POLL_MS_MAX,
      onBatch: async (batch) => {
        await readLog(batch, {
          fold: this.#fold, relays: this.#relays, metrics: this.#metrics, log: this.#log,
          partitionsSeen: this.#partitionsSeen, fromHorizon: () => this.#fromHorizon,
        });
        return undefined;
      },
    });
    this.#reader.start();
    await Promise.race([this.#reader.reachedTip(), aborted(this.#stopping.signal)]);
    const sales = [...this.#fold.heads()].length;
    this.#log.info({ sales, fromHorizon: this.#fromHorizon }, 'the log is read to its tip');
  }

  /** Opens the partitions that were never used; one whose log is not empty has lost its Redis and waits. */
  async #startGenerations(): Promise<void> {
    for (const [partition, generation] of await this.#scripts.generations(this.#partitions)) {
      if (generation === '' && !this.#partitionsSeen.has(partition)) {
        this.#generations.set(partition, await this.#scripts.startGeneration(partition));
      } else {
        this.#generations.set(partition, generation);
      }
      this.#relays[partition]?.setForeign(this.#generations.get(partition) === '');
    }
  }

  async #followOutboxes(): Promise<void> {
    for (let failures = 0; !this.#stopping.signal.aborted;) {
      const withRoom = this.#partitions.filter((partition) => this.#relays[partition]?.hasRoom());
      try {
        if (withRoom.length === 0) await sleep(FULL_MS);
        else await this.#readOutboxesOf(withRoom);
        failures = 0;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        failures += 1;
        this.#log.warn({ err: (error as Error).message, failures }, 'the outboxes cannot be read');
        await sleep(backoffMs(failures, RETRY_MS_MIN, RETRY_MS_MAX));
      }
    }
  }

  async #readOutboxesOf(partitions: number[]): Promise<void> {
    for (const { partition, entries } of await this.#outboxes.next(partitions)) {
      this.#relays[partition]?.offer(entries);
    }
  }

  async #put(partition: number, data: Uint8Array): Promise<void> {
    const { kinesis, config } = this.#options;
    const { shardId } = await putRecord(kinesis, {
      streamName: config.KINESIS_STREAM, partitionKey: partitionName(partition), data,
    });
    this.#reader?.wake(shardId);
  }

  async #tick(): Promise<void> {
    for (const relay of this.#relays) relay.tick();
    try {
      for (const [partition, generation] of await this.#scripts.generations(this.#partitions)) {
        const isOurs = generation !== '' && generation === this.#generations.get(partition);
        this.#relays[partition]?.setForeign(!isOurs);
      }
    } catch (error) {
      this.#log.debug({ err: (error as Error).message }, 'the generations cannot be read');
    }
  }

  /** Repeats a step of the start until it succeeds or the relay is stopped. */
  async #insist<T>(stage: string, step: () => Promise<T>): Promise<T | undefined> {
    this.#stage = stage;
    for (let failures = 0; !this.#stopping.signal.aborted;) {
      try {
        return await step();
      } catch (error) {
        if (this.#stopping.signal.aborted) return undefined;
        failures += 1;
        this.#stage = `${stage}: ${(error as Error).message}`;
        this.#log.warn({ err: (error as Error).message, failures }, stage);
        await sleep(backoffMs(failures, RETRY_MS_MIN, RETRY_MS_MAX));
      }
    }
    return undefined;
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
