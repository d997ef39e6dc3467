import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { readHead } from '../../shared/event-store/read-sale.ts';
import type { Credentials } from '../../shared/platform/credentials.ts';
import { EventStream } from '../../shared/platform/event-stream.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import type { NotificationFeed } from '../../shared/platform/notification-feed.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { WatchQuery } from '../http-schemas.ts';
import { readCursor, readTypes } from '../log-query.ts';
import { watchLog } from '../watch-log.ts';

interface WatchRoutes {
  events: Pool;
  feed: NotificationFeed;
  credentials: Credentials;
}

/** Each reads by itself, one query at a time. */
const STREAMS_MAX = 50;

/** The log as it grows, as server-sent events, for every credential; streams end when the server closes. */
export function registerWatch(app: FastifyInstance, { events, feed, credentials }: WatchRoutes): void {
  const streams = new Map<EventStream, Promise<void>>();
  const stopping = new AbortController();
  // Before the server waits for its connections to end.
  app.addHook('preClose', async () => {
    stopping.abort();
    const working = [...streams.values()];
    for (const stream of streams.keys()) stream.end();
    await Promise.all(working);
  });

  app.get<{ Querystring: Static<typeof WatchQuery> }>('/admin/v1/events/stream', {
    onRequest: needsRole(credentials, 'viewer'),
    exposeHeadRoute: false,
    schema: { querystring: WatchQuery },
    attachValidation: true,
  }, async (request, reply) => {
    const { sale: saleId, type } = request.query;
    const lastId = request.headers['last-event-id'] ?? '';
    const text = typeof lastId === 'string' && lastId !== '' ? lastId : request.query.after;
    const after = text === undefined ? undefined : readCursor(text);
    const types = readTypes(type);
    if (types === null || request.validationError !== undefined) {
      return sendProblem(reply, 'request_invalid', { detail: 'sale: its id; type: types, parted by commas' });
    }
    if (text !== undefined && after === undefined) {
      return sendProblem(reply, 'cursor_invalid', { detail: 'after, or Last-Event-ID: a position' });
    }
    if (saleId !== undefined && await readHead(events, saleId) === undefined) {
      return sendProblem(reply, 'sale_unknown');
    }
    if (streams.size >= STREAMS_MAX) return sendProblem(reply, 'overloaded');
    reply.hijack();
    if (reply.raw.destroyed || stopping.signal.aborted) return reply;
    const ended = new AbortController();
    const stream = new EventStream(reply.raw, reply.getHeaders() as OutgoingHttpHeaders, () => ended.abort());
    stream.onClose(() => ended.abort());
    const signal = AbortSignal.any([ended.signal, stopping.signal]);
    streams.set(stream, watchLog({ pool: events, feed }, stream, { after, saleId, types }, signal)
      .catch((error: Error) => {
        request.log.warn({ err: error }, 'a stream of events is ended');
      })
      .finally(() => {
        stream.end();
        streams.delete(stream);
      }));
    return reply;
  });
}
