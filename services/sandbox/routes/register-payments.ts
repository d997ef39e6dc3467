import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import type { Log } from '../../shared/platform/log.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { claimOf } from '../answers.ts';
import { isChoice } from '../decide-payment.ts';
import {
  DeliveriesAnswer, PAGE_MAX, PaymentAnswer, PaymentInput, PaymentParams, PaymentsAnswer, PaymentsQuery,
  RedeliverAnswer,
} from '../http-schemas.ts';
import { countOfPage, keyOfRequest } from '../merchant-scope.ts';
import { viewPayment } from '../payment.ts';
import type { NewPayment, PaymentTable } from '../payment-table.ts';
import { refuse } from '../refuse.ts';
import type { WebhookTable } from '../webhook-table.ts';

export interface PaymentRoutes {
  payments: PaymentTable;
  webhooks: WebhookTable;
  /** where a person pays */
  pageUrlOf(paymentId: string): string;
  /** told when a payment may be due at once */
  onDue(): void;
  /** told when something may be to be told */
  onTold(): void;
  log: Log;
}

type Input = Static<typeof PaymentInput>;
type One = { Params: Static<typeof PaymentParams> };
const PATH = '/v1/payments/:paymentId';
const SLOW_MS = 5_000;
const LIFE_MS_MAX = 31 * 24 * 3_600_000;

/** Payments, for the merchant. */
export function registerPayments(app: FastifyInstance, routes: PaymentRoutes): void {
  registerCreation(app, routes);
  registerReading(app, routes);
  registerActs(app, routes);
}

function registerCreation(app: FastifyInstance, { payments, pageUrlOf, onDue }: PaymentRoutes): void {
  app.post<{ Body: Input }>('/v1/payments', {
    schema: { body: PaymentInput, response: { 201: PaymentAnswer } },
  }, async (request, reply) => {
    const key = keyOfRequest(request, reply);
    if (key === undefined) return reply;
    const now = new Date();
    const { body } = request;
    const fault = faultOf(body);
    if (fault !== undefined) return sendProblem(reply, 'request_invalid', { detail: fault });
    if (body.outcome === 'provider-down') return refuse(reply, 'provider_down');
    const claim = claimOf(key, body);
    // A repeat is answered however late it comes.
    const isLate = Date.parse(body.expiresAt) <= now.getTime();
    const made = isLate ? await payments.repeat(claim) : await payments.create(paymentOf(body, now), claim);
    if (made === undefined) {
      return sendProblem(reply, 'request_invalid', { detail: 'expiresAt: is in the past' });
    }
    if (made === 'reused') return refuse(reply, 'idempotency_key_reused');
    onDue();
    return reply.code(201).send({ ...made, pageUrl: pageUrlOf(made.paymentId) });
  });
}

function registerReading(app: FastifyInstance, { payments, webhooks, pageUrlOf }: PaymentRoutes): void {
  app.get<One>(PATH, {
    schema: { params: PaymentParams, response: { 200: PaymentAnswer } },
  }, async (request, reply) => {
    const payment = await payments.find(request.params.paymentId);
    if (payment === undefined) return refuse(reply, 'payment_unknown');
    return { ...viewPayment(payment, payment.refunded_minor), pageUrl: pageUrlOf(payment.payment_id) };
  });

  app.get<{ Querystring: Static<typeof PaymentsQuery> }>('/v1/payments', {
    schema: { querystring: PaymentsQuery, response: { 200: PaymentsAnswer } },
  }, async (request, reply) => {
    const { after, since, status = null, limit } = request.query;
    const countMax = countOfPage(limit, PAGE_MAX, reply);
    if (countMax === undefined) return reply;
    const { rows, next } = await payments.list({ after, since: new Date(since), status, countMax });
    return { payments: rows.map((row) => ({ ...row, pageUrl: pageUrlOf(row.paymentId) })), next };
  });

  app.get<One>(`${PATH}/webhooks`, {
    schema: { params: PaymentParams, response: { 200: DeliveriesAnswer } },
  }, async (request, reply) => {
    const { paymentId } = request.params;
    if (await payments.find(paymentId) === undefined) return refuse(reply, 'payment_unknown');
    return { webhooks: await webhooks.deliveries(paymentId) };
  });
}

function registerActs(
  app: FastifyInstance, { payments, webhooks, pageUrlOf, onTold, log }: PaymentRoutes,
): void {
  app.post<One>(`${PATH}/cancel`, {
    schema: { params: PaymentParams, response: { 200: PaymentAnswer } },
  }, async (request, reply) => {
    const { paymentId } = request.params;
    const status = await payments.cancel(paymentId, new Date());
    if (status === undefined) return refuse(reply, 'payment_unknown');
    onTold();
    if (status !== 'canceled') return refuse(reply, 'payment_not_cancelable', { paymentStatus: status });
    const payment = await payments.find(paymentId);
    if (payment === undefined) return refuse(reply, 'payment_unknown');
    return { ...viewPayment(payment), pageUrl: pageUrlOf(paymentId) };
  });

  app.post<One>(`${PATH}/webhooks/redeliver`, {
    schema: { params: PaymentParams, response: { 202: RedeliverAnswer } },
  }, async (request, reply) => {
    const { paymentId } = request.params;
    if (await payments.find(paymentId) === undefined) return refuse(reply, 'payment_unknown');
    const queued = await webhooks.redeliver(paymentId);
    log.info({ paymentId, queued }, 'webhooks are sent again');
    onTold();
    return reply.code(202).send({ queued });
  });
}

/** What no schema can say: a sentence that begins with the field. */
function faultOf({ returnUrl, webhookUrl, expiresAt }: Input): string | undefined {
  for (const [field, url] of Object.entries({ returnUrl, webhookUrl })) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed === undefined) return `${field}: is no URL`;
    if (parsed.username !== '' || parsed.password !== '') return `${field}: must have no credentials`;
  }
  const expiresAtMs = Date.parse(expiresAt);
  if (!(expiresAtMs <= Date.now() + LIFE_MS_MAX)) return 'expiresAt: must be within 31 days';
  return undefined;
}

function paymentOf(input: Input, now: Date): NewPayment {
  const { outcome, delayMs } = input;
  const startsAtMs = now.getTime() + (outcome === 'slow' ? 0 : delayMs ?? 0);
  return {
    payment_id: `pay_${randomBytes(16).toString('base64url')}`,
    status: 'requires_action',
    amount_minor: input.amountMinor,
    captured_minor: 0,
    currency: input.currency,
    reference: input.reference,
    return_url: input.returnUrl,
    webhook_url: input.webhookUrl,
    outcome,
    delay_ms: delayMs ?? SLOW_MS,
    created_at: now,
    expires_at: new Date(input.expiresAt),
    decide_at: isChoice(outcome) && outcome !== 'never' ? new Date(startsAtMs) : null,
    capture_at: null,
    captured_at: null,
    changed_at: now,
  };
}
