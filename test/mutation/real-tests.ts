import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnGuarded } from '../../infra/local/spawn-guarded.ts';
import type { GuardedChild } from '../../infra/local/spawn-guarded.ts';
import { startTestServers } from '../../infra/setup/start-test-servers.ts';
import type { TestServers } from '../../infra/setup/start-test-servers.ts';
import { namesScript } from '../tidy/lua-rules.ts';
import { projectFiles } from '../tidy/project-files.ts';
import type { Verdict } from './judge-mutant.ts';
import type { MutationWorker } from './mutation-worker.ts';

/** As in .taprc. */
const FILE_S_MAX = 120;

/**
 * The second round: what the quick tests let live meets the tests of the services that run the script, with
 * the real tap, in the worker's copy and on its Redis. PostgreSQL and Kinesis are shared.
 */
export class RealTests {
  #folder: string;
  /** test files that could not be run quickly: they are part of every second round */
  #unquick: string[];
  #servers: Promise<TestServers> | undefined;
  #running = new Set<GuardedChild>();
  /** Test files by how often they have failed: the likeliest killer comes first. */
  #kills = new Map<string, number>();
  #isOver = false;

  constructor(folder: string, unquick: string[]) {
    this.#folder = folder;
    this.#unquick = unquick;
  }

  /**
   * Runs them until one fails, each file as a process of its own, those first that have failed most often;
   * with `twice` that file must fail again, as a test may fail now and then.
   */
  async judge(worker: MutationWorker, scripts: Set<string>, twice: boolean): Promise<Verdict> {
    const worth = (file: string) => (this.#kills.get(file) ?? 0) + (isNamedLike(file, scripts) ? 0.5 : 0);
    const files = [...this.#unquick, ...testsOf(scripts)].toSorted((a, b) => worth(b) - worth(a));
    for (const file of files) {
      const fault = await this.#run(worker, file);
      if (fault === undefined || (twice && await this.#run(worker, file) === undefined)) continue;
      this.#kills.set(file, (this.#kills.get(file) ?? 0) + 1);
      return { test: file, error: fault };
    }
    return undefined;
  }

  /** Ends what runs, for good. May be called twice. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#running].map((tap) => tap.stop()));
    await (await this.#servers)?.stop();
  }

  /** What failed first in a file, or undefined. */
  async #run(worker: MutationWorker, file: string): Promise<string | undefined> {
    if (this.#isOver) throw new Error('The tests were stopped.');
    this.#servers ??= startTestServers(this.#folder);
    const { env } = await this.#servers;
    const child = await spawnGuarded({
      command: process.execPath,
      args: [file],
      env: {
        ...process.env, ...env, TEST_REDIS_URL: worker.redisUrl,
        TAP: '1', TAP_BAIL: '1', TAP_TIMEOUT: String(FILE_S_MAX),
      },
      cwd: worker.folder,
      output: 'pipe',
      killAfterS: 5,
    });
    this.#running.add(child);
    child.output[1]?.resume();
    const end = new AbortController();
    const late = sleep(1_000 * (FILE_S_MAX + 10), undefined, { signal: end.signal })
      .then(() => child.stop(), () => 0);
    const [output, code] = await Promise.all([text(child.output[0] as Readable), child.exited]);
    this.#running.delete(child);
    end.abort();
    await late;
    await worker.renewIfBusy();
    if (code === 0) return undefined;
    return /^ *not ok \d+ - (.*)$/m.exec(output)?.[1] ?? `it ended with ${code}`;
  }
}

/** `register-orders.test.ts` is likely to notice what is wrong in `read-order`. */
function isNamedLike(file: string, scripts: Set<string>): boolean {
  const nouns = [...scripts].map((name) => (name.split('-').at(-1) ?? name).replace(/s$/, ''));
  return nouns.some((noun) => (file.split('/').at(-1) ?? '').includes(noun));
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
