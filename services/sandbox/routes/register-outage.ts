import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import type { Log } from '../../shared/platform/log.ts';
import { OutageAnswer, OutageInput } from '../http-schemas.ts';
import type { Outage } from '../outage.ts';
import { refuse } from '../refuse.ts';

/** Tells the provider to fail. It answers also while it does. */
export function registerOutage(app: FastifyInstance, { outage, log }: { outage: Outage; log: Log }): void {
  app.put<{ Body: Static<typeof OutageInput> }>('/v1/outage', {
    schema: { body: OutageInput, response: { 200: OutageAnswer } },
  }, async (request, reply) => {
    const { mode, delayMs, seconds } = request.body;
    const state = await outage.put(mode, delayMs, seconds);
    log.info({ mode, delayMs, seconds }, 'the provider fails as it was told');
    return reply.send({ ...state, untilAt: state.untilAt.toISOString() });
  });
}

/** Has the routes of a scope fail while the provider is told to. */
export function obeyOutage(scope: FastifyInstance, outage: Outage): void {
  scope.addHook('onRequest', async (_request, reply) => {
    const { mode, delayMs } = outage.now();
    if (mode === 'down') return refuse(reply, 'provider_down');
    if (mode === 'slow') await sleep(delayMs);
    return undefined;
  });
}
