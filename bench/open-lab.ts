import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { findAnyFreePort } from '../infra/local/find-free-port.ts';
import { spawnGuarded } from '../infra/local/spawn-guarded.ts';
import type { GuardedChild } from '../infra/local/spawn-guarded.ts';
import { startKinesis } from '../infra/local/start-kinesis.ts';
import { startPostgres } from '../infra/local/start-postgres.ts';
import { startRedisPair } from '../infra/local/start-redis-pair.ts';
import type { RedisPair } from '../infra/local/start-redis-pair.ts';
import { startRedis } from '../infra/local/start-redis.ts';

/**
 * Where measurements are made: servers of their own in a folder of their own, gone afterwards. Where
 * `taskset` exists and there are two cores, the HTTP server has core 0 for itself, and the load and the
 * databases share core 1; without it the system places them, and the result says so. Unless it is asked
 * otherwise, Redis is as durable as PostgreSQL: both have written to disk before they answer.
 */
export interface Lab {
  isPinned: boolean;
  redisUrl(appendFsync?: 'always' | 'everysec'): Promise<string>;
  /**
   * One more Redis that keeps nothing on disk, for those who measure Redis itself: on the HTTP server's core,
   * which is free then, or beside the load.
   */
  bareRedis(core: 'own' | 'shared'): Promise<LabRedis>;
  postgresUrl(): Promise<string>;
  /** The Kinesis emulator, its streams in memory. */
  kinesisUrl(): Promise<string>;
  /** A primary and its replica, to fail over from the one to the other; nothing is kept on disk. */
  redisPair(): Promise<RedisPair>;
  /**
   * Starts `bench/servers/NAME-main.ts` and waits for its url; on the servers' core, or on that of the load
   * and the databases.
   */
  startServer(name: string, env: Record<string, string>, core?: 'own' | 'shared'): Promise<LabServer>;
  stop(): Promise<void>;
}

export interface LabServer {
  url: string;
  pid: number;
  stop(): Promise<unknown>;
}

export interface LabRedis {
  url: string;
  port: number;
  pid: number;
}

/** What a service of ours needs to start here; random secrets, one admin. */
export type LabSecrets = Record<
  'CHECKOUT_KEY' | 'ADMIN_CREDENTIALS' | 'ID_SECRET' | 'SESSION_SECRET' | 'CONTACT_KEY', string
>;

const SERVER_CORE = '0';
const OTHER_CORE = '1';
const START_MS_MAX = 20_000;

export function openLab(): Lab {
  const folder = mkdtempSync(join(tmpdir(), 'onsale-bench-'));
  const isPinned = pin(process.pid, OTHER_CORE);
  const undo: (() => Promise<unknown>)[] = [];
  let redis: Promise<string> | undefined;
  let postgres: Promise<string> | undefined;
  let kinesis: Promise<string> | undefined;
  const once = async (start: typeof startRedis, name: string): Promise<string> => {
    const server = await start({ folder: join(folder, name), port: await findAnyFreePort(), durable: true });
    undo.push(() => server.child.stop());
    return server.url;
  };
  return {
    isPinned,
    redisUrl: (appendFsync = 'always') => redis ??= once(startRedis, 'redis').then(async (url) => {
      const client = new Redis(url);
      await client.config('SET', 'appendfsync', appendFsync);
      client.disconnect();
      return url;
    }),
    bareRedis: async (core) => {
      const port = await findAnyFreePort();
      const data = join(folder, `redis-${port}`);
      const { url, child } = await startRedis({ folder: data, port, durable: false });
      undo.push(() => child.stop());
      if (isPinned && core === 'own') pin(child.pid, SERVER_CORE);
      return { url, port, pid: child.pid };
    },
    kinesisUrl: () => kinesis ??= (async () => {
      const options = { folder: join(folder, 'kinesis'), port: await findAnyFreePort(), durable: false };
      const { url, child } = await startKinesis(options);
      undo.push(() => child.stop());
      return url;
    })(),
    redisPair: async () => {
      const pair = await startRedisPair(join(folder, 'pair'));
      undo.push(() => pair.stop());
      return pair;
    },
    postgresUrl: () => postgres ??= once(startPostgres, 'postgres'),
    startServer: async (name, env, core = 'own') => {
      const pinnedTo = core === 'own' ? SERVER_CORE : OTHER_CORE;
      const server = await startPinned(name, env, isPinned ? pinnedTo : undefined);
      undo.push(server.stop);
      return server;
    },
    stop: async () => {
      for (const step of undo.splice(0).toReversed()) await step();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Fresh secrets. */
export function createSecrets(): LabSecrets & { adminToken: string } {
  const secret = () => randomBytes(32).toString('base64url');
  const adminToken = secret();
  return {
    CHECKOUT_KEY: secret(),
    ADMIN_CREDENTIALS: `bench:admin:${adminToken}`,
    ID_SECRET: secret(),
    SESSION_SECRET: secret(),
    CONTACT_KEY: secret(),
    adminToken,
  };
}

/** All that a process starts from here on inherits its core, unless it is given another. */
function pin(pid: number, core: string): boolean {
  if (process.platform !== 'linux' || cpus().length < 2) return false;
  return spawnSync('taskset', ['-acp', core, String(pid)], { stdio: 'ignore' }).status === 0;
}

async function startPinned(
  name: string, env: Record<string, string>, core: string | undefined,
): Promise<LabServer> {
  const main = fileURLToPath(new URL(`./servers/${name}-main.ts`, import.meta.url));
  const node = [...process.execArgv.filter((arg) => arg.startsWith('--cpu-prof')), main];
  const child = await spawnGuarded({
    command: core === undefined ? process.execPath : 'taskset',
    args: core === undefined ? node : ['-c', core, process.execPath, ...node],
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', HOST: '127.0.0.1', PORT: '0', ...env },
    output: 'pipe',
  });
  return { url: await readUrl(name, child), pid: child.pid, stop: () => child.stop() };
}

function readUrl(name: string, child: GuardedChild): Promise<string> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string) => () =>
      reject(new Error(`${name} ${why}: ${said.at(-1) ?? 'it said nothing'}`));
    const timer = setTimeout(fail('did not start'), START_MS_MAX);
    void child.exited.then(fail('ended'));
    for (const stream of child.output) {
      createInterface({ input: stream }).on('line', (line) => {
        said.splice(0, said.length - 5, ...said.slice(-4), line);
        const url = /"url":"(http[^"]+)"/.exec(line)?.[1];
        if (url === undefined) return;
        clearTimeout(timer);
        resolve(url);
      });
    }
  });
}
