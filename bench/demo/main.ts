/**
 * `npm run demo`: a stack of its own, a sale of 500 places, 5,000 buyers, and a verdict. Exits 0 only when
 * the verdict is clean; stops and removes all that it started, also after Ctrl-C. With REDIS_URL,
 * DATABASE_URL or KINESIS_ENDPOINT set it uses those, and leaves its sale in them.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../../infra/local/start-stack.ts';
import { PARTITIONS_DEFAULT } from '../../services/shared/contracts/partition-of.ts';
import { runDemo } from './run-demo.ts';
import type { StackAddresses } from './run-demo.ts';

const folder = mkdtempSync(join(tmpdir(), 'onsale-demo-'));
const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (abort.signal.aborted) process.exit(130);
    process.exitCode = 130;
    abort.abort();
  });
}

let stopped: Promise<void> | undefined;
try {
  say('bringing up a stack of its own for the demo …');
  const stack = await startStack({
    clean: false,
    env: { ...process.env, ONSALE_DATA_FOLDER: folder, LOG_LEVEL: 'warn' },
    say: () => undefined,
    signal: abort.signal,
  });
  stopped = stack.stopped;
  if (!abort.signal.aborted) {
    const addresses = JSON.parse(readFileSync(join(folder, 'stack.json'), 'utf8')) as StackAddresses;
    const partitions = Number(process.env['PARTITIONS'] || PARTITIONS_DEFAULT);
    const isClean = await runDemo(addresses, { partitions, out: process.stdout, signal: abort.signal });
    process.exitCode ??= isClean ? 0 : 1;
  }
} catch (error) {
  process.exitCode ??= 1;
  const why = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${abort.signal.aborted ? 'stopped before the end' : why}\n`);
} finally {
  abort.abort();
  await stopped;
  rmSync(folder, { recursive: true, force: true });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
