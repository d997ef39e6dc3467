import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { askedBy } from '../../shared/platform/asked-by.ts';
import type { Credentials } from '../../shared/platform/credentials.ts';
import type { Log } from '../../shared/platform/log.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import type { AddressGuard } from '../../shared/platform/webhooks/address-guard.ts';
import {
  DeliveriesAnswer, DeliveriesQuery, DeliveryParams, NewWebhookView, PAGE_MAX, ReplayAnswer, ReplayInput,
  RotatedAnswer, WebhookInput, WebhookParams, WebhooksAnswer, WebhooksQuery, WebhookView,
} from '../http-schemas.ts';
import type { StoredLog } from '../stored-log.ts';
import { newNonce } from '../webhook-secrets.ts';
import type { WebhookSecrets } from '../webhook-secrets.ts';
import type { WebhookAct, WebhookTable } from '../webhook-table.ts';

export interface WebhookRoutes {
  table: WebhookTable;
  stored: StoredLog;
  secrets: WebhookSecrets;
  guard: AddressGuard;
  credentials: Credentials;
  /** told when something may be due at once */
  onDue(): void;
  log: Log;
}

type One = { Params: Static<typeof WebhookParams> };
const PATH = '/admin/v1/webhooks/:webhookId';

/** Webhooks, their deliveries and replays, for named credentials. */
export function registerWebhooks(app: FastifyInstance, routes: WebhookRoutes): void {
  app.decorateRequest('operator');
  registerSubscriptions(app, routes);
  registerSecrets(app, routes);
  registerDeliveries(app, routes);
}

function registerSubscriptions(
  app: FastifyInstance, { table, secrets, guard, credentials, onDue, log }: WebhookRoutes,
): void {
  app.put<One & { Body: Static<typeof WebhookInput> }>(PATH, {
    onRequest: needsRole(credentials, 'admin'),
    schema: {
      params: WebhookParams, body: WebhookInput, response: { 200: WebhookView, 201: NewWebhookView },
    },
  }, async (request, reply) => {
    const { webhookId } = request.params;
    const fault = guard.faultOf(request.body.url);
    if (fault !== undefined) return sendProblem(reply, 'webhook_url_refused', { detail: `url: ${fault}` });
    const nonce = newNonce();
    const isNew = await table.put(webhookId, request.body, nonce, actOf(request));
    const view = await table.find(webhookId);
    if (view === undefined) return sendProblem(reply, 'webhook_unknown');
    log.info({ webhookId, isNew, operator: request.operator?.name }, 'a webhook was made or changed');
    onDue();
    return isNew ? reply.code(201).send({ ...view, secret: secrets.show(webhookId, nonce) }) : view;
  });

  app.get<One>(PATH, {
    onRequest: needsRole(credentials, 'viewer'),
    schema: { params: WebhookParams, response: { 200: WebhookView } },
  }, async (request, reply) =>
    await table.find(request.params.webhookId) ?? sendProblem(reply, 'webhook_unknown'));

  app.delete<One>(PATH, {
    onRequest: needsRole(credentials, 'admin'),
    schema: { params: WebhookParams },
  }, async (request, reply) => {
    const { webhookId } = request.params;
    if (!await table.delete(webhookId, actOf(request))) return sendProblem(reply, 'webhook_unknown');
    log.info({ webhookId, operator: request.operator?.name }, 'a webhook was deleted');
    return reply.code(204).send();
  });

  app.get<{ Querystring: Static<typeof WebhooksQuery> }>('/admin/v1/webhooks', {
    onRequest: needsRole(credentials, 'viewer'),
    schema: { querystring: WebhooksQuery, response: { 200: WebhooksAnswer } },
  }, async (request, reply) => {
    const countMax = Number(request.query.limit);
    if (countMax > PAGE_MAX) return refusePage(reply);
    const webhooks = await table.list(request.query.after, countMax);
    return { webhooks, next: webhooks.length === countMax ? webhooks.at(-1)?.webhookId ?? null : null };
  });
}

function registerSecrets(app: FastifyInstance, { table, secrets, credentials, log }: WebhookRoutes): void {
  app.post<One>(`${PATH}/rotate-secret`, {
    onRequest: needsRole(credentials, 'admin'),
    schema: { params: WebhookParams, response: { 200: RotatedAnswer } },
  }, async (request, reply) => {
    const { webhookId } = request.params;
    const nonce = newNonce();
    const oldSecretUntil = await table.rotate(webhookId, nonce, actOf(request));
    if (oldSecretUntil === undefined) return sendProblem(reply, 'webhook_unknown');
    log.info({ webhookId, operator: request.operator?.name }, 'the secret of a webhook was replaced');
    return { secret: secrets.show(webhookId, nonce), oldSecretUntil };
  });
}

function registerDeliveries(
  app: FastifyInstance, { table, stored, credentials, onDue, log }: WebhookRoutes,
): void {
  app.get<One & { Querystring: Static<typeof DeliveriesQuery> }>(`${PATH}/deliveries`, {
    onRequest: needsRole(credentials, 'viewer'),
    schema: { params: WebhookParams, querystring: DeliveriesQuery, response: { 200: DeliveriesAnswer } },
  }, async (request, reply) => {
    const { webhookId } = request.params;
    const { state, after, limit } = request.query;
    const countMax = Number(limit);
    if (countMax > PAGE_MAX) return refusePage(reply);
    if (await table.find(webhookId) === undefined) return sendProblem(reply, 'webhook_unknown');
    const deliveries = await table.deliveries(webhookId, { after: Number(after), countMax, state });
    const hasMore = deliveries.length === countMax;
    return { deliveries, next: hasMore ? deliveries.at(-1)?.deliveryId ?? null : null };
  });

  app.post<{ Params: Static<typeof DeliveryParams> }>(`${PATH}/deliveries/:deliveryId/retry`, {
    onRequest: needsRole(credentials, 'operator'),
    schema: { params: DeliveryParams },
  }, async (request, reply) => {
    const { webhookId, deliveryId } = request.params;
    const answer = await table.retry(webhookId, Number(deliveryId), actOf(request));
    if (answer === 'unknown') return sendProblem(reply, 'delivery_unknown');
    if (answer === 'not_failing') return sendProblem(reply, 'delivery_not_failing');
    log.info({ webhookId, deliveryId, operator: request.operator?.name }, 'a delivery is tried again');
    onDue();
    return reply.code(202).send({ deliveryId: Number(deliveryId) });
  });

  app.post<One & { Body: Static<typeof ReplayInput> }>(`${PATH}/replay`, {
    onRequest: needsRole(credentials, 'operator'),
    schema: { params: WebhookParams, body: ReplayInput, response: { 202: ReplayAnswer } },
  }, async (request, reply) => {
    const { webhookId } = request.params;
    const { saleId, afterSeq } = request.body;
    const webhook = await table.find(webhookId);
    if (webhook === undefined) return sendProblem(reply, 'webhook_unknown');
    const isWanted = webhook.saleIds === '*' || webhook.saleIds.includes(saleId);
    const headSeq = isWanted ? await stored.headSeqOf(saleId) : undefined;
    if (headSeq === undefined) return sendProblem(reply, 'sale_unknown');
    const throughSeq = Math.min(request.body.throughSeq ?? headSeq, headSeq);
    if (afterSeq >= throughSeq) {
      const detail = `there is nothing behind afterSeq up to ${throughSeq}`;
      return sendProblem(reply, 'request_invalid', { detail });
    }
    const wanted = { saleId, fromSeq: afterSeq + 1, throughSeq };
    const replayId = await table.replay(webhookId, wanted, actOf(request));
    if (replayId === undefined) return sendProblem(reply, 'webhook_unknown');
    log.info({ webhookId, saleId, replayId, operator: request.operator?.name }, 'a replay was asked for');
    onDue();
    return reply.code(202).send({ replayId, saleId, afterSeq, throughSeq });
  });
}

function actOf(request: FastifyRequest): WebhookAct {
  const [path = ''] = request.url.split('?');
  return { doer: askedBy(request), what: `${request.method} ${path}` };
}

function refusePage(reply: FastifyReply): FastifyReply {
  return sendProblem(reply, 'request_invalid', { detail: `limit: 1 to ${PAGE_MAX}` });
}
