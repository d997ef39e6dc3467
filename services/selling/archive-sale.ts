import type { Redis } from 'ioredis';
import { partitionKeys, saleKeyList, saleKeys } from '../shared/contracts/keys.ts';
import { isReasonCode } from '../shared/contracts/reasons.ts';
import type { ReasonCode } from '../shared/contracts/reasons.ts';
import { summarize } from '../shared/hot-state/summarize.ts';
import type { AcceptedFollower } from './accepted-follower.ts';
import { countOpenRefunds } from './open-refunds.ts';
import type { SaleDirectory } from './sale-directory.ts';
import type { Stock } from './stock.ts';

/** The definition may change between reading and archiving, if somebody reopens the sale meanwhile. */
const ATTEMPTS_MAX = 3;

/**
 * Archives a closed sale: says so in the log, and deletes its keys once the log has that. Each of the two
 * steps can be repeated, and the sweeper takes the second one when nobody does.
 *
 * @param waitMs how long to wait for the log
 * @returns whether the keys are gone already, or why the sale cannot be archived
 */
export async function archiveSale(
  { redis, stock, directory, accepted }:
  { redis: Redis; stock: Stock; directory: SaleDirectory; accepted: AcceptedFollower },
  saleId: string,
  context: string,
  waitMs: number,
): Promise<{ reason: ReasonCode; openRefunds?: number } | { dropped: boolean }> {
  const partition = await directory.locate(saleId);
  const { sale, orders } = saleKeys(partition, saleId);
  const isClosed = await redis.hget(sale, 'state') === 'closed';
  const openRefunds = isClosed ? await countOpenRefunds(redis, orders) : 0;
  if (openRefunds > 0) return { reason: 'sale_busy', openRefunds };
  const { unconfirmed, due } = partitionKeys(partition);
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const definition = (await directory.findCurrent(saleId))?.definition;
    const summary = definition === undefined ? '' : summarize(definition);
    const answer = String(await stock.call(partition, 'archive-sale',
      [unconfirmed, due, ...saleKeyList(partition, saleId)],
      [context, saleId, definition?.version ?? '', summary]));
    const [reason = '', eventId = ''] = answer.split('\t');
    if (reason === 'stale') continue;
    if (reason !== 'ok') return { reason: isReasonCode(reason) ? reason : 'internal_error' };
    if (await dropArchived(stock, partition, saleId)) return { dropped: true };
    await accepted.wait(saleId, eventId, waitMs);
    return { dropped: await dropArchived(stock, partition, saleId) };
  }
  return { reason: 'overloaded' };
}

/**
 * Deletes the keys of an archived sale if the log knows that it is archived. A sale that is not archived
 * stays as it is.
 *
 * @returns whether they are gone
 */
export async function dropArchived(stock: Stock, partition: number, saleId: string): Promise<boolean> {
  const { unconfirmed, sales, due } = partitionKeys(partition);
  return await stock.callSilent(partition, 'drop-archived',
    [unconfirmed, sales, due, ...saleKeyList(partition, saleId)], [saleId]) === 'ok';
}
