import type { FastifyReply, FastifyRequest } from 'fastify';
import { traceTextOf } from '../shared/contracts/trace-context.ts';
import { bearerOf, hasRole } from '../shared/platform/credentials.ts';
import type { Operator, Role } from '../shared/platform/credentials.ts';
import { sendProblem } from '../shared/platform/problem.ts';
import type { SellingContext } from './selling-context.ts';

/** A hook that sets `request.operator`, or answers 401 or 403. */
export function needsRole({ credentials }: SellingContext, role: Role) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const operator = credentials.find(bearerOf(request.headers.authorization));
    if (operator === undefined) return sendProblem(reply, 'unauthenticated');
    if (!hasRole(operator, role)) return sendProblem(reply, 'forbidden', { needs: role });
    request.operator = operator;
    return undefined;
  };
}

/** Which operator did it, and in which request: travels with the event. */
export function operatorContextOf(request: FastifyRequest): string {
  const trace = traceTextOf(request.id, request.headers['traceparent']);
  return `operator:${request.operator?.name ?? ''} ${trace}`;
}

declare module 'fastify' {
  interface FastifyRequest {
    operator?: Operator | undefined;
  }
}
