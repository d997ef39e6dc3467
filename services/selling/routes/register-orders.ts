import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import {
  OrderAnswer, OrderParams, OrderRequest, ProblemView, SaleParams,
} from '../../shared/contracts/http-schemas.ts';
import { partitionKeys, saleKeys } from '../../shared/contracts/keys.ts';
import { readOrderRecord } from '../../shared/contracts/order-record.ts';
import type { OrderRecord } from '../../shared/contracts/order-record.ts';
import type { OrderExtras } from '../../shared/contracts/outbox.ts';
import { sealContact } from '../../shared/platform/contact-seal.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { deriveId, digestOf } from '../derive-id.ts';
import { buyerOf, contextOf, keyOf, mayTouch } from '../identify.ts';
import { refuse } from '../refuse.ts';
import type { KnownSale } from '../sale-directory.ts';
import type { SellingContext } from '../selling-context.ts';
import { sendUnknown } from '../send-unknown.ts';
import { showOrder } from '../show-items.ts';

type OneSale = { Params: Static<typeof SaleParams> };
type OneOrder = { Params: Static<typeof OrderParams> };

/**
 * Orders. With CONFIRM_ACK=bus (the default) a buyer is told 201 only after the order's event was read back
 * from the bus and accepted; when that takes longer than CONFIRM_WAIT_MS the answer is 202, and the order's
 * address tells the rest.
 */
export function registerOrders(app: FastifyInstance, context: SellingContext): void {
  const tags = ['orders'];
  const refused = { '4xx': ProblemView, '5xx': ProblemView };
  app.post<OneSale & { Body: OrderRequest }>('/v1/sales/:saleId/orders', {
    schema: {
      summary: 'Make an order from a hold',
      tags, params: SaleParams, body: OrderRequest,
      response: { 201: OrderAnswer, 202: OrderAnswer, ...refused },
    },
  }, (request, reply) => makeOrder(context, request, reply));

  app.get<OneOrder>('/v1/sales/:saleId/orders/:orderId', {
    schema: { summary: 'An order', tags, params: OrderParams, response: { 200: OrderAnswer, ...refused } },
  }, async (request, reply) => {
    const { saleId, orderId } = request.params;
    const sale = await context.directory.findCurrent(saleId);
    const found = sale && await readOrder(context, sale, orderId);
    if (sale === undefined || found === undefined || !mayTouch(request.caller, found.order.buyerId)) {
      return sendUnknown(context, saleId, 'order_unknown', reply);
    }
    return showOrder(orderId, found.order, sale.layout, found.isConfirmed);
  });
}

async function makeOrder(
  context: SellingContext,
  request: FastifyRequest<OneSale & { Body: OrderRequest }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { caller, params: { saleId }, body } = request;
  const key = keyOf(request, reply);
  if (key === undefined) return reply;
  const buyerId = buyerOf(caller, body.buyerId, reply);
  if (buyerId === undefined) return reply;
  const sale = await context.directory.findCurrent(saleId);
  if (sale === undefined) return sendUnknown(context, saleId, 'sale_unknown', reply);
  const paymentMethod = body.payment.method;
  if (!sale.definition.paymentMethods.includes(paymentMethod)) {
    return sendProblem(reply, 'payment_method_unavailable', { methods: sale.definition.paymentMethods });
  }
  const scope = { saleId, buyerId, key };
  const orderId = deriveId(context.idSecret, 'o', scope);
  const { holdId, contact, payment } = body;
  const digest = digestOf(context.idSecret, { holdId, contact, payment });
  const extras: OrderExtras = {
    paymentMethod,
    contact: await sealContact(context.contactKey, contact),
    ticketSeed: deriveId(context.idSecret, 't', scope),
    digest,
  };
  const answer = await context.stock.confirmOrder(sale.partition, {
    saleId, orderId, holdId, buyerId, digest,
    context: contextOf(caller, request),
    extras: JSON.stringify(extras),
  });
  if (!answer.ok) return refuse(reply, answer, sale);
  context.watches.noteWrite(saleId);
  const order = readOrderRecord(answer.text);
  // The contact is sealed anew each time, so another seal means that this is a repeat: its event may have
  // been accepted long ago, and nobody will announce it again.
  const isRepeat = order.extras.contact !== extras.contact;
  const isAnnounced = context.confirmAck === 'redis'
    || (!isRepeat && await context.accepted.wait(order.eventId, context.confirmWaitMs));
  const found = isAnnounced ? { order, isConfirmed: true } : await readOrder(context, sale, orderId);
  // Redis has forgotten the order, or has another under its id: nobody knows yet what the log will say.
  if (found?.order.eventId !== order.eventId) return sendProblem(reply, 'recovering');
  const isConfirmed = found.isConfirmed
    || (isRepeat && await context.accepted.wait(order.eventId, context.confirmWaitMs));
  return reply.code(isConfirmed ? 201 : 202)
    .header('location', `/v1/sales/${saleId}/orders/${orderId}`)
    .send(showOrder(orderId, order, sale.layout, isConfirmed));
}

/**
 * An order with whether it counts as confirmed: the log has accepted its event, if that is asked for.
 * Undefined when there is no such order, or when Redis is not to be trusted at the moment.
 */
async function readOrder(
  { stock, confirmAck }: SellingContext,
  { partition, saleId }: KnownSale,
  orderId: string,
): Promise<{ order: OrderRecord; isConfirmed: boolean } | undefined> {
  const keys = [saleKeys(partition, saleId).orders, partitionKeys(partition).unconfirmed];
  const answer = await stock.callRead(partition, 'read-order', keys, [orderId]);
  if (!Array.isArray(answer)) return undefined;
  const [record, waits] = answer as [string, number];
  return { order: readOrderRecord(record), isConfirmed: confirmAck === 'redis' || waits === 0 };
}
