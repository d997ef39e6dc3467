/**
 * `npm run test:chaos -- [--kills 100] [--cut 30] [--seed S]`: one shop under load while relay and projector
 * are killed that often and bus and PostgreSQL are cut for so many seconds each (test/chaos/run-chaos.ts), on
 * servers of its own.
 *
 * Prints the seed first: it repeats the faults of the bus and the pauses between kills, not the machine's
 * timing. Exits 1 with a sentence when a promise is broken.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startTestServers } from '../../infra/setup/start-test-servers.ts';
import { seedOf } from '../model/run-model.ts';
import { runChaos } from './run-chaos.ts';

const { values } = parseArgs({ options: {
  kills: { type: 'string', default: '100' }, cut: { type: 'string', default: '30' }, seed: { type: 'string' },
} });
const [kills, cutMs, seed] = [Number(values.kills), Number(values.cut) * 1_000, seedOf(values.seed)];
const say = (text: string) => process.stdout.write(`${text}\n`);

if (!Number.isInteger(kills) || !Number.isFinite(cutMs) || !Number.isInteger(seed)) {
  say('usage: npm run test:chaos -- [--kills N] [--cut SECONDS] [--seed S]');
  process.exitCode = 1;
} else {
  process.exitCode = await run();
}

async function run(): Promise<number> {
  say(`--kills ${kills} --cut ${cutMs / 1_000} --seed ${seed}`);
  const folder = mkdtempSync(join(tmpdir(), 'onsale-chaos-'));
  const servers = await startTestServers(folder);
  const teardowns: (() => unknown)[] = [servers.stop];
  try {
    Object.assign(process.env, servers.env);
    const report = await runChaos({ teardown: (work) => teardowns.push(work) }, { kills, cutMs, seed, say });
    for (const [name, count] of Object.entries(report)) say(`${name} ${count}`);
    say('nothing lost, nothing twice, nothing parked: Redis and SQL equal the fold of the log');
    return 0;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    for (const work of teardowns.toReversed()) await work();
    rmSync(folder, { recursive: true, force: true });
  }
}
