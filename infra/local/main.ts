/**
 * `npm start`: the whole of onsale on this machine, until Ctrl-C.
 *
 * Guarantees: everything it starts ends with it, in order on Ctrl-C (services first, then the servers
 * under them), at once on a second Ctrl-C, and also when it or the npm above it is killed. What cannot be
 * started is said in one sentence with exit code 1, and nothing is left half-started.
 */
import { parseOptions, usage } from './parse-options.ts';
import { startStack } from './start-stack.ts';

const parentCheckMs = 500;
// A reader of our output that goes away (`npm start | head`) must not end us before the children are stopped.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onStop);
const parentCheck = watchParent();

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) say(usage);
  else {
    const stack = await startStack({ clean: options.clean, env: process.env, say, signal: abort.signal });
    await stack.stopped;
  }
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
} finally {
  clearInterval(parentCheck);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The first time stops in order; the second time the children are left to their guards, which end them. */
function onStop(): void {
  if (abort.signal.aborted) process.exit(130);
  abort.abort();
}

/**
 * npm that is killed with SIGKILL cannot tell us. Only under npm: whoever starts this file with `node … &`
 * may well leave before it.
 */
function watchParent(): NodeJS.Timeout | undefined {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  return setInterval(() => {
    if (process.ppid !== parent && !abort.signal.aborted) onStop();
  }, parentCheckMs);
}
