/**
 * A Kinesis emulator, kinesalite, of the test's own, in which a day passes at a word: what was put before is
 * then past its retention, and gone. Programs started with `env` live in the same time.
 */
import { mkdirSync, mkdtempSync, openSync, closeSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { awaitServer } from '../../infra/local/await-server.ts';
import { findAnyFreePort } from '../../infra/local/find-free-port.ts';
import { spawnGuarded } from '../../infra/local/spawn-guarded.ts';
import type { Teardown } from './teardown.ts';

const emulator = fileURLToPath(new URL('../../infra/local/kinesis-emulator.mjs', import.meta.url));
const preload = new URL('./move-clock.mjs', import.meta.url).href;

export interface AgingKinesis {
  url: string;
  env: Record<string, string>;
  /** The time of day is so much later from now on. */
  age(ms: number): void;
}

/** Starts it without any stream, in memory; stopped in the teardown. */
export async function startAgingKinesis(t: Teardown): Promise<AgingKinesis> {
  const parent = process.env['TEST_FOLDER'] ?? tmpdir();
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'aging-kinesis-'));
  const file = join(folder, 'clock-ahead-ms');
  let aheadMs = 0;
  const write = (): void => {
    // A reader finds the whole number or the one before.
    writeFileSync(`${file}.new`, String(aheadMs));
    renameSync(`${file}.new`, file);
  };
  write();
  const port = await findAnyFreePort();
  const logPath = join(folder, 'kinesis.log');
  const log = openSync(logPath, 'a');
  const env = { CLOCK_AHEAD_FILE: file, NODE_OPTIONS: `--import=${preload}` };
  const child = await spawnGuarded({
    command: process.execPath, args: [emulator, String(port)], env: { PATH: process.env['PATH'], ...env },
    output: log, killAfterS: 2,
  });
  closeSync(log);
  t.teardown(() => child.stop());
  const url = `http://127.0.0.1:${port}`;
  await awaitServer({
    name: 'The Kinesis emulator', child, logPath, deadlineMs: 30_000,
    // It answers everything, if only with an error.
    answers: async () => (await fetch(url)).status > 0,
  });
  return {
    url, env,
    age(ms) {
      aheadMs += ms;
      write();
    },
  };
}
