import { Agent, request as ask } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as askSafely } from 'node:https';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { SALE_ID_PATTERN } from '../shared/contracts/sale-input.ts';
import { sendProblem } from '../shared/platform/problem.ts';

/**
 * Passes the stream of a sale on, event by event. A stream lives for hours, so it has a connection of its
 * own and none of those that requests share, and it may be silent for as long as two heartbeats of selling.
 * Who reads slowly here reads slowly there, and is cut off by selling. In production a load balancer sends
 * `/v1` to selling itself, and this is not used.
 */
export const STREAMS_MAX = 5_000;
/** Selling has read the sale by then or says 503. */
const HEAD_MS_MAX = 7_000;
/** Selling sends a comment every 15 s. */
const SILENT_MS_MAX = 40_000;

type OneSale = { Params: { saleId: string } };

export function registerStreamProxy(app: FastifyInstance, sellingUrl: string): void {
  const agent = new Agent({ keepAlive: false });
  const open = new Set<IncomingMessage>();
  app.addHook('preClose', (done) => {
    for (const stream of open) stream.destroy();
    agent.destroy();
    done();
  });
  app.get<OneSale>('/v1/sales/:saleId/stream', {
    exposeHeadRoute: false,
    schema: { params: Type.Object({ saleId: Type.String({ pattern: SALE_ID_PATTERN }) }) },
  }, async (request, reply) => {
    if (open.size >= STREAMS_MAX) return sendProblem(reply, 'overloaded');
    const url = new URL(`/v1/sales/${request.params.saleId}/stream`, sellingUrl);
    let answer: IncomingMessage;
    try {
      answer = await openStream(url, agent, request);
    } catch (error) {
      request.log.warn({ reason: (error as Error).message, traceId: request.id }, 'selling did not answer');
      return sendProblem(reply, 'unavailable');
    }
    open.add(answer);
    answer.on('error', () => undefined);
    answer.once('close', () => {
      open.delete(answer);
      // Selling went away in the middle: the browser is to notice, and to come back.
      if (!answer.complete) reply.raw.destroy();
    });
    reply.raw.once('close', () => answer.destroy());
    return passOn(answer, reply);
  });
}

function openStream(url: URL, agent: Agent, request: FastifyRequest): Promise<IncomingMessage> {
  const lastId = request.headers['last-event-id'];
  const headers = { 'x-trace-id': request.id, ...typeof lastId === 'string' && { 'last-event-id': lastId } };
  return new Promise((resolve, reject) => {
    const asking = url.protocol === 'https:' ? askSafely(url, { headers }) : ask(url, { headers, agent });
    asking.setTimeout(HEAD_MS_MAX, () => asking.destroy(new Error(`no answer within ${HEAD_MS_MAX} ms`)));
    asking.once('error', reject);
    asking.once('response', (answer) => {
      asking.setTimeout(SILENT_MS_MAX, () => asking.destroy(new Error('the stream fell silent')));
      resolve(answer);
    });
    asking.end();
  });
}

const PASSED = ['content-type', 'cache-control', 'x-accel-buffering', 'retry-after'];

function passOn(answer: IncomingMessage, reply: FastifyReply): FastifyReply {
  for (const name of PASSED) {
    const value = answer.headers[name];
    if (value !== undefined) reply.header(name, value);
  }
  return reply.code(answer.statusCode ?? 502).send(answer);
}
