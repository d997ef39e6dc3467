import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import {
  OrderAnswer, OrderParams, OrderRequest, ProblemView, SaleParams,
} from '../../shared/contracts/http-schemas.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { findOrder } from '../find-order.ts';
import { mayTouch } from '../identify.ts';
import { makeOrder } from '../make-order.ts';
import type { SellingContext } from '../selling-context.ts';
import { sendUnknown } from '../send-unknown.ts';
import { showOrder } from '../show-items.ts';

type OneSale = { Params: Static<typeof SaleParams> };
type OneOrder = { Params: Static<typeof OrderParams> };

const MAKE = 'With CONFIRM_ACK=bus 201 means that the order was read back from the bus and accepted. 202 '
  + '(`status` pending, `waitingFor` log, no tickets yet) means that this has not happened so far: the '
  + 'order\'s address tells when it is confirmed, and so does the same request under the same key. When the '
  + 'address answers 404 instead, the order got lost before the log had it and was never confirmed: the hold '
  + 'lives again with the time it had left, and the same request under the same key makes the order anew.';

/** Orders: make-order.ts has what is promised. */
export function registerOrders(app: FastifyInstance, context: SellingContext): void {
  const tags = ['orders'];
  const refused = { '4xx': ProblemView, '5xx': ProblemView };
  app.post<OneSale & { Body: OrderRequest }>('/v1/sales/:saleId/orders', {
    schema: {
      summary: 'Make an order from a hold',
      description: MAKE,
      tags, params: SaleParams, body: OrderRequest,
      response: { 201: OrderAnswer, 202: OrderAnswer, ...refused },
    },
  }, (request, reply) => makeOrder(context, request, reply));

  app.get<OneOrder>('/v1/sales/:saleId/orders/:orderId', {
    schema: { summary: 'An order', tags, params: OrderParams, response: { 200: OrderAnswer, ...refused } },
  }, async (request, reply) => {
    const { saleId, orderId } = request.params;
    const sale = await context.directory.findCurrent(saleId);
    const found = sale && await findOrder(context, sale, orderId);
    if (found === 'recovering') return sendProblem(reply, 'recovering');
    if (sale === undefined || found === undefined || !mayTouch(request.caller, found.order.buyerId)) {
      return sendUnknown(context, saleId, 'order_unknown', reply);
    }
    return showOrder(orderId, found.order, sale.layout, found.isConfirmed);
  });
}
