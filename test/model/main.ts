/**
 * `npm run test:model -- --commands 1000000 [--seed S] [--path P]`: random commands on random sales against a
 * Redis of its own, each answer compared with what the fold of the events calls for
 * (test/model/run-model.ts).
 *
 * Prints the seed first. Exits 1 with seed, path and the shortest list of commands that still fails.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findAnyFreePort } from '../../infra/local/find-free-port.ts';
import { startRedis } from '../../infra/local/start-redis.ts';
import { runModel, seedOf } from './run-model.ts';

const { values } = parseArgs({ options: {
  commands: { type: 'string', default: '100000' }, seed: { type: 'string' }, path: { type: 'string' },
} });
const [commands, seed] = [Number(values.commands), seedOf(values.seed)];
const say = (text: string) => process.stdout.write(`${text}\n`);

if (!Number.isInteger(commands) || !Number.isInteger(seed)) {
  say('usage: npm run test:model -- [--commands N] [--seed S] [--path P]');
  process.exitCode = 1;
} else {
  process.exitCode = await run();
}

async function run(): Promise<number> {
  say(`--commands ${commands} --seed ${seed}`);
  const folder = mkdtempSync(join(tmpdir(), 'onsale-model-'));
  const redis = await startRedis({ folder, port: await findAnyFreePort(), durable: false });
  let saidAtMs = performance.now();
  const sayNow = (text: string) => {
    if (performance.now() - saidAtMs < 10_000) return;
    saidAtMs = performance.now();
    say(text);
  };
  try {
    const { answers, ...done } = await runModel(
      { redisUrl: redis.url, commands, seed, path: values.path, say: sayNow });
    say([...answers].toSorted(([, a], [, b]) => b - a).map(([answer, n]) => `${answer} ${n}`).join(', '));
    say(`${done.commands} commands, ${done.events} events: no difference (seed ${seed})`);
    return 0;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await redis.child.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
