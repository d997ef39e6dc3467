import type { FastifyReply } from 'fastify';
import type { ReasonCode } from '../shared/contracts/reasons.ts';
import { sendProblem } from '../shared/platform/problem.ts';
import type { KnownSale } from './sale-directory.ts';

/** Answers with what a script refused, its detail in the words of the sale: what would have worked. */
export function refuse(
  reply: FastifyReply,
  { reason, detail }: { reason: ReasonCode | 'stale'; detail: string },
  sale: KnownSale,
): FastifyReply {
  // A definition that changes faster than it can be read: the caller's next try has the new one.
  if (reason === 'stale') return sendProblem(reply, 'overloaded');
  return sendProblem(reply, reason, extraOf(reason, detail, sale));
}

function extraOf(
  reason: ReasonCode,
  detail: string,
  { definition, layout }: KnownSale,
): Record<string, unknown> {
  const numbers = detail.split('.').filter(Boolean).map(Number);
  const areaId = layout.areas[numbers[0] ?? -1]?.area.areaId;
  switch (reason) {
    case 'sold_out': return { areaId, free: numbers[1] };
    case 'no_adjacent_seats': return { areaId, largest: numbers[1] };
    case 'seats_taken': return { seatIds: numbers.map((offset) => layout.seats[offset]?.seat.seatId) };
    case 'buyer_limit': return { limit: definition.buyerLimit, left: numbers[0] };
    case 'sale_not_open': return { opensAt: definition.opensAt };
    case 'hold_ordered': return detail === '' ? {} : { orderId: detail };
    default: return {};
  }
}
