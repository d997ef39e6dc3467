import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { fastify, LogController } from 'fastify';
import type { ConnectionError, FastifyInstance } from 'fastify';
import { isTraceId, readTraceparent } from '../contracts/trace-context.ts';
import { drainConnections } from './drain-connections.ts';
import type { Log } from './log.ts';
import { handleError, problemOf, sendProblem } from './problem.ts';

const BODY_BYTES_MAX = 64 * 1024;

export interface HttpServerOptions {
  log: Log;
  bodyBytesMax?: number;
  /** whose `x-forwarded-for` is believed: addresses, CIDRs, `loopback`, `uniquelocal`; nobody's by default */
  trustProxy?: string | false;
}

/**
 * The server every HTTP service starts from: errors are application/problem+json from the catalogue, every
 * response carries `x-trace-id` (taken over from a W3C `traceparent` or an `x-trace-id` of 32 hex digits),
 * unknown fields are refused, nothing is converted silently, requests are not logged one by one (that costs
 * several percent of a hot route; counters tell more).
 */
export function createHttp(
  { log, bodyBytesMax = BODY_BYTES_MAX, trustProxy = false }: HttpServerOptions,
): FastifyInstance {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyBytesMax,
    genReqId: traceIdOf,
    requestIdHeader: false,
    trustProxy,
    // A client that sends its request byte by byte is cut off; an idle keep-alive connection outlives the 60
    // s of common load balancers, so that the balancer and not the server closes it.
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000,
    connectionTimeout: 0,
    // What still comes while the server stops is answered; drain-connections.ts says how it stops.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // What is refused before a route is found, as a broken %-escape, looks like every other refusal.
    frameworkErrors: (error, request, reply) => {
      reply.header('x-trace-id', request.id);
      return handleError(error, request, reply);
    },
    clientErrorHandler: refuseUnreadable,
    // Node would refuse it without a word; see onRequest below.
    http: { requireHostHeader: false },
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: true, allErrors: false },
    },
  });
  app.setErrorHandler(handleError);
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 'not_found'));
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-trace-id', request.id);
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      sendProblem(reply, 'request_invalid', { detail: 'HTTP/1.1 needs a Host header.' });
      return;
    }
    done();
  });
  // What a client expects beyond 100-continue may be passed by (RFC 9110, 10.1.1); Node answers an empty 417.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  const server = app as unknown as FastifyInstance;
  drainConnections(server);
  return server;
}

/**
 * Answers what is not HTTP, or has headers too large to read, like every other refusal; then its connection
 * ends, since nobody can tell where a next request would begin.
 */
function refuseUnreadable(error: ConnectionError, socket: Socket): void {
  // After a reset there is nobody to answer.
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) {
    const body = JSON.stringify(problemOf('request_invalid', { detail: 'This cannot be read as HTTP.' }));
    socket.write([
      'HTTP/1.1 400 Bad Request',
      'content-type: application/problem+json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      `x-trace-id: ${traceIdOf({ headers: {} })}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'));
  }
  socket.destroy(error);
}

/** 16 hex digits of this process and a counter: unique, and a hundred times cheaper than 16 random bytes. */
const processPart = randomBytes(8).toString('hex');
let traceCount = randomBytes(3).readUIntBE(0, 3);

function traceIdOf(request: { headers: Record<string, string | string[] | undefined> }): string {
  const parent = readTraceparent(request.headers['traceparent']);
  if (parent !== undefined) return parent.traceId;
  const given = request.headers['x-trace-id'];
  if (isTraceId(given)) return given;
  traceCount += 1;
  return processPart + traceCount.toString(16).padStart(16, '0');
}
