/**
 * What `npm start` promises about its processes: all up or none, one per folder, restarted, and never an
 * orphan.
 */
import { Redis } from 'ioredis';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import t from 'tap';
import { isRunning } from '../../infra/local/is-running.ts';
import { stackServices } from '../../infra/local/stack-services.ts';
import { openTestStack } from '../stack.ts';
import { newDataFolder, runLocalStack } from './run-local-stack.ts';
import type { Teardown } from '../harness/teardown.ts';

// Three starts of everything; a busy machine takes its time.
t.setTimeout(300_000);

t.test('a stack on servers of its own', async (t) => {
  const folder = newDataFolder();
  const first = await runLocalStack(t, folder);
  const stack = await first.ready();

  await t.test('says where everything is, and everything answers', async (t) => {
    for (const { key } of stackServices()) {
      t.equal((await fetch(`${stack[key]}/health/ready`)).status, 200, `${key} is ready`);
    }
    const redis = new Redis(stack.redisUrl as string);
    t.equal(await redis.ping(), 'PONG');
    t.same(
      Object.values(await redis.config('GET', 'appendfsync')).at(-1),
      'always',
      'Redis writes before it answers',
    );
    redis.disconnect();
    const client = new Client({ connectionString: stack.databaseUrl as string });
    await client.connect();
    t.ok((await client.query('SELECT FROM shows')).rowCount, 'the legacy database is seeded');
    await client.end();
    t.match(stack, {
      streamName: 'onsale',
      checkoutKey: /.{16}/,
      adminToken: /.{16}/,
      eventStoreUrl: stack.databaseUrl,
    });
    const [line = ''] = /^ {2}curl .*$/m.exec(first.printed()) ?? [];
    t.not(line, '', 'there is a line to try');
    const { status, stdout, error } = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
    // 127: this machine has no curl.
    const said = `which works (${error?.message ?? status})`;
    if (status !== 127) t.match(JSON.parse(stdout), { holdId: /^h_/ }, said);
  });

  await t.test('a second one in the same folder is refused', async (t) => {
    const second = await runLocalStack(t, folder, { args: ['--clean'] });
    t.equal(await second.exited, 1);
    t.match(second.printed(), /^A stack is running in .* already \(process \d+\): stop it first.*\n$/);
    t.ok(existsSync(join(folder, 'stack.json')), 'and takes nothing away from the first');
  });

  await t.test('a service that dies is started again', async (t) => {
    const { pids } = stack;
    process.kill(pids.legacy as number, 'SIGKILL');
    const again = await until(
      () => first.ready(),
      (file) => file.pids.legacy !== pids.legacy,
    );
    await until(() => isReady(again.cms as string), Boolean);
    t.match(first.printed(), /legacy ended with code 137; starting it again in 250 ms/);
  });

  await t.test('SIGKILL of the parent leaves no process', async (t) => {
    const { pids } = await first.ready();
    first.kill('SIGKILL');
    await first.exited;
    await until(
      async () => Object.values(pids).filter((pid) => isRunning(pid)),
      (left) => left.length === 0,
    );
    t.ok(existsSync(join(folder, 'stack.lock')), 'its lock is left, as after any crash');
  });

  await t.test('the next start takes over, keeps the secrets, and Ctrl-C stops all of it', async (t) => {
    const next = await runLocalStack(t, folder);
    const { pids, adminToken } = await next.ready();
    t.equal(adminToken, stack.adminToken);
    next.kill('SIGINT');
    t.equal(await next.exited, 0);
    t.same(
      Object.values(pids).filter((pid) => isRunning(pid)),
      [],
    );
    t.notOk(existsSync(join(folder, 'stack.json')));
    t.notOk(existsSync(join(folder, 'stack.lock')));
  });
});

t.test('a stack on servers that are given', async (t) => {
  const given = await openTestStack(t);
  const { REDIS_URL, DATABASE_URL, KINESIS_ENDPOINT, KINESIS_STREAM } = given.env;
  const folder = newDataFolder();
  const env = { REDIS_URL, DATABASE_URL, KINESIS_ENDPOINT, KINESIS_STREAM } as Record<string, string>;
  const run = await runLocalStack(t, folder, { env });
  const stack = await run.ready();
  t.match(stack, { redisUrl: REDIS_URL, databaseUrl: DATABASE_URL, kinesisEndpoint: KINESIS_ENDPOINT });
  for (const name of ['redis', 'postgres', 'kinesis']) {
    t.notOk(existsSync(join(folder, name)), `no ${name} was started`);
  }
  run.kill('SIGTERM');
  t.equal(await run.exited, 0);
});

t.test('what cannot work is said in one sentence, and nothing is left half-started', async (t) => {
  const file = newDataFolder();
  writeFileSync(file, '');
  const port = await takePort(t);
  const bad: Record<string, { args?: string[]; env?: Record<string, string>; says: RegExp }> = {
    'an unknown option': {
      args: ['--cleen'],
      says: /^Unknown option --cleen: npm start knows --clean and --help\.\n$/,
    },
    'a taken port': {
      env: { PORT: String(port) },
      says: /^Port \d+ for selling \(PORT\) is taken: stop what .*\n$/,
    },
    'no port': { env: { REDIS_PORT: 'six' }, says: /^REDIS_PORT=six is no port number: .*\n$/ },
    'a folder that is none': {
      env: { ONSALE_DATA_FOLDER: file },
      says: /^The data folder .* cannot be used \(\w+\): .*\n$/,
    },
    'no Redis': {
      env: { ONSALE_REDIS_SERVER: '/nowhere/redis' },
      says: /\nNo redis-server or valkey-server .*\n$/,
    },
  };
  for (const [name, { args = [], env = {}, says }] of Object.entries(bad)) {
    await t.test(name, async (t) => {
      const folder = newDataFolder();
      const run = await runLocalStack(t, folder, { args, env });
      t.equal(await run.exited, 1);
      t.match(run.printed(), says);
      t.notOk(existsSync(join(folder, 'stack.lock')), 'the folder is free');
      t.notOk(existsSync(join(folder, 'postgres/data/postmaster.pid')), 'PostgreSQL was stopped again');
    });
  }
});

async function until<T>(read: () => Promise<T>, isEnough: (value: T) => boolean): Promise<T> {
  const deadlineAtMs = Date.now() + 30_000;
  for (;;) {
    const value = await read();
    if (isEnough(value)) return value;
    if (Date.now() > deadlineAtMs) throw new Error(`It stayed at ${JSON.stringify(value)}.`);
    await sleep(50);
  }
}

async function isReady(url: string): Promise<boolean> {
  return await fetch(`${url}/health/ready`).then(
    (response) => response.ok,
    () => false,
  );
}

async function takePort(t: Teardown): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}
