/**
 * What would have worked, from what the box office says with its refusal: one sentence under the message
 * for the code (messages.js).
 */
import { formatTime, plural } from './words.js';

/**
 * @param {string} code
 * @param {Record<string, any>} problem
 * @param {{ nameOf: (seatId: string) => string | undefined, isForSome: (seatId: string) => boolean }} seats
 *   `isForSome`: accessible places and the seats beside them
 * @returns {string | undefined}
 */
export function refusalDetail(code, problem, { nameOf, isForSome }) {
  const { free, largest, left, limit, availableAt, ticketType, minimum, maximum, traceId } = problem;
  /** @type {string[]} */
  const seatIds = Array.isArray(problem['seatIds']) ? problem['seatIds'] : [];
  const names = seatIds.map((seatId) => nameOf(seatId) ?? seatId).join('; ');
  switch (code) {
    case 'sold_out':
      return free > 0 ? `${plural(free, 'ticket is', 'tickets are')} left there.` : undefined;
    case 'no_adjacent_seats':
      return largest > 0 ? `The longest free row there has ${plural(largest, 'seat')}.` : undefined;
    case 'buyer_limit':
      return left > 0 ? `You can take ${left} more.` : undefined;
    case 'hold_limit':
      return limit > 0 ? `Take at most ${plural(limit, 'ticket')} now.` : undefined;
    case 'live_holds_limit':
      return limit > 0 ? `${plural(limit, 'reservation')} at a time.` : undefined;
    case 'buyer_cooling_down':
    case 'hold_time_spent':
      return availableAt === undefined ? undefined : `You can reserve again at ${formatTime(availableAt)}.`;
    case 'would_strand_seat':
      return names === '' ? undefined : `It would be left alone: ${names}. Take it as well, or move along.`;
    case 'seats_reserved':
      if (names === '') return undefined;
      return seatIds.some(isForSome)
        ? `${names}: say that you need an accessible place, or choose others.`
        : `${names}: enter the access code that opens them, or choose others.`;
    case 'ticket_type_minimum':
      return minimum > 0 ? `Take at least ${minimum} of “${ticketType}”, or none.` : undefined;
    case 'ticket_type_maximum':
      return maximum > 0 ? `Take at most ${maximum} of “${ticketType}”.` : undefined;
    case 'internal_error':
      return traceId ? `If it stays so, tell us ${traceId}.` : undefined;
    default:
      return undefined;
  }
}
