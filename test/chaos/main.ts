/**
 * `npm run test:chaos -- [--kills 100] [--cut 30] [--seed S]`: one shop under load while relay, projector
 * and worker are killed that often and bus and PostgreSQL are cut for so many seconds each
 * (test/chaos/run-chaos.ts), on servers of its own. With `--failovers N` instead: Redis fails over that often
 * under load (test/chaos/run-failovers.ts).
 *
 * Prints the seed first: it repeats the faults of the bus and the pauses between kills, not the machine's
 * timing. Exits 1 with a sentence when a promise is broken.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startTestServers } from '../../infra/setup/start-test-servers.ts';
import type { Teardown } from '../harness/teardown.ts';
import { seedOf } from '../model/run-model.ts';
import { runChaos } from './run-chaos.ts';
import { runFailovers } from './run-failovers.ts';

const { values } = parseArgs({ options: {
  kills: { type: 'string', default: '100' }, cut: { type: 'string', default: '30' }, seed: { type: 'string' },
  failovers: { type: 'string' },
} });
const [kills, cutMs, seed] = [Number(values.kills), Number(values.cut) * 1_000, seedOf(values.seed)];
const failovers = values.failovers === undefined ? undefined : Number(values.failovers);
const say = (text: string) => process.stdout.write(`${text}\n`);

if (!Number.isInteger(kills) || !Number.isFinite(cutMs) || !Number.isInteger(seed)
  || !Number.isInteger(failovers ?? 1)) {
  say('usage: npm run test:chaos -- [--kills N] [--cut SECONDS] [--seed S] | --failovers N');
  process.exitCode = 1;
} else {
  process.exitCode = await run(failovers === undefined ? breakEverything : (t) => failOver(t, failovers));
}

async function run(work: (t: Teardown) => Promise<void>): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'onsale-chaos-'));
  const servers = await startTestServers(folder);
  const teardowns: (() => unknown)[] = [servers.stop];
  try {
    Object.assign(process.env, servers.env);
    await work({ teardown: (undo) => teardowns.push(undo) });
    say('nothing lost, nothing twice, nothing parked: Redis and SQL equal the fold of the log');
    return 0;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    for (const undo of teardowns.toReversed()) await undo();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function breakEverything(t: Teardown): Promise<void> {
  say(`--kills ${kills} --cut ${cutMs / 1_000} --seed ${seed}`);
  const report = await runChaos(t, { kills, cutMs, seed, say });
  for (const [name, count] of Object.entries(report)) say(`${name} ${count}`);
}

async function failOver(t: Teardown, times: number): Promise<void> {
  say(`--failovers ${times}`);
  const { seconds, ...report } = await runFailovers(t, { failovers: times, say });
  for (const [name, count] of Object.entries(report)) say(`${name} ${count}`);
  const sorted = seconds.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  say(`seconds until the first sale: median ${median.toFixed(1)}, max ${(sorted.at(-1) ?? 0).toFixed(1)}`);
}
