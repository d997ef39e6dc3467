import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { Redis } from 'ioredis';
import { partitionKeys } from '../shared/contracts/keys.ts';
import type { LogPosition } from '../shared/contracts/partition-heads.ts';
import { partitionName } from '../shared/contracts/partition-of.ts';
import { compress } from '../shared/platform/compression.ts';
import { ensureStream, putRecord } from '../shared/platform/kinesis.ts';
import type { Log } from '../shared/platform/log.ts';
import { backoffMs, createPause } from '../shared/platform/pause.ts';
import { redisReady } from '../shared/platform/redis.ts';
import type { RelayConfig } from './config.ts';
import { EventStoreSource } from './event-store-source.ts';
import { HeldPartitions } from './held-partitions.ts';
import { createLayoutCache } from './layout-cache.ts';
import { createLeaseScripts } from './lease-scripts.ts';
import { LogFollower } from './log-follower.ts';
import type { KnownStart } from './log-follower.ts';
import { createOutboxReader } from './outbox-reader.ts';
import { PartitionLeases } from './partition-leases.ts';
import type { PartitionRelay } from './partition-relay.ts';
import { PutHealth } from './put-health.ts';
import { RecordRefusedError } from './record-sender.ts';
import { RelayConnections } from './relay-connections.ts';
import { createRelayMetrics } from './relay-metrics.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import { createRelayScripts } from './relay-scripts.ts';
import type { RelayScripts } from './relay-scripts.ts';
import { createRecovery } from './recovery/create-recovery.ts';
import type { Recovery } from './recovery/recovery.ts';

export interface RelayOptions {
  config: RelayConfig;
  log: Log;
  kinesis: KinesisClient;
  /** that has records pushed to BUS_CONSUMER; undefined: the stream is polled */
  fanOut: KinesisClient | undefined;
  /** for commands */
  redis: Redis;
  /** for blocking reads of the outboxes */
  outboxRedis: Redis;
}

const REDIS_WAIT_MS = 2_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 3_000;
const TICK_MS = 1_000;
/** What Kinesis says of a request that it would refuse again; of this record only if it takes another. */
const REFUSALS = new Set(['InvalidArgumentException', 'SerializationException', 'ValidationException']);
/** A batch without events, under a key that is no partition's: whoever reads it has nothing to do. */
const PROBE = { partitionKey: 'relay-probe', data: compress('[]') };

/**
 * One of any number of relays: learns where the log stands, follows all of it, and makes it equal to the
 * outboxes of the partitions it has a lease of (partition-relay.ts). It may be killed at any moment: what it
 * has in memory is read again from Redis and the stream, and what is sent twice the rule drops. It needs
 * Redis and the stream; while one is away it waits and says so.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #scripts: RelayScripts;
  readonly #metrics: RelayMetrics;
  readonly #partitions: number[];
  readonly #connections: RelayConnections;
  readonly #follower: LogFollower;
  readonly #store: EventStoreSource;
  readonly #held: HeldPartitions;
  readonly #leases: PartitionLeases;
  readonly #recovery: Recovery;
  readonly #puts: PutHealth;
  readonly #failed = Promise.withResolvers<Error>();
  #streamKey = '';
  #stage = 'it has not started';
  /** since when the log cannot be read, by this process' own clock; undefined while it can */
  #blindSinceMonoMs: number | undefined;
  #running: Promise<void> | undefined;
  #writingHeads: Promise<void> | undefined;
  #ticker: NodeJS.Timeout | undefined;

  constructor(options: RelayOptions) {
    const { config, log, redis, outboxRedis, kinesis, fanOut } = options;
    const { signal } = this.#stopping;
    this.#options = options;
    this.#log = log;
    this.#scripts = createRelayScripts(redis);
    this.#partitions = Array.from({ length: config.PARTITIONS }, (_, partition) => partition);
    this.#metrics = this.#createMetrics();
    const outboxes = createOutboxReader(outboxRedis, (partition) => partitionKeys(partition).outbox);
    const relays: (PartitionRelay | undefined)[] = this.#partitions.map(() => undefined);
    const streamKey = (): string => this.#streamKey;
    this.#puts = new PutHealth({
      probe: () => putRecord(kinesis, { streamName: config.KINESIS_STREAM, ...PROBE }),
    });
    this.#follower = new LogFollower({
      config, kinesis, fanOut, log, metrics: this.#metrics, relays, signal,
      liveCount: () => this.#leases.liveCount(), onLost: (reason) => this.#lose(reason),
    });
    this.#store = new EventStoreSource({
      url: config.EVENT_STORE_URL ?? config.DATABASE_URL, log, streamKey, follower: this.#follower,
      relays: () => this.#held.relays(),
    });
    this.#held = new HeldPartitions({
      relays, outboxes, log, streamKey, signal, metrics: this.#metrics, scripts: this.#scripts,
      follower: this.#follower, fold: this.#follower.fold, layouts: createLayoutCache(redis),
      put: (partition, data) => this.#put(partition, data),
      storeTrouble: () => this.#store.trouble(),
      onOtherGeneration: (aliveAtMs) => this.#recovery.doubt(aliveAtMs || Date.now()),
    });
    this.#recovery = createRecovery({
      ...options, signal, eventStoreUrl: config.EVENT_STORE_URL ?? config.DATABASE_URL, relays, streamKey,
      scripts: this.#scripts, fold: this.#follower.fold, partitionOfSale: this.#follower.partitionOfSale,
      generationOf: (partition) => this.#held.generationOf(partition),
      logTrouble: () => this.#store.trouble(),
      adopt: (partition, generation) => this.#held.adopt(partition, generation),
      aliveAtMs: (partition) => this.#held.aliveAtMs(partition),
    });
    this.#leases = new PartitionLeases({
      partitions: config.PARTITIONS, leaseMs: config.LEASE_MS, log,
      owner: randomBytes(12).toString('base64url'), scripts: createLeaseScripts(redis),
      isFit: () => this.#isFit(),
      taken: (partition) => this.#held.take(partition),
      ended: (partition) => this.#held.drop(partition, { isOurs: this.#leases.has(partition) }),
    });
    this.#connections = new RelayConnections({
      redis, outboxRedis, outboxes, signal,
      onNew: () => this.#held.readAgain(),
      onNewCommands: (answeredAtMs) => {
        this.#recovery.doubt(answeredAtMs || Date.now());
        void this.#tick();
      },
    });
  }

  /** Begins in the background; `troubles` says how far it is. Can be called twice. */
  start(): void {
    if (this.#running !== undefined) return;
    this.#ticker = setInterval(() => void this.#tick(), TICK_MS);
    this.#running = this.#run();
  }

  /**
   * Lets the record and the announcements under way end, says how far the log is, and gives its partitions
   * up, so that others take them at once. Can be called twice.
   */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#ticker);
    this.#options.outboxRedis.disconnect();
    await this.#leases.stop();
    await this.#follower.stop();
    await this.#running;
    await this.#writingHeads;
    await this.#recovery.stop();
  }

  /**
   * Resolves when it cannot go on: it slept for longer than the stream keeps records. It does nothing any
   * more then; `stop` it, and another one learns anew where the log stands.
   */
  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  /** What keeps it from its work, a sentence each. */
  troubles(): string[] {
    return [
      this.#stage, ...this.#connections.troubles(), ...this.#follower.troubles(), this.#putTrouble(),
      ...this.#held.troubles(), ...this.#recovery.troubles(),
    ].filter(Boolean);
  }

  async #run(): Promise<void> {
    await this.#insist('Redis is not reached yet', () => this.#reachRedis());
    await this.#insist('the stream is not reached yet', () => this.#findStream());
    const start = await this.#insist('the log is not read to its tip yet', () => this.#findStart());
    if (start !== undefined) await this.#follower.start(start);
    await this.#insist('the partitions are not shared yet', () => this.#leases.round());
    await this.#insist('the generations are not read yet', () => this.#held.open());
    if (this.#stopping.signal.aborted) return;
    this.#stage = '';
    this.#connections.watch();
    this.#leases.start();
    this.#writingHeads = this.#writeHeads();
    await this.#held.follow();
  }

  async #reachRedis(): Promise<void> {
    await redisReady(this.#options.redis, REDIS_WAIT_MS);
    await redisReady(this.#options.outboxRedis, REDIS_WAIT_MS);
  }

  async #findStream(): Promise<void> {
    const { KINESIS_STREAM: streamName, KINESIS_SHARDS: shards } = this.#options.config;
    this.#streamKey = (await ensureStream(this.#options.kinesis, { streamName, shards })).streamKey;
    await this.#follower.listShards();
  }

  /**
   * Where the log is read from: behind what the event store has; without it, from where relays said the
   * heads were; a partition of which nobody knows anything, from the horizon.
   */
  async #findStart(): Promise<KnownStart> {
    const known = await this.#store.ask();
    if (known !== undefined) return { positions: known.positions, unknown: new Set() };
    const statements = await this.#scripts.headsStatements(this.#partitions, this.#streamKey);
    return await this.#follower.learnHeads(statements, this.#stopping.signal);
  }

  /** A relay that has read nothing or put nothing for long leaves its partitions to those that can. */
  #isFit(): boolean {
    if (this.#follower.troubles().length === 0) this.#blindSinceMonoMs = undefined;
    else this.#blindSinceMonoMs ??= performance.now();
    const blindMs = performance.now() - (this.#blindSinceMonoMs ?? performance.now());
    return Math.max(blindMs, this.#puts.failingMs()) < this.#options.config.LEASE_MS;
  }

  #lose(reason: string): void {
    this.#stage = `the log is lost to this relay, which must be started anew: ${reason}`;
    this.#log.fatal({ reason }, 'the stream has dropped records that this relay has not read');
    this.#stopping.abort();
    this.#failed.resolve(new Error(this.#stage));
  }

  #putTrouble(): string {
    const failingMs = this.#puts.failingMs();
    return failingMs < this.#options.config.LEASE_MS ? ''
      : `the bus has taken nothing for ${Math.round(failingMs / 1_000)} s: ${this.#puts.why()}`;
  }

  async #put(partition: number, data: Uint8Array): Promise<LogPosition> {
    const { kinesis, config } = this.#options;
    if (!this.#leases.has(partition)) throw new Error(`${partitionName(partition)} is another relay's now`);
    try {
      const place = await this.#puts.note(() => putRecord(kinesis, {
        streamName: config.KINESIS_STREAM, partitionKey: partitionName(partition), data,
      }));
      this.#follower.wake(place.shardId);
      return place;
    } catch (error) {
      const isRefusal = REFUSALS.has((error as Error).name) && await this.#puts.takes();
      throw isRefusal ? new RecordRefusedError((error as Error).message, { cause: error }) : error;
    }
  }

  async #tick(): Promise<void> {
    this.#connections.endSilence();
    if (this.#stage !== '') return;
    this.#puts.tick();
    void this.#store.tick();
    try {
      const [lost] = await Promise.all([
        this.#held.tick(),
        this.#options.redis.ping().then(() => this.#connections.answered()),
      ]);
      this.#recovery.tick(lost);
    } catch (error) {
      this.#log.debug({ err: (error as Error).message }, 'the generations cannot be read');
    }
  }

  async #writeHeads(): Promise<void> {
    const { signal } = this.#stopping;
    const pause = createPause(signal);
    while (!signal.aborted) {
      await pause.wait(this.#options.config.HEADS_MS);
      if (!signal.aborted) await this.#held.writeHeads();
    }
  }

  #createMetrics(): RelayMetrics {
    return createRelayMetrics({
      entries: () => this.#held.relays().reduce((sum, { ledger }) => sum + ledger.entryCount(), 0),
      waiting: () => this.#held.relays().reduce((sum, { waiting }) => sum + waiting.count(), 0),
      standing: () => this.#scripts.standing(this.#partitions),
    }, {
      own: () => this.#leases.ownCount(),
      free: () => this.#leases.freeCount(),
      live: () => this.#leases.liveCount(),
    });
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
