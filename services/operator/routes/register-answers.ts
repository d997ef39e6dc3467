import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import { readHead } from '../../shared/event-store/read-sale.ts';
import type { Credentials } from '../../shared/platform/credentials.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { describeSale } from '../describe-sale.ts';
import type { Moment } from '../describe-sale.ts';
import { explainSeat } from '../explain-seat.ts';
import {
  MomentQuery, SaleDescriptionAnswer, SaleParams, SeatExplanationAnswer, SeatParams,
} from '../http-schemas.ts';
import { readProjections } from '../read-log.ts';
import type { LogDatabases } from '../read-log.ts';
import { refuseRemoved } from '../refuse-removed.ts';
import { saleEvents } from '../sale-events.ts';

type OfSeat = { Params: Static<typeof SeatParams> };
type OfMoment = { Params: Static<typeof SaleParams>; Querystring: Static<typeof MomentQuery> };

/** Answers to what support and operators ask, each folded from the log; for every named credential. */
export function registerAnswers(
  app: FastifyInstance,
  { databases, credentials }: { databases: LogDatabases; credentials: Credentials },
): void {
  const onRequest = needsRole(credentials, 'viewer');

  app.get<OfSeat>('/admin/v1/sales/:saleId/seats/:seatId', {
    onRequest,
    schema: { params: SeatParams, response: { 200: SeatExplanationAnswer } },
    attachValidation: true,
  }, async (request, reply) => {
    const { saleId, seatId } = request.params;
    if (request.validationError !== undefined) return refuseSale(reply);
    const head = await readHead(databases.events, saleId);
    if (head === undefined) return refuseSale(reply);
    if (head.removedAt !== undefined) return refuseRemoved(reply, head);
    const answer = await explainSeat(saleEvents(databases.events, saleId), seatId, Date.now());
    if (answer === undefined) return sendProblem(reply, 'seat_unknown', { seatIds: [seatId] });
    const projections = await readProjections(databases, saleId, answer.seq);
    return { saleId, ...answer, projections };
  });

  app.get<OfMoment>('/admin/v1/sales/:saleId/as-of', {
    onRequest,
    schema: { params: SaleParams, querystring: MomentQuery, response: { 200: SaleDescriptionAnswer } },
    attachValidation: true,
  }, async (request, reply) => {
    const { saleId } = request.params;
    if (request.validationError?.validationContext === 'params') return refuseSale(reply);
    const moment = readMoment(request.query);
    if (request.validationError !== undefined || moment === undefined) {
      return sendProblem(reply, 'request_invalid', { detail: 'either seq, from 1 on, or at, in ISO 8601' });
    }
    const head = await readHead(databases.events, saleId);
    if (head === undefined) return refuseSale(reply);
    if (head.removedAt !== undefined) return refuseRemoved(reply, head);
    return describeSale(saleId, saleEvents(databases.events, saleId), moment);
  });
}

function refuseSale(reply: FastifyReply): FastifyReply {
  return sendProblem(reply, 'sale_unknown');
}

/** Undefined for neither, both, or no time. */
function readMoment({ seq, at }: Static<typeof MomentQuery>): Moment | undefined {
  if ((seq === undefined) === (at === undefined)) return undefined;
  if (seq !== undefined) return { seq: Number(seq) };
  const atMs = Date.parse(at ?? '');
  return Number.isNaN(atMs) ? undefined : { atMs };
}
