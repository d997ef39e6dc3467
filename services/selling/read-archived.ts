import type { Redis } from 'ioredis';
import { saleKeys } from '../shared/contracts/keys.ts';
import type { SaleDefinition } from '../shared/contracts/sale-definition.ts';
import type { KnownSale, SaleDirectory } from './sale-directory.ts';

/** What a sale is told by. */
export type ToldSale = Pick<KnownSale, 'partition' | 'publicJson'> & {
  definition: Pick<SaleDefinition, 'promotions'>;
};

/**
 * What is still told of an archived sale: its definition without seats. Undefined for any other sale. It is
 * nothing to compile a layout of, so it is given to nobody else and not remembered.
 */
export async function readArchived(
  { redis, directory }: { redis: Redis; directory: SaleDirectory },
  saleId: string,
): Promise<{ sale: ToldSale; state: 'archived' } | undefined> {
  const partition = await directory.locate(saleId);
  const [state, summary] = await redis.hmget(saleKeys(partition, saleId).sale, 'state', 'summary');
  if (state !== 'archived' || typeof summary !== 'string') return undefined;
  const { promotions, ...open } = JSON.parse(summary) as SaleDefinition;
  const publicJson = JSON.stringify(open).slice(1, -1);
  return { sale: { partition, publicJson, definition: { promotions } }, state };
}
