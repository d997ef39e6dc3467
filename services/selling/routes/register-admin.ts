import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { NoBody, ProblemView, SaleAdminView, SaleParams } from '../../shared/contracts/http-schemas.ts';
import { saleKeyList } from '../../shared/contracts/keys.ts';
import { isReasonCode } from '../../shared/contracts/reasons.ts';
import { SaleInput } from '../../shared/contracts/sale-input.ts';
import { faultsOf, handleError, sendProblem } from '../../shared/platform/problem.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { operatorContextOf } from '../operator-context.ts';
import { putSale } from '../put-sale.ts';
import type { SellingContext } from '../selling-context.ts';
import { sendAdminSale } from './register-sales.ts';

type OneSale = { Params: Static<typeof SaleParams> };

/** A venue of a million seats is some 100 MB of JSON; this is room for about 300,000. */
const DEFINITION_BYTES_MAX = 32 * 1024 * 1024;

/** What moves a sale from one state to another; each can be repeated. */
const VERBS = {
  open: 'Open a sale: claims are taken, from opensAt on if it has one; repeatable',
  pause: 'Take no claims for a while; holds go on and can be ordered; repeatable',
  resume: 'Take claims again after a pause; repeatable',
  close: 'End a sale: no claims any more, live holds can still be ordered; repeatable',
  reopen: 'Open a closed sale again; repeatable',
};

/** Making and steering sales, for operators with a named credential. */
export function registerAdmin(app: FastifyInstance, context: SellingContext): void {
  app.decorateRequest('operator');
  const tags = ['admin'];
  const refused = { '4xx': ProblemView, '5xx': ProblemView };
  app.put<OneSale & { Body: SaleInput }>('/admin/v1/sales/:saleId', {
    bodyLimit: DEFINITION_BYTES_MAX,
    onRequest: needsRole(context.credentials, 'admin'),
    schema: {
      summary: 'Make or change a sale; its areas, ticket types and currency are fixed once it has opened',
      tags, params: SaleParams, body: SaleInput,
      response: { 200: SaleAdminView, 201: SaleAdminView, ...refused },
    },
    errorHandler: (error, request, reply) => refuseDefinition(error, request, reply),
  }, async (request, reply) => {
    const { saleId } = request.params;
    const unknown = request.body.paymentMethods?.find((one) =>
      one !== 'free' && !context.paymentMethods.has(one));
    if (unknown !== undefined) {
      return sendProblem(reply, 'payment_method_unknown',
        { method: unknown, methods: ['free', ...context.paymentMethods.keys()] });
    }
    const put = await putSale(context, saleId, request.body, operatorContextOf(request));
    if ('faults' in put) {
      const [first] = put.faults;
      return sendProblem(reply, 'sale_definition_invalid',
        { detail: `${first?.field ?? ''} ${first?.message ?? ''}`, errors: put.faults });
    }
    if ('reason' in put) return sendProblem(reply, put.reason, put.extra);
    context.watches.noteWrite(saleId);
    return sendAdminSale(context, saleId, reply.code(put.created ? 201 : 200));
  });

  app.get<OneSale>('/admin/v1/sales/:saleId', {
    onRequest: needsRole(context.credentials, 'viewer'),
    schema: {
      summary: 'A sale with its partition and promotions',
      tags, params: SaleParams, response: { 200: SaleAdminView, ...refused },
    },
  }, async (request, reply) => sendAdminSale(context, request.params.saleId, reply));

  for (const [verb, summary] of Object.entries(VERBS)) {
    app.post<OneSale>(`/admin/v1/sales/:saleId/${verb}`, {
      onRequest: needsRole(context.credentials, 'operator'),
      schema: {
        summary, tags, params: SaleParams, body: NoBody, response: { 200: SaleAdminView, ...refused },
      },
    }, async (request, reply) => {
      const { saleId } = request.params;
      const partition = await context.directory.locate(saleId);
      const answer = String(await context.stock.call(partition, `${verb}-sale`,
        saleKeyList(partition, saleId), [operatorContextOf(request), saleId]));
      if (answer !== 'ok') return sendProblem(reply, isReasonCode(answer) ? answer : 'internal_error');
      context.watches.noteWrite(saleId);
      context.log.info({ saleId, verb, operator: request.operator?.name }, 'the state of a sale was changed');
      return sendAdminSale(context, saleId, reply);
    });
  }
}

/**
 * A definition of the wrong form is 422 like one that contradicts itself: the operator looks at one field
 * either way.
 */
function refuseDefinition(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error.validation === undefined || error.validationContext !== 'body') {
    return handleError(error, request, reply);
  }
  const errors = faultsOf(error.validation);
  return sendProblem(reply, 'sale_definition_invalid', { detail: error.message, errors });
}
