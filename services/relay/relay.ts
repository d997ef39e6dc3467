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
import type { KnownLog } from './learn-log.ts';
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
/** A connection that answers nothing for so long is called silent, told of, and made anew. */
const SILENT_MS_MAX = 3_000;
/** Between two questions to the event store, while it is away or events wait. */
const EVENT_STORE_MS = 2_000;

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
  /** partitions of which it is not known yet whether they may be worked on */
  readonly #unopened: Set<number>;
  readonly #generations = new Map<number, string>();
  readonly #eventStoreUrl: string | undefined;
  #reader: StreamReader | undefined;
  #streamKey = '';
  #fromHorizon = false;
  /** why the event store was not reached yet; '' when it was, or when there is none */
  #storeTrouble = '';
  #storeAskedAtMs = 0;
  #isAskingStore = false;
  /** when Redis last answered a command, and since when the connections are as they are */
  #answeredAtMs = 0;
  #commandsSinceMs = 0;
  #outboxSinceMs = 0;
  /** since when the outboxes are being read; undefined while nobody reads them */
  #readingSinceMs: number | undefined;
  #stage = 'it has not started';
  #running: Promise<void> | undefined;
  #ticker: NodeJS.Timeout | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#scripts = createRelayScripts(options.redis);
    this.#outboxes = createOutboxReader(options.outboxRedis, (partition) => partitionKeys(partition).outbox);
    this.#partitions = Array.from({ length: options.config.PARTITIONS }, (_, partition) => partition);
    this.#unopened = new Set(this.#partitions);
    this.#eventStoreUrl = options.config.EVENT_STORE_URL ?? options.config.DATABASE_URL;
    this.#metrics = createRelayMetrics({
      entries: () => this.#relays.reduce((sum, { ledger }) => sum + ledger.entryCount(), 0),
      waiting: () => this.#waitingCount(),
      fullestBytes: () => this.#scripts.fullestBytes(this.#partitions),
      oldestAtMs: () => this.#relays.map(({ ledger }) => ledger.oldestAtMs()).reduce(earlier, undefined),
    });
    const layouts = createLayoutCache(options.redis);
    this.#relays = this.#partitions.map((partition) => new PartitionRelay({
      partition, layouts, fold: this.#fold, log: this.#log, metrics: this.#metrics,
      put: (data) => this.#put(partition, data),
      accept: (ids, trim) => this.#scripts.accept(partition, this.#generationOf(partition), ids, trim),
      suspend: (saleId) => this.#scripts.suspend(partition, saleId),
      setAside: (saleId, events) =>
        this.#scripts.setAside(partition, this.#generationOf(partition), saleId, events),
      hasSetAside: (saleId) => this.#scripts.hasSetAside(partition, saleId),
    }));
  }

  /** Begins in the background; `troubles` says how far it is. Can be called twice. */
  start(): void {
    if (this.#running !== undefined) return;
    this.#outboxSinceMs = this.#commandsSinceMs = Date.now();
    this.#followConnections();
    this.#ticker = setInterval(() => void this.#tick(), TICK_MS);
    this.#running = this.#run();
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
    const partitions = this.#relays.flatMap((relay) => relay.troubles());
    return [
      this.#stage, ...this.#stage === '' ? this.#silences() : [], ...this.#reader?.troubles() ?? [],
      ...new Set(partitions),
    ].filter(Boolean);
  }

  #silences(): string[] {
    const { redis } = this.#options;
    const unreadMs = Date.now() - Math.max(this.#readingSinceMs ?? 0, this.#outboxes.answeredAtMs() ?? 0);
    const unopened = this.#unopened.size;
    return [
      redis.status === 'ready' && Date.now() - this.#answeredAtMs <= SILENT_MS_MAX + TICK_MS
        ? '' : 'Redis does not answer',
      unreadMs <= SILENT_MS_MAX ? '' : `the outboxes were last read ${Math.round(unreadMs / 1_000)} s ago`,
      unopened === 0 ? '' : `${unopened} partitions have no generation, and the event store, which knows `
        + `whether they were ever in use, was not reached: ${this.#storeTrouble}`,
    ];
  }

  async #run(): Promise<void> {
    this.#readingSinceMs = Date.now();
    await this.#insist('Redis is not reached yet', () => this.#readOutboxes());
    this.#readingSinceMs = undefined;
    const stream = await this.#insist('the stream is not reached yet', () => this.#findStream());
    if (stream !== undefined) await this.#readToTip(stream);
    await this.#insist('the generations are not read yet', () => this.#openPartitions());
    if (this.#stopping.signal.aborted) return;
    this.#answeredAtMs = this.#readingSinceMs = Date.now();
    this.#stage = '';
    await this.#followOutboxes();
  }

  /**
   * Positions hold for one connection: behind another one may be another Redis, after a failover. When
   * commands reach a new one, the outboxes must not go on being read from the old one.
   */
  #followConnections(): void {
    const { redis, outboxRedis } = this.#options;
    let isFirst = true;
    outboxRedis.on('ready', () => {
      this.#outboxSinceMs = Date.now();
      this.#readAgain();
    });
    redis.on('ready', () => {
      this.#commandsSinceMs = Date.now();
      if (!isFirst) this.#readAgain();
      if (!isFirst && !this.#stopping.signal.aborted && outboxRedis.status === 'ready') {
        outboxRedis.disconnect(true);
      }
      isFirst = false;
    });
  }

  #readAgain(): void {
    this.#outboxes.restart();
    for (const relay of this.#relays) relay.restart();
  }

  /** All that is in the outboxes now, so that it is recognised while the log is read. */
  async #readOutboxes(): Promise<void> {
    await redisReady(this.#options.redis, REDIS_WAIT_MS);
    await redisReady(this.#options.outboxRedis, REDIS_WAIT_MS);
    for (const [partition, generation] of await this.#scripts.generations(this.#partitions)) {
      if (generation !== '') this.#generations.set(partition, generation);
    }
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
    this.#streamKey = streamKey;
    const known = await this.#askEventStore();
    this.#fromHorizon = known === undefined;
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
    // What comes now and has no beginning is no remainder of an older log.
    this.#fromHorizon = false;
  }

  /**
   * Takes in what the event store knows of the log; undefined when there is none or it is away. A head is
   * taken where none was known, or where events wait for one, if it is later than what was read here.
   */
  async #askEventStore(): Promise<KnownLog | undefined> {
    if (this.#eventStoreUrl === undefined) return undefined;
    this.#storeAskedAtMs = Date.now();
    const ids = new Set(
      this.#relays.flatMap(({ ledger }) => [...ledger.openEvents()].map(({ id }) => id)),
    );
    try {
      const known = await learnLog({
        eventStoreUrl: this.#eventStoreUrl, streamKey: this.#streamKey, ids: [...ids], log: this.#log,
      });
      for (const [saleId, head] of known.heads) {
        const { seq } = this.#fold.head(saleId);
        const isWanted = seq === 0 || this.#relays.some(({ waiting }) => waiting.has(saleId));
        if (isWanted && head.seq > seq) this.#fold.setHead(saleId, head);
      }
      for (const partition of known.partitions) this.#partitionsSeen.add(partition);
      for (const relay of this.#relays) {
        relay.learn(known.acceptedIds, ({ id, saleId, seq }) =>
          ids.has(id) && seq <= (known.heads.get(saleId)?.seq ?? 0) ? known.acceptedIds.has(id) : undefined);
      }
      this.#storeTrouble = '';
      return known;
    } catch (error) {
      if (this.#storeTrouble === '') this.#log.warn({ err: error }, 'the event store is out of reach');
      this.#storeTrouble = (error as Error).message;
      return undefined;
    }
  }

  /**
   * Begins the partitions. One that was never used is opened; one whose log is not empty has lost its Redis
   * and waits for recovery; while the event store, which may know of a log that the stream has forgotten, was
   * not reached, nothing is opened. A partition that has its generation needs none of that.
   */
  async #openPartitions(): Promise<void> {
    for (const [partition, found] of await this.#scripts.generations([...this.#unopened])) {
      if (found === '' && this.#storeTrouble !== '') continue;
      const isNew = found === '' && !this.#partitionsSeen.has(partition);
      const generation = isNew ? await this.#scripts.startGeneration(partition) : found;
      this.#generations.set(partition, generation);
      this.#unopened.delete(partition);
      this.#relays[partition]?.setForeign(generation === '');
      this.#relays[partition]?.begin();
    }
  }

  #waitingCount(): number {
    return this.#relays.reduce((sum, { waiting }) => sum + waiting.count(), 0);
  }

  #generationOf(partition: number): string {
    return this.#generations.get(partition) ?? '';
  }

  async #followOutboxes(): Promise<void> {
    for (let failures = 0; !this.#stopping.signal.aborted;) {
      const withRoom = this.#partitions.filter((partition) => this.#relays[partition]?.hasRoom());
      try {
        if (withRoom.length === 0) await this.#outboxes.alive(FULL_MS);
        else await this.#readOutboxesOf(withRoom);
        failures = 0;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        failures += 1;
        this.#log.warn({ err: (error as Error).message, failures }, 'the outboxes cannot be read');
        this.#readAgain();
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
    this.#endSilence();
    if (this.#stage !== '') return;
    for (const relay of this.#relays) relay.tick();
    void this.#tickEventStore();
    try {
      const generations = await this.#scripts.generations(this.#partitions);
      this.#answeredAtMs = Date.now();
      for (const [partition, found] of generations) this.#compareGeneration(partition, found);
      if (this.#unopened.size > 0) await this.#openPartitions();
    } catch (error) {
      this.#log.debug({ err: (error as Error).message }, 'the generations cannot be read');
    }
  }

  #compareGeneration(partition: number, found: string): void {
    if (this.#unopened.has(partition)) return;
    if (found !== '' && this.#generationOf(partition) === '') {
      // It was missing when the relay started, and Redis has its state back.
      this.#generations.set(partition, found);
      this.#readAgain();
    }
    this.#relays[partition]?.setForeign(found === '' || found !== this.#generationOf(partition));
  }

  async #tickEventStore(): Promise<void> {
    const isWanted = this.#storeTrouble !== '' || this.#waitingCount() > 0;
    if (!isWanted || this.#isAskingStore || Date.now() - this.#storeAskedAtMs < EVENT_STORE_MS) return;
    this.#isAskingStore = true;
    await this.#askEventStore();
    this.#isAskingStore = false;
  }

  /** A peer that vanished without a word leaves a connection that looks well: it is made anew. */
  #endSilence(): void {
    const { redis, outboxRedis } = this.#options;
    const readingMs = this.#readingSinceMs ?? Date.now();
    const outboxAtMs = Math.max(this.#outboxSinceMs, readingMs, this.#outboxes.answeredAtMs() ?? 0);
    if (outboxRedis.status === 'ready' && Date.now() - outboxAtMs > SILENT_MS_MAX) {
      this.#outboxSinceMs = Date.now();
      outboxRedis.disconnect(true);
    }
    const commandsAtMs = Math.max(this.#commandsSinceMs, this.#answeredAtMs);
    if (this.#stage === '' && redis.status === 'ready' && Date.now() - commandsAtMs > SILENT_MS_MAX) {
      this.#commandsSinceMs = Date.now();
      redis.disconnect(true);
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
