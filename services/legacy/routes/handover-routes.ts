import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { acceptEmptyBodies } from '../../shared/platform/accept-empty-bodies.ts';
import { bearerOf, sameSecret } from '../../shared/platform/credentials.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { decidedPage, handoverPage, LEGACY_METHODS, unknownPage } from '../handover/handover-page.ts';
import { cursorBehind } from '../handover/handover-table.ts';
import type { Handover, HandoverTable } from '../handover/handover-table.ts';
import { viewHandover, viewRefund } from '../handover/handover-view.ts';

const PAGE_MAX = 500;
const FORM_BYTES_MAX = 1_024;
const closed = { additionalProperties: false };
const Id = Type.String({ pattern: '^pay_[\\w-]{22}$' });
const Address = Type.String({ pattern: '^https?://', maxLength: 2_000 });
const Amount = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const Params = Type.Object({ paymentId: Id });
const HandoverInput = Type.Object({
  reference: Type.String({ minLength: 1, maxLength: 200 }),
  amountMinor: Amount,
  currency: Type.String({ pattern: '^[A-Z]{3}$' }),
  returnUrl: Address,
  webhookUrl: Address,
  expiresAt: Type.String({ format: 'date-time' }),
}, closed);
const RefundInput = Type.Object({
  paymentId: Id, amountMinor: Amount, reference: Type.String({ maxLength: 300 }),
}, closed);
const ListInput = Type.Object({
  after: Type.String({ pattern: '^\\d{1,20}-\\d{1,18}$', default: '0-0' }),
  since: Type.String({ format: 'date-time', default: '1970-01-01T00:00:00Z' }),
  limit: Type.String({ pattern: '^([1-9]\\d?|[1-4]\\d\\d|500)$', default: String(PAGE_MAX) }),
}, closed);

type One = { Params: Static<typeof Params> };
type List = { Querystring: Static<typeof ListInput> };
type OneForm = One & { Body: Record<string, string> | null };

export interface HandoverRoutes {
  table: HandoverTable;
  /** whoever has it may hand orders over */
  key: string;
  /** where browsers find this application, without a slash at the end; asked once it listens */
  pageUrl(): string;
}

/** How onsale hands orders over whose money this checkout takes (docs/handover.md). */
export function registerHandoverRoutes(app: FastifyInstance, routes: HandoverRoutes): void {
  app.register(async (scope) => {
    acceptEmptyBodies(scope);
    scope.addHook('onRequest', (request, reply, done) => {
      if (sameSecret(bearerOf(request.headers.authorization), routes.key)) done();
      else sendProblem(reply, 'unauthenticated');
    });
    registerApi(scope, routes);
  });
  app.register(async (scope) => registerPages(scope, routes));
}

function registerApi(app: FastifyInstance, { table, pageUrl }: HandoverRoutes): void {
  const view = (handover: Handover) =>
    ({ ...viewHandover(handover), pageUrl: `${pageUrl()}/handover/pay/${handover.handover_id}` });

  app.post<{ Body: Static<typeof HandoverInput> }>('/handover/v1/payments', {
    schema: { body: HandoverInput },
  }, async (request, reply) => {
    const made = await table.create(request.body);
    if (made === undefined) return sendProblem(reply, 'idempotency_key_reused');
    return reply.code(201).send(view(made));
  });

  app.post<One>('/handover/v1/payments/:paymentId/cancel', {
    schema: { params: Params },
  }, async (request, reply) => {
    const { paymentId } = request.params;
    const handover = await table.decide(paymentId, 'canceled', null) ?? await table.find(paymentId);
    return handover === undefined ? sendProblem(reply, 'payment_unknown') : reply.send(view(handover));
  });

  app.post<{ Body: Static<typeof RefundInput> }>('/handover/v1/refunds', {
    schema: { body: RefundInput },
  }, async (request, reply) => {
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string') return sendProblem(reply, 'idempotency_key_missing');
    const { paymentId: handoverId, amountMinor, reference } = request.body;
    const made = await table.refund({ key, handoverId, amountMinor, reference });
    if (made === 'unknown') return sendProblem(reply, 'payment_unknown');
    if (typeof made === 'number') return sendProblem(reply, 'refund_too_large', { leftMinor: made });
    return reply.code(201).send(viewRefund(made));
  });

  app.get<List>('/handover/v1/payments', { schema: { querystring: ListInput } }, async (request, reply) => {
    const query = listOf(request);
    const rows = await table.list(query);
    return reply.send({ payments: rows.map(view), next: cursorBehind(rows, query.after) });
  });

  app.get<List>('/handover/v1/refunds', { schema: { querystring: ListInput } }, async (request, reply) => {
    const query = listOf(request);
    const rows = await table.listRefunds(query);
    return reply.send({ refunds: rows.map(viewRefund), next: cursorBehind(rows, query.after) });
  });
}

/** The page on which the money is taken. Whoever has its address may; a form from elsewhere may not. */
function registerPages(app: FastifyInstance, { table }: HandoverRoutes): void {
  app.addContentTypeParser('application/x-www-form-urlencoded', {
    parseAs: 'string', bodyLimit: FORM_BYTES_MAX,
  }, (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))));

  app.get<One>('/handover/pay/:paymentId', async (request, reply) => {
    const handover = await table.find(request.params.paymentId);
    if (handover === undefined) return sendPage(reply.code(404), unknownPage());
    const isOpen = handover.status === 'requires_action' && handover.expires_at > new Date();
    return sendPage(reply, isOpen ? handoverPage(handover) : decidedPage(handover), handover);
  });

  app.post<OneForm>('/handover/pay/:paymentId', async (request, reply) => {
    const { params: { paymentId }, body } = request;
    const handover = await table.find(paymentId);
    if (handover === undefined) return sendPage(reply.code(404), unknownPage());
    const site = request.headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin') return sendProblem(reply, 'forbidden');
    const method = LEGACY_METHODS.find((one) => one === body?.['method']);
    const isPaid = body?.['decision'] === 'pay';
    if (isPaid && method === undefined) return sendProblem(reply, 'request_invalid', { detail: 'method' });
    const decided = isPaid ? await table.decide(paymentId, 'captured', method ?? null)
      : await table.decide(paymentId, 'declined', null);
    if (decided === undefined) {
      return sendPage(reply.code(409), decidedPage(await table.find(paymentId) ?? handover), handover);
    }
    return reply.redirect(decided.return_url, 303);
  });
}

function listOf({ query: { after, since, limit } }: FastifyRequest<List>) {
  return { after, since: new Date(since), countMax: Number(limit) };
}

/** A form's redirect counts as its action too, so the way back is allowed. */
function sendPage(reply: FastifyReply, page: string, handover?: Handover): FastifyReply {
  const back = handover === undefined ? '' : ` ${new URL(handover.return_url).origin}`;
  return reply.type('text/html; charset=utf-8').header('cache-control', 'no-store')
    .header('content-security-policy', `default-src 'none'; style-src 'self'; img-src data:; `
      + `form-action 'self'${back}; base-uri 'none'; frame-ancestors 'none'`)
    .send(page);
}
