import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { acceptEmptyBodies } from '../shared/platform/accept-empty-bodies.ts';
import { bearerOf, sameSecret } from '../shared/platform/credentials.ts';
import { isPgAway } from '../shared/platform/pg.ts';
import { handleError, sendProblem } from '../shared/platform/problem.ts';
import { RefusedError, refuse } from './refuse.ts';

const KEY_HEADER = /^[\x21-\x7e]{1,128}$/;

/** What the routes of a merchant have in common: the secret key, and how they refuse. */
export function openMerchantScope(scope: FastifyInstance, secretKey: string): void {
  acceptEmptyBodies(scope);
  answerPgAway(scope);
  scope.addHook('onRequest', (request, reply, done) => {
    if (sameSecret(bearerOf(request.headers.authorization), secretKey)) done();
    else sendProblem(reply, 'unauthenticated');
  });
}

/** Refusals that were thrown are answered; while the database is away the answer is 503. */
export function answerPgAway(scope: FastifyInstance): void {
  scope.setErrorHandler((error: Parameters<typeof handleError>[0], request, reply) => {
    if (error instanceof RefusedError) return refuse(reply, error.refusal, error.extra);
    return isPgAway(error) ? sendProblem(reply, 'unavailable') : handleError(error, request, reply);
  });
}

/** The Idempotency-Key of a request, or undefined when the request was refused for it. */
export function keyOfRequest(request: FastifyRequest, reply: FastifyReply): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) sendProblem(reply, 'idempotency_key_missing');
  else if (typeof key !== 'string' || !KEY_HEADER.test(key)) sendProblem(reply, 'idempotency_key_invalid');
  else return key;
  return undefined;
}

/** How many rows a list may have, or undefined when the request was refused for it. */
export function countOfPage(limit: string, countMax: number, reply: FastifyReply): number | undefined {
  if (Number(limit) <= countMax) return Number(limit);
  sendProblem(reply, 'request_invalid', { detail: `limit: 1 to ${countMax}` });
  return undefined;
}
