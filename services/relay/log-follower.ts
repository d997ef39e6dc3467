import type { KinesisClient, Shard } from '@aws-sdk/client-kinesis';
import type { BusEvent } from '../shared/contracts/bus-record.ts';
import { partitionOfSource } from '../shared/contracts/bus-record.ts';
import { createLogFold } from '../shared/contracts/log-fold.ts';
import { GENESIS } from '../shared/contracts/log-rule.ts';
import type { Head } from '../shared/contracts/log-rule.ts';
import { partitionName } from '../shared/contracts/partition-of.ts';
import { readHeadsEvent } from '../shared/contracts/partition-heads.ts';
import type { HeadsStatement, LogPosition } from '../shared/contracts/partition-heads.ts';
import type { Log } from '../shared/platform/log.ts';
import { SHARD_END } from '../shared/platform/shard-reader.ts';
import type { ShardBatch } from '../shared/platform/shard-reader.ts';
import { listShards } from '../shared/platform/reader/list-shards.ts';
import { createStreamReader } from '../shared/platform/stream-reader.ts';
import type { StreamReader } from '../shared/platform/stream-reader.ts';
import type { RelayConfig } from './config.ts';
import { learnHeads } from './learn-heads.ts';
import type { PartitionRelay } from './partition-relay.ts';
import { readLog } from './read-log.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import { chainOf, isBehind, startPositions } from './shard-chain.ts';

export interface LogFollowerOptions {
  config: Pick<RelayConfig, 'KINESIS_STREAM' | 'KINESIS_ENDPOINT' | 'PARTITIONS' | 'BUS_POLL_MS_MIN'
    | 'BUS_POLL_MS_MAX' | 'BUS_READS_MAX' | 'BUS_CONSUMER'>;
  kinesis: KinesisClient;
  fanOut: KinesisClient | undefined;
  /** How many relays read the stream. */
  liveCount(): number;
  log: Log;
  metrics: RelayMetrics;
  /** by partition; those that another relay works on have none here */
  relays: readonly (PartitionRelay | undefined)[];
  /** The log cannot be followed any more: the stream has dropped records that were not read. */
  onLost(reason: string): void;
  signal: AbortSignal;
}

/** Kinesis keeps records for a day at least; an hour less, for clocks that differ. */
const RETENTION_MS_MIN = 23 * 3_600_000;
/** Of the five reads a second and shard that AWS allows; the rest is for those who read with cursors. */
const AWS_READS_MAX = 4;

/** Where to begin: behind what somebody has read before. */
export interface KnownStart {
  positions: ReadonlyMap<string, string>;
  /** partitions of which nothing is known: their sales are taken as the first event that is left has them */
  unknown: ReadonlySet<number>;
  /** by partition: records up to here are in the heads already and are passed by */
  readTo?: ReadonlyMap<number, LogPosition>;
}

/**
 * The log as this relay knows it: reads all shards, applies the rule, tells the partitions' relays, and keeps
 * the heads of all sales by partition with the place up to which they are true. When it was kept from reading
 * for longer than the stream keeps records, it knows the log no more: what comes then is not judged, no place
 * is claimed, and `onLost` is called, for somebody to begin anew.
 */
export class LogFollower {
  readonly fold = createLogFold();
  readonly #options: LogFollowerOptions;
  /** the partition of each sale that the log has something of */
  readonly partitionOfSale = new Map<string, number>();
  /** by partition that was ever used, when its last event happened, ms; 0 when that is not known */
  readonly #partitionsSeen = new Map<number, number>();
  /** the last that the log was read to have a sale in */
  readonly #epochs = new Map<string, number>();
  readonly #sales = new Map<number, Set<string>>();
  /** by partition: sales whose head moved since `takeMoved` */
  readonly #moved = new Map<number, Set<string>>();
  /** by shard: up to where it was read, and from where on */
  readonly #readTo = new Map<string, string>();
  readonly #readFrom = new Map<string, string>();
  /** by name of the partition: records up to here are known */
  readonly #known = new Map<string, LogPosition>();
  #unknown: ReadonlySet<number> = new Set();
  #chains = new Map<number, string[]>();
  #shardIds = new Set<string>();
  #reader: StreamReader | undefined;
  #isAtTip = false;
  /** records were dropped that nobody has read here: the heads are not the log's of any place */
  #hasGap = false;
  /** the same, when the log was known up to there */
  #isLost = false;

  constructor(options: LogFollowerOptions) {
    this.#options = options;
  }

  /** Lists the shards, so that places can be told behind each other. Throws the error of the stream. */
  async listShards(): Promise<void> {
    const { kinesis, config } = this.#options;
    const shards: Shard[] = await listShards(kinesis, config.KINESIS_STREAM);
    this.#shardIds = new Set(shards.map(({ ShardId = '' }) => ShardId));
    this.#chains = new Map(
      Array.from({ length: config.PARTITIONS }, (_, partition) => [partition, chainOf(partition, shards)]),
    );
  }

  /**
   * Takes in what relays said about the partitions and left in the stream, and where to read on from there.
   *
   * @throws the error of the stream
   */
  async learnHeads(
    statements: ReadonlyMap<number, HeadsStatement>, signal: AbortSignal,
  ): Promise<KnownStart> {
    const { kinesis, config, log } = this.#options;
    const { readTo, heads, partitions } = await learnHeads(
      statements, this.#chains, { client: kinesis, streamName: config.KINESIS_STREAM, log, signal },
    );
    for (const [saleId, head] of heads) this.setHead(head.partition, saleId, head);
    for (const partition of partitions) this.see(partition);
    return {
      positions: startPositions(this.#chains, readTo),
      unknown: new Set([...this.#chains.keys()].filter((partition) => !readTo.has(partition))),
      readTo,
    };
  }

  /** Reads on, and resolves when the log was read to its tip, or when the signal is aborted. */
  async start({ positions, unknown, readTo = new Map() }: KnownStart): Promise<void> {
    const { kinesis, config, log, signal } = this.#options;
    this.#unknown = unknown;
    for (const [partition, place] of readTo) this.#known.set(partitionName(partition), place);
    for (const [shardId, position] of positions) {
      this.#readTo.set(shardId, position);
      this.#readFrom.set(shardId, position);
    }
    this.#reader = createStreamReader({
      client: kinesis, streamName: config.KINESIS_STREAM, log, positions,
      pollMsMin: config.BUS_POLL_MS_MIN, pollMsMax: config.BUS_POLL_MS_MAX,
      restMsMin: () => this.#restMsMin(), ...this.#fanOut(),
      // Before the tip old records are no sign: there is as much to read as the stream keeps.
      retentionMs: () => (this.#isAtTip ? RETENTION_MS_MIN : undefined),
      onTrimmed: ({ shardId, reason }) => this.#lose(`${shardId}: ${reason}`),
      onGone: (shardId) => this.#lose(`${shardId} was not read to its end, and the stream has it no more`),
      onBatch: async (batch) => {
        await this.#apply(batch);
        return undefined;
      },
    });
    this.#reader.start();
    await Promise.race([this.#reader.reachedTip(), aborted(signal)]);
    log.info({ sales: [...this.fold.heads()].length, unknown: unknown.size }, 'the log is read to its tip');
    this.#isAtTip = true;
    // What comes now and has no beginning is no remainder of an older log.
    this.#unknown = new Set();
  }

  async stop(): Promise<void> {
    await this.#reader?.stop();
  }

  /** Reads a shard at once: something was sent to it. */
  wake(shardId: string): void {
    this.#reader?.wake(shardId);
  }

  /** What keeps it from reading, a sentence each. */
  troubles(): string[] {
    return this.#reader?.troubles() ?? [];
  }

  /** True if the log has, or had, something of that partition. */
  hasSeen(partition: number): boolean {
    return this.#partitionsSeen.has(partition);
  }

  /** Notes that the log has something of that partition, of which not every reader knows. */
  see(partition: number): void {
    if (!this.#partitionsSeen.has(partition)) this.#partitionsSeen.set(partition, 0);
  }

  /** When the last event of a partition happened, ms; 0 when that is not known. */
  lastEventAtMs(partition: number): number {
    return this.#partitionsSeen.get(partition) ?? 0;
  }

  /** The epoch that the log has a sale in, 0 when that is not known. */
  epochOf(saleId: string): number {
    return this.#epochs.get(saleId) ?? 0;
  }

  /** Notes where a sale is. */
  locate(saleId: string, partition: number): void {
    this.partitionOfSale.set(saleId, partition);
    this.see(partition);
  }

  /** Takes a head in that another reader of the log knows. */
  setHead(partition: number, saleId: string, head: Head): void {
    this.fold.setHead(saleId, { seq: head.seq, id: head.id });
    this.locate(saleId, partition);
    this.#note(partition, saleId);
  }

  /** The sales of the partition that have events. */
  salesOf(partition: number): ReadonlySet<string> {
    return this.#sales.get(partition) ?? new Set();
  }

  /** Those whose head moved since this was asked last. */
  takeMoved(partition: number): ReadonlySet<string> {
    const moved = this.#moved.get(partition) ?? new Set();
    this.#moved.delete(partition);
    return moved;
  }

  /**
   * Up to where the fold has the log of a partition, in this very moment; undefined while that cannot be said
   * (nothing was read, or a shard is new: list the shards and ask again), and for good once records are lost.
   */
  readTo(partition: number): LogPosition | undefined {
    const shardId = this.#chains.get(partition)?.findLast((id) => this.#readTo.has(id));
    const sequenceNumber = shardId === undefined ? undefined : this.#readTo.get(shardId);
    if (shardId === undefined || sequenceNumber === undefined) return undefined;
    if (this.#hasGap || this.hasNewShards()) return undefined;
    return { shardId, sequenceNumber };
  }

  /** True if a shard was read that was not listed yet. */
  hasNewShards(): boolean {
    return [...this.#readTo.keys()].some((shardId) => !this.#shardIds.has(shardId));
  }

  /** Between two reads of a shard, so that all relays together keep to what they may. */
  #restMsMin(): number {
    const { config, liveCount } = this.#options;
    const isAws = config.KINESIS_ENDPOINT === undefined;
    const readsMax = config.BUS_READS_MAX ?? (isAws ? AWS_READS_MAX : Number.POSITIVE_INFINITY);
    return 1_000 * liveCount() / readsMax;
  }

  #fanOut(): { fanOut?: { client: KinesisClient; consumerName: string } } {
    const { fanOut: client, config: { BUS_CONSUMER: consumerName } } = this.#options;
    return client === undefined || consumerName === undefined ? {} : { fanOut: { client, consumerName } };
  }

  /** Who begins with a gap works with what is left, and claims nothing; who falls into one begins anew. */
  #lose(reason: string): void {
    this.#hasGap = true;
    if (!this.#isAtTip || this.#isLost) return;
    this.#isLost = true;
    this.#options.onLost(reason);
  }

  async #apply(batch: ShardBatch): Promise<void> {
    const { relays, metrics, log } = this.#options;
    // The next event of every sale would be rejected for the gap before it.
    if (this.#isLost) return;
    const records = batch.records.filter(({ partitionKey, sequenceNumber }) =>
      !this.#isKnown(partitionKey, { shardId: batch.shardId, sequenceNumber }));
    const [first] = batch.records;
    if (first !== undefined && !this.#readFrom.has(batch.shardId)) {
      this.#readFrom.set(batch.shardId, first.sequenceNumber);
    }
    // When this returns all is judged; when it settles it is announced.
    const announced = readLog({ ...batch, records }, {
      fold: this.fold, relays, metrics, log,
      partitionsSeen: this.#partitionsSeen,
      fromHorizon: (partition) => this.#unknown.has(partition),
      seen: (partition, saleId) => this.partitionOfSale.set(saleId, partition),
      moved: (partition, saleId, epoch) => {
        this.#epochs.set(saleId, epoch);
        this.#note(partition, saleId);
      },
      heads: (event) => this.#compareHeads(event),
    });
    this.#readTo.set(batch.shardId, batch.position);
    await announced;
  }

  /** Of a shard that is read for another partition's sake from further back. */
  #isKnown(partitionKey: string, place: LogPosition): boolean {
    const known = this.#known.get(partitionKey);
    if (known === undefined) return false;
    if (!isBehind(place, known)) return true;
    this.#known.delete(partitionKey);
    return false;
  }

  #note(partition: number, saleId: string): void {
    for (const sales of [this.#sales, this.#moved]) {
      const known = sales.get(partition);
      if (known === undefined) sales.set(partition, new Set([saleId]));
      else known.add(saleId);
    }
  }

  /**
   * A relay says where the log stood at a place that lies before this one. Of a sale that is unknown here
   * that is how it stands, if nothing was missed since that place. What is known here is never changed by it:
   * a difference means that one of the two has read wrongly.
   */
  #compareHeads(event: BusEvent): void {
    const { log, metrics, relays } = this.#options;
    const partition = partitionOfSource(event.source) ?? -1;
    this.see(partition);
    try {
      const { heads, readTo } = readHeadsEvent(event);
      const isWhole = this.#hasReadFrom(readTo);
      for (const [saleId, head] of heads) {
        const standing = this.fold.standing({ saleId, ...head });
        if (standing === 'ahead' && this.fold.head(saleId) === GENESIS) {
          if (!isWhole) continue;
          this.setHead(partition, saleId, head);
          relays[partition]?.waiting.advance(saleId);
        } else if (standing === 'ahead' || standing === 'contradicted') {
          metrics.headsContradicted.inc();
          log.error({ partition, saleId, ...head, known: this.fold.head(saleId) },
            'a relay has another log: one of its heads is not what this relay has read');
        }
      }
    } catch (error) {
      metrics.unreadable.inc();
      log.error({ err: error, partition }, 'a record of heads cannot be read');
    }
  }

  /** True if everything behind that place was certainly read here. */
  #hasReadFrom(place: LogPosition): boolean {
    if (place.sequenceNumber === SHARD_END) return false;
    const from = this.#readFrom.get(place.shardId);
    return from !== undefined && !isBehind({ shardId: place.shardId, sequenceNumber: from }, place);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
