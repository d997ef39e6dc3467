import type { Redis } from 'ioredis';
import { giveTimeBack } from '../../shared/contracts/evolve-holds.ts';
import type { FoldedSale } from '../../shared/contracts/evolve.ts';
import { saleKeys } from '../../shared/contracts/keys.ts';
import { unpackEvent } from '../../shared/contracts/outbox.ts';
import type { PackedEvent } from '../../shared/contracts/outbox.ts';
import { redisNowMs } from '../../shared/hot-state/redis-now-ms.ts';
import { dropSale, restoreArchived, restoreSale } from '../../shared/hot-state/restore-sale.ts';
import type { StockCaller } from '../../shared/hot-state/restore-sale.ts';
import type { Log } from '../../shared/platform/log.ts';
import type { PartitionRelay } from '../partition-relay.ts';
import type { RecoveryMetrics } from './recovery-metrics.ts';
import type { SaleLog } from './sale-log.ts';

/** A sale that `{pNN}:suspended` names. */
export interface SuspendedSale {
  partition: number;
  saleId: string;
  /** as it stands there: `sinceMs reason` */
  since: string;
}

export interface RecoverSaleParts {
  redis: Redis;
  stock: StockCaller;
  relay: Pick<PartitionRelay, 'epochOf'>;
  saleLog: Pick<SaleLog, 'keepDiscarded'>;
  metrics: RecoveryMetrics;
  log: Log;
}

/** Nobody gets more time back: what stood still for longer is not sold on as if nothing had been. */
const LOST_MS_MAX = 24 * 3_600_000;

/**
 * Puts a suspended sale back as its log makes it, in a new epoch, with the time given back to its live holds.
 * What was set aside is logged, kept in the event store if that answers, and dropped. Repeating it does no
 * harm, also at the same time elsewhere: the first one counts.
 *
 * @param fold up to the head of the log; not to be used afterwards
 * @returns `ok`, `moved` (somebody else was first), `lapsed`, `recovering`
 * @throws what Redis throws; whether the sale was restored is then unknown
 */
export async function recoverSale(
  { redis, stock, relay, saleLog, metrics, log }: RecoverSaleParts,
  { partition, saleId, since }: SuspendedSale,
  fold: FoldedSale,
): Promise<string> {
  const keys = saleKeys(partition, saleId);
  const discarded = await readDiscarded(redis, keys.contradicted);
  if (discarded.length > 0) {
    const ids = discarded.map(({ id }) => id);
    const isKept = await saleLog.keepDiscarded(discarded);
    log.warn({ saleId, ids, isKept }, 'events that the log has not taken are dropped with the recovery');
  }
  const into = { partition, saleId, from: 'recovering', since, context: 'system' } as const;
  const parts = { redis, stock };
  const lostMs = lostSince(since, await redisNowMs(redis));
  const { state, head } = fold;
  let answer: string;
  if (head.seq === 0) {
    answer = await dropSale(parts, fold, into);
  } else if (state === 'archived') {
    answer = await restoreArchived(parts, fold, into);
  } else {
    const epoch = Number(await redis.hget(keys.sale, 'epoch') ?? 0);
    fold.epoch = 1 + Math.max(fold.epoch, epoch, relay.epochOf(saleId));
    giveTimeBack(fold, lostMs);
    answer = await restoreSale(parts, fold,
      { ...into, to: state, type: 'sale.recovered', data: { lostMs } });
  }
  if (answer !== 'ok') return answer;
  metrics.recoveries.inc();
  metrics.discarded.inc(discarded.length);
  metrics.seconds.observe(lostMs / 1_000);
  log.warn({ saleId, since, state, seq: head.seq, epoch: fold.epoch, lostMs }, 'the sale is recovered');
  return answer;
}

function lostSince(since: string, nowMs: number): number {
  return Math.min(LOST_MS_MAX, Math.max(0, nowMs - Number.parseInt(since, 10)));
}

async function readDiscarded(redis: Redis, key: string): Promise<PackedEvent[]> {
  return Object.values(await redis.hgetall(key)).map(unpackEvent).toSorted((a, b) => a.seq - b.seq);
}
