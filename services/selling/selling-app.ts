import swagger from '@fastify/swagger';
import underPressure from '@fastify/under-pressure';
import reference from '@scalar/fastify-api-reference';
import type { FastifyInstance } from 'fastify';
import { acceptEmptyBodies } from '../shared/platform/accept-empty-bodies.ts';
import { createHttp } from '../shared/platform/http-server.ts';
import { registerHealth } from '../shared/platform/metrics.ts';
import { sendProblem } from '../shared/platform/problem.ts';
import type { Caller } from './callers.ts';
import { apiDescription } from './describe-api.ts';
import { identify } from './identify.ts';
import { registerAdmin } from './routes/register-admin.ts';
import { registerArchive } from './routes/register-archive.ts';
import { registerCancellations, registerGivingUp } from './routes/register-cancellations.ts';
import { registerChanges } from './routes/register-changes.ts';
import { registerCounter } from './routes/register-counter.ts';
import { registerHolds } from './routes/register-holds.ts';
import { registerInventory } from './routes/register-inventory.ts';
import { registerOrders } from './routes/register-orders.ts';
import { registerPayments } from './routes/register-payments.ts';
import { registerPaymentWebhooks } from './routes/register-payment-webhooks.ts';
import { registerPolicies } from './routes/register-policies.ts';
import { registerRecovery } from './routes/register-recovery.ts';
import { registerSales } from './routes/register-sales.ts';
import { registerSessions } from './routes/register-sessions.ts';
import { registerStream } from './routes/register-stream.ts';
import type { SellingContext } from './selling-context.ts';

/** Past this the loop is so late that an honest refusal is better than a late answer. */
const LOOP_DELAY_MS_MAX = 1_000;

/**
 * The selling API. A request goes: trace id → caller (401) → form (400) → Idempotency-Key (400) → buyer
 * (403) → sale (404) → script (409, 422, 503) → answer.
 */
export async function createSellingApp(context: SellingContext): Promise<FastifyInstance> {
  const app = createHttp({ log: context.log, trustProxy: context.trustProxy });
  acceptEmptyBodies(app);
  await app.register(underPressure, {
    maxEventLoopDelay: LOOP_DELAY_MS_MAX,
    pressureHandler: (request, reply) => {
      if (!request.url.startsWith('/health')) sendProblem(reply, 'overloaded');
    },
  });
  await app.register(swagger, apiDescription);
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  await app.register(reference, {
    routePrefix: '/docs',
    configuration: {
      title: 'onsale selling API',
      // The page of a company's API asks nobody outside for anything.
      telemetry: false,
      withDefaultFonts: false,
      hideClientButton: true,
      showDeveloperTools: 'never',
      agent: { disabled: true },
    },
  });
  registerHealth(app, { ready: () => missing(context) });
  await registerSessions(app, context);
  registerSales(app, context);
  registerStream(app, context);
  registerAdmin(app, context);
  registerArchive(app, context);
  registerPolicies(app, context);
  registerInventory(app, context);
  registerCancellations(app, context);
  registerCounter(app, context);
  registerRecovery(app, context);
  registerPaymentWebhooks(app, context);
  await app.register(async (buyers) => {
    buyers.decorateRequest('caller');
    buyers.addHook('onRequest', (request, reply, done) => identify(context.callers, request, reply, done));
    registerHolds(buyers, context);
    registerChanges(buyers, context);
    registerOrders(buyers, context);
    registerPayments(buyers, context);
    registerGivingUp(buyers, context);
  });
  return app;
}

async function missing({ redis, stock, directory }: SellingContext): Promise<string[]> {
  try {
    await redis.ping();
  } catch {
    return ['Redis does not answer'];
  }
  const isStarted = await stock.isGenerationKnown(directory.partitionOf(''));
  return isStarted ? [] : ['the relay has not started the partitions yet'];
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
  }
}
