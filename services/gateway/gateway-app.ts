import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { createHttp } from '../shared/platform/http-server.ts';
import type { Log } from '../shared/platform/log.ts';
import { registerHealth } from '../shared/platform/metrics.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import type { OpenStreams } from './open-streams.ts';
import { passOn, sendProblemRaw } from './pass-on.ts';
import type { Passage } from './pass-on.ts';
import { readBody } from './read-body.ts';
import { issuerInOrder, readTarget } from './read-target.ts';
import type { Side, Target } from './read-target.ts';
import type { RouteBoard } from './route-board.ts';
import type { Upstream } from './upstream.ts';

export interface GatewayOptions {
  board: RouteBoard;
  sides: Readonly<Record<Side, Upstream>>;
  /** cut off when their show moves, so that they begin anew on the other side */
  streams: OpenStreams;
  log: Log;
}

/**
 * The gateway: `/v1/…` goes to the side that has the show, or that issued the hold or order it is about. Once
 * the address is read Fastify has nothing more to do with such a request.
 */
export function createGatewayApp({ board, sides, streams, log }: GatewayOptions): FastifyInstance {
  const app = createHttp({ log });
  const metrics = createGatewayMetrics(sides, board);
  let isClosing = false;
  app.addHook('preClose', (done) => {
    isClosing = true;
    streams.end();
    done();
  });
  registerHealth(app, {
    ready: async () => (board.isBlank() ? ['routes: they could not be read yet'] : []),
  });

  async function decide(target: Target, body: Buffer | null): Promise<Side> {
    const issuer = target.issuedBy ?? (target.isOrder && body !== null ? issuerInOrder(body) : undefined);
    return issuer ?? board.stateOf(target.saleId ?? '');
  }

  async function pass(request: IncomingMessage, response: ServerResponse, traceId: string): Promise<void> {
    const answering = { response, traceId, isClosing: () => isClosing };
    const target = readTarget(request.method ?? '', request.url ?? '');
    if (target === undefined) return sendProblemRaw(answering, 'not_found');
    if (board.isBlank()) return sendProblemRaw(answering, 'unavailable');
    const body = await readBody(request);
    if (body === 'gone') return undefined;
    if (body === 'too_large') return sendProblemRaw(answering, 'payload_too_large');
    const side = await decide(target, body);
    const { pace, saleId = '' } = target;
    if (pace === 'stream') streams.add(saleId, response);
    metrics.requests.inc({ side });
    const passage: Passage = {
      ...answering, request, body, pace,
      onFailed(error) {
        metrics.failed.inc({ side });
        log.warn({ side, saleId, reason: error.message, traceId }, 'a side did not answer');
      },
    };
    return passOn(sides[side], passage);
  }

  app.route({
    method: ['GET', 'POST', 'PUT', 'DELETE'],
    url: '/v1/*',
    // Before anybody reads the body; nothing is done after it.
    onRequest: (request, reply) => {
      reply.hijack();
      pass(request.raw, reply.raw, request.id).catch((error: Error) => {
        log.error({ err: error, traceId: request.id }, 'a request was not passed on');
        reply.raw.destroy();
      });
    },
    handler: (_request, reply) => reply,
  });
  return app;
}
