/**
 * What a buyer is told for each code of the catalogue of reasons (services/shared/contracts/reasons.ts),
 * and for what a browser alone can notice: what happened, and what to do now. A test holds the two lists
 * together.
 *
 * @typedef {{ title: string, advice: string }} Message
 */

/** @type {Record<string, Message>} */
export const MESSAGES = {
  sold_out: m(
    'Not enough tickets are left.',
    'Ask for fewer, or look in another area. Tickets that others do not pay for come back within minutes.',
  ),
  seats_taken: m(
    'Somebody was faster.',
    'The seats that are gone are no longer in your choice. Please pick others.',
  ),
  no_adjacent_seats: m(
    'There are not that many seats side by side.',
    'Ask for fewer, try another area, or allow seats that are close but not together.',
  ),
  buyer_limit: m(
    'That is more than one buyer may have.',
    'Tickets you hold or have bought count too. Choose fewer.',
  ),
  would_strand_seat: m(
    'That would leave a single seat alone.',
    'Nobody buys a seat with strangers on both sides. Choose seats next to each other up to the end.',
  ),
  hold_limit: m(
    'That is more than one reservation may have.',
    'Reserve fewer now; you may buy these and then choose more.',
  ),
  live_holds_limit: m(
    'You have other reservations that are not bought yet.',
    'Buy them or give them back in the tab where you made them, then choose here.',
  ),
  buyer_cooling_down: m(
    'You have held tickets for long without buying them.',
    'Others had to wait for them, so please wait a little. This page stays as it is.',
  ),
  hold_time_spent: m(
    'You have had these tickets for as long as anybody may.',
    'Choose others, or come back when somebody else has had the chance.',
  ),
  ticket_type_minimum: m('There are too few tickets of one kind.', 'Take more of them, or another kind.'),
  ticket_type_maximum: m('There are too many tickets of one kind.', 'Take fewer of them, or another kind.'),
  seats_reserved: m(
    'At least one of these seats is set aside.',
    'Some seats are kept for wheelchair users, some for those with the right access code.',
  ),
  access_code_unknown: m(
    'This access code does not open this sale.',
    'Look for a mistyped letter, or clear the field to buy what is open to everybody.',
  ),
  access_code_used: m(
    'This access code has been used up.',
    'Clear the field to buy what is open to everybody. A reservation that lapses gives its use back.',
  ),
  promotion_code_unknown: m(
    'This promotion code is not valid for this sale.',
    'Look for a mistyped letter, or clear the field to buy at the usual price.',
  ),
  promotion_code_used: m(
    'This promotion code has been used up.',
    'Clear the field to buy at the usual price.',
  ),
  pass_required: m('This sale lets buyers in one after another.', 'Please wait for your turn in the line.'),
  pass_invalid: m('Your turn is over.', 'Please join the line again.'),
  sale_archived: m('The sale is over.', 'No more tickets are sold here. Tickets you have bought stay valid.'),
  category_unknown: m('The plan has changed.', 'Please reload the page and choose again.'),
  sale_not_open: m(
    'The sale has not opened yet.',
    'This page opens by itself at the time shown. No need to reload.',
  ),
  sale_paused: m(
    'The sale is paused for a moment.',
    'What you have reserved stays yours. This page goes on by itself.',
  ),
  sale_closed: m('The sale is over.', 'No more tickets are sold here. Tickets you have bought stay valid.'),
  recovering: m(
    'The box office is being restored.',
    'Nothing you have bought is lost. We try again by ourselves; please leave this page open.',
  ),
  hold_unknown: m(
    'We do not find your reservation.',
    'It may have been made in another browser. Please choose again.',
  ),
  hold_expired: m(
    'Your time ran out.',
    'Your tickets went back on sale. If they are still free, choose them again.',
  ),
  hold_released: m('This reservation was given back.', 'Please choose again.'),
  hold_ordered: m(
    'This reservation has already been bought.',
    'You find it among your orders on the page of the show.',
  ),
  hold_extend_limit: m('There is no more time to add.', 'Please finish before the clock runs out.'),
  order_unknown: m(
    'We do not find this order here.',
    'An order opens only in the browser in which it was bought, as long as its session lasts.',
  ),
  order_expired: m(
    'The time to pay has run out.',
    'Your tickets went back on sale. Money that arrives now buys them if they are free, or is returned.',
  ),
  order_cancelled: m('This order was cancelled.', 'Please choose again if you want other tickets.'),
  order_confirmed: m(
    'This order has been paid for.',
    'You find it among your orders on the page of the show.',
  ),
  payment_under_way: m(
    'A payment for this order is under way.',
    'Please finish it, or wait until we know what became of it.',
  ),
  payment_attempts_spent: m(
    'This order cannot be paid for again.',
    'Too many attempts have failed. Your tickets go back on sale; please choose again.',
  ),
  payment_method_unavailable: m(
    'This way of paying is not offered for this show.',
    'Please choose another one.',
  ),
  sale_unknown: m('There is no such show.', 'Look at the list of shows.'),
  area_unknown: m('The plan has changed.', 'Please reload the page and choose again.'),
  seat_unknown: m('The plan has changed.', 'Please reload the page and choose again.'),
  ticket_type_unknown: m(
    'This kind of ticket is not sold here.',
    'Please reload the page and choose again.',
  ),
  item_unsuitable: m('The plan has changed.', 'Please reload the page and choose again.'),
  request_invalid: m(
    'Something in the form is not right.',
    'Please look at what you entered and try again.',
  ),
  payload_too_large: m('That is too much at once.', 'Please choose fewer tickets.'),
  unauthenticated: m('Your session has ended.', 'Please choose again; a new session has been opened.'),
  forbidden: m('This is not yours.', 'Please choose again.'),
  rate_limited: m('You are quicker than we are.', 'We try again by ourselves in a moment.'),
  overloaded: m(
    'Very many people are buying right now.',
    'Your choice is kept; we try again by ourselves.',
  ),
  outbox_full: m('Orders are being written down.', 'Your choice is kept; we try again by ourselves.'),
  bus_unavailable: m(
    'Orders cannot be written down at the moment.',
    'Your tickets stay reserved. We try again by ourselves; add time if the clock runs low.',
  ),
  unavailable: m('The box office does not answer.', 'Nothing of yours is lost; we try again by ourselves.'),
  internal_error: m('Something went wrong on our side.', 'Nothing was bought twice. Please try again.'),
  order_lost: m(
    'Your order did not go through.',
    'It got lost on our side before it was confirmed. Your reservation is still there: please buy again.',
  ),
  no_connection: m(
    'No connection to the box office.',
    'Nothing of yours is lost; we try again by ourselves.',
  ),
  no_answer: m('The box office is slow to answer.', 'Nothing of yours is lost; we try again by ourselves.'),
};

/**
 * Codes that no buyer here gets to see unless these pages have a fault: they are for operators, for other
 * callers, or of the legacy's own way of selling. The buyer would get the general sentence.
 */
export const NOT_FOR_BUYERS = [
  'sale_already_open',
  'sale_definition_invalid',
  'sale_not_closed',
  'sale_busy',
  'recall_running',
  'recall_unknown',
  'sale_elsewhere',
  'partition_unknown',
  'hold_change_limit',
  'not_in_hold',
  'payment_unknown',
  'payment_attempt_unknown',
  'payment_method_unknown',
  'webhook_refused',
  'refund_unknown',
  'refund_too_large',
  'refund_settled',
  'capacity_in_use',
  'stock_in_use',
  'allocation_too_large',
  'allocation_returned',
  'group_unknown',
  'channel_unknown',
  'code_exists',
  'webhook_unknown',
  'webhook_url_refused',
  'delivery_unknown',
  'delivery_not_failing',
  'projection_unknown',
  'projection_not_parked',
  'projection_not_replayable',
  'events_removed',
  'ticket_forged',
  'ticket_unknown',
  'ticket_elsewhere',
  'ticket_void',
  'ticket_used',
  'document_unknown',
  'job_unknown',
  'idempotency_key_missing',
  'idempotency_key_invalid',
  'idempotency_key_reused',
  'cursor_invalid',
  'json_malformed',
  'media_type_unsupported',
  'not_found',
  'buyer_mismatch',
  'buyer_needed',
  'show_unknown',
  'route_refused',
  'show_sold_elsewhere',
  'cart_unknown',
  'cart_expired',
  'cart_released',
  'cart_ordered',
];

/**
 * @param {string} code
 * @returns {Message}
 */
export function messageFor(code) {
  return MESSAGES[code] ?? /** @type {Message} */ (MESSAGES['internal_error']);
}

/**
 * @param {string} title
 * @param {string} advice
 * @returns {Message}
 */
function m(title, advice) {
  return { title, advice };
}
