import type { Log } from '../shared/platform/log.ts';
import { createPause } from '../shared/platform/pause.ts';
import type { LeaseScripts } from './lease-scripts.ts';

export interface PartitionLeasesOptions {
  partitions: number;
  /** random, one per process */
  owner: string;
  leaseMs: number;
  scripts: LeaseScripts;
  log: Log;
  /** False while this relay could not do the work: then it leaves it to the others, if there are any. */
  isFit(): boolean;
  /** The partition is this relay's from now on. */
  taken(partition: number): void;
  /** It is no longer: ends the work on it. Resolves when nothing of it is under way; never rejects. */
  ended(partition: number): Promise<void>;
}

interface Lease {
  /** by this process' own clock that never goes back; Redis' lease lapses later, if at all */
  untilMonoMs: number;
  /** it is being given up or was lost; it may be taken again when this has settled */
  ending: Promise<void> | undefined;
}

/** How often a lease is renewed within its time. */
const RENEWALS = 4;
/** How often a relay that has fewer than its share looks for free ones. */
const LOOKS = 20;
/** Between two rounds at least, however short leases are. */
const ROUND_MS_MIN = 20;

/**
 * Shares the partitions among the relays that live: each has its part of them, to one partition equal. Who
 * has too many gives some up, after what is under way has ended; who has too few takes free ones; what a
 * relay leaves behind that died is free when its leases lapse. A relay counts a lease as its own only until
 * the lease's time has passed on its own clock since it was asked for: without contact to Redis it stops
 * sending before anybody else begins. Whether it goes on then Redis tells: where nobody could have had the
 * partition meanwhile, an answer that came late has cost nothing but the time. All of this only saves work.
 * Two relays that both believe to have a partition send things twice, and the rule drops them.
 */
export class PartitionLeases {
  readonly #options: PartitionLeasesOptions;
  readonly #leases = new Map<number, Lease>();
  readonly #stopping = new AbortController();
  readonly #pause = createPause(this.#stopping.signal);
  #running: Promise<void> | undefined;
  #shareCount = 0;
  #liveCount = 1;
  #freeCount = 0;

  constructor(options: PartitionLeasesOptions) {
    this.#options = options;
  }

  /** Goes on sharing in the background, after a first `round`. Can be called twice. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Gives up all of them, each as soon as its work has ended. Can be called twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    const { scripts, owner, log } = this.#options;
    await Promise.all([...this.#leases.keys()].map((partition) => this.#giveUp(partition)));
    await scripts.join(owner, 0).catch((error: Error) => {
      log.debug({ err: error.message }, 'the relay could not be taken off the list: it lapses there');
    });
  }

  /** True while the partition is this relay's to send for. */
  has(partition: number): boolean {
    return (this.#leases.get(partition)?.untilMonoMs ?? 0) > performance.now();
  }

  /** How many relays live, this one included, as of the last round. */
  liveCount(): number {
    return this.#liveCount;
  }

  /** How many partitions nobody had at the last round. */
  freeCount(): number {
    return this.#freeCount;
  }

  /** How many it may send for. */
  ownCount(): number {
    return [...this.#leases.keys()].filter((partition) => this.has(partition)).length;
  }

  /**
   * One round: says that this relay lives, renews what it has, gives up what is too much, takes what is free.
   *
   * @throws the error of Redis; for what it had and could not renew nothing is sent after its time
   */
  async round(): Promise<void> {
    // At once: under load each answer may take long, and a lease lasts from the question on.
    const [share] = await Promise.all([this.#findShare(), this.#renew()]);
    for (const partition of this.#ours().slice(share)) void this.#giveUp(partition);
    await this.#takeFree(share);
    this.#shareCount = share;
  }

  async #run(): Promise<void> {
    const { leaseMs, log } = this.#options;
    for (let roundMs = 0; !this.#stopping.signal.aborted;) {
      const parts = this.#ours().length < this.#shareCount ? LOOKS : RENEWALS;
      await this.#pause.wait(Math.max(ROUND_MS_MIN, leaseMs / parts - roundMs));
      if (this.#stopping.signal.aborted) return;
      const startedAtMs = performance.now();
      try {
        await this.round();
      } catch (error) {
        log.debug({ err: (error as Error).message }, 'the leases could not be renewed');
      }
      roundMs = performance.now() - startedAtMs;
    }
  }

  /** Its part of the partitions, by its place among those that live. */
  async #findShare(): Promise<number> {
    const { scripts, owner, leaseMs, partitions, isFit } = this.#options;
    const live = await scripts.join(owner, isFit() ? leaseMs : 0);
    this.#liveCount = Math.max(1, live.length);
    const place = live.indexOf(owner);
    if (place >= 0) {
      return Math.floor(partitions / live.length) + (place < partitions % live.length ? 1 : 0);
    }
    // Others can do it. Where nobody can, nothing is gained by leaving it to nobody: what one has is kept,
    // and what was left to those who then could not either is taken.
    return live.length > 0 ? 0 : partitions;
  }

  async #renew(): Promise<void> {
    const { scripts, owner, leaseMs } = this.#options;
    const untilMonoMs = performance.now() + leaseMs;
    await Promise.all([...this.#leases].map(async ([partition, lease]) => {
      const isLost = lease.untilMonoMs === 0;
      if (isLost) return;
      const answer = await scripts.take(partition, owner, leaseMs);
      const isLapsed = answer === 'taken' && !this.has(partition);
      if (answer !== 'refused' && !isLapsed) lease.untilMonoMs = untilMonoMs;
      else this.#lose(partition, isLapsed ? 'it was not renewed in time' : 'another relay has it');
    }));
  }

  async #takeFree(share: number): Promise<void> {
    const { scripts, owner, leaseMs, partitions, taken } = this.#options;
    const others = Array.from({ length: partitions }, (_, p) => p).filter((p) => !this.#leases.has(p));
    const free = await scripts.free(others);
    this.#freeCount = free.length;
    const wanted = share - this.#ours().length;
    if (wanted <= 0) return;
    // From a place of its own on, so that relays that look at the same time seldom want the same one.
    const from = Math.floor(Math.random() * free.length);
    const untilMonoMs = performance.now() + leaseMs;
    const some = [...free.slice(from), ...free.slice(0, from)].slice(0, wanted);
    await Promise.all(some.map(async (partition) => {
      if (await scripts.take(partition, owner, leaseMs) === 'refused') return;
      this.#freeCount -= 1;
      this.#leases.set(partition, { untilMonoMs, ending: undefined });
      taken(partition);
    }));
  }

  #ours(): number[] {
    return [...this.#leases].filter(([, { ending }]) => ending === undefined).map(([partition]) => partition);
  }

  #lose(partition: number, reason: string): void {
    const lease = this.#leases.get(partition);
    if (lease === undefined) return;
    lease.untilMonoMs = 0;
    if (lease.ending !== undefined) return;
    this.#options.log.warn({ partition, reason }, 'the lease of a partition is lost');
    void this.#giveUp(partition);
  }

  async #giveUp(partition: number): Promise<void> {
    const lease = this.#leases.get(partition);
    if (lease === undefined) return;
    const { scripts, owner, log } = this.#options;
    lease.ending ??= this.#options.ended(partition).then(async () => {
      this.#leases.delete(partition);
      await scripts.giveUp(partition, owner);
    }).catch((error: Error) => {
      log.debug({ err: error.message, partition }, 'a lease could not be given up: it lapses');
    });
    await lease.ending;
  }
}
