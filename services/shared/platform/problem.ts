import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { REASONS } from '../contracts/reasons.ts';
import type { ReasonCode } from '../contracts/reasons.ts';

/** Seconds after which a caller who got a 503 may try again. */
const RETRY_SECONDS = '1';

/**
 * Answers with an application/problem+json of the catalogue (RFC 9457). `extra` says more: `detail` is a
 * sentence, other members are for programs, as `seatIds` or `left`.
 */
export function sendProblem(
  reply: FastifyReply,
  code: ReasonCode,
  extra: Record<string, unknown> = {},
): FastifyReply {
  const { status } = REASONS[code];
  if (status === 503) reply.header('retry-after', RETRY_SECONDS);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(status).type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problemOf(code, extra));
}

/** Ends a request with a reason of the catalogue, from where no answer can be given. */
export class ProblemError extends Error {
  readonly reason: ReasonCode;

  constructor(reason: ReasonCode) {
    super(REASONS[reason].title);
    this.reason = reason;
  }
}

/** The body of such an answer. */
export function problemOf(code: ReasonCode, extra: Record<string, unknown>): Record<string, unknown> {
  const { status, title } = REASONS[code];
  return { type: `urn:onsale:reason:${code}`, title, status, code, ...extra };
}

/**
 * The error handler of every server: what Fastify refuses gets its reason, what nobody expected is a logged
 * 500.
 */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof ProblemError) return sendProblem(reply, error.reason);
  if (error.validation !== undefined) {
    return sendProblem(reply, 'request_invalid', {
      detail: error.message,
      errors: faultsOf(error.validation),
    });
  }
  const code = CODE_BY_FASTIFY_ERROR[error.code] ?? (error.statusCode === 429 ? 'rate_limited' : undefined);
  if (code !== undefined) return sendProblem(reply, code);
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return sendProblem(reply, 'request_invalid', { detail: error.message });
  }
  if (isRedisAway(error)) return sendProblem(reply, 'unavailable');
  request.log.error({ err: error, traceId: request.id, url: request.url }, 'a request failed');
  return sendProblem(reply, 'internal_error');
}

/** What a schema found wrong: JSON pointers into what was sent, and what is wrong there. */
export function faultsOf(
  validation: NonNullable<FastifyError['validation']>,
): { field: string; message: string }[] {
  return validation.map(({ instancePath, params, message }) => ({
    field: instancePath,
    message: 'additionalProperty' in params
      ? `unknown field "${String(params['additionalProperty'])}"`
      : message ?? 'is not valid',
  }));
}

/** True if the error says that Redis is away, frozen, or still loading: a matter of waiting, not a defect. */
export function isRedisAway(error: Error): boolean {
  return REDIS_AWAY.test(error.message) || error.name === 'MaxRetriesPerRequestError';
}

const REDIS_AWAY = new RegExp([
  'Command timed out',
  'Connection is closed',
  "Stream isn't writeable",
  'ECONNREFUSED',
  'ECONNRESET',
  '^LOADING',
  '^READONLY',
  '^MASTERDOWN',
  '^CLUSTERDOWN',
  '^TRYAGAIN',
  '^BUSY',
  '^OOM',
  '^MISCONF',
].join('|'));

const CODE_BY_FASTIFY_ERROR: Record<string, ReasonCode> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'json_malformed',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'json_malformed',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'json_malformed',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type_unsupported',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
};
