import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { NoBody, ProblemView, SaleAdminView, SaleParams } from '../../shared/contracts/http-schemas.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { archiveSale } from '../archive-sale.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { operatorContextOf } from '../operator-context.ts';
import { reviveSale } from '../revive-sale.ts';
import type { SellingContext } from '../selling-context.ts';
import { sendUnknown } from '../send-unknown.ts';
import { sendAdminSale } from './register-sales.ts';

type OneSale = { Params: Static<typeof SaleParams> };

/** Closed sales out of Redis and back; docs/runbooks/archiving.md. */
export function registerArchive(app: FastifyInstance, context: SellingContext): void {
  const tags = ['admin'];
  const refused = { '4xx': ProblemView, '5xx': ProblemView };
  const { log, watches, confirmWaitMs } = context;
  app.post<OneSale>('/admin/v1/sales/:saleId/archive', {
    onRequest: needsRole(context.credentials, 'admin'),
    schema: {
      summary: 'Take a closed sale out of Redis; repeatable. 202: it is archived, and its keys are deleted '
        + 'once the log has that',
      tags, params: SaleParams, body: NoBody,
      response: { 200: SaleAdminView, 202: SaleAdminView, ...refused },
    },
  }, async (request, reply) => {
    const { saleId } = request.params;
    const archived = await archiveSale(context, saleId, operatorContextOf(request), confirmWaitMs);
    if ('reason' in archived) {
      if (archived.reason === 'sale_unknown') return sendUnknown(context, saleId, 'sale_unknown', reply);
      const { openRefunds } = archived;
      return sendProblem(reply, archived.reason, openRefunds === undefined ? {} : { openRefunds });
    }
    watches.noteWrite(saleId);
    const { dropped } = archived;
    log.info({ saleId, dropped, operator: request.operator?.name }, 'a sale was archived');
    return sendAdminSale(context, saleId, reply.code(dropped ? 200 : 202));
  });

  app.post<OneSale>('/admin/v1/sales/:saleId/revive', {
    onRequest: needsRole(context.credentials, 'operator'),
    schema: {
      summary: 'Bring an archived sale back from the log, closed as it was; repeatable',
      tags, params: SaleParams, body: NoBody, response: { 200: SaleAdminView, ...refused },
    },
  }, async (request, reply) => {
    const { saleId } = request.params;
    const startedAtMs = performance.now();
    const answer = await reviveSale(context, saleId, operatorContextOf(request));
    if (answer !== 'ok') {
      if (answer.reason === 'sale_unknown') return sendUnknown(context, saleId, 'sale_unknown', reply);
      return sendProblem(reply, answer.reason, answer.detail === undefined ? {} : { detail: answer.detail });
    }
    watches.noteWrite(saleId);
    const ms = Math.round(performance.now() - startedAtMs);
    log.info({ saleId, ms, operator: request.operator?.name }, 'a sale is revived');
    return sendAdminSale(context, saleId, reply);
  });
}
