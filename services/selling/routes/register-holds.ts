import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { readHoldRecord } from '../../shared/contracts/hold-record.ts';
import {
  HoldAnswer, HoldParams, HoldRequest, HoldView, NoBody, ProblemView, SaleParams,
} from '../../shared/contracts/http-schemas.ts';
import { Counter } from '../../shared/platform/metrics.ts';
import { digestOf } from '../derive-id.ts';
import { findHold } from '../find-hold.ts';
import { contextOf, keyOf } from '../identify.ts';
import { placeHold } from '../place-hold.ts';
import { refuse } from '../refuse.ts';
import type { SellingContext } from '../selling-context.ts';
import { sendUnknown } from '../send-unknown.ts';
import { showHold } from '../show-items.ts';

type OneSale = { Params: Static<typeof SaleParams> };
type OneHold = { Params: Static<typeof HoldParams> };

/** Holds: place, read, extend, release. Changes of them are in register-changes.ts. */
export function registerHolds(app: FastifyInstance, context: SellingContext): void {
  countSoldOut(context);
  const tags = ['holds'];
  const refused = { '4xx': ProblemView, '5xx': ProblemView };
  app.post<OneSale & { Body: HoldRequest }>('/v1/sales/:saleId/holds', {
    schema: {
      summary: 'Claim tickets for a limited time, all or nothing',
      tags, params: SaleParams, body: HoldRequest, response: { 201: HoldAnswer, ...refused },
    },
  }, (request, reply) => placeHold(context, request, reply));

  app.get<OneHold>('/v1/sales/:saleId/holds/:holdId', {
    schema: { summary: 'A hold', tags, params: HoldParams, response: { 200: HoldView, ...refused } },
  }, async (request, reply) => {
    const found = await findHold(context, request);
    if (found === undefined) {
      return sendUnknown(context, request.params.saleId, 'hold_unknown', reply);
    }
    const { sale, hold, nowMs } = found;
    const status = hold.status === 'live' && hold.expiresAtMs <= nowMs ? 'expired' : hold.status;
    return { ...showHold(request.params.holdId, hold, sale.layout, hold.expiresAtMs), status };
  });

  app.post<OneHold>('/v1/sales/:saleId/holds/:holdId/extend', {
    schema: {
      summary: 'Give a hold its full time again, up to expiresAtMax; the Idempotency-Key counts per hold',
      tags, params: HoldParams, body: NoBody, response: { 200: HoldAnswer, ...refused },
    },
  }, async (request, reply) => {
    const key = keyOf(request, reply);
    if (key === undefined) return reply;
    const found = await findHold(context, request);
    if (found === undefined) {
      return sendUnknown(context, request.params.saleId, 'hold_unknown', reply);
    }
    const { saleId, holdId } = request.params;
    const ref = { saleId, holdId, buyerId: found.hold.buyerId, context: contextOf(request.caller, request) };
    const answer = await context.stock.extendHold(found.sale.partition,
      { ...ref, key: digestOf(context.idSecret, key) });
    if (!answer.ok) return refuse(reply, answer, found.sale);
    context.watches.noteWrite(saleId);
    const [expiresAtMs, ...record] = answer.text.split('\t');
    return showHold(holdId, readHoldRecord(record.join('\t')), found.sale.layout, Number(expiresAtMs));
  });

  app.delete<OneHold>('/v1/sales/:saleId/holds/:holdId', {
    schema: {
      summary: 'Give a hold back', tags, params: HoldParams, body: NoBody,
      response: { 204: { type: 'null', description: 'its seats are free' }, ...refused },
    },
  }, async (request, reply) => {
    const key = keyOf(request, reply);
    if (key === undefined) return reply;
    const found = await findHold(context, request);
    if (found === undefined) {
      return sendUnknown(context, request.params.saleId, 'hold_unknown', reply);
    }
    const { saleId, holdId } = request.params;
    const ref = { saleId, holdId, buyerId: found.hold.buyerId, context: contextOf(request.caller, request) };
    const answer = await context.stock.releaseHold(found.sale.partition, ref);
    if (!answer.ok) return refuse(reply, answer, found.sale);
    context.watches.noteWrite(saleId);
    return reply.code(204).send();
  });
}

function countSoldOut({ stock }: SellingContext): void {
  new Counter({
    name: 'onsale_selling_sold_out_remembered_total',
    help: 'Claims answered sold_out without a script call',
    collect() {
      this.reset();
      this.inc(stock.soldOut.givenCount);
    },
  });
}
