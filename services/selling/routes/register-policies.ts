import type { FastifyInstance, FastifyReply } from 'fastify';
import { PoliciesInput, PoliciesView, ProblemView } from '../../shared/contracts/http-schemas.ts';
import { partitionName } from '../../shared/contracts/partition-of.ts';
import { Counter, Gauge } from '../../shared/platform/metrics.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { keepAct } from '../keep-act.ts';
import type { SellingContext } from '../selling-context.ts';

/** What operators decide for all sales at once; docs/runbooks/bus-outage.md. */
export function registerPolicies(app: FastifyInstance, context: SellingContext): void {
  countOutages(context);
  const tags = ['admin'];
  const refused = { '4xx': ProblemView, '5xx': ProblemView };
  const { bus, log } = context;

  const send = (reply: FastifyReply): FastifyReply => {
    const { busOutage, sinceMs, by } = bus.policy();
    return reply.send({
      busOutage,
      since: sinceMs === undefined ? null : new Date(sinceMs).toISOString(),
      by: by ?? null,
      confirmAck: context.confirmAck,
      partitionsOut: bus.partitionsOut().map(partitionName),
    });
  };

  app.get('/admin/v1/policies', {
    onRequest: needsRole(context.credentials, 'viewer'),
    schema: {
      summary: 'What is done while the bus is out, and of which partitions it is',
      tags, response: { 200: PoliciesView, ...refused },
    },
  }, async (_request, reply) => {
    await bus.look();
    return send(reply);
  });

  app.put<{ Body: PoliciesInput }>('/admin/v1/policies', {
    onRequest: needsRole(context.credentials, 'admin'),
    schema: {
      summary: 'Decide what is done with orders while the bus is out; all processes follow within a second',
      tags, body: PoliciesInput, response: { 200: PoliciesView, ...refused },
    },
  }, async (request, reply) => {
    const { busOutage } = request.body;
    const operator = request.operator?.name ?? '';
    const act = { outcome: 'done', details: { busOutage } } as const;
    const isSet = await bus.setPolicy(busOutage, operator, (change) =>
      keepAct(context.redis, request, act, change));
    if (!isSet) return sendProblem(reply, 'overloaded');
    log.info({ policy: busOutage, operator, traceId: request.id }, 'the bus outage policy was set');
    return send(reply);
  });
}

function countOutages({ bus }: SellingContext): void {
  new Gauge({
    name: 'onsale_selling_bus_out',
    help: 'Partitions whose outbox has waited for the bus longer than BUS_OUTAGE_MS',
    collect() { this.set(bus.partitionsOut().length); },
  });
  new Counter({
    name: 'onsale_selling_bus_refusals_total',
    help: 'Orders refused because the bus was out',
    collect() {
      this.reset();
      this.inc(bus.refusedCount);
    },
  });
}
