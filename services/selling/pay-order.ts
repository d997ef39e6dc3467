import type { FastifyRequest } from 'fastify';
import { sumUp } from '../shared/contracts/hold-record.ts';
import { paymentStartKey } from '../shared/contracts/keys.ts';
import { readOrderRecord } from '../shared/contracts/order-record.ts';
import type { OrderRecord } from '../shared/contracts/order-record.ts';
import { packPaymentId } from '../shared/payments/payment-id.ts';
import { ProviderRefused } from '../shared/payments/provider.ts';
import type { PaymentStart } from '../shared/payments/provider.ts';
import { awaitLog } from './await-log.ts';
import type { FoundOrder } from './find-order.ts';
import { contextOf } from './identify.ts';
import type { PaymentMethod } from './payment-methods.ts';
import type { KnownSale } from './sale-directory.ts';
import type { SellingContext } from './selling-context.ts';
import type { Answer } from './stock.ts';

/** An order whose buyer is to pay, as the log has it. */
export interface Payable extends FoundOrder {
  sale: KnownSale;
  orderId: string;
}

/** What became of it, and how the buyer pays if that is what to do next. */
export interface Paying extends FoundOrder {
  start?: PaymentStart | undefined;
}

/**
 * Asks the provider of a pending order for the payment. It is asked only for what the log has: money for an
 * order that nobody remembers would be lost. A provider that refuses or does not answer has failed the
 * attempt, and the next method of the sale gets the next one, until none is left that was not tried. A repeat
 * gets the same payment. Undefined when Redis has lost the order meanwhile.
 *
 * @param outcome what the sandbox is to do
 */
export async function askProvider(
  context: SellingContext,
  request: FastifyRequest,
  payable: Payable,
  outcome?: string,
): Promise<Paying | undefined> {
  const { sale, orderId } = payable;
  const tried = new Set<string>();
  for (let found: FoundOrder | undefined = payable; found !== undefined;) {
    const { order, isConfirmed: isInLog } = found;
    const method = context.paymentMethods.get(order.payment?.method ?? '');
    if (!isInLog || order.status !== 'pending' || method === undefined) return found;
    if (priceOf(sale, order).amountMinor === 0) {
      return settleNothing(context, request, { sale, orderId, order });
    }
    const start = await startAt(context, method, { sale, orderId, order }, outcome);
    if (typeof start !== 'string') return { ...found, start };
    const attempt = order.payment?.attempt ?? 0;
    request.log.warn({ traceId: request.id, orderId, attempt, method: method.provider.method, fault: start },
      'a payment could not be begun');
    tried.add(method.provider.method);
    found = await goOn(context, request, { sale, orderId, order }, tried, start);
  }
  return undefined;
}

/** What costs nothing is paid for: no provider takes an amount of nothing. */
async function settleNothing(
  context: SellingContext, request: FastifyRequest, { sale, orderId, order }: Pending,
): Promise<FoundOrder | undefined> {
  const answer = await context.payments.settle(sale.partition, {
    saleId: sale.saleId, orderId, context: contextOf(request.caller, request),
    paymentId: packPaymentId('free', orderId), method: 'free', attempt: order.payment?.attempt ?? 0,
    ...priceOf(sale, order), price: priceOf(sale, order),
  });
  return settled(context, { sale, orderId }, answer);
}

interface Pending {
  sale: KnownSale;
  orderId: string;
  order: OrderRecord;
}

/** The payment of an order's last attempt, or why there is none. */
async function startAt(
  { redis, checkoutUrl, log }: SellingContext,
  { start }: PaymentMethod,
  { sale, orderId, order }: Pending,
  outcome?: string,
): Promise<PaymentStart | string> {
  const { attempt = 0, deadlineMs = 0 } = order.payment ?? {};
  const { saleId, partition } = sale;
  const key = paymentStartKey(partition, orderId, attempt);
  const kept = await redis.get(key);
  if (kept !== null) return JSON.parse(kept) as PaymentStart;
  try {
    const made = await start({
      reference: { saleId, orderId, attempt },
      ...priceOf(sale, order),
      returnUrl: `${checkoutUrl}/shows/${saleId}/orders/${orderId}`,
      expiresAtMs: deadlineMs,
      ...outcome !== undefined && { outcome },
    });
    await redis.set(key, JSON.stringify(made), 'PXAT', deadlineMs + KEPT_AFTER_MS);
    return made;
  } catch (error) {
    if (!(error instanceof ProviderRefused)) log.warn({ err: error, orderId, attempt }, 'a provider failed');
    return error instanceof ProviderRefused ? 'refused by the provider' : 'provider unavailable';
  }
}

/** Who comes back from a provider's page at the last moment still finds the way. */
const KEPT_AFTER_MS = 60_000;

/** Ends an attempt that could not be begun; begins another by a method that was not tried yet. */
async function goOn(
  context: SellingContext,
  request: FastifyRequest,
  { sale, orderId, order }: Pending,
  tried: ReadonlySet<string>,
  reason: string,
): Promise<FoundOrder | undefined> {
  const { payments, paymentAttemptsMax: attemptsMax, paymentRetryMs: retryMs, paymentMethods } = context;
  const { partition, saleId } = sale;
  const attempt = order.payment?.attempt ?? 0;
  const by = contextOf(request.caller, request);
  const failed = await payments.fail(partition,
    { saleId, orderId, context: by, attempt, attemptsMax, retryMs, reason });
  const next = sale.definition.paymentMethods.find((one) => paymentMethods.has(one) && !tried.has(one));
  const answer = next === undefined || !failed.ok ? failed
    : await startAttempt(context, request, { sale, orderId, order }, attempt + 1, next);
  return settled(context, { sale, orderId }, answer.ok ? answer : failed);
}

/** Begins an attempt after one that has failed: lua/start-payment.lua. */
export function startAttempt(
  { payments, paymentMethods, paymentAttemptsMax: attemptsMax }: SellingContext,
  request: FastifyRequest,
  { sale, orderId, order }: Pending,
  attempt: number,
  method: string,
): Promise<Answer> {
  const { holdId, buyerId, digest, extras } = order;
  return payments.start(sale.partition, {
    saleId: sale.saleId, orderId, holdId, buyerId, digest, attempt, attemptsMax, method,
    context: contextOf(request.caller, request),
    payMs: paymentMethods.get(method)?.payMs ?? 0,
    extras: JSON.stringify(extras),
  });
}

/** Waits until the log has what a script has just said of an order; undefined when nobody knows. */
export async function settled(
  context: SellingContext,
  { sale, orderId }: { sale: KnownSale; orderId: string },
  answer: Answer,
  isRepeat = false,
): Promise<FoundOrder | undefined> {
  if (!answer.ok) return undefined;
  return awaitLog(context, sale, orderId, { order: readOrderRecord(answer.text), isRepeat });
}

/** What an order costs, by its items and terms, which never change. */
export function priceOf(sale: KnownSale, order: OrderRecord): { amountMinor: number; currency: string } {
  return { amountMinor: sumUp(order.items, order.terms).total, currency: sale.layout.currency };
}

/**
 * Ends at its provider what has failed or was given up here, where that can still be paid there: two payments
 * are never to be made at once. If this fails and it is captured after all, the money is given back.
 */
export async function endAtProvider(
  { redis, paymentMethods, log }: SellingContext,
  { sale, orderId, order }: Pick<Payable, 'sale' | 'orderId' | 'order'>,
): Promise<void> {
  const { method = '', attempt = 0 } = order.payment ?? {};
  const kept = await redis.get(paymentStartKey(sale.partition, orderId, attempt));
  if (kept === null) return;
  const { paymentId } = JSON.parse(kept) as PaymentStart;
  await paymentMethods.get(method)?.provider.cancel(paymentId).catch((error: Error) => {
    log.warn({ err: error, orderId, attempt }, 'a payment could not be ended');
  });
}
