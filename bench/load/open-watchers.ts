import { connect } from 'node:net';
import type { Socket } from 'node:net';

/**
 * Many clients of one stream over raw sockets. Counts what arrives without looking into it, except one
 * connection, the probe, whose events are timed: parsing ten thousand streams costs more than serving them.
 */
export interface Watchers {
  /** bytes received by all since the last call */
  takeBytes(): number;
  /** when the probe was told a seq, by the clock of `performance.now()` */
  toldAtMs: Map<number, number>;
  /** connections that broke, or that were refused */
  brokenCount(): number;
  close(): void;
}

/** Connections opened at once; more overflow the server's backlog. */
const OPENING_MAX = 250;

/** Opens `count` of them, from several local addresses where the system has them; waits for all heads. */
export async function openWatchers(address: string, count: number): Promise<Watchers> {
  const { hostname, port, pathname } = new URL(address);
  const sockets: Socket[] = [];
  const toldAtMs = new Map<number, number>();
  let bytes = 0;
  let broken = 0;
  let isClosing = false;
  const open = (n: number): Promise<void> => new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    sockets.push(socket);
    socket.once('connect', () => socket.write(`GET ${pathname} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`));
    socket.once('data', (head) => {
      if (head.toString('latin1', 0, 12) === 'HTTP/1.1 200') resolve();
      else reject(new Error(`a stream was refused: ${head.toString('latin1', 0, 300)}`));
    });
    socket.on('data', (data) => {
      bytes += data.length;
      if (n === 0) for (const [, seq] of data.toString('latin1').matchAll(/^id: \d+-(\d+)$/gm)) note(seq);
    });
    socket.on('error', reject);
    socket.on('close', () => { if (!isClosing) broken += 1; });
  });
  const note = (seq: string | undefined): void => { toldAtMs.set(Number(seq), performance.now()); };
  for (let n = 0; n < count; n += OPENING_MAX) {
    await Promise.all(Array.from({ length: Math.min(OPENING_MAX, count - n) }, (_, i) => open(n + i)));
  }
  return {
    takeBytes: () => {
      const taken = bytes;
      bytes = 0;
      return taken;
    },
    toldAtMs,
    brokenCount: () => broken,
    close: () => {
      isClosing = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}
