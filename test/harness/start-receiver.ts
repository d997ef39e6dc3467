/**
 * A receiver of webhooks that misbehaves as it is told: a real HTTP server that writes down what came.
 */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Teardown } from './teardown.ts';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** of the body */
  saleId: string;
  seq: number;
  type: string;
  messageId: string;
  /** when it came, on the clock of `performance.now()` */
  atMs: number;
  /** answered with 2xx */
  isTaken: boolean;
}

/** A status; `hang`: no answer at all; `cut`: the connection is closed without one. */
export type Behaviour = number | 'hang' | 'cut'
  | { status: number; headers?: Record<string, string>; afterMs?: number };

export interface Receiver {
  url: string;
  /** in the order in which they came */
  received: Received[];
  /** Those that were answered with 2xx, of one sale if it is named. */
  taken(saleId?: string): Received[];
  /** How the next requests are answered; 204 until said otherwise. */
  behave(how: (request: Received, count: number) => Behaviour): void;
}

/** Listens on 127.0.0.1 until the teardown. */
export async function startReceiver(t: Teardown): Promise<Receiver> {
  const received: Received[] = [];
  let behaviour: (request: Received, count: number) => Behaviour = () => 204;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const event = JSON.parse(body) as { subject: string; sequence: string; type: string };
      const one: Received = {
        path: request.url ?? '', headers: request.headers, body, saleId: event.subject,
        seq: Number(event.sequence), type: event.type,
        messageId: String(request.headers['webhook-id']), atMs: performance.now(), isTaken: false,
      };
      received.push(one);
      answer(one, behaviour(one, received.length), response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    taken: (saleId) => received.filter((one) =>
      one.isTaken && (saleId === undefined || one.saleId === saleId)),
    behave(how) {
      behaviour = how;
    },
  };
}

function answer(one: Received, how: Behaviour, response: ServerResponse): void {
  if (how === 'hang') return;
  if (how === 'cut') {
    response.destroy();
    return;
  }
  const { status, headers = {}, afterMs = 0 } = typeof how === 'number' ? { status: how } : how;
  one.isTaken = status >= 200 && status < 300;
  setTimeout(() => response.writeHead(status, headers).end(), afterMs);
}
