import type { Redis } from 'ioredis';
import { partitionKeys } from '../shared/contracts/keys.ts';
import type { Log } from '../shared/platform/log.ts';

/**
 * Follows `{pNN}:accepted` of all partitions and tells who waits for an event id that the log has accepted
 * it. It goes by ids, never by positions: after a failover of Redis positions can go back. Whoever waits in
 * vain is told so in time; the truth about an order is then in `{pNN}:unconfirmed`.
 */

/** Ids remembered for those who begin to wait after their id went by. */
const RECENT_COUNT_MAX = 100_000;
const BLOCK_MS = 1_000;
const RETRY_MS = 100;
const ENTRIES_PER_READ_MAX = 1_000;

export class AcceptedFollower {
  #redis: Redis;
  #log: Log;
  #positions = new Map<string, string>();
  #recent = new Set<string>();
  #waiting = new Map<string, Set<() => void>>();
  #following: Promise<void> | undefined;
  #isStopping = false;

  /** @param redis a connection of its own: it blocks */
  constructor(redis: Redis, partitions: number, log: Log) {
    this.#redis = redis;
    this.#log = log;
    for (let p = 0; p < partitions; p++) this.#positions.set(partitionKeys(p).accepted, '');
  }

  start(): void {
    this.#following ??= this.#follow();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#redis.disconnect();
    await this.#following;
  }

  /** True once the log has accepted the event, false when `ms` have passed. */
  wait(eventId: string, ms: number): Promise<boolean> {
    if (this.#recent.has(eventId)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const told = () => settle(true);
      const timer = setTimeout(() => settle(false), ms);
      const settle = (accepted: boolean) => {
        clearTimeout(timer);
        const others = this.#waiting.get(eventId);
        others?.delete(told);
        if (others?.size === 0) this.#waiting.delete(eventId);
        resolve(accepted);
      };
      const waiters = this.#waiting.get(eventId);
      if (waiters === undefined) this.#waiting.set(eventId, new Set([told]));
      else waiters.add(told);
    });
  }

  async #follow(): Promise<void> {
    let isPositioned = false;
    while (!this.#isStopping) {
      try {
        if (!isPositioned) await this.#position();
        isPositioned = true;
        await this.#read();
      } catch (error) {
        if (this.#isStopping) return;
        // The connection broke: another primary may answer next, with other positions.
        isPositioned = false;
        const err = (error as Error).message;
        this.#log.warn({ err }, 'following the accepted events failed, trying again');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /**
   * First at the end of each stream; after a broken connection from its start, since ids seen twice do no
   * harm.
   */
  async #position(): Promise<void> {
    for (const [key, position] of this.#positions) {
      if (position !== '') {
        this.#positions.set(key, '0-0');
        continue;
      }
      const last = await this.#redis.xrevrange(key, '+', '-', 'COUNT', 1);
      this.#positions.set(key, last[0]?.[0] ?? '0-0');
    }
  }

  async #read(): Promise<void> {
    const keys = [...this.#positions.keys()];
    const streams = await this.#redis.xread(
      'COUNT', ENTRIES_PER_READ_MAX, 'BLOCK', BLOCK_MS, 'STREAMS', ...keys, ...this.#positions.values(),
    );
    for (const [key, entries] of streamsOf(streams)) {
      for (const [id, fields] of entries) {
        this.#positions.set(key, id);
        for (const eventId of (fields[1] ?? '').split(' ')) this.#tell(eventId);
      }
    }
  }

  #tell(eventId: string): void {
    this.#recent.add(eventId);
    if (this.#recent.size > RECENT_COUNT_MAX) {
      const oldest = this.#recent.values().next();
      if (oldest.done === false) this.#recent.delete(oldest.value);
    }
    for (const told of this.#waiting.get(eventId) ?? []) told();
  }
}

type Entries = [id: string, fields: string[]][];

/** XREAD answers with pairs in RESP2 and with a map in RESP3. */
function streamsOf(answer: unknown): [key: string, entries: Entries][] {
  if (answer === null || answer === undefined) return [];
  if (Array.isArray(answer)) return answer as [string, Entries][];
  if (answer instanceof Map) return [...answer as Map<string, Entries>];
  return Object.entries(answer as Record<string, Entries>);
}
