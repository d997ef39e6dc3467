import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The load: a fixed number of keep-alive connections, each with one request under way (a closed loop, so a
 * slow server is asked less, and latencies are those a buyer sees with that many others). It writes and
 * reads raw sockets, since a general HTTP client costs more than the server it measures; answers must carry
 * content-length, as all of ours do. Guarantees: every answer is counted by its status, and a connection
 * that breaks is counted as an error and made anew.
 */

export interface HammerOptions {
  url: string;
  connections: number;
  durationMs: number;
  /** the n-th request of this run, headers and body, ready to be sent */
  request: (n: number) => string;
  /** told of every answer that counts, when it is there */
  onAnswer?: (n: number, status: number) => void;
}

export interface HammerResult {
  durationMs: number;
  /** answers by status */
  countByStatus: Map<number, number>;
  /** connections that broke, or answers nobody could read */
  errors: number;
  /** of all answers, in the order they came */
  latenciesMs: number[];
}

const DRAIN_MS_MAX = 10_000;

/** Runs for `durationMs`, then waits for the answers that are still out (those are not counted). */
export async function hammer(options: HammerOptions): Promise<HammerResult> {
  const { url, connections, durationMs, request, onAnswer } = options;
  const { hostname, port } = new URL(url);
  const result: HammerResult = { durationMs: 0, countByStatus: new Map(), errors: 0, latenciesMs: [] };
  const startedAtMs = performance.now();
  let sent = 0;
  let isOver = false;
  const loops = Array.from({ length: connections }, () => loop());
  await sleep(durationMs);
  isOver = true;
  result.durationMs = performance.now() - startedAtMs;
  const drained = new AbortController();
  const tooLong = sleep(DRAIN_MS_MAX, undefined, { signal: drained.signal }).catch(() => undefined);
  await Promise.race([Promise.all(loops), tooLong]);
  drained.abort();
  return result;

  async function loop(): Promise<void> {
    while (!isOver) {
      const isBroken = await converse(connect({ host: hostname, port: Number(port), noDelay: true }));
      if (isBroken && !isOver) result.errors += 1;
    }
  }

  /** Asks and reads on one connection until the run is over; true if the connection broke. */
  function converse(socket: Socket): Promise<boolean> {
    return new Promise((resolve) => {
      let sentAtMs = 0;
      let pending = '';
      let n = 0;
      const ask = (): void => {
        sentAtMs = performance.now();
        n = sent++;
        socket.write(request(n), 'latin1');
      };
      socket.setEncoding('latin1');
      socket.once('connect', ask);
      socket.on('data', (chunk: string) => {
        pending = pending === '' ? chunk : pending + chunk;
        const status = completeStatus(pending);
        if (status === undefined) return;
        pending = '';
        if (isOver) {
          socket.end();
          return;
        }
        result.latenciesMs.push(performance.now() - sentAtMs);
        onAnswer?.(n, status);
        result.countByStatus.set(status, (result.countByStatus.get(status) ?? 0) + 1);
        ask();
      });
      let isBroken = false;
      socket.on('error', () => { isBroken = true; });
      socket.on('close', () => resolve(isBroken || !isOver));
    });
  }
}

/** The status once the whole answer is there; undefined before. */
export function completeStatus(text: string): number | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const at = text.indexOf('content-length: ');
  const bodyLength = at < 0 || at > headEnd ? 0 : Number.parseInt(text.slice(at + 16, at + 26), 10);
  return text.length >= headEnd + 4 + bodyLength ? Number(text.slice(9, 12)) : undefined;
}
