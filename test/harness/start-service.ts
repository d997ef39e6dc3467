/**
 * A service as its own process, as in production: `services/NAME/main.ts` with the environment given.
 * It is stopped in the teardown, where the test file fails if it answered a request twice, and dies with the
 * test process whatever happens to that.
 */
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { spawnGuarded } from '../../infra/local/spawn-guarded.ts';
import type { GuardedChild } from '../../infra/local/spawn-guarded.ts';
import type { Teardown } from './teardown.ts';

export type TestService = {
  /** Without a slash at the end. */
  url: string;
  pid: number;
  /** What it has logged so far, one line each: JSON, unless something went wrong. */
  logLines: string[];
  /** Resolves with the exit code (128 + n after signal n). */
  exited: Promise<number>;
  kill(signal: NodeJS.Signals): boolean;
  /** SIGTERM, then waits for the end. */
  stop(): Promise<number>;
};

const startMsMax = 30_000;
const logLinesMax = 10_000;

/**
 * Starts the service and waits until it has logged `{ url }` and, unless `untilReady` is false, until
 * `/health/ready` answers 200. Throws with its last lines when it ends before.
 */
export async function startService(
  t: Teardown,
  name: string,
  env: Record<string, string>,
  { untilReady = true } = {},
): Promise<TestService> {
  const main = fileURLToPath(new URL(`../../services/${name}/main.ts`, import.meta.url));
  const child = await spawnGuarded({
    command: process.execPath,
    args: [main],
    env: { ...withoutTap(process.env), PORT: '0', ...env },
    output: 'pipe',
  });
  const logLines: string[] = [];
  t.teardown(async () => {
    await child.stop();
    reportSecondAnswers(name, logLines);
  });
  const url = await readUrl(name, child, logLines);
  if (untilReady) await awaitReady(name, url, logLines);
  return { url, pid: child.pid, logLines, exited: child.exited, kill: child.kill, stop: child.stop };
}

/** tap's loader hooks and coverage are not for the service. */
function withoutTap(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(TAP|_TAPJS_|NODE_OPTIONS|NODE_V8_COVERAGE)/.test(name)),
  );
}

async function readUrl(name: string, child: GuardedChild, logLines: string[]): Promise<string> {
  const url = new Promise<string>((resolve) => {
    for (const stream of child.output) {
      createInterface({ input: stream }).on('line', (line) => {
        if (logLines.length < logLinesMax) logLines.push(line);
        const found = urlOf(line);
        if (found !== undefined) resolve(found);
      });
    }
  });
  const ended = child.exited.then((code) => {
    throw new Error(`${name} ended with code ${code}: ${lastLines(logLines)}`);
  });
  const late = new Promise<never>((_resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${name} logged no url: ${lastLines(logLines)}`)),
      startMsMax,
    );
    void url.then(() => clearTimeout(timer));
    void ended.catch(() => clearTimeout(timer));
  });
  return await Promise.race([url, ended, late]);
}

function urlOf(line: string): string | undefined {
  try {
    const { url } = JSON.parse(line) as { url?: unknown };
    return typeof url === 'string' ? url.replace(/\/$/, '') : undefined;
  } catch {
    return undefined;
  }
}

async function awaitReady(name: string, url: string, logLines: string[]): Promise<void> {
  const deadlineAtMs = Date.now() + startMsMax;
  let answer = 'nothing';
  while (Date.now() < deadlineAtMs) {
    try {
      const response = await fetch(`${url}/health/ready`);
      answer = `${response.status} ${await response.text()}`;
      if (response.ok) return;
    } catch (error) {
      answer = String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${name} did not become ready: ${answer}; ${lastLines(logLines)}`);
}

/**
 * Who answers a request that has its answer went on working after it: what that did, nobody was told. It is
 * not thrown, since an error in a teardown has tap leave out those that are left.
 */
function reportSecondAnswers(name: string, logLines: string[]): void {
  const line = logLines.find((one) => one.includes('Reply was already sent'));
  if (line === undefined) return;
  process.stderr.write(`${name} answered a request twice: ${line}\n`);
  process.exitCode = 1;
}

function lastLines(logLines: string[]): string {
  return logLines.slice(-5).join('\n') || 'it logged nothing';
}
