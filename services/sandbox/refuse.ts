import type { FastifyReply } from 'fastify';

/**
 * What this provider refuses, in its own words: it is an outsider with a catalogue of its own. What has to do
 * with HTTP alone (form, key missing, not there) is answered like everywhere (platform/problem.ts).
 */
const REFUSALS = {
  payment_unknown: [404, 'There is no such payment.'],
  refund_unknown: [404, 'There is no such refund.'],
  payment_not_cancelable: [409, 'This payment cannot be canceled any more.'],
  payment_not_captured: [409, 'Only a captured payment can be refunded.'],
  payment_decided: [409, 'It has been decided already what becomes of this payment.'],
  refund_too_large: [409, 'More than was captured cannot be refunded.'],
  idempotency_key_reused: [409, 'This Idempotency-Key was used with another body.'],
  provider_down: [503, 'The provider is down.'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type Refusal = keyof typeof REFUSALS;

/** Answers with application/problem+json; `extra` has further members, as `status` of what is refused. */
export function refuse(
  reply: FastifyReply, code: Refusal, extra: Record<string, unknown> = {},
): FastifyReply {
  const [status, title] = REFUSALS[code];
  if (status === 503) reply.header('retry-after', '1');
  return reply.code(status).type('application/problem+json').serializer(JSON.stringify)
    .send({ type: `urn:sandbox:refusal:${code}`, title, status, code, ...extra });
}

/** Ends a transaction with a refusal, so that it leaves nothing behind. */
export class RefusedError extends Error {
  readonly refusal: Refusal;
  readonly extra: Record<string, unknown>;

  constructor(refusal: Refusal, extra: Record<string, unknown> = {}) {
    super(REFUSALS[refusal][1]);
    this.refusal = refusal;
    this.extra = extra;
  }
}
