import { partitionKeys, saleKeyList } from '../shared/contracts/keys.ts';
import type { RefundReason } from '../shared/contracts/events.ts';
import { divideTickets } from './divide-tickets.ts';
import { NumberedSales } from './numbered-sales.ts';
import { ScriptBatcher } from './script-batcher.ts';
import { readAnswer } from './stock.ts';
import type { Answer, OrderClaim, Stock } from './stock.ts';

/**
 * The verbs on orders and the money for them: each is one script of lua/. All may be repeated, late and in
 * any order; where a script says `ok`, its text is the order's record as it is now. An error means that
 * nobody knows whether the script ran.
 */

/** An attempt to pay. The first one makes the order from its hold. */
export interface PaymentAttempt extends OrderClaim {
  method: string;
  /** 1, 2, 3 … of the order */
  attempt: number;
  attemptsMax: number;
  /** how long the order owns its places, counted from the first attempt */
  payMs: number;
}

/** Which order, and who says something about it. */
export interface OrderRef {
  saleId: string;
  orderId: string;
  context: string;
}

/** What a provider took. */
export interface Capture extends OrderRef {
  /** the provider's: what has the same one is the same payment */
  paymentId: string;
  amountMinor: number;
  currency: string;
  attempt: number;
  method: string;
  /** what the order costs, by its items and terms, which never change */
  price: { amountMinor: number; currency: string };
}

export interface Refund {
  /** also the idempotency key at the provider */
  refundId: string;
  paymentId: string;
  amountMinor: number;
}

export interface Cancellation extends OrderRef {
  /** the order as the caller has read it */
  record: string;
  /** numbers of tickets; all that are left unless given */
  tickets?: number[];
  /** the places go on sale again; else they are blocked */
  isReturned: boolean;
  reason: string;
  refund?: Refund & { currency: string };
}

/** Of any verb, at most. */
const ARGS_PER_CLAIM = 8;

export class Payments {
  #stock: Stock;
  #starts = new ScriptBatcher<PaymentAttempt>((partition, attempts) => this.#sendStarts(partition, attempts),
    () => ARGS_PER_CLAIM, bytesOf);
  #captures = new ScriptBatcher<Capture>((partition, captures) => this.#sendCaptures(partition, captures),
    () => ARGS_PER_CLAIM, bytesOf);

  constructor(stock: Stock) {
    this.#stock = stock;
  }

  /** lua/start-payment.lua */
  async start(partition: number, attempt: PaymentAttempt): Promise<Answer> {
    return readAnswer(await this.#starts.add(partition, attempt));
  }

  /** lua/settle-payment.lua: the record says what became of it, also when it was told before. */
  async settle(partition: number, capture: Capture): Promise<Answer> {
    return readAnswer(await this.#captures.add(partition, capture));
  }

  /**
   * lua/fail-payment.lua
   *
   * @param retryMs what an order keeps at least for another attempt
   */
  async fail(
    partition: number,
    ref: OrderRef & { attempt: number; attemptsMax: number; retryMs: number; reason: string },
  ): Promise<Answer> {
    const { attempt, attemptsMax, retryMs, reason } = ref;
    return this.#call('fail-payment', partition, ref,
      [attempt, attemptsMax, retryMs, JSON.stringify(reason)]);
  }

  /** lua/cancel-order.lua; `stale`: the order has changed since it was read. */
  async cancel(partition: number, cancellation: Cancellation): Promise<Answer> {
    const { record, tickets, isReturned, reason, refund } = cancellation;
    const { before, after, numbers, items } = divideTickets(record, tickets);
    const money = refund === undefined ? ''
      : `${refund.refundId} ${refund.paymentId} ${refund.amountMinor} ${refund.currency}`;
    const answer = await this.#call('cancel-order', partition, cancellation, [before, after,
      JSON.stringify(numbers), items, isReturned ? 'returned' : 'blocked', JSON.stringify(reason), money]);
    if (answer.ok && isReturned) this.#stock.soldOut.drop(cancellation.saleId);
    return answer;
  }

  /** lua/request-refund.lua */
  async requestRefund(
    partition: number, ref: OrderRef & Refund & { reason: RefundReason },
  ): Promise<Answer> {
    const { refundId, paymentId, amountMinor, reason } = ref;
    return this.#call('request-refund', partition, ref, [refundId, paymentId, amountMinor, reason]);
  }

  /** lua/settle-refund.lua */
  async settleRefund(
    partition: number,
    ref: OrderRef & { refundId: string; outcome: 'completed' | 'failed'; reason: string },
  ): Promise<Answer> {
    const { refundId, outcome, reason } = ref;
    return this.#call('settle-refund', partition, ref, [refundId, outcome, JSON.stringify(reason)]);
  }

  async #call(
    name: string,
    partition: number,
    { saleId, orderId, context }: OrderRef,
    args: (string | number)[],
  ): Promise<Answer> {
    const keys = [partitionKeys(partition).unconfirmed, ...saleKeyList(partition, saleId)];
    return readAnswer(String(await this.#stock.call(partition, name, keys,
      [this.#stock.limits, context, saleId, orderId, ...args])));
  }

  async #sendStarts(partition: number, attempts: PaymentAttempt[]): Promise<string[] | string> {
    const sales = new NumberedSales(partition);
    const args = attempts.flatMap((one) => {
      const { saleId, orderId, holdId, buyerId, digest, context, extras } = one;
      const payment = `${one.attempt} ${one.attemptsMax} ${one.payMs} ${one.method}`;
      return [sales.numberOf(saleId), orderId, holdId, buyerId, digest, context, extras, payment];
    });
    const { unconfirmed, due } = partitionKeys(partition);
    return await this.#stock.call(partition, 'start-payment', [unconfirmed, due, ...sales.keys],
      [this.#stock.limits, sales.ids.length, ...sales.ids, ...args]) as string[] | string;
  }

  async #sendCaptures(partition: number, captures: Capture[]): Promise<string[] | string> {
    const sales = new NumberedSales(partition);
    const args = captures.flatMap((one) => {
      const { saleId, orderId, paymentId, amountMinor, currency, context, price } = one;
      const isPrice = amountMinor === price.amountMinor && currency === price.currency;
      const attempt = `${isPrice ? 1 : 0} ${one.attempt} ${one.method}`;
      return [sales.numberOf(saleId), orderId, paymentId, amountMinor, currency, attempt, context];
    });
    return await this.#stock.call(partition, 'settle-payment',
      [partitionKeys(partition).unconfirmed, ...sales.keys],
      [this.#stock.limits, sales.ids.length, ...sales.ids, ...args]) as string[] | string;
  }
}

/** What a claim adds to the arguments of a call, about: their texts are nearly all ASCII. */
function bytesOf(claim: OrderRef & { extras?: string; paymentId?: string; holdId?: string }): number {
  const { orderId, context, extras = '', paymentId = '', holdId = '' } = claim;
  return orderId.length + context.length + extras.length + paymentId.length + 2 * holdId.length;
}
