/**
 * `npm test`: starts one Redis, one PostgreSQL and one Kinesis emulator for the whole run, migrates a
 * template database, runs tap, and prints `N passed, N failed` as its last line.
 *
 * Guarantees: the exit code is 0 only when tap ended well and at least one test passed; everything that
 * was started is stopped and the run's folder removed, also after Ctrl-C (and the processes also after
 * SIGKILL). With REDIS_URL, DATABASE_URL or KINESIS_ENDPOINT given, those are used instead of a server of
 * our own. Arguments are tap's: `npm test -- test/lua/place-holds.test.ts`. With `--no-servers` first,
 * nothing is started.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { spawnGuarded } from '../local/spawn-guarded.ts';
import { compileCacheFolder } from '../local/stack-env.ts';
import type { GuardedChild } from '../local/spawn-guarded.ts';
import { printTestResults } from './print-test-results.ts';
import { startTestServers } from './start-test-servers.ts';
import type { TestServers } from './start-test-servers.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const dataFolder = join(project, '.data');

// A reader of our output that goes away (`npm test | head`) must not end us before the servers are stopped.
process.stdout.on('error', () => undefined);

let tap: GuardedChild | undefined;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted = true;
    void tap?.stop();
  });
}
const noServers: TestServers = { env: {}, stop: async () => undefined };
const [first, ...others] = process.argv.slice(2);
process.exitCode =
  first === '--no-servers' ? await runTests(others, false) : await runTests(process.argv.slice(2), true);

async function runTests(args: string[], withServers: boolean): Promise<number> {
  removeForgottenFolders();
  const folder = join(dataFolder, `test-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  let servers: TestServers | undefined;
  try {
    servers = withServers ? await startTestServers(folder) : noServers;
    const counts = interrupted ? { passed: 0, failed: 1 } : await runTap(args, servers.env);
    await servers.stop();
    rmSync(folder, { recursive: true, force: true });
    process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
    return counts.failed === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    await servers?.stop();
    rmSync(folder, { recursive: true, force: true });
    process.stdout.write('0 passed, 1 failed\n');
    return 1;
  }
}

/** At least one failure is counted when tap did not end well or ran nothing. */
async function runTap(args: string[], env: NodeJS.ProcessEnv): Promise<{ passed: number; failed: number }> {
  const manifest = createRequire(import.meta.url).resolve('tap/package.json');
  tap = await spawnGuarded({
    command: process.execPath,
    args: [join(dirname(manifest), 'dist/esm/run.mjs'), '--reporter=tap', ...args.flatMap(testFiles)],
    env: { NODE_COMPILE_CACHE: compileCacheFolder, ...process.env, ...env },
    cwd: project,
    output: 'pipe',
    errors: 'inherit',
  });
  const [counts, code] = await Promise.all([printTestResults(tap.output[0] as Readable), tap.exited]);
  const failed = Math.max(counts.failed, code === 0 && counts.passed > 0 ? 0 : 1);
  return { passed: counts.passed, failed };
}

/** tap takes files only; a folder stands for all tests below it. */
function testFiles(arg: string): string[] {
  const path = join(project, arg);
  if (!existsSync(path) || !statSync(path).isDirectory()) return [arg];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(arg, name));
}

/** A run that was killed leaves its folder, never its processes. */
function removeForgottenFolders(): void {
  if (!existsSync(dataFolder)) return;
  for (const name of readdirSync(dataFolder)) {
    const pid = Number(/^test-(\d+)$/.exec(name)?.[1] ?? 0);
    if (pid > 0 && !isRunning(pid)) rmSync(join(dataFolder, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
