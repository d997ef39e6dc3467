import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { completeStatus } from './hammer.ts';

/**
 * The load in an open loop: requests are due at a fixed rate whatever became of those before, and latencies
 * count from when a request was due. What finds no idle connection waits for one.
 */
export interface PaceOptions {
  url: string;
  connections: number;
  perSecond: number;
  count: number;
  request: (n: number) => string;
}

export interface PaceResult {
  countByStatus: Map<number, number>;
  errors: number;
  latenciesMs: number[];
}

const TICK_MS = 1;
const DRAIN_MS_MAX = 15_000;

/** Sends `count` requests, and waits for all answers. */
export async function pace(options: PaceOptions): Promise<PaceResult> {
  const { url, connections, perSecond, count, request } = options;
  const { hostname, port } = new URL(url);
  const result: PaceResult = { countByStatus: new Map(), errors: 0, latenciesMs: [] };
  const idle: { ask: (n: number, dueAtMs: number) => void }[] = [];
  const due: { n: number; dueAtMs: number }[] = [];
  const sockets = Array.from({ length: connections }, open);
  while (idle.length < connections) await sleep(5);
  const startedAtMs = performance.now();
  for (let sent = 0; sent < count || due.length > 0;) {
    const nowMs = performance.now();
    for (; sent < count && startedAtMs + sent * 1_000 / perSecond <= nowMs; sent++) {
      due.push({ n: sent, dueAtMs: startedAtMs + sent * 1_000 / perSecond });
    }
    while (due.length > 0 && idle.length > 0) {
      const next = due.shift();
      if (next !== undefined) idle.pop()?.ask(next.n, next.dueAtMs);
    }
    await sleep(TICK_MS);
  }
  const deadlineAtMs = performance.now() + DRAIN_MS_MAX;
  while (idle.length < connections && performance.now() < deadlineAtMs) await sleep(5);
  result.errors += count - result.latenciesMs.length;
  for (const socket of sockets) socket.destroy();
  return result;

  function open(): Socket {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let askedAtMs = 0;
    let pending = '';
    const one = {
      ask(n: number, dueAtMs: number) {
        askedAtMs = dueAtMs;
        socket.write(request(n), 'latin1');
      },
    };
    socket.setEncoding('latin1');
    socket.once('connect', () => idle.push(one));
    // Its answer is missing in the end, and counted so.
    socket.on('error', () => undefined);
    socket.on('data', (chunk: string) => {
      pending += chunk;
      const status = completeStatus(pending);
      if (status === undefined) return;
      pending = '';
      result.latenciesMs.push(performance.now() - askedAtMs);
      result.countByStatus.set(status, (result.countByStatus.get(status) ?? 0) + 1);
      idle.push(one);
    });
    return socket;
  }
}
