import type { EventData, Item, SaleEventOf } from './events.ts';
import { countOrdered, countTickets, countUnpaid, quantityOf } from './evolve-buyer.ts';
import { giveBackCodes, useCodesAgain } from './evolve-codes.ts';
import { checkTotal, contentOf, finish, isSameItems, liveHold } from './evolve-holds.ts';
import { giveBackItem, sellItem, takeItem, unsellItem } from './evolve-stock.ts';
import { check, definedBy } from './folded-sale.ts';
import type { FoldedSale, HoldState, OrderState } from './folded-sale.ts';
import { isPending } from './order-record.ts';
import { withoutKey } from './sealed-contact.ts';

/**
 * The life of an order and of the money for it. Every amount that a provider took is in one event that says
 * what became of it: the price of a confirmed order, held for an operator because it is a wrong one, or to be
 * given back. No payment counts twice, and no more is given back of one than was taken.
 */

/** Applies `payment.started`: the first attempt makes the order from its hold, others go on with it. */
export function startPayment(sale: FoldedSale, event: SaleEventOf<'payment.started'>): void {
  const { orderId, attempt, paymentMethod, deadline } = event.data;
  const known = sale.orders.get(orderId);
  const deadlineMs = Date.parse(deadline);
  check(Date.parse(event.time) < deadlineMs, 'the time to pay is over');
  if (known === undefined) {
    check(attempt === 1, `attempt ${attempt} is the first one`);
    const order = orderFrom(sale, event);
    sale.orders.set(orderId, {
      ...order, status: 'pending', confirmedAtMs: 0, method: paymentMethod, attempt, deadlineMs,
    });
    return;
  }
  checkOrder(known, event.data);
  check(known.status === 'failed', `order ${orderId} is ${known.status}`);
  check(attempt === known.attempt + 1, `attempt ${attempt} follows attempt ${known.attempt}`);
  check(deadlineMs === known.deadlineMs, 'an attempt gives an order no more time');
  check(isSameItems(known.items, event.data.items), 'other items are paid for');
  Object.assign(known, { status: 'pending', method: paymentMethod, attempt, eventId: event.id });
}

/** Applies `payment.failed`: another attempt may be made, until the deadline, which never comes earlier. */
export function failPayment(sale: FoldedSale, event: SaleEventOf<'payment.failed'>): void {
  const { attempt, deadline } = event.data;
  const order = knownOrder(sale, event.data);
  check(order.status === 'pending', `the order is ${order.status}`);
  check(attempt === order.attempt, `attempt ${attempt} is not the last one`);
  check(Date.parse(deadline) >= order.deadlineMs, 'the order gets less time');
  Object.assign(order, { status: 'failed', deadlineMs: Date.parse(deadline), eventId: event.id });
}

/** Applies `order.confirmed`: what was held is sold, at the price it was held for. */
export function confirm(sale: FoldedSale, event: SaleEventOf<'order.confirmed'>): void {
  const { orderId, holdId, paymentId, attempt } = event.data;
  const known = sale.orders.get(orderId);
  const confirmedAtMs = Date.parse(event.time);
  let order = known;
  if (order === undefined) {
    check(paymentId === undefined, 'nobody has started to pay');
    order = orderFrom(sale, event);
    Object.assign(order, { placedAtMs: 0, capMs: 0, startedAtMs: 0, codes: [] });
    sale.orders.set(orderId, order);
  } else {
    checkOrder(order, event.data);
    check(isPending(order), `order ${orderId} was made before`);
    check(attempt !== undefined && attempt <= order.attempt, `there is no attempt ${attempt}`);
    check(isSameItems(order.items, event.data.items), 'other items are sold than were held');
    check(event.data.total === order.totalMinor, 'the order costs something else');
    keepPayment(sale, order, event.data, event.data);
  }
  for (const item of order.items) sellItem(sale, item);
  countOrdered(sale, order, confirmedAtMs);
  Object.assign(order, { status: 'confirmed', confirmedAtMs, eventId: event.id, holdId });
}

/** Applies `order.expired`: everything comes back, once. */
export function expire(sale: FoldedSale, event: SaleEventOf<'order.expired'>): void {
  const order = knownOrder(sale, event.data);
  check(Date.parse(event.time) >= order.deadlineMs, 'the order has time left');
  endUnpaid(sale, order, event);
  order.status = 'expired';
}

/** Applies `order.cancelled`: of an order without payment all of it, of a confirmed one some tickets. */
export function cancel(sale: FoldedSale, event: SaleEventOf<'order.cancelled'>): void {
  const { items, tickets, from, returned } = event.data;
  const order = knownOrder(sale, event.data);
  const isWhole = order.gone.length + tickets.length === quantityOf(order.items);
  check(isSameItems(itemsOfTickets(order.items, tickets), items), 'the items are not those of the tickets');
  check(tickets.every((number) => !order.gone.includes(number)), 'a ticket is cancelled twice');
  check((from === 'pending') === isPending(order), `the order is ${order.status}`);
  if (from === 'pending') {
    check(isWhole && returned, 'an order without payment is cancelled as a whole');
    endUnpaid(sale, order, event);
  } else {
    check(order.status === 'confirmed', `the order is ${order.status}`);
    for (const item of items) unsellItem(sale, item, returned);
    const count = { tickets: -quantityOf(items), holds: 0 };
    countTickets(sale, order.buyerId, count, Date.parse(event.time));
    order.gone = [...order.gone, ...tickets].toSorted((a, b) => a - b);
    order.eventId = event.id;
  }
  if (isWhole) order.status = 'cancelled';
}

/** Applies `payment.late`: a lapsed order has the places again that it had; `order.confirmed` follows. */
export function retake(sale: FoldedSale, event: SaleEventOf<'payment.late'>): void {
  const order = knownOrder(sale, event.data);
  check(order.status === 'expired', `the order is ${order.status}`);
  check(!order.payments.has(event.data.paymentId), 'the payment was told before');
  check(isSameItems(order.items, event.data.items), 'other items are held than before');
  for (const item of order.items) takeItem(sale, order.holdId, item);
  const count = { tickets: quantityOf(order.items), holds: 1 };
  countTickets(sale, order.buyerId, count, Date.parse(event.time));
  useCodesAgain(sale, order.buyerId, order.codes);
  Object.assign(order, { status: 'pending', eventId: event.id });
}

/** Applies `payment.mismatched`: the money is there, and it is not the price. */
export function mismatch(sale: FoldedSale, event: SaleEventOf<'payment.mismatched'>): void {
  const { paymentId, amount: amountMinor, currency } = event.data;
  const order = knownOrder(sale, event.data);
  const isPrice = amountMinor === order.totalMinor && currency === definedBy(sale).currency;
  check(!isPrice, 'it is what the order costs');
  check(!order.payments.has(paymentId), 'the payment was told before');
  order.payments.set(paymentId, { kind: 'mismatched', amountMinor, currency });
  order.eventId = event.id;
}

/** Applies `refund.requested`: of a payment that no order was made of all, of another one what is left. */
export function requestRefund(sale: FoldedSale, event: SaleEventOf<'refund.requested'>): void {
  const { refundId, paymentId, amount: amountMinor, currency, reason } = event.data;
  const order = knownOrder(sale, event.data);
  check(!order.refunds.has(refundId), `refund ${refundId} was requested before`);
  if (!order.payments.has(paymentId)) {
    check(reason === 'late' || reason === 'duplicate', `payment ${paymentId} is unknown`);
    check(!isPending(order), `the order is ${order.status}, and this is its payment`);
    check((reason === 'duplicate') === (order.status === 'confirmed'), `the order is ${order.status}`);
    order.payments.set(paymentId, { kind: 'refused', amountMinor, currency });
  }
  const payment = order.payments.get(paymentId);
  const given = [...order.refunds.values()].reduce((sum, refund) =>
    (refund.paymentId === paymentId && refund.status !== 'failed' ? sum + refund.amountMinor : sum), 0);
  check(given + amountMinor <= (payment?.amountMinor ?? 0), 'more is given back than was taken');
  check(currency === payment?.currency, `the payment was in ${payment?.currency}`);
  order.refunds.set(refundId, { paymentId, amountMinor, status: 'requested' });
  order.eventId = event.id;
}

/** Applies `refund.completed`. */
export function completeRefund(sale: FoldedSale, event: SaleEventOf<'refund.completed'>): void {
  endRefund(sale, event, 'completed');
}

/** Applies `refund.failed`: the amount may be requested anew. */
export function failRefund(sale: FoldedSale, event: SaleEventOf<'refund.failed'>): void {
  endRefund(sale, event, 'failed');
}

/**
 * The places of some tickets of an order, which are numbered in item order and then seat order; in the order
 * of the items.
 */
export function itemsOfTickets(items: readonly Item[], tickets: readonly number[]): Item[] {
  const wanted = new Set(tickets);
  let number = 0;
  const found = items.flatMap((item): Item[] => {
    const places = Array.from({ length: item.quantity }, (_, i) => i)
      .filter(() => wanted.delete(number += 1));
    if (places.length === 0) return [];
    const { seatIds } = item;
    return [{
      ...item, quantity: places.length, ...seatIds && { seatIds: places.map((i) => seatIds[i] ?? '') },
    }];
  });
  check(wanted.size === 0, `there is no ticket ${[...wanted].join(', ')}`);
  return found;
}

type Made = EventData<'order.confirmed'> | EventData<'payment.started'>;

/** A new order of a live hold, which ends. */
function orderFrom(
  sale: FoldedSale,
  event: SaleEventOf<'order.confirmed'> | SaleEventOf<'payment.started'>,
): OrderState {
  const data: Made = event.data;
  const { orderId, holdId, buyerId, items, paymentMethod, contact, ticketSeed, digest } = data;
  const hold = liveHold(sale, data);
  const { total, fees, taxes, terms } = contentOf(data);
  check(isSameItems(hold.items, items), 'other items are sold than were held');
  check(total === hold.total, `the order costs ${total}, the hold ${hold.total}`);
  check(terms === hold.terms, 'the order has other terms than the hold');
  checkTotal(sale, data);
  finish(hold, 'ordered', event);
  hold.orderId = orderId;
  return {
    holdId, buyerId, items, totalMinor: total, fees, taxes, terms, status: 'confirmed',
    confirmedAtMs: 0, eventId: event.id,
    extras: { paymentMethod, contact: withoutKey(contact), ticketSeed, digest },
    method: '', attempt: 0, deadlineMs: 0, startedAtMs: Date.parse(event.time), ...timesOf(hold),
    codes: hold.codes, gone: [], payments: new Map(), refunds: new Map(),
  };
}

function timesOf({ placedAtMs, expiresAtMax }: HoldState): { placedAtMs: number; capMs: number } {
  return { placedAtMs, capMs: Date.parse(expiresAtMax) };
}

interface Named {
  orderId: string;
  holdId: string;
  buyerId: string;
}

function knownOrder(sale: FoldedSale, named: Named): OrderState {
  const order = sale.orders.get(named.orderId);
  if (order === undefined) throw new Error(`order ${named.orderId} is unknown`);
  checkOrder(order, named);
  return order;
}

function checkOrder({ holdId, buyerId }: OrderState, named: Named): void {
  check(holdId === named.holdId, `order ${named.orderId} was made before, from ${holdId}`);
  check(buyerId === named.buyerId, `order ${named.orderId} is not of ${named.buyerId}`);
}

function keepPayment(
  sale: FoldedSale,
  order: OrderState,
  { paymentId = '' }: { paymentId?: string },
  { total, currency }: { total: number; currency: string },
): void {
  check(paymentId !== '', 'the order is confirmed without a payment');
  check(!order.payments.has(paymentId), 'the payment was told before');
  check(currency === definedBy(sale).currency, `the sale is not in ${currency}`);
  order.payments.set(paymentId, { kind: 'kept', amountMinor: total, currency });
}

function endUnpaid(
  sale: FoldedSale,
  order: OrderState,
  event: SaleEventOf<'order.expired'> | SaleEventOf<'order.cancelled'>,
): void {
  check(isPending(order), `the order is ${order.status}`);
  check(isSameItems(order.items, event.data.items), 'other items come back than were held');
  for (const item of order.items) giveBackItem(sale, item);
  giveBackCodes(sale, order.buyerId, order.codes);
  const status = event.type === 'order.expired' ? 'expired' : 'released';
  countUnpaid(sale, order, status, Date.parse(event.time));
  order.eventId = event.id;
}

function endRefund(
  sale: FoldedSale,
  event: SaleEventOf<'refund.completed'> | SaleEventOf<'refund.failed'>,
  status: 'completed' | 'failed',
): void {
  const { refundId, amount } = event.data;
  const order = knownOrder(sale, event.data);
  const refund = order.refunds.get(refundId);
  if (refund === undefined) throw new Error(`refund ${refundId} is unknown`);
  check(refund.status === 'requested', `refund ${refundId} is ${refund.status}`);
  check(refund.amountMinor === amount, `refund ${refundId} is of ${refund.amountMinor}`);
  refund.status = status;
  order.eventId = event.id;
}
