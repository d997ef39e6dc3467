import type { FastifyReply, FastifyRequest } from 'fastify';
import { bearerOf, hasRole } from './credentials.ts';
import type { Credentials, Operator, Role } from './credentials.ts';
import { sendProblem } from './problem.ts';

/**
 * A hook that sets `request.operator`, or answers 401 or 403. The app needs `decorateRequest('operator')`.
 */
export function needsRole(credentials: Credentials, role: Role) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const operator = credentials.find(bearerOf(request.headers.authorization));
    if (operator === undefined) return sendProblem(reply, 'unauthenticated');
    if (!hasRole(operator, role)) return sendProblem(reply, 'forbidden', { needs: role });
    request.operator = operator;
    return undefined;
  };
}

declare module 'fastify' {
  interface FastifyRequest {
    operator?: Operator | undefined;
  }
}
