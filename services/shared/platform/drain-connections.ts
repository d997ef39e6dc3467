import { Server as NetServer } from 'node:net';
import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';

/**
 * How a server stops: it takes no new connection, answers what is under way and what still comes on open
 * connections, and tells each client with `Connection: close` that this one ends. Connections that were idle
 * for `DRAIN_MS` are closed; those of clients that say or take nothing are cut after `CLOSE_MS_MAX`.
 * Otherwise a client's next request could meet a closing connection and get no answer at all.
 */
const DRAIN_MS = 300;
const CLOSE_MS_MAX = 5_000;
const POLL_MS = 20;

/** Makes `app.close()` do that; to be called before routes are registered. */
export function drainConnections(app: FastifyInstance): void {
  let isClosing = false;
  // Requests that came before: what comes later gets the header from Fastify.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done(null, payload);
  });
  app.addHook('preClose', async () => {
    isClosing = true;
    const { server } = app;
    if (!server.listening) return;
    // Not `server.close()`: it cuts idle connections at once, also one whose next request is on its way.
    NetServer.prototype.close.call(server);
    await emptied(server);
    // A connection that becomes idle from now on has been told.
    const sweep = setInterval(() => server.closeIdleConnections(), POLL_MS);
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_MS_MAX);
    server.once('close', () => {
      clearInterval(sweep);
      clearTimeout(cut);
    });
  });
}

/** Waits until the server has no connection, at most `DRAIN_MS`. */
async function emptied(server: Server): Promise<void> {
  const deadlineMs = performance.now() + DRAIN_MS;
  while (performance.now() < deadlineMs) {
    const connections = await new Promise<number>((resolve) =>
      server.getConnections((_error, count) => resolve(count)));
    if (connections === 0) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
