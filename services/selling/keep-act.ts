import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { ChainableCommander, Redis } from 'ioredis';
import { ACTS_KEY } from '../shared/contracts/keys.ts';
import { streamEvent } from '../shared/contracts/stream-events.ts';
import type { StreamEventData } from '../shared/contracts/stream-events.ts';
import { askedBy } from '../shared/platform/asked-by.ts';

/** Waiting in Redis at once; with more, nothing is done that could not be told. */
export const ACTS_MAX = 10_000;

/** What an operator does beside the events of a sale, as `streamEvent` takes it. */
export type KeptAct = Omit<StreamEventData<'operator.acted'>, 'what'>;

/**
 * Keeps an act of an operator for the audit, together with what it changes: the operator service takes it
 * from Redis into the event store (services/operator/acts-follower.ts). Who has it done elsewhere keeps it
 * before: an act that is told and failed does less harm than one that nobody was told of.
 *
 * @param change commands for keys of the hash tag of `ACTS_KEY`, carried out in the same transaction
 * @returns false when too many wait: nothing was done
 * @throws when Redis does not take it
 */
export async function keepAct(
  redis: Redis, request: FastifyRequest, act: KeptAct, change?: (multi: ChainableCommander) => void,
): Promise<boolean> {
  if (await redis.xlen(ACTS_KEY) >= ACTS_MAX) return false;
  const [path = ''] = request.url.split('?');
  const event = streamEvent({
    id: randomUUID(), service: 'selling', stream: 'operator-selling', type: 'operator.acted',
    timeMs: Date.now(), doer: askedBy(request), data: { what: `${request.method} ${path}`, ...act },
  });
  const multi = redis.multi();
  multi.xadd(ACTS_KEY, '*', 'event', JSON.stringify(event));
  change?.(multi);
  for (const [error] of await multi.exec() ?? []) if (error !== null) throw error;
  return true;
}
