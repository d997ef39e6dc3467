import type { Redis } from 'ioredis';
import { partitionKeys } from '../shared/contracts/keys.ts';
import type { Log } from '../shared/platform/log.ts';

/**
 * Follows `{pNN}:accepted` of all partitions and wakes who waits for an event id that the log has accepted,
 * or that never will be: `lost` ids (`*`: who knows which), and all that wait in a sale that was `recovered`.
 * It goes by ids, never by positions: after a failover of Redis positions can go back. The truth about an
 * order is in `{pNN}:unconfirmed`, which changes in the same step as an id is announced; this is only how
 * one learns of it at once. So whatever may have been missed (at the start, behind a broken connection, in a
 * stream that was cut before it was read) is never read again: who waits is sent to look there.
 */

/** Ids remembered for those who begin to wait after their id went by: so many to twice as many. */
const RECENT_COUNT = 50_000;
/** Events waited for at a time; who comes on top looks once and does not wait. */
export const WAITING_COUNT_MAX = 50_000;
const BLOCK_MS = 1_000;
const RETRY_MS = 100;
const ENTRIES_PER_READ_MAX = 1_000;

/**
 * `accepted`: the log has it. `unsure`: the time is over, or announcements may have been missed. `full`: so
 * many wait that nobody was told to wait for it.
 */
export type Heard = 'accepted' | 'unsure' | 'full';

interface Waiter {
  saleId: string;
  told(heard: Heard): void;
}

export class AcceptedFollower {
  #redis: Redis;
  #log: Log;
  #positions = new Map<string, string>();
  #recent = new Set<string>();
  #earlier = new Set<string>();
  /** by event id */
  #waiting = new Map<string, Set<Waiter>>();
  #onRecovered: (saleId: string) => void = () => undefined;
  #following: Promise<void> | undefined;
  #isStopping = false;
  #connection = 0;

  /** @param redis a connection of its own: it blocks */
  constructor(redis: Redis, partitions: number, log: Log) {
    this.#redis = redis;
    this.#log = log;
    // A blocked read may be sent again over a new connection, with the positions of the old one.
    redis.on('ready', () => { this.#connection += 1; });
    for (let p = 0; p < partitions; p++) this.#positions.set(partitionKeys(p).accepted, '0-0');
  }

  /** @param onRecovered told of every sale that was rebuilt from the log, maybe more than once */
  start(onRecovered: (saleId: string) => void): void {
    if (this.#following !== undefined) return;
    this.#onRecovered = onRecovered;
    this.#following = this.#follow();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#redis.disconnect();
    await this.#following;
  }

  /**
   * Waits `ms` at most; who is left unsure looks into `{pNN}:unconfirmed`, and may then wait on. To wait on
   * where it is full would be to ask Redis without a pause.
   */
  wait(saleId: string, eventId: string, ms: number): Promise<Heard> {
    if (this.#recent.has(eventId) || this.#earlier.has(eventId)) return Promise.resolve('accepted');
    if (ms <= 0) return Promise.resolve('unsure');
    if (this.#waiting.size >= WAITING_COUNT_MAX) return Promise.resolve('full');
    return new Promise((resolve) => {
      const timer = setTimeout(() => told('unsure'), ms);
      const told = (heard: Heard) => {
        clearTimeout(timer);
        const others = this.#waiting.get(eventId);
        others?.delete(waiter);
        if (others?.size === 0) this.#waiting.delete(eventId);
        resolve(heard);
      };
      const waiter: Waiter = { saleId, told };
      const waiters = this.#waiting.get(eventId);
      if (waiters === undefined) this.#waiting.set(eventId, new Set([waiter]));
      else waiters.add(waiter);
    });
  }

  async #follow(): Promise<void> {
    let positionedOn = -1;
    while (!this.#isStopping) {
      try {
        const connection = this.#connection;
        if (positionedOn !== connection) await this.#position();
        positionedOn = connection;
        await this.#read();
      } catch (error) {
        if (this.#isStopping) return;
        // The connection broke: another primary may answer next, with other positions.
        positionedOn = -1;
        const err = (error as Error).message;
        this.#log.warn({ err }, 'following the accepted events failed, trying again');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** At the end of each stream. What was announced before, who waits now finds by looking. */
  async #position(): Promise<void> {
    const keys = [...this.#positions.keys()];
    const lasts = await Promise.all(keys.map((key) => this.#redis.xrevrange(key, '+', '-', 'COUNT', 1)));
    for (const [i, key] of keys.entries()) this.#positions.set(key, lasts[i]?.[0]?.[0] ?? '0-0');
    this.#tellAll();
  }

  #tellAll(): void {
    for (const eventId of [...this.#waiting.keys()]) this.#tell(eventId, 'unsure');
  }

  async #read(): Promise<void> {
    const keys = [...this.#positions.keys()];
    const streams = await this.#redis.xread(
      'COUNT', ENTRIES_PER_READ_MAX, 'BLOCK', BLOCK_MS, 'STREAMS', ...keys, ...this.#positions.values(),
    );
    for (const [key, entries] of streamsOf(streams)) {
      for (const [id, fields] of entries) {
        this.#positions.set(key, id);
        this.#take(fields[0] ?? '', fields[1] ?? '');
      }
    }
  }

  /** `ids` and `lost`: event ids, parted by spaces; `recovered`: a sale. */
  #take(what: string, value: string): void {
    if (what === 'recovered') {
      this.#endWaiting(value);
      return;
    }
    if (what === 'lost' && value === '*') {
      this.#tellAll();
      return;
    }
    for (const eventId of value.split(' ')) {
      if (what === 'ids') this.#note(eventId);
      else this.#tell(eventId, 'unsure');
    }
  }

  /** What the sale has now is what the log has: who waits for more waits in vain, and looks. */
  #endWaiting(saleId: string): void {
    this.#onRecovered(saleId);
    for (const waiters of this.#waiting.values()) {
      for (const waiter of waiters) if (waiter.saleId === saleId) waiter.told('unsure');
    }
  }

  #note(eventId: string): void {
    // Two sets in turn: taking the oldest out of one costs a scan of all that were taken out before.
    if (this.#recent.size === RECENT_COUNT) {
      this.#earlier = this.#recent;
      this.#recent = new Set();
    }
    this.#recent.add(eventId);
    this.#tell(eventId, 'accepted');
  }

  #tell(eventId: string, heard: Heard): void {
    for (const { told } of this.#waiting.get(eventId) ?? []) told(heard);
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
