import type { ReasonCode } from '../../shared/contracts/reasons.ts';

/**
 * A refusal is an answer, not an error: `reason` is of the catalogue, the rest says which area or seat, and
 * how many.
 */
export interface Refusal {
  reason: ReasonCode;
  areaId?: string;
  seatIds?: string[];
  ticketType?: string;
  left?: number;
  limit?: number;
}

export type Outcome<T> = ({ ok: true } & T) | ({ ok: false } & Refusal);

/** Short for the refusing half of an outcome. */
export function refused(reason: ReasonCode, details: Omit<Refusal, 'reason'> = {}): { ok: false } & Refusal {
  return { ok: false, reason, ...details };
}
