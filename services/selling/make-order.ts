import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import type { OrderRequest, SaleParams } from '../shared/contracts/http-schemas.ts';
import { readOrderRecord } from '../shared/contracts/order-record.ts';
import type { OrderExtras } from '../shared/contracts/outbox.ts';
import { withoutKey } from '../shared/contracts/sealed-contact.ts';
import { sealContact } from '../shared/platform/contact-seal.ts';
import { sendProblem } from '../shared/platform/problem.ts';
import { awaitLog } from './await-log.ts';
import { deriveId, digestOf } from './derive-id.ts';
import { findOrder } from './find-order.ts';
import { buyerOf, contextOf, keyOf } from './identify.ts';
import { askProvider } from './pay-order.ts';
import type { Paying } from './pay-order.ts';
import { refuse } from './refuse.ts';
import type { KnownSale } from './sale-directory.ts';
import type { SellingContext } from './selling-context.ts';
import { sendUnknown } from './send-unknown.ts';
import { showOrder } from './show-items.ts';

/** An order by what a repeat of it is found. */
interface Ordered {
  sale: KnownSale;
  orderId: string;
  digest: string;
}

/**
 * Makes an order and answers what is true when it answers: 201 once the log has accepted the order's event
 * (or Redis alone, with CONFIRM_ACK=redis), 202 while it has not, 503 when nobody can know. Nothing is
 * promised by a 202: the order's address tells later whether it is confirmed, or that there is no such order,
 * which only happens when Redis lost what the log never had. The hold is there again then, and the same
 * request under the same key makes the order anew.
 *
 * An order that money is to be taken for is pending, and 202 says how its buyer pays: where the log has that
 * the payment has started, and not before, its provider was asked (pay-order.ts).
 */
export async function makeOrder(
  context: SellingContext,
  request: FastifyRequest<{ Params: Static<typeof SaleParams>; Body: OrderRequest }>,
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
  const method = context.paymentMethods.get(paymentMethod);
  if (method === undefined && paymentMethod !== 'free') return sendProblem(reply, 'payment_method_unknown');
  const scope = { saleId, buyerId, key };
  const orderId = deriveId(context.idSecret, 'o', scope);
  const { holdId, contact, payment } = body;
  const digest = digestOf(context.idSecret, { holdId, contact, payment });
  if (context.bus.refuses(sale.partition)) return refuseNew(context, { sale, orderId, digest }, reply);
  const extras: OrderExtras = {
    paymentMethod,
    contact: sealContact(context.contactKey, contact),
    ticketSeed: deriveId(context.idSecret, 't', scope),
    digest,
  };
  const claim = {
    saleId, orderId, holdId, buyerId, digest,
    context: contextOf(caller, request),
    extras: JSON.stringify(extras),
  };
  const answer = await (method === undefined ? context.stock.confirmOrder(sale.partition, claim)
    : context.payments.start(sale.partition, {
      ...claim, method: paymentMethod, attempt: 1, attemptsMax: context.paymentAttemptsMax,
      payMs: method.payMs,
    }));
  if (!answer.ok) return refuse(reply, answer, sale);
  context.watches.noteWrite(saleId);
  const order = readOrderRecord(answer.text);
  // The contact is sealed anew each time, so another seal means that this is a repeat.
  const isRepeat = order.extras.contact !== withoutKey(extras.contact);
  const inLog = await awaitLog(context, sale, orderId, { order, isRepeat });
  const found = inLog?.order.status === 'pending'
    ? await askProvider(context, request, { sale, orderId, ...inLog }, payment.outcome) : inLog;
  // Redis has forgotten the order, or has another under its id: nobody knows yet what the log will say.
  if (found === undefined) return sendProblem(reply, 'recovering');
  return sendOrder(reply, { sale, orderId }, found);
}

/**
 * While the bus is out and the policy is to refuse: an order that was made before is answered as always, and
 * nothing else is asked of the scripts.
 */
async function refuseNew(
  context: SellingContext,
  { sale, orderId, digest }: Ordered,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const found = await findOrder(context, sale, orderId);
  if (found === 'recovering') return sendProblem(reply, 'recovering');
  if (found === undefined) {
    context.bus.refusedCount += 1;
    return sendProblem(reply, 'bus_unavailable');
  }
  if (found.order.digest !== digest) return sendProblem(reply, 'idempotency_key_reused');
  return sendOrder(reply, { sale, orderId }, found);
}

/** Answers with an order as it is: 201 if it was confirmed and the log has that, else 202. */
export function sendOrder(
  reply: FastifyReply,
  { sale, orderId }: Pick<Ordered, 'sale' | 'orderId'>,
  { order, isConfirmed: isInLog, start }: Paying,
): FastifyReply {
  return reply.code(isInLog && order.confirmedAtMs > 0 ? 201 : 202)
    .header('location', `/v1/sales/${sale.saleId}/orders/${orderId}`)
    .send(showOrder(orderId, order, sale.layout, isInLog, start));
}
