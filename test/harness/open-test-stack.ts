/**
 * A private piece of the run's real servers for one test file: a Redis database, a migrated PostgreSQL
 * database, a stream name. Nobody else touches them; all are given back in the teardown.
 * `npm test` starts the servers (infra/setup/run-tests.ts).
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { quoteName, withDatabase } from '../../infra/local/with-database.ts';
import { createStream, deleteStream } from './test-stream.ts';
import type { Teardown } from './teardown.ts';

/** PostgreSQL's SQLSTATE. */
const OBJECT_IN_USE = '55006';

export type TestStack = {
  redisUrl: string;
  databaseUrl: string;
  eventStoreUrl: string;
  kinesisEndpoint: string;
  streamName: string;
  /** Server-to-server key of CHECKOUT_KEY. */
  checkoutKey: string;
  /** Token of the credential with the role `admin`, `operator`, `viewer`. */
  adminToken: string;
  operatorToken: string;
  viewerToken: string;
  /**
   * All of the above and the secrets as environment variables, for `startService` or a service's config
   * schema.
   */
  env: Record<string, string>;
};

export type TestStackOptions = {
  /** Makes the stream with so many shards. Without it there is only its name: services make it themselves. */
  shards?: number;
  /** Of another emulator than the run's. */
  kinesisEndpoint?: string;
};

/** Opens it; call it once per test file (or per test that must not share). */
export async function openTestStack(
  t: Teardown,
  { shards, kinesisEndpoint = fromRun('TEST_KINESIS_ENDPOINT') }: TestStackOptions = {},
): Promise<TestStack> {
  const id = randomBytes(6).toString('hex');
  const redisUrl = await takeRedisDatabase(t);
  const databaseUrl = await makeDatabase(t, `onsale_test_${id}`);
  const streamName = `onsale-test-${id}`;
  if (shards !== undefined) await createStream(kinesisEndpoint, streamName, shards);
  // Also when a service made it: kinesalite keeps everything in memory.
  t.teardown(() => deleteStream(kinesisEndpoint, streamName));
  const tokens = { adminToken: `admin-${id}`, operatorToken: `operator-${id}`, viewerToken: `viewer-${id}` };
  const { adminToken, operatorToken, viewerToken } = tokens;
  const credentials = `ann:admin:${adminToken},otto:operator:${operatorToken},vic:viewer:${viewerToken}`;
  const checkoutKey = `checkout-${id}`;
  return {
    redisUrl,
    databaseUrl,
    eventStoreUrl: databaseUrl,
    kinesisEndpoint,
    streamName,
    checkoutKey,
    ...tokens,
    env: {
      // Whoever looks sees what is now.
      CHANGE_MS: '0',
      // Most tests of selling have no relay: their outboxes are read by nobody.
      OUTBOX_AGE_MS_MAX: '86400000',
      BUS_OUTAGE_MS: '86400000',
      REDIS_URL: redisUrl,
      DATABASE_URL: databaseUrl,
      EVENT_STORE_URL: databaseUrl,
      KINESIS_ENDPOINT: kinesisEndpoint,
      KINESIS_STREAM: streamName,
      KINESIS_SHARDS: String(shards ?? 2),
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'info',
      PARTITIONS: '64',
      CHECKOUT_KEY: checkoutKey,
      ADMIN_CREDENTIALS: credentials,
      ID_SECRET: randomBytes(32).toString('base64url'),
      SESSION_SECRET: randomBytes(32).toString('base64url'),
      PASS_SECRET: randomBytes(32).toString('base64url'),
      CONTACT_KEY: randomBytes(32).toString('base64url'),
      CERTIFICATE_KEY: randomBytes(32).toString('base64url'),
      WEBHOOK_SECRET: randomBytes(32).toString('base64url'),
      TICKET_KEYS: randomBytes(32).toString('base64url'),
      DOOR_KEY: `door-${id}-door-${id}`,
      MAIL_FOLDER: join(fromRun('TEST_FOLDER'), `mailbox-${id}`),
    },
  };
}

function fromRun(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error('Start tests with `npm test -- FILE`: it starts the servers they use.');
  return value;
}

/**
 * Database 0 of the run's Redis says which others are in use; a teardown that was never reached lapses by
 * itself.
 */
async function takeRedisDatabase(t: Teardown): Promise<string> {
  const base = new URL(fromRun('TEST_REDIS_URL'));
  base.pathname = '/0';
  const redis = new Redis(base.href, { maxRetriesPerRequest: 2 });
  try {
    const [, count = '16'] = Object.values(
      (await redis.config('GET', 'databases')) as string[] | Record<string, string>,
    ).flat();
    const last = Number(count) - 1;
    for (let attempt = 0; attempt < last; attempt++) {
      const database = ((await redis.incr('test:database')) % last) + 1;
      if ((await redis.set(`test:database:${database}`, process.pid, 'EX', 600, 'NX')) !== 'OK') continue;
      await redis.select(database);
      await redis.flushdb();
      base.pathname = `/${database}`;
      t.teardown(() => giveRedisDatabaseBack(base.href, database));
      return base.href;
    }
    throw new Error(`All ${last} Redis databases are in use by running tests.`);
  } finally {
    redis.disconnect();
  }
}

async function giveRedisDatabaseBack(url: string, database: number): Promise<void> {
  const redis = new Redis(url, { maxRetriesPerRequest: 2 });
  await redis.flushdb();
  await redis.select(0);
  await redis.del(`test:database:${database}`);
  redis.disconnect();
}

async function makeDatabase(t: Teardown, name: string): Promise<string> {
  const url = fromRun('TEST_DATABASE_URL');
  if (process.env.TEST_MIGRATION_ERROR) throw new Error(process.env.TEST_MIGRATION_ERROR);
  const template = fromRun('TEST_DATABASE_TEMPLATE');
  await runSql(url, `CREATE DATABASE ${quoteName(name)} TEMPLATE ${quoteName(template)}`);
  t.teardown(() => dropDatabase(url, name));
  return withDatabase(url, name);
}

/**
 * A pool says that it has ended before the server has ended its connections, and one that is cut meanwhile
 * throws: those get the five seconds that PostgreSQL waits by itself; only then are the rest cut.
 */
async function dropDatabase(url: string, name: string): Promise<void> {
  const statement = `DROP DATABASE IF EXISTS ${quoteName(name)}`;
  try {
    await runSql(url, statement);
  } catch (error) {
    if ((error as { code?: string }).code !== OBJECT_IN_USE) throw error;
    await runSql(url, `${statement} WITH (FORCE)`);
  }
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
