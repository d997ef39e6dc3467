import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { askedBy } from '../../shared/platform/asked-by.ts';
import { bearerOf, hasRole, sameSecret } from '../../shared/platform/credentials.ts';
import type { Credentials } from '../../shared/platform/credentials.ts';
import type { Log } from '../../shared/platform/log.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { loadSql } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { PAGE_MAX } from '../http-schemas.ts';
import { checkIn } from '../jobs/check-in.ts';
import { listJobs, retryJob } from '../jobs/job-table.ts';
import type { TicketKeys } from '../jobs/ticket-token.ts';
import {
  JobParams, JobsAnswer, JobsQuery, KeysAnswer, OrderParams, VerifyAnswer, VerifyInput,
} from '../ticket-schemas.ts';

export interface TicketRoutes {
  /** of the legacy database */
  pool: Pool;
  keys: TicketKeys;
  credentials: Credentials;
  /** who has it may let people in */
  doorKey: string;
  log: Log;
}

const READ_DOCUMENT = loadSql(import.meta.url, '../jobs/sql/read-document.sql');
const KEY = /^[\x21-\x7e]{1,128}$/;

/** Tickets at the door, their documents, and the jobs that make and mail them. */
export function registerTickets(app: FastifyInstance, routes: TicketRoutes): void {
  registerDoor(app, routes);
  registerDocuments(app, routes);
  registerJobs(app, routes);
}

function registerDoor(app: FastifyInstance, { pool, keys, credentials, doorKey, log }: TicketRoutes): void {
  app.get('/v1/tickets/keys', { schema: { response: { 200: KeysAnswer } } },
    async () => ({ keys: keys.publicJwks }));

  app.post<{ Body: Static<typeof VerifyInput> }>('/v1/tickets/verify', {
    onRequest: needsDoor(credentials, doorKey),
    schema: { body: VerifyInput, response: { 200: VerifyAnswer } },
  }, async (request, reply) => {
    const scanKey = request.headers['idempotency-key'];
    if (scanKey === undefined) return sendProblem(reply, 'idempotency_key_missing');
    if (typeof scanKey !== 'string' || !KEY.test(scanKey)) {
      return sendProblem(reply, 'idempotency_key_invalid');
    }
    const { token, saleId, gate } = request.body;
    const found = await checkIn({ pool, keys }, { token, saleId, scanKey, gate });
    if (found.verdict === 'valid') return { verdict: 'valid', ...found.ticket };
    const { verdict, ...extra } = found;
    log.info({ verdict, saleId, gate }, 'a ticket was refused at a door');
    return sendProblem(reply, verdict, extra);
  });
}

function registerDocuments(app: FastifyInstance, { pool, credentials }: TicketRoutes): void {
  app.get<{ Params: Static<typeof OrderParams> }>('/admin/v1/orders/:orderId/tickets.pdf', {
    onRequest: needsRole(credentials, 'viewer'),
    schema: { params: OrderParams },
  }, async (request, reply) => {
    const { rows: [document] } = await pool.query<{ pdf: Buffer }>(READ_DOCUMENT, [request.params.orderId]);
    if (document === undefined) return sendProblem(reply, 'document_unknown');
    return reply.type('application/pdf').header('cache-control', 'private, no-store').send(document.pdf);
  });
}

function registerJobs(app: FastifyInstance, { pool, credentials, log }: TicketRoutes): void {
  app.get<{ Querystring: Static<typeof JobsQuery> }>('/admin/v1/jobs', {
    onRequest: needsRole(credentials, 'viewer'),
    schema: { querystring: JobsQuery, response: { 200: JobsAnswer } },
  }, async (request, reply) => {
    const { state, after, limit } = request.query;
    const countMax = Number(limit);
    if (countMax > PAGE_MAX) {
      return sendProblem(reply, 'request_invalid', { detail: `limit: 1 to ${PAGE_MAX}` });
    }
    const jobs = await listJobs(pool, { state, after: Number(after), countMax });
    return { jobs, next: jobs.length === countMax ? jobs.at(-1)?.id ?? null : null };
  });

  app.post<{ Params: Static<typeof JobParams> }>('/admin/v1/jobs/:jobId/retry', {
    onRequest: needsRole(credentials, 'operator'),
    schema: { params: JobParams },
  }, async (request, reply) => {
    const jobId = Number(request.params.jobId);
    if (!await retryJob(pool, jobId, askedBy(request))) return sendProblem(reply, 'job_unknown');
    log.info({ jobId, operator: request.operator?.name }, 'a job is tried again');
    return reply.code(202).send({ jobId });
  });
}

/** A hook that lets scanners in, which share a key, and operators. */
function needsDoor(credentials: Credentials, doorKey: string) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const token = bearerOf(request.headers.authorization);
    if (sameSecret(token, doorKey)) return undefined;
    const operator = credentials.find(token);
    if (operator === undefined) return sendProblem(reply, 'unauthenticated');
    return hasRole(operator, 'operator') ? undefined : sendProblem(reply, 'forbidden', { needs: 'operator' });
  };
}
