import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import { readHead } from '../../shared/event-store/read-sale.ts';
import type { Credentials } from '../../shared/platform/credentials.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import {
  EventsAnswer, SaleParams, SALES_MAX, SalesAnswer, SalesQuery, TraceParams, TraceQuery,
} from '../http-schemas.ts';
import { LogQuery, readLogQuery } from '../log-query.ts';
import { readParkedPartitions, readSales } from '../read-log.ts';
import type { LogDatabases } from '../read-log.ts';
import { readLinkedPage, readLogPage, readSalePage } from '../read-pages.ts';
import { refuseRemoved } from '../refuse-removed.ts';
import { traceLinks } from '../trace-links.ts';

type Events = { Params: Static<typeof SaleParams>; Querystring: Static<typeof LogQuery> };
type Trace = { Params: Static<typeof TraceParams>; Querystring: Static<typeof TraceQuery> };
type Sales = { Querystring: Static<typeof SalesQuery> };

interface LogRoutes {
  databases: LogDatabases;
  credentials: Credentials;
}

/** The log by cursor, and where each sale and its projections stand; for every named credential. */
export function registerLog(app: FastifyInstance, routes: LogRoutes): void {
  registerEvents(app, routes);
  registerTrace(app, routes);
  registerSales(app, routes);
}

function registerEvents(app: FastifyInstance, { databases: { events }, credentials }: LogRoutes): void {
  const onRequest = needsRole(credentials, 'viewer');

  app.get<Events>('/admin/v1/sales/:saleId/events', {
    onRequest,
    schema: { params: SaleParams, querystring: LogQuery, response: { 200: EventsAnswer } },
    attachValidation: true,
  }, async (request, reply) => {
    const { saleId } = request.params;
    if (request.validationError?.validationContext === 'params') return sendProblem(reply, 'sale_unknown');
    const page = readLogQuery(request.query);
    if ('reason' in page) return sendProblem(reply, page.reason, { detail: page.detail });
    if (request.validationError !== undefined) return refuseQuery(reply, request.validationError);
    const answer = await readSalePage(events, saleId, page);
    // Asked afterwards: events may have been removed meanwhile, and a part of them must not pass for all.
    const head = await readHead(events, saleId);
    if (head === undefined) return sendProblem(reply, 'sale_unknown');
    return head.removedAt === undefined ? answer : refuseRemoved(reply, head);
  });

  app.get<{ Querystring: Static<typeof LogQuery> }>('/admin/v1/events', {
    onRequest,
    schema: { querystring: LogQuery, response: { 200: EventsAnswer } },
    attachValidation: true,
  }, async (request, reply) => {
    const page = readLogQuery(request.query);
    if ('reason' in page) return sendProblem(reply, page.reason, { detail: page.detail });
    if (request.validationError !== undefined) return refuseQuery(reply, request.validationError);
    return readLogPage(events, page);
  });
}

function registerTrace(app: FastifyInstance, { databases: { events }, credentials }: LogRoutes): void {
  app.get<Trace>('/admin/v1/trace/:asked', {
    onRequest: needsRole(credentials, 'viewer'),
    schema: { params: TraceParams, querystring: TraceQuery, response: { 200: EventsAnswer } },
    attachValidation: true,
  }, async (request, reply) => {
    const { asked } = request.params;
    const page = readLogQuery({ ...request.query, order: 'forwards' });
    if ('reason' in page) return sendProblem(reply, page.reason, { detail: page.detail });
    if (request.validationError !== undefined) return refuseQuery(reply, request.validationError);
    return readLinkedPage(events, await traceLinks(events, asked), page);
  });
}

function registerSales(app: FastifyInstance, { databases, credentials }: LogRoutes): void {
  app.get<Sales>('/admin/v1/sales', {
    onRequest: needsRole(credentials, 'viewer'),
    schema: { querystring: SalesQuery, response: { 200: SalesAnswer } },
  }, async (request, reply) => {
    const countMax = Number(request.query.limit);
    if (countMax > SALES_MAX) {
      return sendProblem(reply, 'request_invalid', { detail: `limit: 1 to ${SALES_MAX}` });
    }
    const sales = await readSales(databases, { after: request.query.after, countMax });
    const parkedPartitions = await readParkedPartitions(databases);
    return { sales, parkedPartitions, next: sales.length === countMax ? sales.at(-1)?.saleId ?? null : null };
  });
}

function refuseQuery(reply: FastifyReply, { message }: { message: string }): FastifyReply {
  return sendProblem(reply, 'cursor_invalid', { detail: message });
}
