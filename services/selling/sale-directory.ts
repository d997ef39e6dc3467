import type { Redis } from 'ioredis';
import { saleKeys } from '../shared/contracts/keys.ts';
import { compileLayout } from '../shared/contracts/layout.ts';
import type { SaleLayout } from '../shared/contracts/layout.ts';
import { PriceList } from './price-list.ts';
import { partitionOf } from '../shared/contracts/partition-of.ts';
import type { SaleDefinition } from '../shared/contracts/sale-definition.ts';

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

  /** The partition of a sale, whether it exists or not. */
  partitionOf(saleId: string): number {
    return partitionOf(saleId, this.#partitions);
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
   * process may have read the sale as a draft that had other seats.
   */
  async findCurrent(saleId: string): Promise<KnownSale | undefined> {
    const version = await this.#redis.hget(saleKeys(this.partitionOf(saleId), saleId).sale, 'version');
    return version === null ? undefined : this.find(saleId, Number(version));
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
    const partition = this.partitionOf(saleId);
    const json = await this.#redis.get(saleKeys(partition, saleId).definition);
    this.#sales.delete(saleId);
    if (json === null) return undefined;
    const definition = JSON.parse(json) as SaleDefinition;
    const layout = compileLayout(definition);
    const { promotions: _, ...open } = definition;
    const publicJson = (definition.promotions.length === 0 ? json : JSON.stringify(open)).slice(1, -1);
    const prices = new PriceList(definition, layout);
    const sale = { saleId, partition, definition, layout, prices, publicJson };
    const oldest = this.#sales.keys().next();
    if (this.#sales.size >= SALES_MAX && oldest.done === false) this.#sales.delete(oldest.value);
    this.#sales.set(saleId, sale);
    return sale;
  }
}
