import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import type { OrderRequest, SaleParams } from '../shared/contracts/http-schemas.ts';
import { readOrderRecord } from '../shared/contracts/order-record.ts';
import type { OrderRecord } from '../shared/contracts/order-record.ts';
import type { OrderExtras } from '../shared/contracts/outbox.ts';
import { sealContact } from '../shared/platform/contact-seal.ts';
import { Histogram } from '../shared/platform/metrics.ts';
import { sendProblem } from '../shared/platform/problem.ts';
import { deriveId, digestOf } from './derive-id.ts';
import { findOrder } from './find-order.ts';
import type { FoundOrder } from './find-order.ts';
import { buyerOf, contextOf, keyOf } from './identify.ts';
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

const ackSeconds = new Histogram({
  name: 'onsale_selling_ack_seconds',
  help: 'From the script of an order until the log had accepted it, of those told while they waited',
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
});

/**
 * Makes an order and answers what is true when it answers: 201 once the log has accepted the order's event
 * (or Redis alone, with CONFIRM_ACK=redis), 202 while it has not, 503 when nobody can know. Nothing is
 * promised by a 202: the order's address tells later whether it is confirmed, or that there is no such order,
 * which only happens when Redis lost what the log never had. The hold is there again then, and the same
 * request under the same key makes the order anew.
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
  const scope = { saleId, buyerId, key };
  const orderId = deriveId(context.idSecret, 'o', scope);
  const { holdId, contact, payment } = body;
  const digest = digestOf(context.idSecret, { holdId, contact, payment });
  if (context.bus.refuses(sale.partition)) return refuseNew(context, { sale, orderId, digest }, reply);
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
  // The contact is sealed anew each time, so another seal means that this is a repeat.
  const isRepeat = order.extras.contact !== extras.contact;
  const found = await awaitLog(context, sale, orderId, { order, isRepeat });
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

/**
 * Waits for the log, CONFIRM_WAIT_MS at most and not at all while the bus is known to be out. The event of a
 * repeat may have been accepted long ago, and nobody would announce it again: Redis is asked first, as it is
 * whenever an announcement may have been missed. Undefined when the order is not there any more.
 */
async function awaitLog(
  context: SellingContext,
  sale: KnownSale,
  orderId: string,
  { order, isRepeat }: { order: OrderRecord; isRepeat: boolean },
): Promise<FoundOrder | undefined> {
  if (context.confirmAck === 'redis') return { order, isConfirmed: true };
  const waitMs = context.bus.isOut(sale.partition) ? 0 : context.confirmWaitMs;
  const startedAtMs = performance.now();
  for (let looks = isRepeat; ; looks = true) {
    const leftMs = startedAtMs + waitMs - performance.now();
    if (looks) {
      const found = await findOrder(context, sale, orderId);
      if (found === 'recovering' || found?.order.eventId !== order.eventId) return undefined;
      if (found.isConfirmed || leftMs <= 0) return found;
    }
    if (await context.accepted.wait(sale.saleId, order.eventId, leftMs) === 'accepted') {
      if (!isRepeat) ackSeconds.observe((performance.now() - startedAtMs) / 1_000);
      return { order, isConfirmed: true };
    }
  }
}

function sendOrder(
  reply: FastifyReply,
  { sale, orderId }: Pick<Ordered, 'sale' | 'orderId'>,
  { order, isConfirmed }: FoundOrder,
): FastifyReply {
  return reply.code(isConfirmed ? 201 : 202)
    .header('location', `/v1/sales/${sale.saleId}/orders/${orderId}`)
    .send(showOrder(orderId, order, sale.layout, isConfirmed));
}
