import { decodeBatch, RECORD_TEXT_BYTES_MAX } from '../../services/shared/contracts/bus-record.ts';
import { partitionName } from '../../services/shared/contracts/partition-of.ts';
import { decompress } from '../../services/shared/platform/compression.ts';
import { SHARD_END } from '../../services/shared/platform/shard-reader.ts';
import type { ShardBatch, StreamRecord } from '../../services/shared/platform/shard-reader.ts';
import { ReferenceLog } from './reference-log.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimProcess } from './sim-process.ts';

export interface SimShard {
  id: string;
  parentIds: string[];
  /** of the partitions' hashes, from 0 to 1; the upper end is not in it */
  from: number;
  to: number;
  records: StreamRecord[];
  isClosed: boolean;
}

/**
 * The bus: what lands is kept in its shard in the order in which it landed, for ever. Shards are split and
 * merged while it runs: a closed one takes nothing more, its children take what comes from then on.
 */
export class SimBus {
  readonly shards: SimShard[] = [];
  readonly log = new ReferenceLog();
  readonly #random: SeededRandom;
  readonly #trace: (text: string) => void;
  readonly #hashes: number[];
  #sequence = 0;
  #changed = Promise.withResolvers<void>();

  constructor(random: SeededRandom, trace: (text: string) => void, { shards, partitions }: {
    shards: number; partitions: number;
  }) {
    this.#random = random;
    this.#trace = trace;
    this.#hashes = Array.from({ length: partitions }, () => random.float());
    for (let i = 0; i < shards; i++) this.#open([], i / shards, (i + 1) / shards);
  }

  /** A record arrives. */
  land(partition: number, data: Uint8Array): void {
    const hash = this.#hashes[partition] ?? 0;
    const shard = this.shards.find(({ isClosed, from, to }) => !isClosed && from <= hash && hash < to);
    if (shard === undefined) throw new Error('no shard takes the record');
    // A reader tells the codec from the first bytes; unpacking it once here instead of in each of them takes
    // a third off the time of a history.
    const text = decompress(data, RECORD_TEXT_BYTES_MAX);
    this.#sequence += 1;
    shard.records.push({
      sequenceNumber: String(this.#sequence), partitionKey: partitionName(partition), data: Buffer.from(text),
      arrivedAtMs: 0,
    });
    for (const event of decodeBatch(text)) {
      const isLogged = this.log.land(event);
      const { subject, sequence, id } = event;
      this.#trace(`${shard.id} has ${subject} ${sequence} ${id}${isLogged ? '' : ' (not log)'}`);
    }
    this.#change();
  }

  /** Splits a shard, or merges two that lie next to each other. */
  reshard(): void {
    const open = this.shards.filter(({ isClosed }) => !isClosed).toSorted((a, b) => a.from - b.from);
    const at = this.#random.int(0, open.length - 1);
    const [shard, next] = [open[at], open[at + 1]];
    if (shard === undefined) return;
    shard.isClosed = true;
    if (next !== undefined && this.#random.chance(0.5)) {
      next.isClosed = true;
      this.#open([shard.id, next.id], shard.from, next.to);
    } else {
      const middle = shard.from + (shard.to - shard.from) * (0.2 + 0.6 * this.#random.float());
      this.#open([shard.id], shard.from, middle);
      this.#open([shard.id], middle, shard.to);
    }
    const now = this.shards.filter(({ isClosed }) => !isClosed).map(({ id }) => id);
    this.#trace(`shards are now ${now.join(' ')}`);
    this.#change();
  }

  /** Resolves when a record lands or shards change. */
  changed(): Promise<void> {
    return this.#changed.promise;
  }

  #open(parentIds: string[], from: number, to: number): void {
    const id = `shard-${String(this.shards.length).padStart(3, '0')}`;
    this.shards.push({ id, parentIds, from, to, records: [], isClosed: false });
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

export interface FollowOptions {
  bus: SimBus;
  process: SimProcess;
  random: SeededRandom;
  /** as the stream reader's: sequence number or SHARD_END by shard id */
  positions: ReadonlyMap<string, string>;
  /** longest time from a record's arrival to its reading, ms */
  delayMs(): number;
  /** May throw; the same batch comes again. Returns false if the positions are not true any more. */
  onBatch(batch: ShardBatch): Promise<boolean>;
  onTip?(): void;
  /** the mistake of the reference system's library */
  childrenFirst?: boolean;
}

/** Reads all shards for as long as the process lives, parents to their end before their children. */
export function followShards(options: FollowOptions): void {
  const { bus, process, random, positions, childrenFirst = false } = options;
  const closed = new Map<string, PromiseWithResolvers<void>>();
  const atTip = new Set<string>();

  function followNew(): void {
    for (const shard of bus.shards) {
      if (closed.has(shard.id)) continue;
      closed.set(shard.id, Promise.withResolvers());
      void read(shard);
    }
  }

  async function read(shard: SimShard): Promise<void> {
    for (const id of childrenFirst ? [] : shard.parentIds) await closed.get(id)?.promise;
    for (let position = positions.get(shard.id); position !== SHARD_END;) {
      const changed = bus.changed();
      const before = position;
      const first = shard.records.findIndex(({ sequenceNumber }) => sequenceNumber === before) + 1;
      const records = shard.records.slice(first, first + random.int(1, 5));
      const isEnd = shard.isClosed && first + records.length === shard.records.length;
      if (records.length === 0 && !isEnd) {
        markTip(shard);
        await changed;
      }
      await process.sleep(random.float() * options.delayMs());
      if (records.length === 0 && !isEnd) continue;
      const target = isEnd ? SHARD_END : records.at(-1)?.sequenceNumber ?? SHARD_END;
      try {
        const batch = { shardId: shard.id, records, positionBefore: position, position: target };
        if (!await options.onBatch(batch)) return;
        position = target;
      } catch {
        await process.sleep(random.int(50, 500));
      }
    }
    followNew();
    markTip(shard);
    closed.get(shard.id)?.resolve();
  }

  function markTip({ id }: SimShard): void {
    atTip.add(id);
    if ([...closed.keys()].every((shardId) => atTip.has(shardId))) options.onTip?.();
  }

  followNew();
}
