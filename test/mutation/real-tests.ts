import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnGuarded } from '../../infra/local/spawn-guarded.ts';
import type { GuardedChild } from '../../infra/local/spawn-guarded.ts';
import { startTestServers } from '../../infra/setup/start-test-servers.ts';
import type { TestServers } from '../../infra/setup/start-test-servers.ts';
import { namesScript } from '../tidy/lua-rules.ts';
import { projectFiles } from '../tidy/project-files.ts';
import type { Verdict } from './judge-mutant.ts';
import type { MutationWorker } from './mutation-worker.ts';

const MS_MAX = 600_000;

/**
 * The second round: what the quick tests let live meets the tests of the services that run the script, under
 * tap as in `npm test`, in the worker's copy and on its Redis. PostgreSQL and Kinesis are shared.
 */
export class RealTests {
  #folder: string;
  /** test files that could not be run quickly: they are part of every second round */
  #unquick: string[];
  #servers: Promise<TestServers> | undefined;
  #running = new Set<GuardedChild>();
  #isOver = false;

  constructor(folder: string, unquick: string[]) {
    this.#folder = folder;
    this.#unquick = unquick;
  }

  /** Runs them until one fails, or with `twice` until one has failed in each of two runs. */
  async judge(worker: MutationWorker, scripts: Set<string>, twice: boolean): Promise<Verdict> {
    const files = [...this.#unquick, ...testsOf(scripts)];
    const first = await this.#run(worker, files);
    if (first === undefined) return undefined;
    const isSure = !twice || await this.#run(worker, files) !== undefined;
    return isSure ? { test: first, error: 'not ok under tap' } : undefined;
  }

  /** Ends what runs, for good. May be called twice. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#running].map((tap) => tap.stop()));
    await (await this.#servers)?.stop();
  }

  /** The first test that failed, or undefined. */
  async #run(worker: MutationWorker, files: string[]): Promise<string | undefined> {
    if (this.#isOver) throw new Error('The tests were stopped.');
    this.#servers ??= startTestServers(this.#folder);
    const { env } = await this.#servers;
    const manifest = createRequire(import.meta.url).resolve('tap/package.json');
    const tap = await spawnGuarded({
      command: process.execPath,
      args: [join(dirname(manifest), 'dist/esm/run.mjs'), '--reporter=tap', '--bail', '--jobs=1', ...files],
      env: { ...process.env, ...env, TEST_REDIS_URL: worker.redisUrl },
      cwd: worker.folder,
      output: 'pipe',
      killAfterS: 5,
    });
    const end = new AbortController();
    const late = sleep(MS_MAX, undefined, { signal: end.signal }).then(() => tap.stop(), () => 0);
    this.#running.add(tap);
    const [output, code] = await Promise.all([text(tap.output[0] as Readable), tap.exited]);
    this.#running.delete(tap);
    end.abort();
    await late;
    await worker.renewIfBusy();
    const failed = /^ *not ok \d+ - (.*)$/m.exec(output)?.[1];
    return failed ?? (code === 0 ? undefined : `tap ended with ${code}`);
  }
}

/** All tests of the services whose code names one of the scripts. */
function testsOf(scripts: Set<string>): string[] {
  const files = projectFiles();
  const services = new Set(files.flatMap((file) => {
    const service = /^services\/(?!shared\/)([^/]+)\/.*\.ts$/.exec(file.path)?.[1];
    return service !== undefined && [...scripts].some((name) => namesScript(file, name)) ? [service] : [];
  }));
  return [...services].flatMap((service) => files
    .filter(({ path }) => path.startsWith(`test/services/${service}/`) && path.endsWith('.test.ts'))
    .map(({ path }) => path));
}
