/**
 * The three servers under the services, each ours and supervised or given by its environment variable.
 */
import { join } from 'node:path';
import { Client } from 'pg';
import type { LocalServer } from './local-server.ts';
import { startKinesis } from './start-kinesis.ts';
import { startPostgres } from './start-postgres.ts';
import { startRedis } from './start-redis.ts';
import { supervise } from './supervise.ts';
import type { Supervised, SuperviseOptions } from './supervise.ts';
import { quoteName, withDatabase } from './with-database.ts';

export type ServerUrls = { redisUrl: string; databaseUrl: string; kinesisEndpoint: string };

export type StackServers = ServerUrls & { supervised: Supervised[] };

export type StartServersOptions = Pick<SuperviseOptions, 'say' | 'onStart'> & {
  folder: string;
  ports: ReadonlyMap<string, number>;
  /** What the environment names already; the rest is started. */
  given: Partial<ServerUrls>;
};

const database = 'onsale';

/** All or none: when one cannot be started the others are stopped and the first reason is thrown. */
export async function startServers({
  folder,
  ports,
  given,
  say,
  onStart,
}: StartServersOptions): Promise<StackServers> {
  const supervised: Supervised[] = [];
  const own = async (
    name: string,
    start: (folder: string, port: number) => Promise<LocalServer>,
  ): Promise<string> => {
    let url = '';
    const startOne = async (): Promise<LocalServer['child']> => {
      const server = await start(join(folder, name), ports.get(name) as number);
      url = server.url;
      return server.child;
    };
    supervised.push(await supervise({ name, start: startOne, say, onStart }));
    return url;
  };
  const results = await Promise.allSettled([
    given.redisUrl ?? own('redis', (path, port) => startRedis({ folder: path, port, durable: true })),
    given.databaseUrl ??
      own('postgres', (path, port) => startPostgres({ folder: path, port, durable: true })).then(
        ensureDatabase,
      ),
    given.kinesisEndpoint ??
      own('kinesis', (path, port) => startKinesis({ folder: path, port, durable: true })),
  ]);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) {
    await Promise.all(supervised.map((server) => server.stop()));
    throw failure.reason;
  }
  const [redisUrl, databaseUrl, kinesisEndpoint] = results.map((result) =>
    result.status === 'fulfilled' ? result.value : '',
  ) as [string, string, string];
  return { redisUrl, databaseUrl, kinesisEndpoint, supervised };
}

async function ensureDatabase(url: string): Promise<string> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${quoteName(database)}`);
  } finally {
    await client.end();
  }
  return withDatabase(url, database);
}
