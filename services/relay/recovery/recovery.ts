import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { LogFold } from '../../shared/contracts/log-fold.ts';
import { partitionKeys } from '../../shared/contracts/keys.ts';
import type { StockCaller } from '../../shared/hot-state/restore-sale.ts';
import type { Log } from '../../shared/platform/log.ts';
import { backoffMs } from '../../shared/platform/pause.ts';
import type { PartitionRelay } from '../partition-relay.ts';
import type { RelayScripts } from '../relay-scripts.ts';
import { findDeviations } from './find-deviations.ts';
import type { SalesAhead } from './find-deviations.ts';
import { isSettled } from './is-settled.ts';
import { recoverSale } from './recover-sale.ts';
import type { SuspendedSale } from './recover-sale.ts';
import { createRecoveryMetrics } from './recovery-metrics.ts';
import { reopenPartition } from './reopen-partition.ts';
import type { SaleLog } from './sale-log.ts';

export interface RecoveryOptions {
  redis: Redis;
  scripts: RelayScripts;
  stock: StockCaller;
  saleLog: SaleLog;
  fold: LogFold;
  /** by partition; only the relays of those it works on */
  relays: readonly (PartitionRelay | undefined)[];
  /** where the sales are that the log has something of */
  partitionOfSale: ReadonlyMap<string, number>;
  streamKey(): string;
  /** '' when Redis has none */
  generationOf(partition: number): string;
  /** The partition has this generation from now on. */
  adopt(partition: number, generation: string): void;
  /** why it is not sure that all heads of the log are known; '' when it is */
  logTrouble(): string;
  /** when this process last knew the partition to work, ms by its own clock; 0 if never */
  aliveAtMs(partition: number): number;
  signal: AbortSignal;
  log: Log;
}

/** Between two comparisons of all sales with the log, when nothing has happened. */
const COMPARE_MS = 30_000;
/** After something has happened they are compared at every tick for so long: records are still under way. */
const WATCHFUL_MS = 10_000;
/** Folded at once; a sale of 20,000 seats takes some 30 MB. */
const SALES_AT_ONCE = 8;
/** What still waits for its events to be settled is looked at again soon. */
const LOOK_MS = 100;
const LOOKS_PER_ROUND = 8;
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 30_000;

/** A sale whose recovery did not succeed yet. */
interface Failure {
  count: number;
  retryAtMs: number;
  trouble: string;
}

/**
 * Finds the sales whose state in Redis is not what the log says, and rebuilds them: those that anybody has
 * suspended, those that Redis has forgotten in part or whole, and partitions that have lost their generation.
 * All of it may be done by several relays at once and be cut off anywhere. What cannot be recovered now stays
 * suspended, `troubles` says why, and it is tried again.
 */
export class Recovery {
  readonly #options: RecoveryOptions;
  readonly #metrics = createRecoveryMetrics(() => this.#suspended.length);
  readonly #failures = new Map<string, Failure>();
  readonly #ahead: SalesAhead = new Map();
  #suspended: SuspendedSale[] = [];
  #lostTrouble = '';
  #running: Promise<void> | undefined;
  #comparedAtMs = 0;
  #watchfulUntilMs = 0;
  /** since when what is missing now may have been missing */
  #doubtfulSinceMs: number | undefined;
  #replicationId = '';

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Something has happened to Redis: all sales are compared with the log. `sinceMs` by this clock. */
  doubt(sinceMs: number): void {
    this.#doubtfulSinceMs ??= sinceMs;
    this.#watchfulUntilMs = Date.now() + WATCHFUL_MS;
  }

  /**
   * Does one round in the background, unless one is under way.
   *
   * @param lost partitions that were in use and have no generation now
   */
  tick(lost: readonly number[]): void {
    this.#running ??= this.#round(lost)
      .catch((error: unknown) => this.#options.log.warn({ err: error }, 'the recovery could not go on'))
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** What keeps sales from being recovered, a sentence each. */
  troubles(): string[] {
    const sales = this.#suspended.flatMap(({ saleId }) => {
      const { count = 0, trouble } = this.#failures.get(saleId) ?? {};
      return count === 0 ? [] : [`${saleId} is recovering: ${trouble}`];
    });
    return [this.#lostTrouble, ...sales].filter(Boolean);
  }

  async stop(): Promise<void> {
    await this.#running;
    await this.#options.saleLog.stop();
  }

  async #round(lost: readonly number[]): Promise<void> {
    await this.#reopen(lost);
    await this.#lookAtReplication();
    const nowMs = Date.now();
    if (nowMs < this.#watchfulUntilMs || nowMs - this.#comparedAtMs > COMPARE_MS) await this.#compare();
    for (let looks = 0; looks < LOOKS_PER_ROUND && !this.#options.signal.aborted; looks++) {
      await this.#readSuspended();
      if (await this.#recoverSales() === 0) return;
      await sleep(LOOK_MS);
    }
  }

  /** Only who knows every sale of a partition may open it again: one left out would look like a new one. */
  async #reopen(lost: readonly number[]): Promise<void> {
    const trouble = this.#options.logTrouble();
    this.#lostTrouble = lost.length === 0 || trouble === '' ? ''
      : `${lost.length} partitions have lost their generation, and what was in them is not known: ${trouble}`;
    if (lost.length === 0 || trouble !== '') return;
    for (const partition of lost) {
      if (this.#options.signal.aborted) return;
      this.#options.adopt(partition, await reopenPartition(this.#options, partition));
    }
    this.doubt(Date.now());
  }

  async #lookAtReplication(): Promise<void> {
    const [, id = ''] = /^master_replid:(\w+)/m.exec(await this.#options.redis.info('replication')) ?? [];
    if (this.#replicationId === '') {
      this.#options.log.info({ id }, 'the replication id of Redis is noted');
    } else if (id !== this.#replicationId) {
      this.#options.log.warn({ id }, 'the replication id of Redis has changed: all sales are compared');
      this.doubt(Date.now());
    }
    this.#replicationId = id;
  }

  async #compare(): Promise<void> {
    const { scripts, generationOf, logTrouble, log } = this.#options;
    if (logTrouble() !== '') return;
    const beganAtMs = Date.now();
    const since = this.#doubtfulSinceMs;
    for (const { partition, saleId, reason, nowMs } of await findDeviations(this.#options, this.#ahead)) {
      const lostMs = since === undefined ? 0 : Date.now() - since;
      const sinceMs = nowMs - lostMs;
      log.error({ saleId, reason }, 'the sale in Redis is not what the log says: it is suspended');
      await scripts.suspend(partition, generationOf(partition), { saleId, reason, sinceMs });
    }
    this.#comparedAtMs = beganAtMs;
    if (beganAtMs >= this.#watchfulUntilMs) this.#doubtfulSinceMs = undefined;
  }

  async #readSuspended(): Promise<void> {
    const { redis, relays, generationOf } = this.#options;
    const open = relays.map((_, p) => p).filter((p) => generationOf(p) !== '');
    const found = await Promise.all(open.map((p) => redis.hgetall(partitionKeys(p).suspended)));
    this.#suspended = found.flatMap((sales, i) => Object.entries(sales).map(([saleId, since]) =>
      ({ partition: open[i] ?? -1, saleId, since })));
    const isSuspended = new Set(this.#suspended.map(({ saleId }) => saleId));
    for (const saleId of this.#failures.keys()) if (!isSuspended.has(saleId)) this.#failures.delete(saleId);
  }

  /** Returns how many are not settled yet. */
  async #recoverSales(): Promise<number> {
    const { relays, redis, signal } = this.#options;
    const due: SuspendedSale[] = [];
    let unsettled = 0;
    for (const sale of this.#suspended) {
      const relay = relays[sale.partition];
      if (relay === undefined || Date.now() < (this.#failures.get(sale.saleId)?.retryAtMs ?? 0)) continue;
      const waitsFor = await isSettled(redis, relay, sale);
      if (waitsFor === '') {
        due.push(sale);
        continue;
      }
      unsettled += 1;
      this.#fail(sale, waitsFor, 0);
    }
    for (let i = 0; i < due.length && !signal.aborted; i += SALES_AT_ONCE) {
      await this.#recoverSome(due.slice(i, i + SALES_AT_ONCE));
    }
    return unsettled;
  }

  async #recoverSome(sales: SuspendedSale[]): Promise<void> {
    const { saleLog, fold, relays, streamKey, log } = this.#options;
    const heads = new Map(sales.map(({ saleId }) => [saleId, fold.head(saleId)]));
    const folds = await saleLog.fold(heads, streamKey());
    for (const sale of sales) {
      const relay = relays[sale.partition];
      const folded = folds.get(sale.saleId);
      if (relay === undefined || folded === undefined) continue;
      try {
        const answer = 'trouble' in folded ? folded.trouble
          : await recoverSale({ ...this.#options, relay, metrics: this.#metrics }, sale, folded.fold);
        if (answer !== 'ok' && answer !== 'moved') this.#fail(sale, answer);
        else this.#suspended = this.#suspended.filter((other) => other !== sale);
      } catch (error) {
        log.warn({ err: error, saleId: sale.saleId }, 'the sale could not be recovered yet');
        this.#fail(sale, (error as Error).message);
      }
    }
  }

  #fail({ saleId }: SuspendedSale, trouble: string, retryMs?: number): void {
    const count = (this.#failures.get(saleId)?.count ?? 0) + (retryMs === undefined ? 1 : 0);
    const waitMs = retryMs ?? backoffMs(count, RETRY_MS_MIN, RETRY_MS_MAX);
    if (count === 1) this.#options.log.error({ saleId, trouble }, 'the sale cannot be recovered yet');
    this.#failures.set(saleId, { count, retryAtMs: Date.now() + waitMs, trouble });
  }
}
