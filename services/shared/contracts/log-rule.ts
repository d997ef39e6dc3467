/**
 * The rule by which every reader decides what belongs to the log (DESIGN, section 5). Redis proposes,
 * the log decides: readers that apply it to the same shard records, in order, reach the same log, whatever
 * was sent twice, late, or by two rivals. It is pure; remembering heads and ids is the caller's.
 */

/** The last accepted event of a sale. */
export interface Head {
  seq: number;
  id: string;
}

/** The head of a sale that has no events; the first event's `prev` is its id. */
export const GENESIS: Head = { seq: 0, id: '0' };

export const VERDICTS = ['accepted', 'duplicate', 'rejected'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Judgement {
  verdict: Verdict;
  /** why it was rejected, for the operator; empty otherwise */
  reason: '' | 'seq_already_taken' | 'seq_gap' | 'prev_differs';
}

const ACCEPTED: Judgement = { verdict: 'accepted', reason: '' };
const DUPLICATE: Judgement = { verdict: 'duplicate', reason: '' };

/**
 * Judges one event against its sale's head.
 *
 * @param head the sale's last accepted event, GENESIS if there is none
 * @param event seq (1, 2, 3 …), id, and prev: the id of the sale's event before it
 * @param acceptedBefore true if this id was accepted earlier in this sale
 */
export function judge(
  head: Head,
  event: { seq: number; id: string; prev: string },
  acceptedBefore: boolean,
): Judgement {
  if (acceptedBefore || event.id === head.id) return DUPLICATE;
  if (event.seq <= head.seq) return { verdict: 'rejected', reason: 'seq_already_taken' };
  if (event.seq > head.seq + 1) return { verdict: 'rejected', reason: 'seq_gap' };
  if (event.prev !== head.id) return { verdict: 'rejected', reason: 'prev_differs' };
  return ACCEPTED;
}
