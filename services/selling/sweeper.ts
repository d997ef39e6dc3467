import type { Redis } from 'ioredis';
import { partitionKeys, saleKeyList, saleKeys } from '../shared/contracts/keys.ts';
import { REMEMBER_MS } from '../shared/hot-state/restore-sale.ts';
import { redisNowMs } from '../shared/hot-state/redis-now-ms.ts';
import type { Log } from '../shared/platform/log.ts';
import { dropArchived } from './archive-sale.ts';
import type { Stock } from './stock.ts';

/**
 * Gives lapsed holds back, returns what is set aside for channels whose time has come, and lets the records
 * of holds go that ended more than a day ago, and deletes the keys of archived sales once the log has that.
 * Every selling process sweeps; no lease is needed, since each of these happens once in the script. A late
 * sweep changes no answer: claims do what it would have done.
 */
const LAPSED_PER_CALL_MAX = 200;
const CALLS_PER_SALE_MAX = 20;
const SALES_PER_PARTITION_MAX = 1_000;
const FORGET_EVERY_MS = 60_000;
const FORGET_PER_CALL_MAX = 500;

export interface SweeperOptions {
  redis: Redis;
  stock: Stock;
  partitions: number;
  sweepMs: number;
  log: Log;
}

export class Sweeper {
  #options: SweeperOptions;
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> = Promise.resolve();
  #forgetAtMs = performance.now() + FORGET_EVERY_MS;
  #isRunning = false;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#plan();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    await this.#underWay;
  }

  #plan(): void {
    this.#timer = setTimeout(() => {
      this.#underWay = this.#tick().finally(() => {
        if (this.#isRunning) this.#plan();
      });
    }, this.#options.sweepMs);
  }

  async #tick(): Promise<void> {
    try {
      await this.#sweep();
      if (performance.now() < this.#forgetAtMs) return;
      this.#forgetAtMs = performance.now() + FORGET_EVERY_MS;
      await this.#forget();
    } catch (error) {
      this.#warn(error);
    }
  }

  #warn(error: unknown, saleId?: string): void {
    const { message } = error as Error;
    this.#options.log.warn({ err: message, saleId }, 'sweeping lapsed holds failed, trying again');
  }

  async #sweep(): Promise<void> {
    const { redis, partitions } = this.#options;
    const nowMs = await redisNowMs(redis);
    const all = Array.from({ length: partitions }, (_, p) => p);
    const due = await Promise.all(all.map((partition) => redis.zrangebyscore(
      partitionKeys(partition).due, '-inf', nowMs, 'LIMIT', 0, SALES_PER_PARTITION_MAX)));
    for (const [partition, saleIds] of due.entries()) {
      for (const saleId of saleIds) {
        // One sale that cannot be swept keeps no other from it.
        await this.#sweepSale(partition, saleId).catch((error: unknown) => this.#warn(error, saleId));
      }
    }
  }

  async #sweepSale(partition: number, saleId: string): Promise<void> {
    const keys = [partitionKeys(partition).due, ...saleKeyList(partition, saleId)];
    for (let call = 0; call < CALLS_PER_SALE_MAX; call++) {
      const args = [saleId, LAPSED_PER_CALL_MAX];
      const answer = await this.#options.stock.call(partition, 'expire-holds', keys, args);
      if (answer === 'sale_archived') await dropArchived(this.#options.stock, partition, saleId);
      if (!Array.isArray(answer)) return;
      const [given = 0, isMore, isOverdue] = answer as number[];
      if (isOverdue === 1) {
        await this.#options.stock.call(partition, 'return-allocation', keys, ['system', saleId, '', '']);
      }
      if (given > 0 || isOverdue === 1) this.#options.stock.soldOut.drop(saleId);
      if (isMore !== 1) return;
    }
  }

  async #forget(): Promise<void> {
    const { redis, stock, partitions } = this.#options;
    const beforeMs = await redisNowMs(redis) - REMEMBER_MS;
    for (let partition = 0; partition < partitions; partition++) {
      for (const saleId of await redis.smembers(partitionKeys(partition).sales)) {
        const { holds, ended, buyers, sale } = saleKeys(partition, saleId);
        let forgotten: unknown = FORGET_PER_CALL_MAX;
        while (forgotten === FORGET_PER_CALL_MAX && this.#isRunning) {
          forgotten = await stock.callPlain('forget-holds', [holds, ended, buyers, sale],
            [beforeMs, FORGET_PER_CALL_MAX]);
        }
      }
    }
  }
}
