/** Redis (or Valkey) on 127.0.0.1, in its own process that ends with us. */
import { mkdirSync, openSync, closeSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findRedis } from '../setup/find-redis.mjs';
import { awaitServer } from './await-server.ts';
import type { LocalServer } from './local-server.ts';
import { spawnGuarded } from './spawn-guarded.ts';

export type RedisOptions = {
  /** Data and log; made when missing. */
  folder: string;
  port: number;
  /**
   * true: every write is on disk before it is answered (`appendfsync always`). false: nothing is written to
   * disk.
   */
  durable: boolean;
  /** Logical databases, default 16. */
  databaseCount?: number;
};

/** Throws one sentence when no Redis is installed, the port is taken or the data cannot be read. */
export async function startRedis({
  folder,
  port,
  durable,
  databaseCount = 16,
}: RedisOptions): Promise<LocalServer> {
  const redis = findRedis();
  if (redis === null)
    throw new Error('No redis-server or valkey-server was found; run `npm start` or `npm test` once.');
  mkdirSync(folder, { recursive: true });
  const logPath = join(folder, 'redis.log');
  const log = openSync(logPath, 'a');
  const disk = durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const child = await spawnGuarded({
    command: redis.path,
    // `--save ''`: the append-only file is the data; snapshots beside it would only fork for nothing.
    args: [
      '--bind',
      '127.0.0.1',
      '--port',
      String(port),
      '--dir',
      folder,
      '--save',
      '',
      ...disk,
      '--databases',
      String(databaseCount),
      '--maxclients',
      '10000',
      '--loglevel',
      'notice',
    ],
    env: { ...process.env, ...redis.env },
    output: log,
  });
  closeSync(log);
  await awaitServer({ name: 'Redis', child, logPath, deadlineMs: 30_000, answers: () => answersPing(port) });
  return { url: `redis://127.0.0.1:${port}`, port, child };
}

/** PING over a plain socket: while Redis still loads its file it answers -LOADING, and we go on waiting. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write('PING\r\n'));
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once('error', () => end(false));
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
  });
}
