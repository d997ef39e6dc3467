import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { NoBody, ProblemView, SessionAnswer } from '../../shared/contracts/http-schemas.ts';
import type { SellingContext } from '../selling-context.ts';

/**
 * POST /v1/sessions: an anonymous buyer. Limited per address, since each one is a new allowance of tickets.
 */
export async function registerSessions(app: FastifyInstance, context: SellingContext): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    max: context.sessionsPerMinuteMax,
    timeWindow: 60_000,
    // Counted per process: a shared count would make this route need Redis, and the limit is only a damper.
    cache: 50_000,
  });
  app.post('/v1/sessions', {
    config: { rateLimit: {} },
    schema: {
      summary: 'An anonymous buyer and its token',
      tags: ['buyers'],
      body: NoBody,
      response: { 201: SessionAnswer, '4xx': ProblemView },
    },
  }, async (_request, reply) => {
    const session = await context.callers.openSession(Date.now());
    return reply.code(201).header('cache-control', 'no-store').send(session);
  });
}
