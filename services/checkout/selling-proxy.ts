import proxy from '@fastify/http-proxy';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { sendProblem } from '../shared/platform/problem.ts';

/**
 * Only what a buyer's page asks for: sessions and sales, no admin, no webhooks. Path segments are plain
 * characters, so that no encoding of `..` can lead anywhere else.
 */
const BUYER_PATH = /^\/v1\/(?:sessions|sales\/[a-z0-9-]+(?:\/[A-Za-z0-9_-]+)*)(?:\?[^#]*)?$/;
/** The only thing a buyer puts is an attempt to pay. */
const PAYMENT_PATH = /^\/v1\/sales\/[a-z0-9-]+\/orders\/[A-Za-z0-9_-]+\/payments\/\d{1,4}$/;
/** Selling waits 2 s for the log before it answers 202; past this it is not coming back. */
const ANSWER_MS_MAX = 7_000;
const CONNECT_MS_MAX = 1_000;
const CONNECTIONS_MAX = 256;

/**
 * Passes `/v1/sessions` and `/v1/sales/…` on to selling as they are, so that pages and API share an origin.
 * A selling that cannot be reached is 503 with Retry-After; nothing is tried again here, since the page
 * does that with the buyer's Idempotency-Key.
 */
export async function registerSellingProxy(app: FastifyInstance, sellingUrl: string): Promise<void> {
  await app.register(proxy, {
    upstream: sellingUrl,
    prefix: '/v1',
    rewritePrefix: '/v1',
    httpMethods: ['GET', 'POST', 'PUT', 'DELETE'],
    disableRequestLogging: true,
    undici: {
      connections: CONNECTIONS_MAX,
      pipelining: 1,
      connect: { timeout: CONNECT_MS_MAX },
      headersTimeout: ANSWER_MS_MAX,
      bodyTimeout: ANSWER_MS_MAX,
    },
    preHandler: (request, reply, done) => {
      const allowed = request.raw.method === 'PUT' ? PAYMENT_PATH : BUYER_PATH;
      if (allowed.test(request.raw.url ?? '')) done();
      else sendProblem(reply, 'not_found');
    },
    replyOptions: {
      // Its default repeats a GET that got 503 ten times at once, which is the last thing an overloaded
      // server needs.
      retryDelay: () => null,
      rewriteRequestHeaders: (request, headers) => ({
        ...headers,
        // Selling limits sessions by address: it must see the buyer's, not ours.
        'x-forwarded-for': forwardedFor(request as FastifyRequest),
        'x-trace-id': request.id,
      }),
      onError: (reply, { error }) => {
        reply.log.warn({ reason: error.message, traceId: reply.request.id }, 'selling did not answer');
        sendProblem(reply as Parameters<typeof sendProblem>[0], 'unavailable');
      },
    },
  });
}

/** The chain of addresses that a load balancer before us may have begun, and the one that called us. */
function forwardedFor({ raw }: Pick<FastifyRequest, 'raw'>): string {
  const address = raw.socket.remoteAddress ?? '';
  const before = raw.headers['x-forwarded-for'];
  return typeof before === 'string' ? `${before}, ${address}` : address;
}
