/** Waiting for a server we have just started, and saying what its log said when it did not come up. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GuardedChild } from './spawn-guarded.ts';

export type AwaitServerOptions = {
  /** For the sentence of the error: "Redis". */
  name: string;
  child: GuardedChild;
  logPath: string;
  deadlineMs: number;
  /** Whether the server answers; throwing counts as no. */
  answers: () => Promise<boolean>;
};

/**
 * Resolves when the server answers; throws one sentence when it ended or the deadline has passed (then it
 * is stopped).
 */
export async function awaitServer({
  name,
  child,
  logPath,
  deadlineMs,
  answers,
}: AwaitServerOptions): Promise<void> {
  let exitCode: number | undefined;
  void child.exited.then((code) => {
    exitCode = code;
  });
  const deadlineAtMs = Date.now() + deadlineMs;
  while (exitCode === undefined && Date.now() < deadlineAtMs) {
    if (await answers().catch(() => false)) return;
    await sleep(25);
  }
  const what =
    exitCode === undefined ? `did not answer within ${deadlineMs} ms` : `ended with code ${exitCode}`;
  await child.stop();
  throw new Error(`${name} ${what}; ${logPath} says: ${lastLine(logPath)}`);
}

function lastLine(path: string): string {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.at(-1)?.slice(0, 300) || 'nothing';
}
