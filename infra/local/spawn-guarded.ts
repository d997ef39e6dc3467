/**
 * Child processes that cannot outlive us.
 *
 * Guarantees: when this process ends, in whatever way (SIGKILL included), every program started here is
 * sent its stop signal, and SIGKILL after `killAfterS` seconds. A terminal's Ctrl-C reaches this process
 * only, never the programs themselves, so that they can be stopped in order.
 * Does not guarantee: anything for what those programs start themselves.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export type GuardedProgram = {
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Where stdout and stderr go: an open file, `pipe` (read `output` then), or where ours go. */
  output: number | 'pipe' | 'inherit';
  /** Where stderr goes when not to `output`. */
  errors?: number | 'inherit';
  /** Default SIGTERM. */
  stopSignal?: 'TERM' | 'INT';
  /** Seconds between the stop signal and SIGKILL, default 15. */
  killAfterS?: number;
};

export type GuardedChild = {
  /** Of the program, not of its guard. */
  pid: number;
  /** stdout and stderr, when `output` was `pipe`. */
  output: Readable[];
  /** Resolves once with the exit code, 128 + n after signal n; never rejects. */
  exited: Promise<number>;
  /** Sends a signal to the program; false when it is gone. */
  kill(signal: NodeJS.Signals): boolean;
  /** Sends the stop signal and waits for the end. May be called twice. */
  stop(): Promise<number>;
};

const guard = fileURLToPath(new URL('./guard-child.sh', import.meta.url));

/** Starts a program under its guard; rejects when not even the guard could be started. */
export async function spawnGuarded(program: GuardedProgram): Promise<GuardedChild> {
  const {
    command,
    args,
    env = process.env,
    cwd,
    output,
    errors = output,
    stopSignal = 'TERM',
    killAfterS = 15,
  } = program;
  const shell = spawn('sh', [guard, stopSignal, String(killAfterS), command, ...args], {
    detached: true,
    env,
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['pipe', output, errors, 'pipe'],
  });
  let over = false;
  const exited = new Promise<number>((resolve) => {
    shell.once('exit', (code, signal) => {
      over = true;
      resolve(code ?? (signal === null ? 1 : 255));
    });
  });
  // The guard may be gone while we close its pipe: nothing is lost by that.
  shell.stdin?.on('error', () => undefined);
  const pid = await readPid(shell);
  return {
    pid,
    output: [shell.stdout, shell.stderr].filter((stream) => stream !== null),
    exited,
    kill: (signal) => !over && send(pid, signal),
    stop: async () => {
      shell.stdin?.end();
      return await exited;
    },
  };
}

function readPid(shell: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    shell.once('error', reject);
    const report = shell.stdio[3] as Readable;
    let text = '';
    report.setEncoding('utf8');
    report.on('data', (chunk: string) => {
      text += chunk;
    });
    report.once('error', reject);
    report.once('close', () => {
      const pid = Number.parseInt(text, 10);
      if (pid > 0) resolve(pid);
      else reject(new Error('The guard process ended before it had started its program.'));
    });
  });
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
