/** A Redis of the test's own, for tests that stop, kill or starve it. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findAnyFreePort } from '../../infra/local/find-free-port.ts';
import { startRedis } from '../../infra/local/start-redis.ts';
import type { Teardown } from './teardown.ts';

export type PrivateRedis = {
  url: string;
  port: number;
  /** Sends a signal to the running server; SIGKILL is a crash, SIGSTOP a server that hangs. */
  kill(signal: NodeJS.Signals): boolean;
  /** Waits until the server is gone. */
  exited(): Promise<number>;
  /** SIGTERM, then waits until it is gone. */
  stop(): Promise<number>;
  /**
   * Starts it again on the same port and data, after `kill` or `stop`. With `empty` its data is removed
   * first.
   */
  restart(options?: { empty?: boolean }): Promise<void>;
};

/** Durable (`appendfsync always`) unless told otherwise; gone with its folder after the test. */
export async function startPrivateRedis(t: Teardown, { durable = true } = {}): Promise<PrivateRedis> {
  const folder = join(process.env.TEST_FOLDER ?? tmpdir(), `redis-${randomBytes(6).toString('hex')}`);
  const port = await findAnyFreePort();
  let server = await startRedis({ folder, port, durable });
  t.teardown(async () => {
    // A stopped process takes no SIGTERM.
    server.child.kill('SIGCONT');
    await server.child.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    url: server.url,
    port,
    kill: (signal) => server.child.kill(signal),
    exited: () => server.child.exited,
    stop: () => server.child.stop(),
    restart: async ({ empty = false } = {}) => {
      await server.child.exited;
      if (empty) rmSync(folder, { recursive: true, force: true });
      server = await startRedis({ folder, port, durable });
    },
  };
}
