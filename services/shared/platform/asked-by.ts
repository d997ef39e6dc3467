import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Doer } from '../contracts/stream-events.ts';
import { traceTextOf } from '../contracts/trace-context.ts';

/** Where operators say why they ask for something: text, percent-encoded where it is not ASCII. */
export const REASON_HEADER = 'x-reason';

/** The operator whose request it is (platform/needs-role.ts), from where, why and in which trace. */
export function askedBy(request: FastifyRequest): Doer {
  const { operator, ip, headers, socket } = request;
  return {
    actor: `operator:${operator?.name ?? ''}`,
    role: operator?.role,
    // A proxy passes on whatever its client has claimed.
    from: isIP(ip) === 0 ? socket.remoteAddress : ip,
    why: readReason(headers[REASON_HEADER]),
    trace: traceTextOf(request.id, headers['traceparent']),
  };
}

function readReason(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string') return undefined;
  try {
    return decodeURIComponent(header);
  } catch {
    // Somebody wrote a percent sign and meant it.
    return header;
  }
}
