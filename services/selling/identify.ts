import type { FastifyReply, FastifyRequest } from 'fastify';
import { traceTextOf } from '../shared/contracts/trace-context.ts';
import { bearerOf } from '../shared/platform/credentials.ts';
import { sendProblem } from '../shared/platform/problem.ts';
import type { Caller, Callers } from './callers.ts';

/**
 * A hook that sets `request.caller`, or answers 401; 503 when the company's identity provider, whose keys a
 * token needs, does not answer. With a callback, since a caller who is known takes no promise then.
 */
export function identify(
  callers: Callers,
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  const token = bearerOf(request.headers.authorization);
  const known = callers.recall(token, Date.now());
  if (known !== undefined) {
    request.caller = known;
    done();
    return;
  }
  void verify();

  async function verify(): Promise<void> {
    const caller = await callers.identify(token).catch((error: Error) => error);
    if (caller instanceof Error) {
      done(caller);
      return;
    }
    if (caller === 'unauthenticated') {
      sendProblem(reply, 'unauthenticated');
      return;
    }
    if (caller === 'unavailable') {
      request.log.warn({ traceId: request.id }, 'the identity provider does not answer');
      sendProblem(reply, 'unavailable', { detail: 'the identity provider does not answer' });
      return;
    }
    request.caller = caller;
    done();
  }
}

/**
 * The buyer that a write is for: the token's own, or the one that the holder of the checkout key names.
 * Answers the refusal itself and gives undefined.
 */
export function buyerOf(caller: Caller, named: string | undefined, reply: FastifyReply): string | undefined {
  if (caller.kind === 'key') {
    if (named === undefined) sendProblem(reply, 'buyer_needed');
    return named;
  }
  if (named !== undefined && named !== caller.buyerId) {
    sendProblem(reply, 'buyer_mismatch');
    return undefined;
  }
  return caller.buyerId;
}

/** True if the caller may see and change what is this buyer's. */
export function mayTouch(caller: Caller, buyerId: string): boolean {
  return caller.kind === 'key' || caller.buyerId === buyerId;
}

/** The Idempotency-Key of a write; answers 400 itself and gives undefined when it is missing or not valid. */
export function keyOf(request: FastifyRequest, reply: FastifyReply): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined || key === '') {
    sendProblem(reply, 'idempotency_key_missing');
    return undefined;
  }
  if (typeof key === 'string' && /^[\x21-\x7e]{1,128}$/.test(key)) return key;
  sendProblem(reply, 'idempotency_key_invalid');
  return undefined;
}

/** Who did it, and in which request: travels with the event. */
export function contextOf(caller: Caller, request: FastifyRequest): string {
  const trace = traceTextOf(request.id, request.headers['traceparent']);
  return `${caller.kind === 'key' ? 'key:checkout' : 'buyer'} ${trace}`;
}
