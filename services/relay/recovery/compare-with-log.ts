import type { Head } from '../../shared/contracts/log-rule.ts';
import type { SuspendReason } from '../../shared/contracts/suspend-reasons.ts';

/** What Redis has of a sale; no state: nothing, or nothing readable. */
export interface SaleInRedis {
  state: string | undefined;
  seq: number;
  head: string;
}

/**
 * How a sale in Redis stands to the log. `same`: at its head. `ahead`: has events that the log has not, which
 * is what selling looks like; whether they follow it shows when they are sent. Else the reason why it has to
 * be rebuilt.
 *
 * @param log the head, read before Redis was asked: a Redis that is behind it has forgotten something
 */
export function compareWithLog(
  log: Head,
  { state, seq, head }: SaleInRedis,
): 'same' | 'ahead' | 'recovering' | SuspendReason {
  if (state === undefined) return log.seq === 0 ? 'same' : 'state_missing';
  if (state === 'recovering') return 'recovering';
  if (seq > log.seq) return 'ahead';
  return seq === log.seq && head === log.id ? 'same' : 'behind_the_log';
}
