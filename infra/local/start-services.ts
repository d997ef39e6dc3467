/** Every service as its own supervised process, and waiting until all say that they are ready. */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { followLog } from './follow-log.ts';
import type { LogFollower } from './follow-log.ts';
import { spawnGuarded } from './spawn-guarded.ts';
import { serviceMain } from './stack-services.ts';
import type { StackService } from './stack-services.ts';
import { supervise } from './supervise.ts';
import type { Supervised, SuperviseOptions } from './supervise.ts';

export type StartServicesOptions = Pick<SuperviseOptions, 'say' | 'onStart'> & {
  services: readonly StackService[];
  ports: ReadonlyMap<string, number>;
  /** Variables for all of them; PORT comes on top. */
  env: NodeJS.ProcessEnv;
  logFolder: string;
  /** Aborted when the stack is to stop while its services still start. */
  signal: AbortSignal;
};

export type StackServices = {
  /** Stops them in the order of their `stopStep`. May be called twice. */
  stop(): Promise<void>;
};

const readyMsMax = 60_000;
/**
 * A service that ends this often before it was ever ready will not come up: its configuration is wrong,
 * say.
 */
const endCountMax = 3;
const logBytesMax = 20 * 1024 * 1024;
/** The services give themselves 10 s to drain. */
const killAfterS = 12;

/** Resolves when all are ready; throws one sentence, with all stopped, when one does not get there. */
export async function startServices(options: StartServicesOptions): Promise<StackServices> {
  mkdirSync(options.logFolder, { recursive: true });
  const running: Array<Supervised & { service: StackService }> = [];
  const followers: LogFollower[] = [];
  const stop = async (): Promise<void> => {
    const steps = [...new Set(running.map(({ service }) => service.stopStep))].sort((a, b) => a - b);
    for (const step of steps) {
      await Promise.all(running.filter(({ service }) => service.stopStep === step).map((one) => one.stop()));
    }
    for (const follower of followers.splice(0)) follower.stop();
  };
  try {
    for (const service of options.services) {
      const logPath = openLog(options.logFolder, service.name);
      followers.push(followLog(service.name, logPath, options.say));
      running.push({ ...(await startOne(service, logPath, options)), service });
    }
    await Promise.all(running.map((one) => awaitReady(one, options)));
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

async function startOne(
  service: StackService,
  logPath: string,
  options: StartServicesOptions,
): Promise<Supervised> {
  const env = { ...options.env, PORT: String(options.ports.get(service.name)) };
  const start: SuperviseOptions['start'] = async () => {
    const log = openSync(logPath, 'a');
    const args = [serviceMain(service.name)];
    const child = await spawnGuarded({ command: process.execPath, args, env, output: log, killAfterS });
    closeSync(log);
    return child;
  };
  return await supervise({ name: service.name, start, say: options.say, onStart: options.onStart });
}

/** The log goes on over restarts; a big one is put aside, replacing the one put aside before. */
function openLog(folder: string, name: string): string {
  const path = join(folder, `${name}.log`);
  if (existsSync(path) && statSync(path).size > logBytesMax) renameSync(path, `${path}.1`);
  closeSync(openSync(path, 'a'));
  return path;
}

async function awaitReady(
  one: Supervised,
  { ports, logFolder, signal }: StartServicesOptions,
): Promise<void> {
  const url = `http://127.0.0.1:${ports.get(one.name)}/health/ready`;
  const deadlineAtMs = Date.now() + readyMsMax;
  let answer = 'no answer';
  while (Date.now() < deadlineAtMs && one.endCount() < endCountMax) {
    signal.throwIfAborted();
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(3_000) });
      if (response.ok) return;
      answer = `${response.status} ${(await response.text()).slice(0, 200)}`;
    } catch {
      answer = 'no answer';
    }
    await sleep(40);
  }
  const logPath = join(logFolder, `${one.name}.log`);
  const why =
    one.endCount() >= endCountMax ? `ended ${one.endCount()} times` : `is not ready after 60 s (${answer})`;
  throw new Error(`${one.name} ${why}: ${lastWords(logPath)} (all of it in ${logPath})`);
}

function lastWords(logPath: string): string {
  const last = readFileSync(logPath, 'utf8').trim().split('\n').at(-1) ?? '';
  try {
    return String((JSON.parse(last) as { msg?: string }).msg);
  } catch {
    return last.slice(0, 300);
  }
}
