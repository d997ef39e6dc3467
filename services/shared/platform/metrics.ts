import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, register } from 'prom-client';

export { Counter, Gauge, Histogram } from 'prom-client';

/**
 * Adds GET /health/live (the process answers), /health/ready (it can do its work: 200, or 503 with the
 * reasons why not) and /metrics (Prometheus text) to a server.
 *
 * @param ready says what is missing, in words; nothing is missing when the list is empty
 */
export function registerHealth(app: FastifyInstance, { ready }: { ready: () => Promise<string[]> }): void {
  if (register.getSingleMetric('process_cpu_user_seconds_total') === undefined) collectDefaultMetrics();
  const hidden = { schema: { hide: true } };
  app.get('/health/live', hidden, async () => ({ status: 'live' }));
  app.get('/health/ready', hidden, async (_request, reply) => {
    const missing = await ready();
    if (missing.length > 0) reply.code(503).header('retry-after', '1');
    return { status: missing.length > 0 ? 'not ready' : 'ready', missing };
  });
  app.get('/metrics', hidden, async (_request, reply) => {
    reply.type(register.contentType);
    return register.metrics();
  });
}
