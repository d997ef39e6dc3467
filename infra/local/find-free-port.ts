/**
 * Ports for local servers. All are below 32768: above it the system hands out ports to outgoing
 * connections, and one of those may sit on ours at the next start.
 */
import { createServer } from 'node:net';

const portMax = 32_767;
const attemptsMax = 200;

/**
 * The preferred port of 127.0.0.1 when it is free, else the next free one after it, skipping `taken`.
 * The port is free at the moment of the answer; nothing reserves it.
 */
export async function findFreePort(
  preferred: number,
  taken: ReadonlySet<number> = new Set(),
): Promise<number> {
  for (let port = preferred; port <= Math.min(preferred + attemptsMax, portMax); port++) {
    if (!taken.has(port) && (await isPortFree(port))) return port;
  }
  throw new Error(`No free port between ${preferred} and ${preferred + attemptsMax} on 127.0.0.1.`);
}

/** A free port somewhere between 10000 and 30000, for servers nobody needs to find by number. */
export async function findAnyFreePort(): Promise<number> {
  return await findFreePort(10_000 + Math.floor(Math.random() * 20_000));
}

/** Whether 127.0.0.1:port can be listened on now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
