/** The Kinesis emulator on 127.0.0.1, in its own process that ends with us. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { awaitServer } from './await-server.ts';
import type { LocalServer } from './local-server.ts';
import { spawnGuarded } from './spawn-guarded.ts';

export type KinesisOptions = {
  /** Log, and data when durable; made when missing. */
  folder: string;
  port: number;
  /** false: streams live in memory. */
  durable: boolean;
};

const program = fileURLToPath(new URL('./kinesis-emulator.mjs', import.meta.url));

/** Starts the emulator without any stream. */
export async function startKinesis({ folder, port, durable }: KinesisOptions): Promise<LocalServer> {
  mkdirSync(folder, { recursive: true });
  const logPath = join(folder, 'kinesis.log');
  const log = openSync(logPath, 'a');
  const args = [program, String(port), ...(durable ? [join(folder, 'data')] : [])];
  const child = await spawnGuarded({ command: process.execPath, args, output: log });
  closeSync(log);
  await awaitServer({
    name: 'The Kinesis emulator',
    child,
    logPath,
    deadlineMs: 30_000,
    answers: () => isListening(port),
  });
  return { url: `http://127.0.0.1:${port}`, port, child };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
