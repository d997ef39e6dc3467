import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { NoBody, ProblemView, RecoveryView, SaleParams } from '../../shared/contracts/http-schemas.ts';
import { saleKeys } from '../../shared/contracts/keys.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { keepAct } from '../keep-act.ts';
import type { SellingContext } from '../selling-context.ts';
import { sendUnknown } from '../send-unknown.ts';

type OneSale = { Params: Static<typeof SaleParams> };

/** The operator's command to rebuild a sale from the log; docs/runbooks/recovering.md. */
export function registerRecovery(app: FastifyInstance, context: SellingContext): void {
  app.post<OneSale>('/admin/v1/sales/:saleId/recover', {
    onRequest: needsRole(context.credentials, 'operator'),
    schema: {
      summary: 'Stop a sale for a moment, rebuild its state from the log, and go on; repeatable. 202: it is '
        + 'stopped, and the relay rebuilds it',
      tags: ['admin'], params: SaleParams, body: NoBody,
      response: { 202: RecoveryView, '4xx': ProblemView, '5xx': ProblemView },
    },
  }, async (request, reply) => {
    const { saleId } = request.params;
    const { redis, directory, stock, log } = context;
    const partition = await directory.locate(saleId);
    const state = await redis.hget(saleKeys(partition, saleId).sale, 'state');
    // A sale that is archived has no state that could be wrong; one that recovers is suspended already.
    if (state === null || state === 'archived') return sendUnknown(context, saleId, 'sale_unknown', reply);
    const act = { outcome: 'asked', saleId, details: {} } as const;
    if (!await keepAct(redis, request, act)) return sendProblem(reply, 'overloaded');
    if (await stock.suspend(partition, saleId, 'operator') === 'recovering') {
      return sendProblem(reply, 'recovering');
    }
    context.watches.noteWrite(saleId);
    log.warn({ saleId, operator: request.operator?.name }, 'an operator has a sale rebuilt from the log');
    return reply.code(202).send({ saleId, state: 'recovering' as const });
  });
}
