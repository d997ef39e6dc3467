import type { LogFold } from '../shared/contracts/log-fold.ts';
import type { Head } from '../shared/contracts/log-rule.ts';
import type { PackedEvent } from '../shared/contracts/outbox.ts';

/**
 * What is to be done with an event of the outbox. `next` is the only one to be sent; with what is `overtaken`
 * nothing is done until the log tells.
 */
export type Place = 'announced' | 'void' | 'overtaken' | 'set-aside' | 'waiting' | 'contradicting' | 'next';

/** What a partition's relay knows of the event's sale. */
export interface EventContext {
  fold: LogFold;
  /** the last event of the sale that is in the queue or was sent */
  tail: Head | undefined;
  /** that the log has the sale in */
  epoch: number;
  /** the latest that the sale was seen in, also where the log may not know of it yet */
  latestEpoch: number;
  isStopped: boolean;
  /** events of the sale before this one wait */
  othersWait: boolean;
}

/**
 * Sorts an event of the outbox by what the log says of it. One that follows nothing that is known proves
 * nothing, and waits. One of before the sale's recovery is not sent any more; it is void when the log has
 * that recovery and not the event: until then it may be in the part of the log that was not read yet.
 */
export function placeEvent(
  event: PackedEvent,
  { fold, tail, epoch, latestEpoch, isStopped, othersWait }: EventContext,
): { place: Place; why: string } {
  const { saleId, seq } = event;
  const is = (place: Place, why = '') => ({ place, why });
  const standing = fold.standing(event);
  const head = fold.head(saleId);
  if (standing === 'accepted') return is('announced');
  if (event.epoch < epoch && standing !== 'unknown') return is('void');
  if (event.epoch < latestEpoch && standing !== 'unknown') {
    return is(standing === 'contradicted' ? 'void' : 'overtaken');
  }
  if (isStopped) return is('set-aside');
  if (standing === 'contradicted') return is('contradicting', `the log has another event at seq ${seq}`);
  if (standing === 'unknown' || othersWait) return is('waiting');
  if (follows(tail !== undefined && tail.seq > head.seq ? tail : head, event)) return is('next');
  return seq === head.seq + 1 && event.prev !== head.id
    ? is('contradicting', `seq ${seq} of the outbox does not follow the log's ${head.id}`) : is('waiting');
}

function follows(last: Head, event: PackedEvent): boolean {
  return event.seq === last.seq + 1 && event.prev === last.id;
}
