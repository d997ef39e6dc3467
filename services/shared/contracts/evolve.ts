import { assertNever } from './assert-never.ts';
import type { SaleEvent } from './events.ts';
import { addCodes } from './evolve-codes.ts';
import { changePrice, define, defineArea } from './evolve-definition.ts';
import { change, end, extend, giveTimeBack, place } from './evolve-holds.ts';
import {
  cancel, completeRefund, confirm, expire, failPayment, failRefund, mismatch, requestRefund, retake,
  startPayment,
} from './evolve-orders.ts';
import {
  block, changeAllocation, changeCapacity, releasePlaces, returnAllocation, unblock,
} from './evolve-stock.ts';
import { check } from './folded-sale.ts';
import { isPending } from './order-record.ts';
import type { FoldedSale, SaleState } from './folded-sale.ts';

export { initialSale, SALE_STATES } from './folded-sale.ts';
export type { FoldedSale, SaleState } from './folded-sale.ts';

/**
 * What an event means. `evolve` is the one definition: verification, rebuilding, "as of" questions and the
 * tests of the scripts all fold with it; the Lua scripts are its fast twin. It takes accepted events in
 * order and throws when one contradicts what came before, so that a fold that ends has proved promises 1 and
 * 2 on its way.
 *
 * A fold owns its state: `evolve` changes it in place and returns it. One that has thrown is of no use.
 */

/**
 * Applies one accepted event. Throws an Error that names the sale and the seq if the event breaks a promise:
 * a seat with two owners, more taken than there is, a hold that ends twice, a buyer or a code past a limit, a
 * price that does not add up, anything in a state of the sale that does not allow it.
 */
export function evolve(sale: FoldedSale, event: SaleEvent): FoldedSale {
  try {
    check(sale.state !== 'archived' || event.type === 'sale.revived', 'the sale is archived');
    apply(sale, event);
  } catch (error) {
    const { subject, sequence, type } = event;
    throw new Error(`${subject} seq ${Number(sequence)} (${type}): ${(error as Error).message}`);
  }
  sale.head = { seq: Number(event.sequence), id: event.id };
  sale.epoch = event.epoch;
  return sale;
}

function apply(sale: FoldedSale, event: SaleEvent): void {
  switch (event.type) {
    case 'sale.defined': return define(sale, event.data);
    case 'area.defined': return defineArea(sale, event.data);
    case 'sale.opened': return move(sale, ['draft'], 'open');
    case 'sale.paused': return move(sale, ['open'], 'paused');
    case 'sale.resumed': return move(sale, ['paused'], 'open');
    case 'sale.closed': return move(sale, ['draft', 'open', 'paused'], 'closed');
    case 'sale.reopened': return move(sale, ['closed'], 'open');
    case 'sale.archived': return archive(sale);
    case 'sale.revived': return move(sale, ['archived'], 'closed');
    case 'sale.recovered': return giveTimeBack(sale, event.data.lostMs);
    case 'stock.blocked': return block(sale, event.data);
    case 'stock.unblocked': return unblock(sale, event.data);
    case 'capacity.changed': return changeCapacity(sale, event.data);
    case 'price.changed': return changePrice(sale, event.data);
    case 'allocation.changed': return changeAllocation(sale, event.data);
    case 'allocation.returned': return returnAllocation(sale, event.data);
    case 'places.released': return releasePlaces(sale, event.data);
    case 'codes.added': return addCodes(sale, event.data);
    case 'hold.placed': return place(sale, event);
    case 'hold.extended': return extend(sale, event);
    case 'hold.changed': return change(sale, event);
    case 'hold.released':
    case 'hold.expired': return end(sale, event);
    case 'order.confirmed': return confirm(sale, event);
    case 'order.expired': return expire(sale, event);
    case 'order.cancelled': return cancel(sale, event);
    case 'payment.started': return startPayment(sale, event);
    case 'payment.failed': return failPayment(sale, event);
    case 'payment.late': return retake(sale, event);
    case 'payment.mismatched': return mismatch(sale, event);
    case 'refund.requested': return requestRefund(sale, event);
    case 'refund.completed': return completeRefund(sale, event);
    case 'refund.failed': return failRefund(sale, event);
    default: assertNever(event);
  }
}

function move(sale: FoldedSale, from: SaleState[], to: SaleState): void {
  check(from.includes(sale.state), `the sale is ${sale.state}`);
  sale.state = to;
}

/** Nothing lapses in a sale that is not in Redis: live holds and pending orders would stay for ever. */
function archive(sale: FoldedSale): void {
  for (const [holdId, { status }] of sale.holds) check(status !== 'live', `hold ${holdId} is live`);
  for (const [orderId, order] of sale.orders) check(!isPending(order), `order ${orderId} is ${order.status}`);
  move(sale, ['closed'], 'archived');
}
