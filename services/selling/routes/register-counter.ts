import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { CounterPayment, OrderAdminView, RefundParams } from '../../shared/contracts/cancellation-schemas.ts';
import { NoBody, OrderParams, ProblemView } from '../../shared/contracts/http-schemas.ts';
import type { PaymentReport } from '../../shared/payments/provider.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { findOrder } from '../find-order.ts';
import type { FoundOrder } from '../find-order.ts';
import { operatorContextOf } from '../operator-context.ts';
import { priceOf } from '../pay-order.ts';
import type { KnownSale } from '../sale-directory.ts';
import type { SellingContext } from '../selling-context.ts';
import { sendUnknown } from '../send-unknown.ts';
import { showOrderToOperator } from '../show-order-to-operator.ts';
import { tellPayment } from '../tell-payment.ts';

type OnePayment = { Params: Static<typeof OrderParams>; Body: CounterPayment };
type OneRefund = { Params: Static<typeof RefundParams> };

const PAY = 'The number of the receipt makes a repeat harmless, and names the payment: `offline:receipt`. '
  + 'What is told after the order\'s deadline confirms it if its places are still free; the answer says '
  + 'what became of the money: a payment of the kind `refused` is to be given back at once.';

const GIVEN_BACK = 'By the counter, which took it, or by any other way that no provider tells of. '
  + 'Whoever was to give it back otherwise must not do it any more.';

/** What people at a box office say of money: that they took it, and that they gave it back. */
export function registerCounter(app: FastifyInstance, context: SellingContext): void {
  const common = { onRequest: needsRole(context.credentials, 'operator') };
  const response = { 200: OrderAdminView, '4xx': ProblemView, '5xx': ProblemView };
  app.post<OnePayment>('/admin/v1/sales/:saleId/orders/:orderId/payments', {
    ...common,
    schema: {
      summary: 'An order was paid for at the box office; repeatable', description: PAY,
      tags: ['admin'], params: OrderParams, body: CounterPayment, response,
    },
  }, (request, reply) => takeMoney(context, request, reply));
  app.post<OneRefund>('/admin/v1/sales/:saleId/orders/:orderId/refunds/:refundId/complete', {
    ...common,
    schema: {
      summary: 'Money was given back by hand; repeatable', description: GIVEN_BACK,
      tags: ['admin'], params: RefundParams, body: NoBody, response,
    },
  }, (request, reply) => tellGivenBack(context, request, reply));
}

async function takeMoney(
  context: SellingContext, request: FastifyRequest<OnePayment>, reply: FastifyReply,
): Promise<FastifyReply> {
  const { params: { saleId, orderId }, body: { receipt, amountMinor, currency } } = request;
  const sale = await context.directory.findCurrent(saleId);
  const found = sale && await findOrder(context, sale, orderId);
  if (found === 'recovering') return sendProblem(reply, 'recovering');
  if (sale === undefined || found === undefined) {
    return sendUnknown(context, saleId, 'order_unknown', reply);
  }
  if (!context.paymentMethods.has('offline')) {
    return sendProblem(reply, 'payment_method_unknown',
      { method: 'offline', methods: ['free', ...context.paymentMethods.keys()] });
  }
  const { payment } = found.order;
  if (payment === undefined) return sendProblem(reply, 'order_confirmed');
  const isKnown = payment.payments.some(({ paymentId }) => paymentId === `offline:${receipt}`);
  const costs = priceOf(sale, found.order);
  if (!isKnown && (costs.amountMinor !== amountMinor || costs.currency !== currency)) {
    const detail = `amountMinor: the order costs ${costs.amountMinor} ${costs.currency}`;
    return sendProblem(reply, 'request_invalid', { detail });
  }
  // Money for what has another payment already would only have to be given back.
  if (!isKnown && (found.order.status === 'confirmed' || found.order.status === 'cancelled')) {
    return sendProblem(reply, found.order.status === 'confirmed' ? 'order_confirmed' : 'order_cancelled');
  }
  return tellAndShow(context, request, { sale, orderId }, {
    kind: 'captured', reference: { saleId, orderId, attempt: payment.attempt }, paymentId: receipt,
    amountMinor, currency,
  }, reply);
}

async function tellGivenBack(
  context: SellingContext, request: FastifyRequest<OneRefund>, reply: FastifyReply,
): Promise<FastifyReply> {
  const { saleId, orderId, refundId } = request.params;
  const sale = await context.directory.findCurrent(saleId);
  const found = sale && await findOrder(context, sale, orderId);
  if (found === 'recovering') return sendProblem(reply, 'recovering');
  if (sale === undefined || found === undefined) {
    return sendUnknown(context, saleId, 'order_unknown', reply);
  }
  const refund = found.order.payment?.refunds.find((one) => one.refundId === refundId);
  if (refund === undefined) return sendProblem(reply, 'refund_unknown');
  if (refund.status === 'failed') return sendProblem(reply, 'refund_settled');
  const { paymentId, amountMinor } = refund;
  return tellAndShow(context, request, { sale, orderId }, {
    kind: 'refunded', reference: { saleId, orderId }, refundId, paymentId, amountMinor,
    currency: sale.layout.currency,
  }, reply);
}

async function tellAndShow(
  context: SellingContext,
  request: FastifyRequest,
  { sale, orderId }: { sale: KnownSale; orderId: string },
  report: PaymentReport,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const told = await tellPayment(context, 'offline', report, operatorContextOf(request));
  if (told === 'refused') return sendProblem(reply, 'refund_settled');
  if (told !== 'known') return sendProblem(reply, told === 'later' ? 'unavailable' : 'order_unknown');
  const { saleId } = sale;
  context.log.info({ saleId, orderId, kind: report.kind, operator: request.operator?.name },
    'money was told of at a counter');
  const found: FoundOrder | 'recovering' | undefined = await findOrder(context, sale, orderId);
  if (found === undefined || found === 'recovering') return sendProblem(reply, 'recovering');
  return reply.send(showOrderToOperator(orderId, found, sale.layout));
}
