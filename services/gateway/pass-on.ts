import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { REASONS } from '../shared/contracts/reasons.ts';
import type { ReasonCode } from '../shared/contracts/reasons.ts';
import { problemOf } from '../shared/platform/problem.ts';
import type { Answerer, Ask, Pace, Upstream, Valve } from './upstream.ts';

/** A request on its way. */
export interface Passage {
  request: IncomingMessage;
  response: ServerResponse;
  traceId: string;
  body: Buffer | null;
  pace: Pace;
  /** the server stops: the connection ends with this answer */
  isClosing(): boolean;
  /** told why nobody answered, for those who watch */
  onFailed(error: Error): void;
}

/**
 * Passes a request on to a side, and its answer back as it comes: bodies of answers are never collected. A
 * side that gives no answer is a 503 with Retry-After; one that stops in the middle of an answer ends the
 * connection, since nobody may take half an answer for a whole one.
 */
export function passOn(upstream: Upstream, passage: Passage): void {
  const { request, response, traceId, body, pace } = passage;
  let valve: Valve | undefined;
  let isEnded = false;
  const answerer: Answerer = {
    started(given) {
      valve = given;
      if (response.destroyed) valve.abort();
    },
    head(status, headers) {
      response.writeHead(status, answerHeaders(headers, passage));
      if (pace === 'stream') response.flushHeaders();
    },
    data: (chunk) => response.write(chunk),
    end() {
      isEnded = true;
      response.end();
    },
    failed(error) {
      if (isEnded || response.destroyed) return;
      isEnded = true;
      passage.onFailed(error);
      if (response.headersSent) response.destroy();
      else sendProblemRaw(passage, 'unavailable');
    },
  };
  response.on('drain', () => valve?.open());
  response.once('close', () => {
    if (!isEnded) valve?.abort();
    isEnded = true;
  });
  const ask: Ask = {
    method: request.method ?? 'GET', path: request.url ?? '/', body, pace,
    headers: askHeaders(request, traceId),
  };
  const refused = upstream.send(ask, answerer);
  if (refused === undefined) return;
  isEnded = true;
  sendProblemRaw(passage, refused);
}

/** Answers with a problem+json of the catalogue where Fastify has let go of the request. */
export function sendProblemRaw(
  passage: Pick<Passage, 'response' | 'traceId' | 'isClosing'>, code: ReasonCode,
): void {
  const body = JSON.stringify(problemOf(code, {}));
  const { status } = REASONS[code];
  passage.response.writeHead(status, {
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-trace-id': passage.traceId,
    ...status === 503 && { 'retry-after': '1' },
    ...passage.isClosing() && { connection: 'close' },
  });
  passage.response.end(body);
}

/** Of one connection only (RFC 9110, 7.6.1), or said anew. */
const NOT_PASSED = new Set([
  'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer',
  'transfer-encoding', 'upgrade', 'proxy-connection', 'expect', 'content-length', 'x-trace-id',
]);

function askHeaders(request: IncomingMessage, traceId: string): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const name in request.headers) {
    const value = request.headers[name];
    if (value !== undefined && !NOT_PASSED.has(name)) headers[name] = value;
  }
  const before = headers['x-forwarded-for'];
  const address = request.socket.remoteAddress ?? '';
  headers['x-forwarded-for'] = typeof before === 'string' ? `${before}, ${address}` : address;
  headers['x-trace-id'] = traceId;
  return headers;
}

function answerHeaders(headers: IncomingHttpHeaders, passage: Passage): Record<string, string | string[]> {
  const passed: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && (name === 'content-length' || !NOT_PASSED.has(name))) passed[name] = value;
  }
  passed['x-trace-id'] = passage.traceId;
  if (passage.isClosing()) passed['connection'] = 'close';
  return passed;
}
