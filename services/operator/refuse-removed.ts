import type { FastifyReply } from 'fastify';
import type { SaleHead } from '../shared/event-store/read-sale.ts';
import { sendProblem } from '../shared/platform/problem.ts';

/** Answers that a sale's events are gone, with what is still known of them. */
export function refuseRemoved(reply: FastifyReply, { seq, digest, removedAt }: SaleHead): FastifyReply {
  return sendProblem(reply, 'events_removed', {
    detail: `Its ${seq} events were removed at ${removedAt?.toISOString()}.`,
    events: seq, lastDigest: digest?.toString('base64url'), removedAt: removedAt?.toISOString(),
  });
}
