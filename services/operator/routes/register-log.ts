import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import type { Credentials } from '../../shared/platform/credentials.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import {
  EVENTS_MAX, EventsAnswer, EventsQuery, SaleParams, SALES_MAX, SalesAnswer, SalesQuery,
} from '../http-schemas.ts';
import { readEvents, readHeadSeq, readParkedPartitions, readSales } from '../read-log.ts';
import type { LogDatabases } from '../read-log.ts';

type Events = { Params: Static<typeof SaleParams>; Querystring: Static<typeof EventsQuery> };
type Sales = { Querystring: Static<typeof SalesQuery> };

/** The log by cursor, and where each sale and its projections stand; for every named credential. */
export function registerLog(
  app: FastifyInstance,
  { databases, credentials }: { databases: LogDatabases; credentials: Credentials },
): void {
  const onRequest = needsRole(credentials, 'viewer');

  app.get<Events>('/admin/v1/sales/:saleId/events', {
    onRequest,
    schema: { params: SaleParams, querystring: EventsQuery, response: { 200: EventsAnswer } },
    attachValidation: true,
  }, async (request, reply) => {
    const { saleId } = request.params;
    if (request.validationError?.validationContext === 'params') return sendProblem(reply, 'sale_unknown');
    const after = readCursor(request.query.after);
    const countMax = Number(request.query.limit);
    if (request.validationError !== undefined || after === undefined || countMax > EVENTS_MAX) {
      return sendProblem(reply, 'cursor_invalid', { detail: `after: 0 or a seq; limit: 1 to ${EVENTS_MAX}` });
    }
    const events = await readEvents(databases, { saleId, after, countMax });
    if (events.length === 0 && await readHeadSeq(databases, saleId) === undefined) {
      return sendProblem(reply, 'sale_unknown');
    }
    return { events, next: events.at(-1)?.seq ?? after };
  });

  app.get<Sales>('/admin/v1/sales', {
    onRequest,
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

/** A seq from 0 on; undefined for anything else. */
function readCursor(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
