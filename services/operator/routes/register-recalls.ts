import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { askedBy } from '../../shared/platform/asked-by.ts';
import type { Credentials } from '../../shared/platform/credentials.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { RecallAnswer, RecallBody, ReplayInput, SaleParams } from '../http-schemas.ts';
import { moveRecall, readRecall, startRecall } from '../recalls.ts';
import type { RecallReport, Refused } from '../recalls.ts';

type OneSale = { Params: Static<typeof SaleParams> };
type Start = OneSale & { Body: Static<typeof RecallBody> };
type Move = OneSale & { Body: Static<typeof ReplayInput> };
const PATH = '/admin/v1/sales/:saleId/recall';

/** A show that was cancelled or moved: one command for all of its orders, and how far it is. */
export function registerRecalls(
  app: FastifyInstance, { legacy, credentials }: { legacy: Pool; credentials: Credentials },
): void {
  const response = { 200: RecallAnswer };
  app.get<OneSale>(PATH, {
    onRequest: needsRole(credentials, 'viewer'), schema: { params: SaleParams, response },
  }, (request, reply) => sendRecall(legacy, request, reply));
  app.post<Start>(PATH, {
    onRequest: needsRole(credentials, 'admin'),
    schema: { params: SaleParams, body: RecallBody, response },
  }, (request, reply) => sendStarted(legacy, request, reply));
  for (const verb of ['pause', 'resume', 'retry'] as const) {
    app.post<Move>(`${PATH}/${verb}`, {
      onRequest: needsRole(credentials, 'operator'),
      schema: { params: SaleParams, body: ReplayInput, response },
    }, (request, reply) => sendMoved(legacy, verb, request, reply));
  }
}

async function sendRecall(
  pool: Pool, request: FastifyRequest<OneSale>, reply: FastifyReply,
): Promise<FastifyReply> {
  return send(reply, await readRecall(pool, request.params.saleId) ?? 'recall_unknown');
}

async function sendStarted(
  pool: Pool, request: FastifyRequest<Start>, reply: FastifyReply,
): Promise<FastifyReply> {
  const { params: { saleId }, body: { why, newDate = null, answerBy = null, ...how } } = request;
  const isMoved = how.kind === 'moved';
  if (isMoved !== (newDate !== null) || isMoved !== (answerBy !== null)) {
    return sendProblem(reply, 'request_invalid',
      { detail: 'newDate, answerBy: what is moved has both, what is cancelled has none' });
  }
  if (answerBy !== null && Date.parse(answerBy) <= Date.now()) {
    return sendProblem(reply, 'request_invalid', { detail: 'answerBy: is in the past' });
  }
  const input = { ...how, reason: why, newDate, answerBy };
  return send(reply, await startRecall(pool, saleId, input, { ...askedBy(request), why }));
}

async function sendMoved(
  pool: Pool, verb: 'pause' | 'resume' | 'retry', request: FastifyRequest<Move>, reply: FastifyReply,
): Promise<FastifyReply> {
  const { params: { saleId }, body: { why } } = request;
  return send(reply, await moveRecall(pool, saleId, verb, { ...askedBy(request), why }));
}

function send(reply: FastifyReply, report: RecallReport | Refused): FastifyReply {
  return typeof report === 'string' ? sendProblem(reply, report) : reply.send(report);
}
