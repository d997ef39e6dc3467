import { randomBytes } from 'node:crypto';
import type { LogFold } from '../shared/contracts/log-fold.ts';
import { HEADS_PER_RECORD_MAX, toHeadsEvent } from '../shared/contracts/partition-heads.ts';
import type { HeadsStatement, LogPosition, PartitionHeads } from '../shared/contracts/partition-heads.ts';
import { compress } from '../shared/platform/compression.ts';
import type { LogFollower } from './log-follower.ts';

export interface HeadsWriterOptions {
  partition: number;
  log: Pick<LogFollower, 'readTo' | 'salesOf' | 'takeMoved'> & { fold: LogFold };
  streamKey: string;
  /** Puts one record and says where it lies. */
  put(data: Uint8Array): Promise<LogPosition>;
  /** Keeps the statement in Redis. */
  state(statement: HeadsStatement): Promise<void>;
}

/** Kinesis keeps records for a day at least: long before that the heads are written again. */
const FULL_AGE_MS_MAX = 3_600_000;

/**
 * Says on the bus how far the log of one partition is, for relays that start without an event store. While
 * nothing happens it writes nothing on the bus; it only says in Redis that the heads were the same further
 * on. When many sales stand still and few move, records have those that moved since the last full one.
 */
export class HeadsWriter {
  readonly #options: HeadsWriterOptions;
  /** records of the last full statement, and of what moved since */
  #full: LogPosition[] = [];
  #rest: LogPosition[] = [];
  #fullAtMs = Number.NEGATIVE_INFINITY;
  readonly #movedSinceFull = new Set<string>();
  #stated = '';
  #writing: Promise<void> | undefined;

  constructor(options: HeadsWriterOptions) {
    this.#options = options;
  }

  /** Writes what is to be said now. Throws what bus or Redis throw: it is said the next time then. */
  write(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { partition, log, streamKey, state } = this.#options;
    const readTo = log.readTo(partition);
    if (readTo === undefined) return;
    const moved = log.takeMoved(partition);
    for (const saleId of moved) this.#movedSinceFull.add(saleId);
    const sales = log.salesOf(partition);
    const isFull = performance.now() - this.#fullAtMs > FULL_AGE_MS_MAX
      || this.#movedSinceFull.size > sales.size / 2;
    if (sales.size > 0 && (isFull || this.#isBehind(moved))) {
      // Read off before anything is awaited: these heads belong to that place.
      const heads = [...isFull ? sales : this.#movedSinceFull]
        .map((saleId): PartitionHeads['heads'][number] => [saleId, log.fold.head(saleId)]);
      if (isFull) this.#movedSinceFull.clear();
      await this.#put({ readTo, full: isFull, heads });
    }
    const statement = { streamKey, readTo, records: [...this.#full, ...this.#rest] };
    const text = JSON.stringify(statement);
    if (text === this.#stated) return;
    await state(statement);
    this.#stated = text;
  }

  /** True if what was written last is not the present state: something moved, or could not be written. */
  #isBehind(moved: ReadonlySet<string>): boolean {
    return moved.size > 0 || (this.#movedSinceFull.size > 0 && this.#rest.length === 0);
  }

  async #put({ readTo, full, heads }: PartitionHeads): Promise<void> {
    const { partition, put } = this.#options;
    const places: LogPosition[] = [];
    try {
      for (let i = 0; i < heads.length; i += HEADS_PER_RECORD_MAX) {
        const some = heads.slice(i, i + HEADS_PER_RECORD_MAX);
        const event = toHeadsEvent({ readTo, full, heads: some }, {
          partition, id: `heads-${randomBytes(12).toString('base64url')}`, nowMs: Date.now(),
        });
        places.push(await put(compress(JSON.stringify([event]))));
      }
    } catch (error) {
      // Of what was not said all is to be said.
      this.#fullAtMs = Number.NEGATIVE_INFINITY;
      throw error;
    }
    if (full) {
      this.#full = places;
      this.#rest = [];
      this.#fullAtMs = performance.now();
    } else {
      this.#rest = places;
    }
  }
}
