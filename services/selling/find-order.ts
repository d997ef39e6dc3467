import { partitionKeys, saleKeys } from '../shared/contracts/keys.ts';
import { readOrderRecord } from '../shared/contracts/order-record.ts';
import type { OrderRecord } from '../shared/contracts/order-record.ts';
import type { KnownSale } from './sale-directory.ts';
import type { SellingContext } from './selling-context.ts';

export interface FoundOrder {
  order: OrderRecord;
  /** the log has accepted its event, if CONFIRM_ACK asks for that */
  isConfirmed: boolean;
}

/** An order's record, as `findOrder` finds the order. */
export interface FoundRecord {
  record: string;
  isConfirmed: boolean;
}

/**
 * An order as Redis has it; undefined when there is none. `recovering`: Redis is not to be trusted at the
 * moment, or the order waits in a sale that is being restored and may be gone afterwards.
 */
export async function findOrder(
  context: Pick<SellingContext, 'stock' | 'confirmAck'>,
  sale: KnownSale,
  orderId: string,
): Promise<FoundOrder | 'recovering' | undefined> {
  const found = await findRecord(context, sale, orderId);
  if (typeof found !== 'object') return found;
  return { order: readOrderRecord(found.record), isConfirmed: found.isConfirmed };
}

/** The same, its record to the letter. */
export async function findRecord(
  { stock, confirmAck }: Pick<SellingContext, 'stock' | 'confirmAck'>,
  { partition, saleId }: KnownSale,
  orderId: string,
): Promise<FoundRecord | 'recovering' | undefined> {
  const { sale, orders } = saleKeys(partition, saleId);
  const keys = [sale, orders, partitionKeys(partition).unconfirmed];
  const answer = await stock.callRead(partition, 'read-order', keys, [orderId]);
  if (answer === 'recovering') return 'recovering';
  if (!Array.isArray(answer)) return undefined;
  const [record, waits] = answer as [string, number];
  return { record, isConfirmed: confirmAck === 'redis' || waits === 0 };
}
