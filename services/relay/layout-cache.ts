import type { Redis } from 'ioredis';
import { saleKeys } from '../shared/contracts/keys.ts';
import { compileLayout } from '../shared/contracts/layout.ts';
import type { SaleLayout } from '../shared/contracts/layout.ts';
import type { SaleDefinition } from '../shared/contracts/sale-definition.ts';

export interface LayoutCache {
  /**
   * The layout in force; undefined when Redis has no definition of that sale. Throws when Redis does not
   * answer.
   */
  get(partition: number, saleId: string): Promise<SaleLayout | undefined>;
  /** The sale was defined anew: read it again. */
  forget(saleId: string): void;
}

/** A sale of 20,000 seats takes some 10 MB compiled. */
const LAYOUTS_MAX = 200;

/**
 * Layouts by sale, read from Redis when first needed. Events that need one exist only after a sale has
 * opened, and from then on its layout is fixed, so that the definition in force is the one those events
 * were made with.
 */
export function createLayoutCache(redis: Redis): LayoutCache {
  const layouts = new Map<string, SaleLayout>();
  return {
    async get(partition, saleId) {
      const known = layouts.get(saleId);
      if (known !== undefined) return known;
      const json = await redis.get(saleKeys(partition, saleId).definition);
      if (json === null) return undefined;
      const layout = compileLayout(JSON.parse(json) as SaleDefinition);
      const oldest = layouts.keys().next();
      if (layouts.size >= LAYOUTS_MAX && oldest.done !== true) layouts.delete(oldest.value);
      layouts.set(saleId, layout);
      return layout;
    },
    forget: (saleId) => {
      layouts.delete(saleId);
    },
  };
}
