import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import {
  AttemptParams, OrderAnswer, PaymentChoice, ProblemView,
} from '../../shared/contracts/http-schemas.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { findOrder } from '../find-order.ts';
import { mayTouch } from '../identify.ts';
import { sendOrder } from '../make-order.ts';
import { askProvider, endAtProvider, settled, startAttempt } from '../pay-order.ts';
import type { Payable } from '../pay-order.ts';
import { refuse } from '../refuse.ts';
import type { SellingContext } from '../selling-context.ts';
import { sendUnknown } from '../send-unknown.ts';

type OneAttempt = FastifyRequest<{ Params: Static<typeof AttemptParams>; Body: PaymentChoice }>;

const ATTEMPT = 'Attempt 1 comes with the order. Another one may be made after the last has failed, until '
  + 'the order\'s deadline; it gives the order no more time. The number makes a repeat harmless: an attempt '
  + 'that was made is answered with the order as it is, and with where its buyer pays while that is to be '
  + 'done.';

/** Attempts to pay for an order that exists. */
export function registerPayments(app: FastifyInstance, context: SellingContext): void {
  app.put<{ Params: Static<typeof AttemptParams>; Body: PaymentChoice }>(
    '/v1/sales/:saleId/orders/:orderId/payments/:attempt', {
      schema: {
        summary: 'Pay for an order, again after an attempt has failed',
        description: ATTEMPT,
        tags: ['orders'], params: AttemptParams, body: PaymentChoice,
        response: { 201: OrderAnswer, 202: OrderAnswer, '4xx': ProblemView, '5xx': ProblemView },
      },
    }, (request, reply) => pay(context, request, reply));
}

async function pay(context: SellingContext, request: OneAttempt, reply: FastifyReply): Promise<FastifyReply> {
  const { params: { saleId, orderId, attempt: number }, body } = request;
  const sale = await context.directory.findCurrent(saleId);
  const found = sale && await findOrder(context, sale, orderId);
  if (found === 'recovering') return sendProblem(reply, 'recovering');
  if (sale === undefined || found === undefined || !mayTouch(request.caller, found.order.buyerId)) {
    return sendUnknown(context, saleId, 'order_unknown', reply);
  }
  const { payment } = found.order;
  if (payment === undefined) return sendProblem(reply, 'order_confirmed');
  const attempt = Number(number);
  if (attempt > payment.attempt + 1) {
    return sendProblem(reply, 'payment_attempt_unknown', { next: payment.attempt + 1 });
  }
  const payable = { sale, orderId, ...found };
  if (attempt > payment.attempt) return payAnew(context, request, payable, reply);
  const isUnderWay = found.order.status === 'pending' && attempt === payment.attempt;
  if (isUnderWay && payment.method !== body.method) return sendProblem(reply, 'payment_under_way');
  return answerWith(context, request, payable, reply);
}

/** The attempt after the last one. */
async function payAnew(
  context: SellingContext,
  request: OneAttempt,
  payable: Payable,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { sale, orderId, order } = payable;
  const { method } = request.body;
  const { paymentMethods } = sale.definition;
  if (!paymentMethods.includes(method)) {
    return sendProblem(reply, 'payment_method_unavailable', { methods: paymentMethods });
  }
  if (!context.paymentMethods.has(method)) return sendProblem(reply, 'payment_method_unknown');
  if (context.bus.refuses(sale.partition)) return sendProblem(reply, 'bus_unavailable');
  if (order.status === 'failed') await endAtProvider(context, payable);
  const answer = await startAttempt(context, request, payable, Number(request.params.attempt), method);
  if (!answer.ok) return refuse(reply, answer, sale);
  const found = await settled(context, { sale, orderId }, answer);
  if (found === undefined) return sendProblem(reply, 'recovering');
  return answerWith(context, request, { sale, orderId, ...found }, reply);
}

async function answerWith(
  context: SellingContext,
  request: OneAttempt,
  payable: Payable,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const paying = await askProvider(context, request, payable, request.body.outcome);
  if (paying === undefined) return sendProblem(reply, 'recovering');
  return sendOrder(reply, payable, paying);
}
