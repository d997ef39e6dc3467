import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { askedBy } from '../../shared/platform/asked-by.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { PAGE_MAX } from '../http-schemas.ts';
import { dismissUnmatched, listUnmatched } from '../payments/unmatched-table.ts';
import type { TicketRoutes } from './register-tickets.ts';

const UnmatchedParams = Type.Object(
  { unmatchedId: Type.String({ pattern: '^\\d{1,15}$' }) }, { additionalProperties: false });
const UnmatchedQuery = Type.Object({
  after: Type.String({ default: '0', pattern: '^\\d{1,15}$' }),
}, { additionalProperties: false });

/** What a payment provider has and no order knows of: for an operator to look into. */
export function registerUnmatched(
  app: FastifyInstance, { pool, credentials, log }: Pick<TicketRoutes, 'pool' | 'credentials' | 'log'>,
): void {
  app.get<{ Querystring: Static<typeof UnmatchedQuery> }>('/admin/v1/payments/unmatched', {
    onRequest: needsRole(credentials, 'viewer'),
    schema: { querystring: UnmatchedQuery },
  }, async (request, reply) => {
    const unmatched = await listUnmatched(pool, { after: Number(request.query.after), countMax: PAGE_MAX });
    const next = unmatched.length === PAGE_MAX ? unmatched.at(-1)?.id ?? null : null;
    return reply.send({ unmatched, next });
  });

  type One = { Params: Static<typeof UnmatchedParams> };
  app.post<One>('/admin/v1/payments/unmatched/:unmatchedId/dismiss', {
    onRequest: needsRole(credentials, 'operator'),
    schema: { params: UnmatchedParams },
  }, async (request, reply) => {
    const unmatchedId = Number(request.params.unmatchedId);
    if (!await dismissUnmatched(pool, unmatchedId, askedBy(request))) {
      return sendProblem(reply, 'payment_unknown');
    }
    log.info({ unmatchedId, operator: request.operator?.name }, 'money of no order was dealt with');
    return { unmatchedId };
  });
}
