import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import {
  CancelRequest, GiveBackRequest, OrderAdminView, RefundParams,
} from '../../shared/contracts/cancellation-schemas.ts';
import { NoBody, OrderAnswer, OrderParams, ProblemView } from '../../shared/contracts/http-schemas.ts';
import { readOrderRecord } from '../../shared/contracts/order-record.ts';
import { ticketId } from '../../shared/contracts/ticket-code.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { awaitLog } from '../await-log.ts';
import { cancelOrder, ticketCount } from '../cancel-order.ts';
import type { Cancelled } from '../cancel-order.ts';
import { findOrder } from '../find-order.ts';
import type { FoundOrder } from '../find-order.ts';
import { contextOf, keyOf, mayTouch } from '../identify.ts';
import { operatorContextOf } from '../operator-context.ts';
import { refuse } from '../refuse.ts';
import type { KnownSale } from '../sale-directory.ts';
import type { SellingContext } from '../selling-context.ts';
import { sendUnknown } from '../send-unknown.ts';
import { showOrder } from '../show-items.ts';
import { showOrderToOperator } from '../show-order-to-operator.ts';

type OneOrder = { Params: Static<typeof OrderParams> };
type OneRefund = { Params: Static<typeof RefundParams>; Body: GiveBackRequest };
type Located = { sale: KnownSale; orderId: string };

const refused = { '4xx': ProblemView, '5xx': ProblemView };

const CANCEL = 'All tickets that are left, unless `tickets` names some. Their places go back on sale '
  + '(`return`) or are blocked (`block`). `refund` says what goes back to the buyer: all that the tickets '
  + 'cost, that without fees, or nothing; an order without payment has nothing to give back. Repeatable: '
  + 'what is cancelled already stays so.';

const GIVE_BACK = 'Of a payment with a wrong amount, which was held for you, or of what is left of any '
  + 'other. The id is yours and makes a repeat harmless. What the provider refused can be asked for again '
  + 'under another.';

/** Giving up an order that is not paid for; for buyers. */
export function registerGivingUp(app: FastifyInstance, context: SellingContext): void {
  app.post<OneOrder>('/v1/sales/:saleId/orders/:orderId/cancel', {
    schema: {
      summary: 'Give up an order that is not paid for; repeatable',
      description: 'Its places go back on sale, and its payment is ended at the provider. What is captured '
        + 'after all is given back. An order that is paid for is cancelled by the organiser.',
      tags: ['orders'], params: OrderParams, body: NoBody,
      response: { 200: OrderAnswer, 202: OrderAnswer, ...refused },
    },
  }, (request, reply) => giveUp(context, request, reply));
}

/** Orders as operators see them, and what they do about them. */
export function registerCancellations(app: FastifyInstance, context: SellingContext): void {
  const tags = ['admin'];
  app.get<OneOrder>('/admin/v1/sales/:saleId/orders/:orderId', {
    onRequest: needsRole(context.credentials, 'viewer'),
    schema: {
      summary: 'An order with what was paid and given back; without the codes of its tickets',
      tags, params: OrderParams, response: { 200: OrderAdminView, ...refused },
    },
  }, async (request, reply) => {
    const { saleId, orderId } = request.params;
    const sale = await context.directory.findCurrent(saleId);
    const found = sale && await findOrder(context, sale, orderId);
    if (found === 'recovering') return sendProblem(reply, 'recovering');
    if (sale === undefined || found === undefined) {
      return sendUnknown(context, saleId, 'order_unknown', reply);
    }
    return showOrderToOperator(orderId, found, sale.layout);
  });

  const onRequest = needsRole(context.credentials, 'operator');
  app.post<OneOrder & { Body: CancelRequest }>('/admin/v1/sales/:saleId/orders/:orderId/cancel', {
    onRequest,
    schema: {
      summary: 'Cancel an order or some of its tickets; repeatable', description: CANCEL,
      tags, params: OrderParams, body: CancelRequest,
      response: { 200: OrderAdminView, 202: OrderAdminView, ...refused },
    },
  }, (request, reply) => cancelTickets(context, request, reply));

  app.put<OneRefund>('/admin/v1/sales/:saleId/orders/:orderId/refunds/:refundId', {
    onRequest,
    schema: {
      summary: 'Give money of a payment back; repeatable', description: GIVE_BACK,
      tags, params: RefundParams, body: GiveBackRequest,
      response: { 200: OrderAdminView, 202: OrderAdminView, ...refused },
    },
  }, (request, reply) => giveMoneyBack(context, request, reply));
}

async function giveUp(
  context: SellingContext, request: FastifyRequest<OneOrder>, reply: FastifyReply,
): Promise<FastifyReply> {
  const { saleId, orderId } = request.params;
  if (keyOf(request, reply) === undefined) return reply;
  const sale = await context.directory.findCurrent(saleId);
  const found = sale && await findOrder(context, sale, orderId);
  if (found === 'recovering') return sendProblem(reply, 'recovering');
  if (sale === undefined || found === undefined || !mayTouch(request.caller, found.order.buyerId)) {
    return sendUnknown(context, saleId, 'order_unknown', reply);
  }
  const cancelled = await cancelOrder(context, { sale, orderId }, {
    isReturned: true, refund: 'none', reason: 'given up by the buyer', isUnpaidOnly: true,
    context: contextOf(request.caller, request),
  });
  return answerWith(context, { sale, orderId }, cancelled, reply,
    ({ order, isConfirmed }) => showOrder(orderId, order, sale.layout, isConfirmed));
}

async function cancelTickets(
  context: SellingContext, request: FastifyRequest<OneOrder & { Body: CancelRequest }>, reply: FastifyReply,
): Promise<FastifyReply> {
  const { params: { saleId, orderId }, body: { tickets: named, places, refund, reason } } = request;
  const sale = await context.directory.findCurrent(saleId);
  const found = sale && await findOrder(context, sale, orderId);
  if (found === 'recovering') return sendProblem(reply, 'recovering');
  if (sale === undefined || found === undefined) {
    return sendUnknown(context, saleId, 'order_unknown', reply);
  }
  const ids = Array.from({ length: ticketCount(found.order) }, (_, i) => ticketId(orderId, i + 1));
  const unknown = named?.filter((id) => !ids.includes(id)) ?? [];
  if (unknown.length > 0) return sendProblem(reply, 'ticket_unknown', { tickets: unknown });
  const cancelled = await cancelOrder(context, { sale, orderId }, {
    ...named !== undefined && { tickets: named.map((id) => ids.indexOf(id) + 1) },
    isReturned: places === 'return', refund, reason, context: operatorContextOf(request),
  });
  context.log.info({ saleId, orderId, operator: request.operator?.name }, 'an order was to be cancelled');
  return answerWith(context, { sale, orderId }, cancelled, reply,
    (one) => showOrderToOperator(orderId, one, sale.layout));
}

async function giveMoneyBack(
  context: SellingContext, request: FastifyRequest<OneRefund>, reply: FastifyReply,
): Promise<FastifyReply> {
  const { params: { saleId, orderId, refundId }, body: { paymentId, amountMinor } } = request;
  const sale = await context.directory.findCurrent(saleId);
  const found = sale && await findOrder(context, sale, orderId);
  if (found === 'recovering') return sendProblem(reply, 'recovering');
  if (sale === undefined || found === undefined) {
    return sendUnknown(context, saleId, 'order_unknown', reply);
  }
  const { order } = found;
  const kind = order.payment?.payments.find((one) => one.paymentId === paymentId)?.kind;
  const answer = await context.payments.requestRefund(sale.partition, {
    saleId, orderId, refundId, paymentId, amountMinor, context: operatorContextOf(request),
    reason: kind === 'mismatched' ? 'mismatched' : 'cancelled',
  });
  if (!answer.ok) {
    if (answer.reason === 'refund_too_large') {
      return sendProblem(reply, answer.reason, { leftMinor: Number(answer.detail) });
    }
    return refuse(reply, answer, sale);
  }
  const asked = readOrderRecord(answer.text);
  const inLog = await awaitLog(context, sale, orderId,
    { order: asked, isRepeat: asked.eventId === order.eventId });
  return answerWith(context, { sale, orderId }, inLog ?? 'recovering', reply,
    (one) => showOrderToOperator(orderId, one, sale.layout));
}

function answerWith(
  context: SellingContext,
  { sale }: Located,
  cancelled: Cancelled,
  reply: FastifyReply,
  show: (found: FoundOrder) => object,
): FastifyReply | Promise<FastifyReply> {
  if (cancelled === 'recovering') return sendProblem(reply, 'recovering');
  if (cancelled === 'unknown') return sendUnknown(context, sale.saleId, 'order_unknown', reply);
  if (cancelled === 'paid') return sendProblem(reply, 'order_confirmed');
  if (cancelled === 'whole') {
    return sendProblem(reply, 'request_invalid',
      { detail: 'tickets: an order that nobody has paid for is cancelled as a whole' });
  }
  if ('ok' in cancelled) return refuse(reply, cancelled, sale);
  return reply.code(cancelled.isConfirmed ? 200 : 202).send(show(cancelled));
}
