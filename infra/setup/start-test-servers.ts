/**
 * What a test run stands on: a Redis, a PostgreSQL with a migrated template database, a Kinesis emulator.
 * `test/harness` cuts a private piece of each for every test file.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { findAnyFreePort } from '../local/find-free-port.ts';
import type { LocalServer } from '../local/local-server.ts';
import { startKinesis } from '../local/start-kinesis.ts';
import { startPostgres } from '../local/start-postgres.ts';
import { startRedis } from '../local/start-redis.ts';
import { quoteName, withDatabase } from '../local/with-database.ts';

export type TestServers = { env: Record<string, string>; stop(): Promise<void> };

/** Each exports `migrate(url, log)`; what one migrates may refer to what those before it made. */
const migrations = [
  'services/legacy/migrate.ts', 'services/projector/migrate.ts', 'services/worker/migrate.ts',
  'services/sandbox/migrate.ts', 'services/gateway/migrate.ts',
];

type Migrate = (url: string, log: typeof silent) => Promise<unknown>;
const silent = { info: (): void => undefined };

/** Starts what no environment variable names; data and logs in `folder`, nothing is made durable. */
export async function startTestServers(folder: string): Promise<TestServers> {
  const started: LocalServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((server) => server.child.stop()));
  };
  const start = async (
    given: string | undefined,
    starter: (port: number) => Promise<LocalServer>,
  ): Promise<string> => {
    if (given !== undefined && given !== '') return given;
    const server = await starter(await findAnyFreePort());
    started.push(server);
    return server.url;
  };
  const results = await Promise.allSettled([
    // 64 databases: one for every test file that could run at once, and then some.
    start(process.env.REDIS_URL, (port) =>
      startRedis({ folder: `${folder}/redis`, port, durable: false, databaseCount: 64 }),
    ),
    start(process.env.DATABASE_URL, (port) =>
      startPostgres({ folder: `${folder}/postgres`, port, durable: false }),
    ),
    start(process.env.KINESIS_ENDPOINT, (port) =>
      startKinesis({ folder: `${folder}/kinesis`, port, durable: false }),
    ),
  ]);
  const [redisUrl, databaseUrl, kinesisEndpoint] = results.map((result) =>
    result.status === 'fulfilled' ? result.value : '',
  );
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) {
    await stop();
    throw failure.reason;
  }
  const template = `onsale_template_${process.pid}`;
  const migrationError = await makeTemplate(databaseUrl as string, template);
  return {
    env: {
      TEST_FOLDER: folder,
      TEST_REDIS_URL: redisUrl as string,
      TEST_DATABASE_URL: databaseUrl as string,
      TEST_DATABASE_TEMPLATE: template,
      TEST_MIGRATION_ERROR: migrationError,
      TEST_KINESIS_ENDPOINT: kinesisEndpoint as string,
    },
    stop: async () => {
      if (process.env.DATABASE_URL)
        await runSql(databaseUrl as string, `DROP DATABASE IF EXISTS ${quoteName(template)}`);
      await stop();
    },
  };
}

/**
 * Returns the reason when a migration failed, else an empty string: tests that need no database still run
 * then, the others fail with this reason.
 */
async function makeTemplate(databaseUrl: string, template: string): Promise<string> {
  await runSql(databaseUrl, `CREATE DATABASE ${quoteName(template)}`);
  for (const path of migrations) {
    const file = fileURLToPath(new URL(`../../${path}`, import.meta.url));
    if (!existsSync(file)) continue;
    try {
      const { migrate } = (await import(file)) as { migrate: Migrate };
      await migrate(withDatabase(databaseUrl, template), silent);
    } catch (error) {
      return `${path} failed: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return '';
}

async function runSql(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
