import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { LogFold } from '../shared/contracts/log-fold.ts';
import type { LogPosition } from '../shared/contracts/partition-heads.ts';
import type { Log } from '../shared/platform/log.ts';
import { backoffMs } from '../shared/platform/pause.ts';
import { HeadsWriter } from './heads-writer.ts';
import type { LayoutCache } from './layout-cache.ts';
import type { LogFollower } from './log-follower.ts';
import type { OutboxReader } from './outbox-reader.ts';
import { PartitionRelay } from './partition-relay.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import type { RelayScripts } from './relay-scripts.ts';

export interface HeldPartitionsOptions {
  /** which this fills, by partition: whoever reads the log tells them */
  relays: (PartitionRelay | undefined)[];
  follower: LogFollower;
  fold: LogFold;
  layouts: LayoutCache;
  log: Log;
  metrics: RelayMetrics;
  outboxes: OutboxReader;
  scripts: RelayScripts;
  /** of the stream, once it is known */
  streamKey(): string;
  /** Puts one record of a partition, once, and says where it lies. Throws when the partition is not ours. */
  put(partition: number, data: Uint8Array): Promise<LogPosition>;
  /**
   * A partition has another generation than was known: its sales tell how good that is. `aliveAtMs`: when it
   * was last known to work, 0 if never.
   */
  onOtherGeneration(aliveAtMs: number): void;
  /** Why the event store was not reached, which may know of a log that the stream has forgotten; or ''. */
  storeTrouble(): string;
  signal: AbortSignal;
}

interface Held {
  relay: PartitionRelay;
  heads: HeadsWriter;
  /** undefined until it is known whether the partition may be worked on; '' if Redis has lost it */
  generation: string | undefined;
}

const FULL_MS = 20;
const IDLE_MS = 50;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 3_000;
/** A relay that stops is not kept longer by a bus that does not take its last word. */
const LAST_HEADS_MS_MAX = 2_000;

/**
 * The partitions that this relay works on: opens them, reads their outboxes from the beginning, and lets go
 * of them. What it knew of one it forgets with it; nothing of it is needed by whoever comes next, and when
 * it comes back others may have sent and trimmed in between.
 */
export class HeldPartitions {
  readonly #options: HeldPartitionsOptions;
  readonly #held = new Map<number, Held>();
  /** when a partition was last seen with its generation, ms */
  readonly #aliveAtMs = new Map<number, number>();
  #isOpening = false;

  constructor(options: HeldPartitionsOptions) {
    this.#options = options;
  }

  /** Begins to work on a partition, and opens it at once if that can be; otherwise `tick` does. */
  take(partition: number): void {
    const { relays, outboxes, scripts, follower, streamKey } = this.#options;
    outboxes.forget(partition);
    const relay = this.#relayOf(partition);
    const heads = new HeadsWriter({
      partition, log: follower, streamKey: streamKey(),
      put: async (data) => {
        const place = await this.#options.put(partition, data);
        this.#options.metrics.headsWritten.inc();
        return place;
      },
      state: (statement) => scripts.stateHeads(partition, statement),
    });
    for (const saleId of follower.salesOf(partition)) relay.enterEpoch(saleId, follower.epochOf(saleId));
    this.#held.set(partition, { relay, heads, generation: undefined });
    relays[partition] = relay;
    this.#openSoon();
  }

  /**
   * Ends the work on it: the record and the announcements under way, and, while it is still ours, the last
   * word on its heads. Never rejects.
   */
  async drop(partition: number, { isOurs }: { isOurs: boolean }): Promise<void> {
    const { relays, log } = this.#options;
    const held = this.#held.get(partition);
    if (held === undefined) return;
    await held.relay.stop();
    this.#held.delete(partition);
    relays[partition] = undefined;
    if (!isOurs || held.generation === undefined) return;
    const late = new AbortController();
    await Promise.race([
      held.heads.write().catch((error: Error) => {
        log.debug({ err: error.message, partition }, 'the heads could not be written at the end');
      }),
      sleep(LAST_HEADS_MS_MAX, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    late.abort();
  }

  /**
   * Begins those that are not open yet. One that was never used is opened; one whose log is not empty has
   * lost its Redis and waits for recovery; while the event store, which may know of a log that the stream has
   * forgotten, was not reached, nothing is opened. A partition that has its generation needs none of that.
   *
   * @throws the error of Redis
   */
  async open(): Promise<void> {
    const { scripts, follower, storeTrouble } = this.#options;
    const unopened = this.#unopened();
    if (unopened.length === 0) return;
    for (const [partition, found] of await scripts.generations(unopened)) {
      if (found === '' && storeTrouble() !== '') continue;
      const isNew = found === '' && !follower.hasSeen(partition);
      const generation = isNew ? await scripts.startGeneration(partition) : found;
      const held = this.#held.get(partition);
      if (held === undefined || held.generation !== undefined) continue;
      this.#adopt(partition, held, generation);
      held.relay.begin();
    }
  }

  /** Follows the outboxes until the signal. Never rejects. */
  async follow(): Promise<void> {
    const { signal, outboxes, log } = this.#options;
    for (let failures = 0; !signal.aborted;) {
      const withRoom = this.#those(({ relay }) => relay.hasRoom());
      try {
        if (withRoom.length === 0) await outboxes.alive(this.#held.size === 0 ? IDLE_MS : FULL_MS);
        else await this.#read(withRoom);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        log.warn({ err: (error as Error).message, failures }, 'the outboxes cannot be read');
        this.readAgain();
        await sleep(backoffMs(failures, RETRY_MS_MIN, RETRY_MS_MAX));
      }
    }
  }

  /** Positions hold for one connection: behind another one may be another Redis, after a failover. */
  readAgain(): void {
    this.#options.outboxes.restart();
    for (const { relay } of this.#held.values()) relay.restart();
  }

  /**
   * Called every second or so.
   *
   * @returns partitions that were in use and have no generation now
   * @throws the error of Redis
   */
  async tick(): Promise<number[]> {
    for (const { relay } of this.#held.values()) relay.tick();
    const generations = await this.#options.scripts.generations([...this.#held.keys()]);
    for (const [partition, found] of generations) this.#compareGeneration(partition, found);
    await this.open();
    return this.#those(({ generation }) => generation === '')
      .filter((partition) => generations.get(partition) === '');
  }

  /** The generation under which a partition is worked on; '' when it is not. */
  generationOf(partition: number): string {
    return this.#held.get(partition)?.generation ?? '';
  }

  /** The partition has this generation from now on. */
  adopt(partition: number, generation: string): void {
    const held = this.#held.get(partition);
    if (held !== undefined) this.#adopt(partition, held, generation);
  }

  /** When a partition was last known to work, ms by this clock; 0 if never. */
  aliveAtMs(partition: number): number {
    return Math.max(this.#aliveAtMs.get(partition) ?? 0, this.#options.follower.lastEventAtMs(partition));
  }

  /** Says how far the log is, of those that have something to say. Never rejects. */
  async writeHeads(): Promise<void> {
    const { follower, log } = this.#options;
    try {
      if (follower.hasNewShards()) await follower.listShards();
    } catch (error) {
      log.debug({ err: (error as Error).message }, 'the shards cannot be listed');
    }
    await Promise.all([...this.#held].map(async ([partition, { heads, generation }]) => {
      if (generation === undefined) return;
      await heads.write().catch((error: Error) => {
        log.debug({ err: error.message, partition }, 'the heads could not be written');
      });
    }));
  }

  relays(): PartitionRelay[] {
    return [...this.#held.values()].map(({ relay }) => relay);
  }

  /** What hinders them, a sentence each. */
  troubles(): string[] {
    const unopened = this.#unopened().length;
    return [
      unopened === 0 || this.#options.storeTrouble() === ''
        ? '' : `${unopened} partitions have no generation, and the event store, which knows `
          + `whether they were ever in use, was not reached: ${this.#options.storeTrouble()}`,
      ...new Set(this.relays().flatMap((relay) => [...relay.troubles(), ...relay.unreadable()])),
    ].filter(Boolean);
  }

  /** Together with the others that are taken in this turn: an order that waits does not wait for a tick. */
  #openSoon(): void {
    if (this.#isOpening) return;
    this.#isOpening = true;
    void nextTurn().then(async () => {
      this.#isOpening = false;
      await this.open();
    }).catch((error: Error) => {
      this.#options.log.debug({ err: error.message }, 'what was taken could not be opened yet');
    });
  }

  #relayOf(partition: number): PartitionRelay {
    const { layouts, fold, log, metrics, scripts, put } = this.#options;
    const generation = (): string => this.generationOf(partition);
    return new PartitionRelay({
      partition, layouts, fold, log, metrics,
      put: async (data) => void await put(partition, data),
      accept: (ids, trim) => scripts.accept(partition, generation(), ids, trim),
      suspend: (saleId, epoch) =>
        scripts.suspend(partition, generation(), { saleId, epoch, reason: 'contradicts_the_log' }),
      setAside: (saleId, events) => scripts.setAside(partition, generation(), saleId, events),
      dropVoid: (saleId, epoch, ids) => scripts.dropVoid(partition, generation(), { saleId, epoch }, ids),
      hasSetAside: (saleId) => scripts.hasSetAside(partition, saleId),
    });
  }

  #unopened(): number[] {
    return this.#those(({ generation }) => generation === undefined);
  }

  #those(isOne: (held: Held) => boolean): number[] {
    return [...this.#held].filter(([, held]) => isOne(held)).map(([partition]) => partition);
  }

  async #read(partitions: number[]): Promise<void> {
    for (const { partition, entries } of await this.#options.outboxes.next(partitions)) {
      this.#held.get(partition)?.relay.offer(entries);
    }
  }

  #compareGeneration(partition: number, found: string): void {
    const held = this.#held.get(partition);
    if (held?.generation === undefined) return;
    if (found === '') {
      held.generation = '';
      held.relay.setForeign(true);
    } else if (found === held.generation) {
      this.#aliveAtMs.set(partition, Date.now());
      held.relay.setForeign(false);
    } else {
      // Another relay has opened it again, or Redis has an older state back.
      this.#adopt(partition, held, found);
      this.#options.onOtherGeneration(this.aliveAtMs(partition));
    }
  }

  /** What was read of its outbox before may be of another Redis: it is read from the beginning. */
  #adopt(partition: number, held: Held, generation: string): void {
    held.generation = generation;
    this.#options.outboxes.forget(partition);
    held.relay.restart();
    held.relay.setForeign(generation === '');
  }
}
