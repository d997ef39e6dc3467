/**
 * Brings the whole stack up: servers, databases, services; then writes `stack.json` and says what to open.
 *
 * Guarantees: when any step fails, or the signal is aborted in mid-start, everything started before is
 * stopped again. `stack.json` exists only while all of it is ready.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { choosePorts } from './choose-ports.ts';
import { openDataFolder } from './data-folder.ts';
import { loadSecrets } from './load-secrets.ts';
import { openFirstSales } from './open-first-sales.ts';
import { prepareDatabases } from './prepare-databases.ts';
import { adminTokenOf, stackEnv } from './stack-env.ts';
import { stackServices } from './stack-services.ts';
import type { StackService } from './stack-services.ts';
import { stackSummary } from './stack-summary.ts';
import { startServers } from './start-servers.ts';
import type { ServerUrls } from './start-servers.ts';
import { startServices } from './start-services.ts';
import { writeWhole } from './write-whole.ts';

export type StartStackOptions = {
  /** Removes the data of earlier runs first. */
  clean: boolean;
  env: NodeJS.ProcessEnv;
  say: (text: string) => void;
  /** Its abort stops the stack, also while it is still being started. */
  signal: AbortSignal;
};

export type Stack = {
  /** Resolves when the stack was told to stop and all of it has ended. */
  stopped: Promise<void>;
};

type Undo = Array<() => Promise<void> | void>;

/** Resolves when all is ready, or when the signal came before that; throws one sentence when it cannot be. */
export async function startStack(options: StartStackOptions): Promise<Stack> {
  const undo: Undo = [];
  const stopAll = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    await bringUp(options, undo);
  } catch (error) {
    await stopAll();
    if (!options.signal.aborted) throw error;
    options.say('stopped');
    return { stopped: Promise.resolve() };
  }
  return { stopped: untilStopped(options, stopAll) };
}

async function untilStopped({ say, signal }: StartStackOptions, stopAll: () => Promise<void>): Promise<void> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  say('stopping: services first, then the servers under them …');
  await stopAll();
  say('stopped');
}

async function bringUp({ clean, env, say, signal }: StartStackOptions, undo: Undo): Promise<void> {
  const startedAtMs = Date.now();
  const folder = await openDataFolder(env, clean);
  undo.push(() => folder.release());
  const services = stackServices();
  const given = givenServers(env);
  const ports = await choosePorts(portWishes(services, given), env);
  const secrets = loadSecrets(join(folder.path, 'secrets.json'));

  const pids: Record<string, number> = { stack: process.pid };
  let onPids = (): void => undefined;
  const onStart = (name: string, pid: number): void => {
    pids[name] = pid;
    folder.noteChildren(Object.values(pids).filter((other) => other !== process.pid));
    onPids();
  };

  say('starting Redis, PostgreSQL and the Kinesis emulator …');
  const servers = await startServers({ folder: folder.path, ports, given, say, onStart });
  undo.push(async () => {
    await Promise.all(servers.supervised.map((server) => server.stop()));
  });
  signal.throwIfAborted();

  const urlOf = (name: string): string => `http://127.0.0.1:${ports.get(name) ?? 0}`;
  const mailFolder = join(folder.path, 'mailbox');
  const serviceEnv = stackEnv({ given: env, secrets, servers, urlOf, mailFolder });
  say('migrating and seeding the databases …');
  const markerPath = given.databaseUrl === undefined ? join(folder.path, 'postgres/prepared') : null;
  await prepareDatabases(serviceEnv, markerPath);
  signal.throwIfAborted();

  say(`starting ${services.map(({ name }) => name).join(', ')} …`);
  const logFolder = join(folder.path, 'logs');
  const running = await startServices({ services, ports, env: serviceEnv, logFolder, signal, say, onStart });
  undo.push(() => running.stop());
  signal.throwIfAborted();

  const adminToken = adminTokenOf(serviceEnv.ADMIN_CREDENTIALS);
  if (adminToken !== undefined) {
    const [sellingUrl, gatewayUrl] = [urlOf('selling'), urlOf('gateway')];
    await openFirstSales({ sellingUrl, gatewayUrl, adminToken }, signal);
  }
  signal.throwIfAborted();

  const stackPath = join(folder.path, 'stack.json');
  const stack = {
    ...Object.fromEntries(services.map(({ name, key }) => [key, urlOf(name)])),
    redisUrl: servers.redisUrl,
    databaseUrl: servers.databaseUrl,
    eventStoreUrl: serviceEnv.EVENT_STORE_URL as string,
    kinesisEndpoint: servers.kinesisEndpoint,
    streamName: serviceEnv.KINESIS_STREAM as string,
    checkoutKey: serviceEnv.CHECKOUT_KEY as string,
    adminToken: adminToken ?? '',
  };
  onPids = () => writeWhole(stackPath, `${JSON.stringify({ ...stack, pids }, null, 2)}\n`);
  undo.push(() => {
    onPids = () => undefined;
    rmSync(stackPath, { force: true });
  });
  onPids();
  say(stackSummary({ services, urlOf, stack, readyMs: Date.now() - startedAtMs, folder: folder.path }));
}

function givenServers(env: NodeJS.ProcessEnv): Partial<ServerUrls> {
  return {
    ...(env.REDIS_URL ? { redisUrl: env.REDIS_URL } : {}),
    ...(env.DATABASE_URL ? { databaseUrl: env.DATABASE_URL } : {}),
    ...(env.KINESIS_ENDPOINT ? { kinesisEndpoint: env.KINESIS_ENDPOINT } : {}),
  };
}

function portWishes(
  services: readonly StackService[],
  given: Partial<ServerUrls>,
): Parameters<typeof choosePorts>[0] {
  const servers = [
    ...(given.redisUrl === undefined ? [{ name: 'redis', port: 4700, variables: ['REDIS_PORT'] }] : []),
    ...(given.databaseUrl === undefined
      ? [{ name: 'postgres', port: 4800, variables: ['POSTGRES_PORT'] }]
      : []),
    ...(given.kinesisEndpoint === undefined
      ? [{ name: 'kinesis', port: 4900, variables: ['KINESIS_PORT'] }]
      : []),
  ];
  return [
    ...servers,
    ...services.map(({ name, port, portVariable }) => ({
      name,
      port,
      // A bare PORT, as hosts set it, is that of the API.
      variables: [portVariable, ...(name === 'selling' ? ['PORT'] : [])],
    })),
  ];
}
