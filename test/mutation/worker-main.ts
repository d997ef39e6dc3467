/**
 * A worker of the mutation test: loads the test files named in the arguments, each once, and runs single
 * tests of them on demand, told by process messages. It runs in its own copy of the project, whose lua/ the
 * starter changes between runs, with a Redis of its own (QUICK_REDIS_URL). Ends with its starter.
 */
import { createHash } from 'node:crypto';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Redis } from 'ioredis';
import { withOwnClock } from '../harness/set-clock.ts';
import type { QuickTest } from './quick-tap.ts';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'tap') return next(new URL('quick-tap.ts', import.meta.url).href, context);
    const resolved = next(specifier, context);
    if (!resolved.url.endsWith('/test/harness/open-test-stack.ts')) return resolved;
    return next(new URL('quick-stack.ts', import.meta.url).href, context);
  },
});
// What a failed test left behind must not end the run of the next; it has been judged already.
process.on('unhandledRejection', () => undefined);
process.on('uncaughtException', () => undefined);
process.on('disconnect', () => process.exit());

/** Sent once, when all files are loaded. */
export interface WorkerGreeting {
  tests: Pick<QuickTest, 'file' | 'name'>[];
  /** files that could not be loaded here, and why */
  faults: { file: string; error: string }[];
}

/** The answer to `{ run: index of a test }`. */
export interface TestOutcome {
  /** what went wrong; not there when the test passed */
  error?: string;
  /** the script hung or the process died: no need to see it twice */
  isFatal?: boolean;
  ms: number;
  /** digests of the scripts it has run */
  shas: string[];
}

const { quickTests, registerTestsOf } = await import('./quick-tap.ts');
const { Redis: RedisClass } = await import('ioredis');
const fc = await import('fast-check');
// The first counterexample is enough: nobody reads the smallest.
fc.configureGlobal({ endOnFailure: true });
const shas = new Set<string>();
recordScripts(RedisClass.prototype);

const greeting: WorkerGreeting = { tests: [], faults: [] };
for (const file of process.argv.slice(2)) {
  registerTestsOf(file);
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    greeting.faults.push({ file, error: String(error) });
  }
}
greeting.tests = quickTests.map(({ file, name }) => ({ file, name }));
process.on('message', ({ run }: { run: number }) =>
  void runTest(run).then((outcome) => process.send?.(outcome)));
process.send?.(greeting);

async function runTest(index: number): Promise<TestOutcome> {
  const startedAtMs = performance.now();
  shas.clear();
  let error: string | undefined;
  try {
    await quickTests[index]?.run();
  } catch (thrown) {
    error = String(thrown instanceof Error ? thrown.message : thrown).slice(0, 500);
  }
  const ms = performance.now() - startedAtMs;
  return { ...(error !== undefined && { error }), ms, shas: [...shas] };
}

/** Listens to what goes to Redis; changes nothing of it. */
function recordScripts(prototype: Pick<Redis, 'sendCommand'>): void {
  const send = prototype.sendCommand;
  prototype.sendCommand = function record(this: Redis, command, ...rest) {
    const [script = ''] = command.args.map(String);
    if (command.name === 'evalsha') shas.add(script);
    if (command.name === 'eval') shas.add(createHash('sha1').update(withOwnClock(script)).digest('hex'));
    return send.call(this, command, ...rest);
  };
}
