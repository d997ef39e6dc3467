import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import type { Credentials } from '../../shared/platform/credentials.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { AUDIT_LINES_MAX, AuditAnswer, AuditQuery } from '../audit-schemas.ts';
import { FROM_THE_END, readAudit } from '../read-audit.ts';
import type { AuditCursor } from '../read-audit.ts';

/** Who did what, when, from where and why; for every named credential. */
export function registerAudit(
  app: FastifyInstance, { events, credentials }: { events: Pool; credentials: Credentials },
): void {
  app.get<{ Querystring: Static<typeof AuditQuery> }>('/admin/v1/audit', {
    onRequest: needsRole(credentials, 'viewer'),
    schema: { querystring: AuditQuery, response: { 200: AuditAnswer } },
  }, async (request, reply) => {
    const { who, sale, stream, correlation, since, until, before, limit } = request.query;
    const countMax = Number(limit);
    if (countMax > AUDIT_LINES_MAX) return refuse(reply, `limit: 1 to ${AUDIT_LINES_MAX}`);
    const times = { since: readTime(since), until: readTime(until) };
    if (times.since === null || times.until === null) return refuse(reply, 'since and until: ISO 8601');
    const filter = {
      who, saleId: sale, stream, correlation,
      since: times.since, until: times.until,
    };
    const { lines, next } = await readAudit(events, filter, { before: readCursor(before), countMax });
    return { lines, next: next === undefined ? null : writeCursor(next) };
  });
}

function refuse(reply: FastifyReply, detail: string): FastifyReply {
  return sendProblem(reply, 'request_invalid', { detail });
}

/** Null for what is no time that PostgreSQL takes. */
function readTime(text: string | undefined): Date | undefined | null {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  return ms >= 0 && ms <= Date.UTC(9999, 11, 31) ? new Date(ms) : null;
}

/** `POSITION`, or `POSITION-SEQ` while a stream is read by its seq. */
function readCursor(text: string | undefined): AuditCursor {
  if (text === undefined) return FROM_THE_END;
  const [position, seq] = text.split('-');
  return { position: Number(position), seq: seq === undefined ? FROM_THE_END.seq : Number(seq) };
}

function writeCursor({ position, seq }: AuditCursor): string {
  return seq === FROM_THE_END.seq ? String(position) : `${position}-${seq}`;
}
