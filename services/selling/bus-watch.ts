import type { ChainableCommander, Redis } from 'ioredis';
import { partitionKeys, POLICIES_KEY } from '../shared/contracts/keys.ts';
import type { Log } from '../shared/platform/log.ts';

/** What becomes of new orders while the bus accepts nothing; docs/runbooks/bus-outage.md. */
export const BUS_OUTAGE_POLICIES = ['refuse', 'accept'] as const;
export type BusOutagePolicy = (typeof BUS_OUTAGE_POLICIES)[number];

export interface BusPolicyInForce {
  busOutage: BusOutagePolicy;
  /** when and by whom it was set; neither: it is this process' default */
  sinceMs?: number;
  by?: string;
}

export interface BusWatchOptions {
  redis: Redis;
  partitions: number;
  /** with `redis` nobody waits for the bus, and nothing is refused for its sake */
  confirmAck: 'bus' | 'redis';
  /** in force until another one is set */
  defaultPolicy: BusOutagePolicy;
  /** an outbox whose oldest entry is older says that the bus is out */
  outageMs: number;
  log: Log;
}

/** All processes follow a switch within two of these. */
const LOOK_MS = 400;

/**
 * Knows of which partitions the bus is out, and what is then done with orders. The bus counts as out when the
 * oldest entry of a partition's outbox has waited longer than BUS_OUTAGE_MS by Redis' clock: whether Kinesis,
 * the network or the relay is the cause makes no difference to a buyer. It is over when the outbox has
 * drained so far. All partitions are looked at together, every 0.4 s; when Redis does not answer, what was
 * known before stays.
 */
export class BusWatch {
  /** orders that this process refused because the bus was out */
  refusedCount = 0;
  readonly #options: BusWatchOptions;
  #policy: BusPolicyInForce;
  #out = new Set<number>();
  /** what stands in Redis instead of a policy, as it was told last */
  #rubbish: string | null = null;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isRunning = false;

  constructor(options: BusWatchOptions) {
    this.#options = options;
    this.#policy = { busOutage: options.defaultPolicy };
  }

  /** Looks once, then goes on looking. Never rejects; can be called twice. */
  async start(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    await this.look();
    this.#plan();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** True while new orders of the partition are to be refused. */
  refuses(partition: number): boolean {
    return this.#options.confirmAck === 'bus' && this.#policy.busOutage === 'refuse' && this.isOut(partition);
  }

  isOut(partition: number): boolean {
    return this.#out.has(partition);
  }

  /** Those of which the bus is out, in order. */
  partitionsOut(): number[] {
    return [...this.#out].toSorted((a, b) => a - b);
  }

  policy(): BusPolicyInForce {
    return this.#policy;
  }

  /**
   * Sets the policy of all processes; this one follows at once. What stood there instead of policies goes.
   * Throws when Redis does not take it.
   *
   * @param keep carries the change out in a transaction with what tells of it; false when it does not
   */
  async setPolicy(
    busOutage: BusOutagePolicy, by: string,
    keep: (change: (multi: ChainableCommander) => void) => Promise<boolean>,
  ): Promise<boolean> {
    const { redis } = this.#options;
    if (!['hash', 'none'].includes(await redis.type(POLICIES_KEY))) await redis.unlink(POLICIES_KEY);
    const isKept = await keep((multi) => multi.hset(POLICIES_KEY, { busOutage, sinceMs: Date.now(), by }));
    await this.look();
    return isKept;
  }

  /** Looks now. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#lookOnce()).catch((error: unknown) => {
      this.#options.log.debug({ err: (error as Error).message }, 'the state of the bus cannot be read');
    });
    return this.#looking;
  }

  #plan(): void {
    if (!this.#isRunning) return;
    this.#timer = setTimeout(() => void this.look().then(() => this.#plan()), LOOK_MS);
  }

  async #lookOnce(): Promise<void> {
    const { redis, partitions, outageMs } = this.#options;
    // Sent together; one command each, since their hash tags may be on different nodes.
    const [[seconds, micros], set, sinces] = await Promise.all([
      redis.time(),
      this.#readPolicy(),
      Promise.all(Array.from({ length: partitions }, (_, p) =>
        redis.hget(partitionKeys(p).standing, 'sinceMs'))),
    ]);
    const nowMs = Number(seconds) * 1000 + Number(micros) / 1000;
    const out = sinces.flatMap((sinceMs, p) =>
      sinceMs !== null && nowMs - Number(sinceMs) > outageMs ? [p] : []);
    this.#notePolicy(set);
    this.#noteOut(new Set(out));
  }

  /** A key of another type was written by nobody of us: then the deployment's own policy holds. */
  async #readPolicy(): Promise<(string | null)[]> {
    try {
      return await this.#options.redis.hmget(POLICIES_KEY, 'busOutage', 'sinceMs', 'by');
    } catch (error) {
      if (!(error as Error).message.startsWith('WRONGTYPE')) throw error;
      return [`not a hash: ${(error as Error).message}`, null, null];
    }
  }

  #notePolicy([busOutage, sinceMs, by]: (string | null)[]): void {
    const isKnown = BUS_OUTAGE_POLICIES.some((policy) => policy === busOutage);
    const found: BusPolicyInForce = {
      busOutage: isKnown ? busOutage as BusOutagePolicy : this.#options.defaultPolicy,
    };
    // Set by hand, in Redis itself, it has none of this.
    if (isKnown) found.by = by ?? '';
    if (isKnown && /^\d{1,15}$/.test(sinceMs ?? '')) found.sinceMs = Number(sinceMs);
    const rubbish = isKnown ? null : busOutage ?? null;
    if (rubbish !== null && rubbish !== this.#rubbish) {
      this.#options.log.error({ found: rubbish.slice(0, 100), policy: found.busOutage },
        'the bus outage policy in Redis is none: the configured one holds');
    }
    this.#rubbish = rubbish;
    if (found.busOutage !== this.#policy.busOutage) {
      this.#options.log.info({ policy: found.busOutage, operator: found.by }, 'another bus outage policy');
    }
    this.#policy = found;
  }

  #noteOut(out: Set<number>): void {
    const before = this.#out.size;
    this.#out = out;
    const facts = { partitions: this.partitionsOut().slice(0, 10), count: out.size };
    if (before === 0 && out.size > 0) this.#options.log.error(facts, 'the bus accepts nothing');
    if (before > 0 && out.size === 0) this.#options.log.info(facts, 'the bus accepts again');
  }
}
