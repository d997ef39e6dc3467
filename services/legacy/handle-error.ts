import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { handleError as handleOther, sendProblem } from '../shared/platform/problem.ts';

/**
 * The error handler of the legacy application: a database that is away, or that has more to do than it can,
 * is a matter of waiting (503 with Retry-After) and not a defect. Nothing was changed in either case: the
 * transaction is gone.
 */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (OVERLOADED.test(error.message) || OVERLOADED_CODES.has(error.code)) {
    request.log.warn({ err: error, traceId: request.id }, 'the legacy database is too slow');
    return sendProblem(reply, 'overloaded');
  }
  if (AWAY.test(error.message) || AWAY_CODES.test(error.code ?? '')) {
    request.log.warn({ err: error, traceId: request.id }, 'the legacy database is away');
    return sendProblem(reply, 'unavailable');
  }
  return handleOther(error, request, reply);
}

/** Of the pool (no connection free in time) and of the client (no answer in time). */
const OVERLOADED = /timeout exceeded when trying to connect|Query read timeout/;
/** statement_timeout, lock_timeout, deadlock, too many connections: PostgreSQL, appendix A. */
const OVERLOADED_CODES = new Set(['57014', '55P03', '40P01', '53300']);

const AWAY = /Connection terminated|Client has encountered a connection error|ECONNREFUSED|ECONNRESET|EPIPE/;
/** Connection exceptions, and shutdown or start-up of the server. */
const AWAY_CODES = /^(08...|57P0[1-3])$/;
