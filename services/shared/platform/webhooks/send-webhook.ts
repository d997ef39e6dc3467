import { request as requestHttp, Agent as HttpAgent } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as requestHttps, Agent as HttpsAgent } from 'node:https';
import type { AddressGuard } from './address-guard.ts';

/** What a receiver answered, or why there is no answer. */
export interface Reply {
  /** undefined: none came */
  status?: number;
  /** in words, for the operator; empty when there is a status */
  fault: string;
  /** what `Retry-After` asks for */
  retryAfterMs?: number;
}

export interface Post {
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface WebhookSender {
  /**
   * Posts once, to an address that the guard, if there is one, allows. Follows no redirect. Never throws.
   * The answer counts as soon as its headers are there; what it says is read and thrown away.
   */
  send(post: Post, signal: AbortSignal): Promise<Reply>;
  close(): void;
}

/** Idle connections to receivers are kept for the next event of a burst. */
const IDLE_MS = 4_000;
const ANSWER_BYTES_MAX = 64 * 1024;

/**
 * @param guard without one, only where whoever names addresses may reach all that this process can
 * @param timeoutMs from the beginning of an attempt to the headers of the answer
 */
export function createWebhookSender(
  { guard, timeoutMs }: { guard?: AddressGuard; timeoutMs: number },
): WebhookSender {
  const options = { keepAlive: true, timeout: IDLE_MS, ...guard && { lookup: guard.lookup } };
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);

  function post({ url, headers, body }: Post, signal: AbortSignal): Promise<Reply> {
    return new Promise((resolve) => {
      const isHttps = url.startsWith('https:');
      const all = { ...headers, 'content-length': String(Buffer.byteLength(body)) };
      const common = { method: 'POST', headers: all, signal };
      const request = isHttps ? requestHttps(url, { ...common, agent: https })
        : requestHttp(url, { ...common, agent: http });
      request.once('response', (response) => {
        drain(response);
        resolve(replyOf(response));
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const isStale = request.reusedSocket && error.code === 'ECONNRESET' && !signal.aborted;
        // The receiver has closed a connection that was kept open: nothing was read on it.
        resolve(isStale ? post({ url, headers, body }, signal) : { fault: faultOf(error, request, signal) });
      });
      request.end(body);
    });
  }

  function faultOf(error: NodeJS.ErrnoException, request: ClientRequest, signal: AbortSignal): string {
    if (!signal.aborted) return error.message || error.code || error.name;
    const isConnected = request.socket !== null && !request.socket.connecting;
    return isConnected ? `no answer within ${timeoutMs} ms` : `no connection within ${timeoutMs} ms`;
  }

  return {
    async send(one, signal) {
      const fault = guard?.faultOf(one.url);
      if (fault !== undefined) return { fault: `the address is refused: ${fault}` };
      return post(one, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
    },
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

/** An answer that is longer than anybody needs, or does not end, costs the connection. */
function drain(response: IncomingMessage): void {
  let bytes = 0;
  response.on('error', () => response.destroy());
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) response.destroy();
  });
}

function replyOf({ statusCode = 0, headers }: IncomingMessage): Reply {
  const wish = headers['retry-after'];
  if (wish === undefined) return { status: statusCode, fault: '' };
  const ms = /^\d{1,9}$/.test(wish) ? Number(wish) * 1_000 : Date.parse(wish) - Date.now();
  return { status: statusCode, fault: '', ...ms > 0 && { retryAfterMs: ms } };
}
