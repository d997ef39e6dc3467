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

function extraOf(reason: ReasonCode, detail: string, sale: KnownSale): Record<string, unknown> {
  const { definition } = sale;
  const numbers = detail.split('.').filter(Boolean).map(Number);
  switch (reason) {
    case 'sold_out': return { ...whereOf(detail, sale), free: numbers[1] };
    case 'no_adjacent_seats': return { ...whereOf(detail, sale), largest: numbers[1] };
    case 'seats_taken':
    case 'seats_reserved':
    case 'would_strand_seat': return { seatIds: seatIdsOf(numbers, sale) };
    case 'allocation_too_large': return { free: Number(detail.slice(1)) };
    case 'stock_in_use':
      if (detail.startsWith('f')) return { free: Number(detail.slice(1)) };
      return { seatIds: seatIdsOf(numbers, sale) };
    case 'capacity_in_use': return { minimum: numbers[0] };
    case 'buyer_limit': return { limit: definition.buyerLimit, left: numbers[0] };
    case 'hold_limit':
    case 'live_holds_limit':
    case 'hold_extend_limit':
    case 'hold_change_limit': return { limit: numbers[0] };
    case 'access_code_used':
    case 'promotion_code_used': return { spent: detail === 'b' ? 'buyer' : 'code' };
    case 'buyer_cooling_down':
    case 'hold_time_spent': return { availableAt: new Date(Number(detail)).toISOString() };
    case 'sale_not_open': return { opensAt: definition.opensAt };
    case 'hold_ordered': return detail === '' ? {} : { orderId: detail };
    default: return {};
  }
}

function seatIdsOf(offsets: number[], { layout }: KnownSale): (string | undefined)[] {
  return offsets.map((offset) => layout.seats[offset]?.seat.seatId);
}

/** Which part of the sale a script means: `a3` an area, `k7` a counter, `c2` a category, `v` all of it. */
function whereOf(detail: string, { layout }: KnownSale): Record<string, unknown> {
  const index = Number(/^[akc](\d+)/.exec(detail)?.[1] ?? -1);
  if (detail.startsWith('c')) return { categoryId: layout.categoryIds[index] };
  const counter = layout.counters[index];
  return counter === undefined || counter.kind === 'venue' ? {} : { [`${counter.kind}Id`]: counter.id };
}
