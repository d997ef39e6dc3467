import type { FastifyRequest } from 'fastify';
import { packDoer } from '../shared/contracts/says-who.ts';
import { askedBy } from '../shared/platform/asked-by.ts';

/** Which operator did it, from where, why, and in which request: travels with the event. */
export function operatorContextOf(request: FastifyRequest): string {
  const { actor, trace = '', ...says } = askedBy(request);
  return `${actor} ${trace} ${packDoer(says)}`;
}
