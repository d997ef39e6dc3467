import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spawnGuarded } from '../../infra/local/spawn-guarded.ts';
import type { GuardedChild } from '../../infra/local/spawn-guarded.ts';
import type { Teardown } from '../harness/teardown.ts';

/** What `.data/stack.json` holds. */
export type StackFile = Record<string, string> & { pids: Record<string, number> };

export type LocalStackRun = GuardedChild & {
  /** All it has printed so far. */
  printed(): string;
  /** Waits for `stack.json`; throws what it printed when it ended before. */
  ready(): Promise<StackFile>;
};

const main = fileURLToPath(new URL('../../infra/local/main.ts', import.meta.url));
const readyMsMax = 90_000;

export function newDataFolder(): string {
  return join(process.env.TEST_FOLDER ?? tmpdir(), `stack-${randomBytes(4).toString('hex')}`);
}

function readStackFile(path: string): StackFile | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as StackFile;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Runs what `npm start` runs, in a data folder of its own and with nothing else from this test's
 * environment.
 */
export async function runLocalStack(
  t: Teardown,
  folder: string,
  { args = [], env = {} }: { args?: string[]; env?: Record<string, string> } = {},
): Promise<LocalStackRun> {
  const { PATH = '', HOME = '' } = process.env;
  const child = await spawnGuarded({
    command: process.execPath,
    args: [main, ...args],
    env: { PATH, HOME, ONSALE_DATA_FOLDER: folder, ...env },
    output: 'pipe',
    stopSignal: 'INT',
    killAfterS: 40,
  });
  t.teardown(() => child.stop());
  let printed = '';
  for (const stream of child.output) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  let exitCode: number | undefined;
  void child.exited.then((code) => {
    exitCode = code;
  });
  const ready = async (): Promise<StackFile> => {
    const path = join(folder, 'stack.json');
    const deadlineAtMs = Date.now() + readyMsMax;
    while (exitCode === undefined && Date.now() < deadlineAtMs) {
      // A stack that was killed leaves its file, which the next start takes away at any time.
      const file = readStackFile(path);
      if (file?.pids.stack === child.pid) return file;
      await sleep(50);
    }
    throw new Error(`The stack did not come up (code ${exitCode}): ${printed}`);
  };
  return { ...child, printed: () => printed, ready };
}
