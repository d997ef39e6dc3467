import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { askedBy } from '../../shared/platform/asked-by.ts';
import type { Credentials } from '../../shared/platform/credentials.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { readRoute, readRoutes } from '../../shared/routes/read-routes.ts';
import { routeStreamOf } from '../../shared/routes/route.ts';
import { changeRoute } from '../change-route.ts';
import { AUDIT_LINES_MAX } from '../audit-schemas.ts';
import { SaleParams } from '../http-schemas.ts';
import { FROM_THE_END, readAudit } from '../read-audit.ts';
import type { LogDatabases } from '../read-log.ts';
import {
  RouteAnswer, RouteChangeAnswer, RouteHistoryAnswer, RouteInput, RoutesAnswer,
} from '../route-schemas.ts';

type OneShow = { Params: Static<typeof SaleParams> };
type Change = OneShow & { Body: Static<typeof RouteInput> };
const PATH = '/admin/v1/routes/:saleId';

/** Where the selling requests of shows go: read, changed, and who changed it when and why. */
export function registerShowRoutes(
  app: FastifyInstance, { databases, credentials }: { databases: LogDatabases; credentials: Credentials },
): void {
  const onRequest = needsRole(credentials, 'viewer');
  app.get('/admin/v1/routes', { onRequest, schema: { response: { 200: RoutesAnswer } } },
    async () => ({ routes: await readRoutes(databases.legacy) }));

  app.get<OneShow>(PATH, { onRequest, schema: { params: SaleParams, response: { 200: RouteAnswer } } },
    async (request, reply) =>
      await readRoute(databases.legacy, request.params.saleId) ?? sendProblem(reply, 'show_unknown'));

  app.put<Change>(PATH, {
    onRequest: needsRole(credentials, 'admin'),
    schema: { params: SaleParams, body: RouteInput, response: { 200: RouteChangeAnswer } },
  }, (request, reply) => sendChanged(databases, request, reply));

  app.get<OneShow>(`${PATH}/history`, {
    onRequest, schema: { params: SaleParams, response: { 200: RouteHistoryAnswer } },
  }, (request) => readHistory(databases, request.params.saleId));
}

async function sendChanged(
  databases: LogDatabases, request: FastifyRequest<Change>, reply: FastifyReply,
): Promise<FastifyReply> {
  const { params: { saleId }, body } = request;
  const changed = await changeRoute(databases, saleId, body, { ...askedBy(request), why: body.why });
  if (changed === 'show_unknown') return sendProblem(reply, changed);
  if ('refusedFor' in changed) {
    const { refusedFor: reasons } = changed;
    return sendProblem(reply, 'route_refused', { detail: `${reasons.join('; ')}.`, reasons });
  }
  return reply.send(changed);
}

async function readHistory(
  { events }: LogDatabases, saleId: string,
): Promise<Static<typeof RouteHistoryAnswer>> {
  const { lines } = await readAudit(events, { stream: routeStreamOf(saleId) },
    { before: FROM_THE_END, countMax: AUDIT_LINES_MAX });
  return {
    changes: lines.filter(({ type }) => type === 'route.changed').map(({ details, at, who, why }) => ({
      number: Number(details?.['number']), from: String(details?.['from']), to: String(details?.['to']),
      at, who, why,
    })),
  };
}
