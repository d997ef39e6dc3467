import type { Redis } from 'ioredis';
import { saleKeys } from '../shared/contracts/keys.ts';
import { isReasonCode } from '../shared/contracts/reasons.ts';
import type { ReasonCode } from '../shared/contracts/reasons.ts';
import { foldLog } from './fold-log.ts';
import type { LogSource } from './fold-log.ts';
import { restoreSale } from '../shared/hot-state/restore-sale.ts';
import type { SaleDirectory } from './sale-directory.ts';
import type { Stock } from './stock.ts';

export interface ReviveParts {
  redis: Redis;
  stock: Stock;
  directory: SaleDirectory;
  /** undefined: this service was not told where the log is read */
  logSource: LogSource | undefined;
}

/**
 * Brings an archived sale back, closed as it was: read from the log, folded, written. A sale that is here
 * stays as it is, so that this can be repeated.
 *
 * @returns `ok`, or the reason and what more is known
 * @throws Error when the log contradicts itself
 */
export async function reviveSale(
  { redis, stock, directory, logSource }: ReviveParts,
  saleId: string,
  context: string,
): Promise<'ok' | { reason: ReasonCode; detail?: string }> {
  const partition = await directory.locate(saleId);
  const readState = async () => (await redis.hmget(saleKeys(partition, saleId).sale, 'state', 'seq')) as [
    string | null, string | null,
  ];
  const [state, seq] = await readState();
  if (state === null) return { reason: 'sale_unknown' };
  if (state === 'recovering') return { reason: 'recovering' };
  if (state !== 'archived') return 'ok';
  if (logSource === undefined) return { reason: 'unavailable', detail: 'LOG_URL and LOG_TOKEN are not set' };
  const read = await foldLog(logSource, saleId);
  if ('away' in read) return { reason: 'unavailable', detail: read.away };
  const { head } = read.fold;
  if (head.seq < Number(seq)) {
    return { reason: 'unavailable', detail: `the log is read up to seq ${head.seq}, the sale is at ${seq}` };
  }
  const answer = await restoreSale({ redis, stock }, read.fold,
    { partition, saleId, from: 'archived', to: 'closed', type: 'sale.revived', context });
  if (answer === 'moved') {
    // Somebody else revived it meanwhile; if not, this Redis is at another event than the log.
    return (await readState())[0] === 'archived' ? { reason: 'recovering' } : 'ok';
  }
  if (answer === 'lapsed') return { reason: 'overloaded' };
  if (answer !== 'ok') return { reason: isReasonCode(answer) ? answer : 'internal_error' };
  await directory.reload(saleId);
  return 'ok';
}
