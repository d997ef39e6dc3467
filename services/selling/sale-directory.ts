import type { Redis } from 'ioredis';
import { partitionKeys, saleKeys } from '../shared/contracts/keys.ts';
import { compileLayout } from '../shared/contracts/layout.ts';
import type { SaleLayout } from '../shared/contracts/layout.ts';
import { PriceList } from './price-list.ts';
import { partitionOf } from '../shared/contracts/partition-of.ts';
import type { SaleDefinition } from '../shared/contracts/sale-definition.ts';
import { ProblemError } from '../shared/platform/problem.ts';

/** A sale as this process knows it. `definitionJson` is ready to be sent, without its braces. */
export interface KnownSale {
  saleId: string;
  partition: number;
  definition: SaleDefinition;
  layout: SaleLayout;
  prices: PriceList;
  /** members of the definition as JSON, without the promotions: their codes are not for everybody */
  publicJson: string;
}

/** Sales kept compiled per process; the one unused for longest goes first. */
const SALES_MAX = 2_000;

/**
 * The definitions of the sales, read once and kept until a script says that they are stale. What is in here
 * decides nothing: the version goes with every claim, and the script compares.
 */
export class SaleDirectory {
  #redis: Redis;
  #partitions: number;
  #sales = new Map<string, KnownSale>();
  #loading = new Map<string, Promise<KnownSale | undefined>>();

  constructor(redis: Redis, partitions: number) {
    this.#redis = redis;
    this.#partitions = partitions;
  }

  get partitions(): number {
    return this.#partitions;
  }

  /** The partition that a sale's id alone gives it: where it is unless it was pinned to another. */
  partitionOf(saleId: string): number {
    return partitionOf(saleId, this.#partitions);
  }

  /** Where a sale is; where its id would put it if there is none. Asks Redis only if it is not known here. */
  async locate(saleId: string): Promise<number> {
    const known = this.#sales.get(saleId) ?? await this.reload(saleId);
    if (known !== undefined) return known.partition;
    // An archived sale has no definition; where it was pinned it comes back.
    const usual = this.partitionOf(saleId);
    return Number(await this.#redis.hget(partitionKeys(usual).pins, saleId) ?? usual);
  }

  /**
   * Says once and for all in which partition a new sale is to be made, whoever asks first.
   *
   * @returns the partition, which is another one when somebody else was first
   */
  async pin(saleId: string, partition: number): Promise<number> {
    const { pins } = partitionKeys(this.partitionOf(saleId));
    if (await this.#redis.hsetnx(pins, saleId, partition) === 1) return partition;
    return Number(await this.#redis.hget(pins, saleId));
  }

  /** A sale that this process has read before, as it was then. */
  recall(saleId: string): KnownSale | undefined {
    return this.#sales.get(saleId);
  }

  /** A sale, from memory if `version` is not given or is the one in memory; undefined if there is none. */
  async find(saleId: string, version?: number): Promise<KnownSale | undefined> {
    const known = this.#sales.get(saleId);
    if (known !== undefined && (version === undefined || known.definition.version === version)) return known;
    return this.reload(saleId);
  }

  /**
   * A sale as it is now, for those who put numbers into words without a script that compares the version: a
   * process may have read the sale as a draft that had other seats. An archived sale is none.
   *
   * @throws ProblemError `recovering` while the sale is being rebuilt: what Redis has of it may be untrue
   */
  async findCurrent(saleId: string): Promise<KnownSale | undefined> {
    const recalled = this.#sales.get(saleId);
    const known = recalled ?? await this.reload(saleId);
    const { sale } = saleKeys(known?.partition ?? await this.locate(saleId), saleId);
    const [version, state] = await this.#redis.hmget(sale, 'version', 'state');
    if (typeof version !== 'string' || state === 'archived') return undefined;
    // Without a definition a moment ago, it is being rebuilt or has just been.
    if (state === 'recovering' || known === undefined) throw new ProblemError('recovering');
    return this.find(saleId, Number(version));
  }

  /** Reads a sale anew; several callers share one reading. */
  async reload(saleId: string): Promise<KnownSale | undefined> {
    const underWay = this.#loading.get(saleId);
    if (underWay !== undefined) return underWay;
    const loading = this.#load(saleId).finally(() => this.#loading.delete(saleId));
    this.#loading.set(saleId, loading);
    return loading;
  }

  async #load(saleId: string): Promise<KnownSale | undefined> {
    const found = await this.#read(saleId);
    this.#sales.delete(saleId);
    if (found === undefined) return undefined;
    const { partition, json } = found;
    const definition = JSON.parse(json) as SaleDefinition;
    const layout = compileLayout(definition);
    const { promotions: _, ...open } = definition;
    const publicJson = JSON.stringify(open).slice(1, -1);
    const prices = new PriceList(definition, layout);
    const sale = { saleId, partition, definition, layout, prices, publicJson };
    const oldest = this.#sales.keys().next();
    if (this.#sales.size >= SALES_MAX && oldest.done === false) this.#sales.delete(oldest.value);
    this.#sales.set(saleId, sale);
    return sale;
  }

  /** Where the sale is pinned is asked only when it is not where its id alone would put it. */
  async #read(saleId: string): Promise<{ partition: number; json: string } | undefined> {
    const usual = this.partitionOf(saleId);
    let partition = this.#sales.get(saleId)?.partition ?? usual;
    let json = await this.#redis.get(saleKeys(partition, saleId).definition);
    if (json === null && partition === usual) {
      const pinned = await this.#redis.hget(partitionKeys(usual).pins, saleId);
      partition = Number(pinned ?? usual);
      if (partition !== usual) json = await this.#redis.get(saleKeys(partition, saleId).definition);
    }
    return json === null ? undefined : { partition, json };
  }
}
