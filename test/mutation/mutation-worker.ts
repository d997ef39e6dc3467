import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findAnyFreePort } from '../../infra/local/find-free-port.ts';
import type { LocalServer } from '../../infra/local/local-server.ts';
import { startRedis } from '../../infra/local/start-redis.ts';
import { findRedis } from '../../infra/setup/find-redis.mjs';
import type { TestOutcome, WorkerGreeting } from './worker-main.ts';

/** A script that runs longer than this hangs: Redis then answers BUSY to everybody else. */
const SCRIPT_MS_MAX = 1_500;
/** How long a test may take before anybody asks whether its script hangs, in times of its usual duration. */
const PATIENCE = 3;
const TEST_MS_MAX = 60_000;
const STEP_MS = 250;
/** Of the model's commands: the same ones each time, so that a failure that comes twice is none of chance. */
const SHORT_MODEL = { MODEL_COMMANDS: '400', MODEL_SEED: '1' };

/**
 * One copy of the project with a Redis and a process that runs single tests in it. A script that hangs, or a
 * process that dies, is an outcome like another; both servers are then new for the next test.
 */
export class MutationWorker {
  /** the copy of the project */
  readonly folder: string;
  greeting: WorkerGreeting = { tests: [], faults: [] };
  #files: string[];
  #redis: LocalServer | undefined;
  #process: ChildProcess | undefined;
  #isOver = false;

  /** @param files test files to load, as paths in the project */
  constructor(folder: string, files: string[]) {
    this.folder = folder;
    this.#files = files;
  }

  get redisUrl(): string {
    return this.#redis?.url ?? '';
  }

  /** Starts Redis and the process, and waits until it has loaded its test files. */
  async start(): Promise<void> {
    const port = await findAnyFreePort();
    // As many databases as `npm test` has: tests under tap run on it as well.
    this.#redis = await startRedis({
      folder: join(this.folder, '.data', `redis-${port}`), port, durable: false, databaseCount: 64,
    });
    await ask(this.redisUrl, (redis) => redis.config('SET', 'lua-time-limit', SCRIPT_MS_MAX));
    this.#process = fork(join(this.folder, 'test/mutation/worker-main.ts'),
      this.#files.map((file) => join(this.folder, file)), {
        cwd: this.folder,
        env: { ...SHORT_MODEL, ...process.env, ...redisEnvironment(), QUICK_REDIS_URL: this.redisUrl },
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      });
    [this.greeting] = await once(this.#process, 'message') as [WorkerGreeting];
  }

  /** Runs one test; `usualMs` is how long it takes when nothing is broken. */
  async run(index: number, usualMs: number): Promise<TestOutcome> {
    const child = this.#process;
    if (child === undefined) throw new Error('the worker has not been started');
    const startedAtMs = performance.now();
    const end = new AbortController();
    const { signal } = end;
    const answer = once(child, 'message', { signal }).then(([outcome]) => outcome as TestOutcome);
    const death = once(child, 'exit', { signal }).then(() => 'the process died');
    child.send({ run: index });
    const outcome = await Promise.race([answer, death, this.#hang(usualMs, signal)]);
    end.abort();
    if (typeof outcome !== 'string') return outcome;
    await this.#renew();
    return { error: outcome, isFatal: true, ms: performance.now() - startedAtMs, shas: [] };
  }

  /** Ends both processes, for good: a run that waits for them throws. May be called twice. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#kill();
  }

  async #renew(): Promise<void> {
    await this.#kill();
    if (this.#isOver) throw new Error('The worker was stopped.');
    await this.start();
  }

  async #kill(): Promise<void> {
    this.#process?.kill('SIGKILL');
    // A Redis whose script hangs takes no SIGTERM.
    this.#redis?.child.kill('SIGKILL');
    await this.#redis?.child.exited;
  }

  /** Starts anew when somebody else has left a script hanging. */
  async renewIfBusy(): Promise<void> {
    if (this.#isOver || await isBusy(this.redisUrl)) await this.#renew();
  }

  /** Resolves when Redis is in one script for too long, or the whole test takes too long. */
  async #hang(usualMs: number, signal: AbortSignal): Promise<string> {
    const patienceMs = 1_000 + PATIENCE * usualMs;
    let busyCount = 0;
    for (let waitedMs = 0; waitedMs < patienceMs + TEST_MS_MAX; waitedMs += STEP_MS) {
      await sleep(STEP_MS, undefined, { signal });
      if (waitedMs < patienceMs) continue;
      busyCount = await isBusy(this.redisUrl) ? busyCount + 1 : 0;
      // More than once: a script of a slow moment is over by then.
      if (busyCount === 3) return 'the script hangs';
    }
    return 'the test does not end';
  }
}

async function isBusy(url: string): Promise<boolean> {
  try {
    await ask(url, (redis) => redis.ping());
    return false;
  } catch {
    return true;
  }
}

/** One question to a Redis over a connection of its own. */
async function ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, {
    enableReadyCheck: false, maxRetriesPerRequest: 0, retryStrategy: null, commandTimeout: 2_000,
  });
  redis.on('error', () => undefined);
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

/** A Redis that the set-up has unpacked is in a folder that copies do not have. */
function redisEnvironment(): Record<string, string> {
  const found = findRedis();
  return found === null ? {} : { ONSALE_REDIS_SERVER: found.path, ...found.env };
}
