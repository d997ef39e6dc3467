import type { Redis } from 'ioredis';
import { partitionKeys } from '../shared/contracts/keys.ts';

/**
 * The generation of each partition, as this process knows it. A Redis that lost its state has another one or
 * none, and scripts refuse to run there: an empty Redis must not look like a fresh one.
 */
const REREAD_MS_MIN = 100;

export class Generations {
  #redis: Redis;
  #known = new Map<number, { generation: string; readAtMs: number }>();

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** The generation to send; empty when the partition has none yet (scripts then answer `recovering`). */
  async of(partition: number): Promise<string> {
    const known = this.#known.get(partition);
    if (known !== undefined && known.generation !== '') return known.generation;
    return this.#read(partition);
  }

  /** After a script refused: reads again, unless that was done just now. */
  async refresh(partition: number): Promise<string> {
    const known = this.#known.get(partition);
    if (known !== undefined && performance.now() - known.readAtMs < REREAD_MS_MIN) return known.generation;
    return this.#read(partition);
  }

  async #read(partition: number): Promise<string> {
    const generation = await this.#redis.get(partitionKeys(partition).generation) ?? '';
    this.#known.set(partition, { generation, readAtMs: performance.now() });
    return generation;
  }
}
