import type { Redis } from 'ioredis';
import { saleKeys } from '../shared/contracts/keys.ts';

/**
 * Reads records of holds, those that are asked for within one turn of the event loop with one HMGET per sale:
 * a plain command, which costs Redis a small part of what a script call does.
 */
const IDS_PER_READ_MAX = 1_000;

interface Lookup {
  holdId: string;
  resolve: (record: string | undefined) => void;
  reject: (error: unknown) => void;
}

export class HoldLookups {
  #redis: Redis;
  /** by the key of the sale's holds */
  #waiting = new Map<string, Lookup[]>();

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** The record of a hold; undefined if there is none. Throws when Redis does not answer. */
  find(partition: number, saleId: string, holdId: string): Promise<string | undefined> {
    const { holds } = saleKeys(partition, saleId);
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(holds);
      if (waiting !== undefined && waiting.length < IDS_PER_READ_MAX) {
        waiting.push({ holdId, resolve, reject });
        return;
      }
      const lookups = [{ holdId, resolve, reject }];
      this.#waiting.set(holds, lookups);
      setImmediate(() => void this.#read(holds, lookups));
    });
  }

  async #read(holds: string, lookups: Lookup[]): Promise<void> {
    if (this.#waiting.get(holds) === lookups) this.#waiting.delete(holds);
    try {
      const records = await this.#redis.hmget(holds, ...lookups.map(({ holdId }) => holdId));
      for (const [i, { resolve }] of lookups.entries()) resolve(records[i] ?? undefined);
    } catch (error) {
      for (const { reject } of lookups) reject(error);
    }
  }
}
