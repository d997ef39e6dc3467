/**
 * HTTP/2 without TLS in front of an emulator that speaks HTTP/1.1 only, so that the client by which AWS is
 * subscribed to can be tried. Answers are passed on as they come.
 */
import { request as send } from 'node:http';
import { constants, createServer } from 'node:http2';
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Teardown } from './teardown.ts';

export interface H2cProxy {
  url: string;
  /** calls by the name of their action */
  counts: Map<string, number>;
  /** sessions that were opened */
  sessionCount(): number;
  /** Ends all sessions at once, with whatever is under way on them. */
  cut(): void;
}

/** What belongs to one HTTP/1.1 connection and has no place in HTTP/2. */
const HOP_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'host']);

/** Listens on a free port in front of `endpoint`, until the teardown. */
export async function startH2cProxy(t: Teardown, endpoint: string): Promise<H2cProxy> {
  const { hostname: host, port: targetPort } = new URL(endpoint);
  const counts = new Map<string, number>();
  const sessions = new Set<ServerHttp2Session>();
  let sessionCount = 0;
  const server = createServer();
  server.on('session', (session) => {
    sessionCount += 1;
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    const action = String(headers['x-amz-target'] ?? '').split('.').at(-1) ?? '';
    counts.set(action, (counts.get(action) ?? 0) + 1);
    pass(stream, headers);
  });

  function pass(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const upstream = send({
      host, port: targetPort, method: headers[':method'], path: headers[':path'],
      headers: { ...plain(headers), host: headers[':authority'] ?? host }, agent: false,
    }, (reply) => {
      if (stream.destroyed) {
        reply.destroy();
        return;
      }
      stream.respond({ ...plain(reply.headers), ':status': reply.statusCode ?? 500 });
      reply.pipe(stream);
      reply.on('error', () => stream.destroy());
    });
    upstream.on('error', () => stream.destroy());
    stream.on('error', () => undefined);
    // A subscriber that goes away must not stay subscribed.
    stream.on('close', () => upstream.destroy());
    stream.pipe(upstream);
  }

  const cut = (): void => {
    for (const session of sessions) session.destroy(undefined, constants.NGHTTP2_CANCEL);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, counts, sessionCount: () => sessionCount, cut };
}

function plain(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).flatMap(([name, value]) =>
    (name.startsWith(':') || HOP_HEADERS.has(name) || value === undefined ? [] : [[name, value]])));
}
