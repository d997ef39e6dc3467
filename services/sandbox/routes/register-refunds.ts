import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { claimOf } from '../answers.ts';
import {
  PAGE_MAX, RefundAnswer, RefundInput, RefundParams, RefundsAnswer, RefundsQuery,
} from '../http-schemas.ts';
import { countOfPage, keyOfRequest } from '../merchant-scope.ts';
import type { RefundTable } from '../refund-table.ts';
import { refuse } from '../refuse.ts';

export interface RefundRoutes {
  refunds: RefundTable;
  /** told when something may be due, or to be told */
  onDue(): void;
}

/** Refunds, for the merchant. */
export function registerRefunds(app: FastifyInstance, { refunds, onDue }: RefundRoutes): void {
  app.post<{ Body: Static<typeof RefundInput> }>('/v1/refunds', {
    schema: { body: RefundInput, response: { 201: RefundAnswer } },
  }, async (request, reply) => {
    const key = keyOfRequest(request, reply);
    if (key === undefined) return reply;
    const made = await refunds.create(request.body, claimOf(key, request.body), new Date());
    if (made === 'reused') return refuse(reply, 'idempotency_key_reused');
    onDue();
    return reply.code(201).send(made);
  });

  app.get<{ Params: Static<typeof RefundParams> }>('/v1/refunds/:refundId', {
    schema: { params: RefundParams, response: { 200: RefundAnswer } },
  }, async (request, reply) =>
    await refunds.find(request.params.refundId) ?? refuse(reply, 'refund_unknown'));

  app.get<{ Querystring: Static<typeof RefundsQuery> }>('/v1/refunds', {
    schema: { querystring: RefundsQuery, response: { 200: RefundsAnswer } },
  }, async (request, reply) => {
    const { after, since, status = null, limit } = request.query;
    const countMax = countOfPage(limit, PAGE_MAX, reply);
    if (countMax === undefined) return reply;
    const { rows, next } = await refunds.list({ after, since: new Date(since), status, countMax });
    return { refunds: rows, next };
  });
}
