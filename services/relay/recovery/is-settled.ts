import type { Redis } from 'ioredis';
import { partitionKeys } from '../../shared/contracts/keys.ts';
import { redisNowMs } from '../../shared/hot-state/redis-now-ms.ts';
import type { PartitionRelay } from '../partition-relay.ts';
import type { SuspendedSale } from './recover-sale.ts';

/** What follows nothing in the log gets so long: another relay may be sending what it misses. */
const HOLE_MS_MAX = 5_000;
/** As long as the relay waits before it sends again what the bus took and nobody has read back. */
const UNSETTLED_MS_MAX = 45_000;

/**
 * Whether everything that Redis has of a suspended sale is in the log or was set aside. What leads nowhere,
 * or takes too long while the bus works, is given up and will be set aside.
 *
 * @returns '' when it is, else what it waits for
 */
export async function isSettled(
  redis: Redis,
  relay: PartitionRelay,
  { partition, saleId, since }: SuspendedSale,
): Promise<string> {
  const [last] = await redis.xrevrange(partitionKeys(partition).outbox, '+', '-', 'COUNT', 1);
  if (last !== undefined && isBehind(relay.ledger.lastEntryId(), last[0])) {
    return 'its outbox is not read to the end yet';
  }
  const open = relay.ledger.openEventsOf(saleId);
  if (open.length === 0) return '';
  const ageMs = await redisNowMs(redis) - Number.parseInt(since, 10);
  const isHole = relay.waiting.has(saleId) && relay.waiting.of(saleId).length === open.length;
  if (isHole && ageMs > HOLE_MS_MAX) relay.giveUp(saleId, 'its events do not follow the log');
  else if (ageMs > UNSETTLED_MS_MAX && relay.troubles().length === 0) {
    relay.giveUp(saleId, 'its events were not read back in time');
  }
  return `${open.length} of its events are not in the log and not set aside yet`;
}

/** Ids of stream entries: `ms-n`. */
function isBehind(id: string, last: string): boolean {
  const [ms = 0, n = 0] = id === '' ? [] : id.split('-').map(Number);
  const [lastMs = 0, lastN = 0] = last.split('-').map(Number);
  return ms < lastMs || (ms === lastMs && n < lastN);
}
