import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import { askedBy } from '../../shared/platform/asked-by.ts';
import type { Credentials } from '../../shared/platform/credentials.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { askForReplay, retryParked, skipParked } from '../../shared/projections/projection-acts.ts';
import {
  ActAnswer, ParkedAnswer, ParkedInput, PARKED_MAX, ProjectionAnswer, ProjectionParams, ReplayInput,
} from '../http-schemas.ts';
import { readParkedPartitions } from '../read-log.ts';
import type { LogDatabases } from '../read-log.ts';
import { readParkedProjections, readProjection } from '../read-parked.ts';
import { refuseRemoved } from '../refuse-removed.ts';

interface ProjectionRoutes {
  databases: LogDatabases;
  credentials: Credentials;
}

type One = { Params: Static<typeof ProjectionParams> };
const PATH = '/admin/v1/sales/:saleId/projections/:projection';

/** What waits, and what operators do about it: each act is kept with who did it and why. */
export function registerProjections(app: FastifyInstance, routes: ProjectionRoutes): void {
  registerParked(app, routes);
  registerActs(app, routes);
}

function registerParked(app: FastifyInstance, { databases, credentials }: ProjectionRoutes): void {
  const onRequest = needsRole(credentials, 'viewer');

  app.get('/admin/v1/parked', { onRequest, schema: { response: { 200: ParkedAnswer } } }, async () => ({
    projections: await readParkedProjections(databases, PARKED_MAX),
    partitions: await readParkedPartitions(databases),
  }));

  app.get<One>(PATH, {
    onRequest,
    schema: { params: ProjectionParams, response: { 200: ProjectionAnswer } },
    attachValidation: true,
  }, async (request, reply) => {
    if (request.validationError !== undefined) return sendProblem(reply, 'projection_unknown');
    const { saleId, projection } = request.params;
    const found = await readProjection(databases, saleId, projection);
    return typeof found === 'string' ? sendProblem(reply, found) : found.detail;
  });
}

function registerActs(app: FastifyInstance, { databases, credentials }: ProjectionRoutes): void {
  const onRequest = needsRole(credentials, 'operator');
  const { legacy } = databases;
  const acts = { retry: retryParked, skip: skipParked };

  for (const [name, act] of Object.entries(acts)) {
    app.post<One & { Body: Static<typeof ParkedInput> }>(`${PATH}/${name}`, {
      onRequest,
      schema: { params: ProjectionParams, body: ParkedInput, response: { 200: ActAnswer } },
    }, async (request, reply) => {
      const { saleId, projection } = request.params;
      const { seq, why } = request.body;
      const doer = { ...askedBy(request), why };
      if (await act(legacy, { projection, saleId, seq }, doer)) {
        return { saleId, projection, seq, actor: doer.actor, why };
      }
      const found = await readProjection(databases, saleId, projection);
      if (typeof found === 'string') return sendProblem(reply, found);
      return refuseUnparked(reply, found.detail, seq);
    });
  }

  app.post<One & { Body: Static<typeof ReplayInput> }>(`${PATH}/replay`, {
    onRequest,
    schema: { params: ProjectionParams, body: ReplayInput, response: { 202: ActAnswer } },
  }, async (request, reply) => {
    const { saleId, projection } = request.params;
    const found = await readProjection(databases, saleId, projection);
    if (typeof found === 'string') return sendProblem(reply, found);
    if (found.head.removedAt !== undefined) return refuseRemoved(reply, found.head);
    const { why } = request.body;
    const doer = { ...askedBy(request), why };
    const isAsked = await askForReplay(legacy, { projection, saleId }, doer);
    if (!isAsked) return sendProblem(reply, 'projection_not_replayable');
    return reply.code(202).send({ saleId, projection, seq: null, actor: doer.actor, why });
  });
}

function refuseUnparked(
  reply: FastifyReply,
  { seq: position, parked }: { seq: number; parked: { seq: number } | null },
  seq: number,
): FastifyReply {
  const where = parked === null ? `It is not parked, and at seq ${position}.`
    : `It is parked at seq ${parked.seq}, not at ${seq}.`;
  const detail = parked?.seq === seq ? `It has got past seq ${seq} to ${position}: retry it.` : where;
  return sendProblem(reply, 'projection_not_parked', { detail, parked: parked?.seq ?? null });
}
