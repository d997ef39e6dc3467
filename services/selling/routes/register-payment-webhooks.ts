import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { OrderParams, ProblemView } from '../../shared/contracts/http-schemas.ts';
import { traceTextOf } from '../../shared/contracts/trace-context.ts';
import { WebhookRefused } from '../../shared/payments/provider.ts';
import type { PaymentReport } from '../../shared/payments/provider.ts';
import { Counter } from '../../shared/platform/metrics.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { operatorContextOf } from '../operator-context.ts';
import type { SellingContext } from '../selling-context.ts';
import { tellPayment } from '../tell-payment.ts';
import type { Told } from '../tell-payment.ts';

const ProviderParams = Type.Object({ provider: Type.String({ maxLength: 32 }) });
type OneProvider = { Params: Static<typeof ProviderParams>; Body: Buffer };

const BODY_BYTES_MAX = 256 * 1024;

const reports = new Counter({
  name: 'onsale_selling_payment_reports_total',
  help: 'What providers said of payments and refunds, by webhook, and what became of it',
  labelNames: ['method', 'kind', 'told'],
});

const closed = { additionalProperties: false };
const reported = {
  paymentId: Type.String({ maxLength: 128 }),
  amountMinor: Type.Integer({ minimum: 0 }),
  currency: Type.String({ pattern: '^[A-Z]{3}$' }),
  reason: Type.Optional(Type.String({ maxLength: 500 })),
};
const PaymentReportBody = Type.Object({
  kind: Type.Unsafe<'captured' | 'failed'>(Type.String({ enum: ['captured', 'failed'] })),
  reference: Type.Object({ ...OrderParams.properties, attempt: Type.Integer({ minimum: 1 }) }, closed),
  ...reported,
}, closed);
const RefundReportBody = Type.Object({
  kind: Type.Unsafe<'refunded' | 'refund-failed'>(Type.String({ enum: ['refunded', 'refund-failed'] })),
  reference: Type.Object({ ...OrderParams.properties }, closed),
  refundId: Type.String({ maxLength: 128 }),
  ...reported,
}, closed);
const PaymentReports = Type.Object({
  method: Type.String({ minLength: 1, maxLength: 32 }),
  reports: Type.Array(Type.Union([PaymentReportBody, RefundReportBody]), { minItems: 1, maxItems: 100 }),
}, closed);

const PaymentReportsAnswer = Type.Object({
  results: Type.Array(Type.String({ description: '`known`, `unknown`, `refused`; `later`: tell it again' })),
});

/**
 * What providers tell: signed, at least once, in any order. 204 says that the log has it, or that it says
 * nothing about money of ours; anything else has the provider tell it again.
 */
export function registerPaymentWebhooks(app: FastifyInstance, context: SellingContext): void {
  app.post<{ Body: Static<typeof PaymentReports> }>('/admin/v1/payments/reports', {
    onRequest: needsRole(context.credentials, 'operator'),
    schema: {
      summary: 'What a provider was asked and has answered, told by our own services; repeatable',
      tags: ['admin'], body: PaymentReports,
      response: { 200: PaymentReportsAnswer, '4xx': ProblemView, '5xx': ProblemView },
    },
  }, (request) => takeReports(context, request));
  app.register(async (scope) => {
    // Signatures cover the bytes as they came.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.post<OneProvider>('/v1/webhooks/:provider', {
      bodyLimit: BODY_BYTES_MAX,
      schema: {
        summary: 'What a payment provider tells, signed in its way',
        tags: ['webhooks'], params: ProviderParams,
        response: { 204: Type.Null(), '4xx': ProblemView, '5xx': ProblemView },
      },
    }, (request, reply) => takeWebhook(context, request, reply));
  });
}

async function takeReports(
  context: SellingContext,
  request: FastifyRequest<{ Body: Static<typeof PaymentReports> }>,
): Promise<{ results: Told[] }> {
  const { method, reports: told } = request.body;
  const by = operatorContextOf(request);
  const results: Told[] = [];
  for (const report of told) results.push(await tell(context, method, report, by));
  return { results };
}

async function takeWebhook(
  context: SellingContext,
  request: FastifyRequest<OneProvider>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const method = request.params.provider;
  const provider = context.paymentMethods.get(method)?.provider;
  if (provider === undefined) return sendProblem(reply, 'not_found');
  const by = `provider:${method} ${traceTextOf(request.id, request.headers['traceparent'])}`;
  let told: PaymentReport[];
  try {
    told = await provider.readWebhook(request.headers, request.body ?? Buffer.alloc(0));
  } catch (error) {
    if (!(error instanceof WebhookRefused)) throw error;
    request.log.warn({ traceId: request.id, method }, `a webhook was refused: ${error.message}`);
    return sendProblem(reply, 'webhook_refused');
  }
  for (const report of told) {
    const result = await tell(context, method, report, by);
    if (result === 'later') return sendProblem(reply, 'unavailable');
    if (result !== 'known') {
      const { reference, paymentId, kind } = report;
      request.log.error({ traceId: request.id, method, result, kind, paymentId, ...reference },
        'a provider told something that no order knows of');
    }
  }
  return reply.code(204).send();
}

async function tell(
  context: SellingContext, method: string, report: PaymentReport, by: string,
): Promise<Told> {
  const result = await tellPayment(context, method, report, by);
  reports.inc({ method, kind: report.kind, told: result });
  return result;
}
