import type { Redis } from 'ioredis';
import { partitionKeys, saleKeys } from '../../shared/contracts/keys.ts';
import type { LogFold } from '../../shared/contracts/log-fold.ts';
import type { Head } from '../../shared/contracts/log-rule.ts';
import type { SuspendReason } from '../../shared/contracts/suspend-reasons.ts';
import { redisNowMs } from '../../shared/hot-state/redis-now-ms.ts';
import type { PartitionRelay } from '../partition-relay.ts';
import { compareWithLog } from './compare-with-log.ts';
import type { SaleInRedis } from './compare-with-log.ts';

export interface DeviationParts {
  redis: Redis;
  fold: LogFold;
  relays: readonly (PartitionRelay | undefined)[];
  partitionOfSale: ReadonlyMap<string, number>;
  generationOf(partition: number): string;
}

/** A sale that must be suspended. */
export interface Deviation {
  partition: number;
  saleId: string;
  reason: SuspendReason;
  /** when Redis was asked, by its clock */
  nowMs: number;
}

/** Sales that were ahead of the log with nothing to send, since when, and where the log stood; by id. */
export type SalesAhead = Map<string, { sinceMs: number; logSeq: number }>;

/** What is missing between the log and Redis gets so long to appear: several relays may be at work. */
const HOLE_MS_MAX = 30_000;

/**
 * Compares all sales of the partitions that are open with the log. A sale that is ahead for long, the log
 * standing still, with nothing to send that would follow, lacks the events in between.
 */
export async function findDeviations(parts: DeviationParts, ahead: SalesAhead): Promise<Deviation[]> {
  const { redis, fold, relays, partitionOfSale, generationOf } = parts;
  const open = relays.map((_, partition) => partition).filter((partition) => generationOf(partition) !== '');
  // The log is asked first: Redis may be ahead of what it says, never behind.
  const logHeads = new Map<string, { partition: number; head: Head }>();
  for (const [saleId, partition] of partitionOfSale) {
    if (generationOf(partition) !== '') logHeads.set(saleId, { partition, head: fold.head(saleId) });
  }
  const found = await Promise.all(open.map((partition) => redis.smembers(partitionKeys(partition).sales)));
  for (const [i, saleIds] of found.entries()) {
    for (const saleId of saleIds) {
      if (logHeads.has(saleId)) continue;
      logHeads.set(saleId, { partition: open[i] ?? -1, head: { seq: 0, id: '0' } });
    }
  }
  const nowMs = await redisNowMs(redis);
  const deviations = await Promise.all([...logHeads].map(async ([saleId, { partition, head }]) => {
    const verdict = compareWithLog(head, await readSale(redis, partition, saleId));
    if (verdict !== 'ahead') ahead.delete(saleId);
    if (verdict === 'same') return [];
    if (verdict === 'ahead') {
      const hasHole = isHole(relays[partition], saleId, head.seq, ahead);
      return hasHole ? [{ partition, saleId, reason: 'contradicts_the_log' as const, nowMs }] : [];
    }
    if (verdict !== 'recovering') return [{ partition, saleId, reason: verdict, nowMs }];
    const isKnown = await redis.hexists(partitionKeys(partition).suspended, saleId) === 1;
    return isKnown ? [] : [{ partition, saleId, reason: 'contradicts_the_log' as const, nowMs }];
  }));
  return deviations.flat();
}

async function readSale(redis: Redis, partition: number, saleId: string): Promise<SaleInRedis> {
  try {
    const [state, seq, head] = await redis.hmget(saleKeys(partition, saleId).sale, 'state', 'seq', 'head');
    return { state: state ?? undefined, seq: Number(seq ?? 0), head: head ?? '' };
  } catch (error) {
    // A key of another type was written by nobody of us.
    if (!(error as Error).message.startsWith('WRONGTYPE')) throw error;
    return { state: undefined, seq: 0, head: '' };
  }
}

function isHole(
  relay: PartitionRelay | undefined,
  saleId: string,
  logSeq: number,
  ahead: SalesAhead,
): boolean {
  // Events may stand in the part of a full outbox that is not read yet.
  const isAtWork = relay?.hasRoom() === true && relay.troubles().length === 0;
  const openCount = relay?.ledger.openEventsOf(saleId).length ?? 0;
  const leadsNowhere = isAtWork && openCount === relay.waiting.of(saleId).length;
  const before = ahead.get(saleId);
  if (!leadsNowhere || before?.logSeq !== logSeq) {
    if (leadsNowhere) ahead.set(saleId, { sinceMs: Date.now(), logSeq });
    else ahead.delete(saleId);
    return false;
  }
  return Date.now() - before.sinceMs > HOLE_MS_MAX;
}
