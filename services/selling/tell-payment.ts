import { readOrderRecord } from '../shared/contracts/order-record.ts';
import type { OrderRecord } from '../shared/contracts/order-record.ts';
import { packPaymentId } from '../shared/payments/payment-id.ts';
import type { PaymentReport } from '../shared/payments/provider.ts';
import { ProblemError } from '../shared/platform/problem.ts';
import { awaitLog } from './await-log.ts';
import { findOrder } from './find-order.ts';
import { priceOf } from './pay-order.ts';
import type { OrderRef } from './payments.ts';
import type { KnownSale } from './sale-directory.ts';
import type { SellingContext } from './selling-context.ts';
import type { Answer } from './stock.ts';

/**
 * What became of a provider's report: `known`, the log has it; `unknown`, there is no such order here;
 * `refused`, it contradicts what the log has; `later`, nobody can say at the moment: it must be told again.
 */
export type Told = 'known' | 'unknown' | 'refused' | 'later';

/** What the scripts and the log can carry. */
const ID = /^[\w.:-]{1,128}$/;
const CURRENCY = /^[A-Z]{3}$/;
const REASON_CHARS_MAX = 100;

/**
 * Takes what a provider says of a payment or a refund, and returns once the log has accepted it. It may be
 * told any number of times, late and in any order.
 *
 * @param by actor and trace of the events
 */
export async function tellPayment(
  context: SellingContext,
  method: string,
  report: PaymentReport,
  by: string,
): Promise<Told> {
  try {
    return await tell(context, method, report, by);
  } catch (error) {
    // A sale that is recovering, in the words of whoever found that out.
    if (error instanceof ProblemError) return 'later';
    throw error;
  }
}

async function tell(
  context: SellingContext,
  method: string,
  report: PaymentReport,
  by: string,
): Promise<Told> {
  const { saleId, orderId } = report.reference;
  if (!isSound(report)) return 'refused';
  const sale = await context.directory.findCurrent(saleId);
  if (sale === undefined) return 'unknown';
  const found = await findOrder(context, sale, orderId);
  if (found === 'recovering') return 'later';
  if (found?.order.payment === undefined) return 'unknown';
  // A provider is asked for what the log has: it cannot know of an attempt that the order has not.
  const { payment } = found.order;
  if ('attempt' in report.reference && report.reference.attempt > payment.attempt) return 'refused';
  const ref = { saleId, orderId, context: by };
  const answer = await send(context, { sale, ref, order: found.order, method }, report);
  if (!answer.ok) {
    const isWrong = answer.reason === 'refund_settled' || answer.reason === 'refund_unknown';
    return isWrong ? 'refused' : 'later';
  }
  context.watches.noteWrite(saleId);
  const order = readOrderRecord(answer.text);
  const isRepeat = order.eventId === found.order.eventId;
  const inLog = await awaitLog(context, sale, orderId, { order, isRepeat });
  return inLog?.isConfirmed === true ? 'known' : 'later';
}

function send(
  { payments, paymentAttemptsMax: attemptsMax, paymentRetryMs: retryMs }: SellingContext,
  { sale, ref, order, method }: { sale: KnownSale; ref: OrderRef; order: OrderRecord; method: string },
  report: PaymentReport,
): Promise<Answer> {
  const { partition } = sale;
  const reason = (report.reason ?? report.kind).slice(0, REASON_CHARS_MAX);
  if ('refundId' in report) {
    const outcome = report.kind === 'refunded' ? 'completed' : 'failed';
    return payments.settleRefund(partition, { ...ref, refundId: report.refundId, outcome, reason });
  }
  if (report.kind === 'captured') {
    const { reference: { attempt }, amountMinor, currency } = report;
    const paymentId = packPaymentId(method, report.paymentId);
    return payments.settle(partition,
      { ...ref, paymentId, amountMinor, currency, attempt, method, price: priceOf(sale, order) });
  }
  const { attempt } = report.reference;
  return payments.fail(partition, { ...ref, attempt, attemptsMax, retryMs, reason });
}

function isSound(report: PaymentReport): boolean {
  const { paymentId, amountMinor, currency } = report;
  const isAmount = Number.isSafeInteger(amountMinor) && amountMinor >= 0;
  const isId = 'refundId' in report ? ID.test(report.refundId) : ID.test(paymentId);
  return isAmount && isId && CURRENCY.test(currency);
}
