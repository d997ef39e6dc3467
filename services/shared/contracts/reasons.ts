/**
 * The one catalogue of reasons: what can be refused, with which HTTP status, what the buyer is told and what
 * the operator does. Lua's constants (`REASON.sold_out`) are replaced from it when a script is loaded;
 * docs/reasons.md is tested against it.
 */
export interface Reason {
  status: number;
  /** one sentence for the buyer or the caller */
  title: string;
  /** what the person on call does; empty when nothing is to be done */
  operator: string;
}

export const REASONS = {
  // What the stock says.
  sold_out: r(409, 'There are not enough tickets left.', ''),
  seats_taken: r(409, 'At least one of these seats has just been taken.', ''),
  no_adjacent_seats: r(409, 'There are not that many free seats next to each other.', ''),
  buyer_limit: r(409, 'This is more than one buyer may have in this sale.', ''),
  would_strand_seat: r(409, 'This would leave a single seat between others.', ''),
  hold_limit: r(409, 'This is more than one hold may have.', ''),
  live_holds_limit: r(409, 'This buyer has as many holds as are allowed at a time.', ''),
  buyer_cooling_down: r(409, 'This buyer has held tickets without buying them and must wait.', ''),
  hold_time_spent: r(409, 'The time this buyer may hold these tickets is used up.', ''),
  ticket_type_minimum: r(409, 'There must be more tickets of this type in one hold.', ''),
  ticket_type_maximum: r(409, 'There are too many tickets of this type for one hold.', ''),
  seats_reserved: r(409, 'At least one of these seats is set aside for others.', ''),
  access_code_unknown: r(403, 'This access code is not valid for this sale.', ''),
  access_code_used: r(409, 'This access code has been used up.', ''),
  promotion_code_unknown: r(422, 'This promotion code is not valid for this sale.', ''),
  promotion_code_used: r(409, 'This promotion code has been used up.', ''),
  pass_required: r(403, 'This sale needs a pass from the waiting room.', ''),
  pass_invalid: r(403, 'This pass is not valid for this sale, this buyer or this time.', ''),
  // The state of the sale.
  sale_not_open: r(409, 'The sale has not opened yet.', 'Call open, or look at opensAt.'),
  sale_paused: r(409, 'The sale is paused for a moment.', 'Call resume when the cause is gone.'),
  sale_closed: r(409, 'The sale is over.', ''),
  sale_already_open: r(409, 'The areas, ticket types and currency are fixed once a sale has opened.', ''),
  sale_not_closed: r(409, 'The sale must be closed for this.', 'Call close first.'),
  recall_running: r(409, 'The show was cancelled or moved already, and its orders are being worked on.',
    'Look at `show status`; wait, or go on with that one.'),
  recall_unknown: r(404, 'The show was neither cancelled nor moved.', ''),
  sale_busy: r(409, 'The sale still has live holds, open refunds, or events that the log has not accepted.',
    'Wait until the holds have lapsed, the refunds have ended (`openRefunds`) and the relay has caught up, '
      + 'then try again.'),
  sale_archived: r(409, 'The sale has been archived.', 'Call revive; it reads the sale back from the log.'),
  sale_elsewhere: r(409, 'The sale is in another partition already.', ''),
  partition_unknown: r(422, 'There is no such partition.', ''),
  recovering: r(503, 'The sale is being restored. Please try again in a moment.',
    'The hot state and the log differ, or the generation is missing: see docs/runbooks/recovering.md.'),
  // The life of a hold.
  hold_unknown: r(404, 'There is no such hold.', ''),
  hold_expired: r(409, 'The time for this hold has run out.', ''),
  hold_released: r(409, 'This hold was given back.', ''),
  hold_ordered: r(409, 'An order has already been made from this hold.', ''),
  hold_extend_limit: r(409, 'This hold cannot be extended any more.', ''),
  hold_change_limit: r(409, 'This hold cannot be changed any more.', ''),
  not_in_hold: r(409, 'The hold does not have that many of these tickets.', ''),
  order_unknown: r(404, 'There is no such order.', ''),
  order_expired: r(409, 'The time to pay for this order has run out.', ''),
  order_cancelled: r(409, 'This order was cancelled.', ''),
  order_confirmed: r(409, 'This order has been paid for.', ''),
  payment_under_way: r(409, 'A payment for this order is under way.', ''),
  payment_attempts_spent: r(409, 'This order cannot be paid for again.', ''),
  payment_unknown: r(404, 'There is no such payment.', ''),
  refund_unknown: r(404, 'There is no such refund.', ''),
  refund_too_large: r(409, 'More would be given back than was paid.', ''),
  refund_settled: r(409, 'This refund has ended otherwise.',
    'Compare the order with the provider: one of them is wrong.'),
  payment_attempt_unknown: r(409, 'This is not the next attempt to pay for this order.', ''),
  payment_method_unknown: r(422, 'This service cannot take money by that payment method.',
    'Set the provider\'s variables (.env.example), or leave the method out.'),
  webhook_refused: r(401, 'This message is not signed by the provider, or is too old.',
    'The secret of webhooks differs, a clock is wrong, or somebody tries.'),
  payment_method_unavailable: r(422, 'This sale does not take that payment method.', ''),
  // Changes of the stock by operators.
  capacity_in_use: r(409, 'So many places are held or sold already.',
    'Release holds, or choose a larger capacity.'),
  stock_in_use: r(409, 'Some of these places are held or sold.',
    'Wait for the holds to lapse, or leave them out.'),
  allocation_too_large: r(409, 'There are not that many free places to set aside.', ''),
  allocation_returned: r(409, 'The time of this channel is over.', ''),
  group_unknown: r(422, 'The sale has no such group.', ''),
  channel_unknown: r(422, 'The sale has no such channel.', ''),
  category_unknown: r(422, 'The sale has no such category.', ''),
  code_exists: r(409, 'One of these access codes exists already.', ''),
  // Shows that are still sold by row locks (services/legacy).
  show_unknown: r(404, 'There is no such show.', ''),
  route_refused: r(409, 'The route of this show cannot be changed like that now.',
    'Do what `reasons` says, then try again; with --dry-run nothing is changed.'),
  show_sold_elsewhere: r(409, 'This show is sold through onsale, not here.', 'Send its buyers to selling.'),
  cart_unknown: r(404, 'There is no such cart.', ''),
  cart_expired: r(409, 'The time for this cart has run out.', ''),
  cart_released: r(409, 'This cart was given back.', ''),
  cart_ordered: r(409, 'An order has already been made from this cart.', ''),
  // Organiser webhooks.
  webhook_unknown: r(404, 'There is no such webhook.', ''),
  webhook_url_refused: r(422, 'Events cannot be delivered to this address.', ''),
  delivery_unknown: r(404, 'There is no such delivery.', ''),
  delivery_not_failing: r(409, 'This delivery does not need another attempt.', ''),
  // Projections, for operators.
  projection_unknown: r(404, 'There is no such projection of this sale.', ''),
  projection_not_parked: r(409, 'The projection is not parked at this event.',
    'Look at it again: somebody else has done something.'),
  projection_not_replayable: r(409, 'This projection cannot be replayed.', ''),
  events_removed: r(410, 'The events of this sale have been removed, since it was archived long ago.', ''),
  // Tickets at the door, and the jobs that make them.
  ticket_forged: r(422, 'This is not a ticket of ours.', ''),
  ticket_unknown: r(404, 'There is no such ticket.',
    'It is signed by us: its order is not in the legacy rows yet, or was never in this database.'),
  ticket_elsewhere: r(409, 'This ticket is for another show.', ''),
  ticket_void: r(409, 'This ticket does not hold any more.', ''),
  ticket_used: r(409, 'This ticket has been used already.', ''),
  document_unknown: r(404, 'There are no tickets for this order yet.',
    'See docs/runbooks/jobs.md when the order is confirmed.'),
  job_unknown: r(404, 'There is no such job, or it is running.', ''),
  // The request.
  sale_unknown: r(404, 'There is no such sale.', ''),
  area_unknown: r(422, 'The sale has no such area.', ''),
  seat_unknown: r(422, 'The sale has no such seat.', ''),
  ticket_type_unknown: r(422, 'That ticket type is not sold here.', ''),
  item_unsuitable: r(422, 'That item does not fit its area.', ''),
  sale_definition_invalid: r(422, 'The definition of the sale is not valid.', ''),
  idempotency_key_missing: r(400, 'This request needs an Idempotency-Key header.', ''),
  idempotency_key_invalid: r(400, 'The Idempotency-Key must be 1 to 128 printable characters.', ''),
  idempotency_key_reused: r(422, 'This Idempotency-Key was used with another payload.', ''),
  request_invalid: r(400, 'The request does not have the expected form.', ''),
  cursor_invalid: r(400, 'The cursor must be a whole number from 0.', ''),
  json_malformed: r(400, 'The body is not valid JSON.', ''),
  media_type_unsupported: r(415, 'The body must be application/json.', ''),
  payload_too_large: r(413, 'The body is too large.', ''),
  not_found: r(404, 'There is nothing here.', ''),
  // Callers.
  unauthenticated: r(401, 'A valid bearer token is needed.', ''),
  forbidden: r(403, 'This credential may not do that.', ''),
  buyer_mismatch: r(403, 'The buyerId is not the one of the token.', ''),
  buyer_needed: r(400, 'A checkout key must say for which buyerId it acts.', ''),
  rate_limited: r(429, 'Too many requests. Please slow down.', ''),
  // The system.
  overloaded: r(503, 'Too many requests at once. Please try again in a moment.',
    'Add selling processes, or let fewer buyers in.'),
  outbox_full: r(503, 'Orders are being written down. Please try again in a moment.',
    'The bus does not accept events: look at the relay and at Kinesis.'),
  bus_unavailable: r(503, 'Orders cannot be written down at the moment. Your tickets stay reserved.',
    'The bus accepts nothing, or the relay does not run: see docs/runbooks/bus-outage.md.'),
  unavailable: r(503, 'The service cannot answer right now. Please try again in a moment.',
    'Redis (selling) or PostgreSQL (legacy, operator) does not answer: look at its process and the network. '
    + 'If `detail` names the identity provider: at BUYER_JWKS_URL.'),
  internal_error: r(500, 'Something went wrong on our side.', 'Look the x-trace-id up in the log.'),
} as const satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof REASONS;

/** Narrows a string that came from a script or over the wire. */
export function isReasonCode(code: string): code is ReasonCode {
  return Object.hasOwn(REASONS, code);
}

function r(status: number, title: string, operator: string): Reason {
  return { status, title, operator };
}
