import type { FastifyRequest } from 'fastify';
import { traceTextOf } from '../shared/contracts/trace-context.ts';

/** Which operator did it, and in which request: travels with the event. */
export function operatorContextOf(request: FastifyRequest): string {
  const trace = traceTextOf(request.id, request.headers['traceparent']);
  return `operator:${request.operator?.name ?? ''} ${trace}`;
}
