/**
 * The folder with all data of the local stack, and the lock that keeps a second stack out of it.
 *
 * The lock names the process that holds it and all its children. A stack that was killed leaves its lock;
 * whoever comes next waits until those children, ended by their guards, are gone, and takes it over.
 */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isRunning } from './is-running.ts';
import { writeWhole } from './write-whole.ts';

export type DataFolder = {
  path: string;
  /** Notes the children of this stack, for whoever finds the lock after a SIGKILL. */
  noteChildren(pids: Iterable<number>): void;
  /** Gives the folder free. May be called twice. */
  release(): void;
};

/** What a stack writes there; `--clean` removes these and nothing else. */
const contents = ['redis', 'postgres', 'kinesis', 'logs', 'secrets.json', 'stack.json'];
/** Longer than the guards give a child before SIGKILL. */
const waitMsMax = 20_000;

/**
 * Opens ONSALE_DATA_FOLDER (default `.data`), making it when missing, and removes what is in it when `clean`.
 * Throws one sentence when it cannot be used or a stack is running there.
 */
export async function openDataFolder(env: NodeJS.ProcessEnv, clean: boolean): Promise<DataFolder> {
  const path = resolve(fileURLToPath(new URL('../../', import.meta.url)), env.ONSALE_DATA_FOLDER || '.data');
  const lockPath = join(path, 'stack.lock');
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    await takeLock(path, lockPath);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Error(
      `The data folder ${path} cannot be used (${code}): make it a folder you may read and write, ` +
        'or set ONSALE_DATA_FOLDER to another.',
    );
  }
  if (clean) for (const name of contents) rmSync(join(path, name), { recursive: true, force: true });
  let held = true;
  return {
    path,
    noteChildren: (pids) => {
      if (held) writeWhole(lockPath, lockText([...pids]));
    },
    release: () => {
      if (held) rmSync(lockPath, { force: true });
      held = false;
    },
  };
}

type Lock = { pid: number; children: number[] };

function lockText(children: number[]): string {
  const lock: Lock = { pid: process.pid, children };
  return JSON.stringify(lock);
}

async function takeLock(folder: string, lockPath: string): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(lockPath, lockText([]), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = readLock(lockPath);
    if (owner !== null && isRunning(owner.pid, 'infra/local/main.ts')) {
      throw new Error(
        `A stack is running in ${folder} already (process ${owner.pid}): stop it first, ` +
          'or set ONSALE_DATA_FOLDER to another folder.',
      );
    }
    await childrenGone(owner?.children ?? []);
    rmSync(lockPath, { force: true });
    rmSync(join(folder, 'stack.json'), { force: true });
  }
  throw new Error(`Another stack is being started in ${folder}: wait for it or stop it.`);
}

function readLock(path: string): Lock | null {
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Lock;
  } catch {
    return null;
  }
}

async function childrenGone(pids: number[]): Promise<void> {
  const deadlineAtMs = Date.now() + waitMsMax;
  while (pids.some((pid) => isRunning(pid)) && Date.now() < deadlineAtMs) await sleep(100);
}
