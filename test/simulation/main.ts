/**
 * `npm run test:simulation -- --histories 100000 [--seed S] [--trace]`: random histories of outboxes, relays,
 * shards, readers and failovers, in which the real code of relay and rule decides (run-history.ts).
 *
 * The n-th history has the seed S + n. Prints S first. Exits 1 with the seed of each history that broke a
 * promise; `--histories 1 --seed` with it repeats that one, `--trace` says what happens in it.
 */
import { parseArgs } from 'node:util';
import { runHistories, seedOf } from './run-histories.ts';

const { values } = parseArgs({ options: {
  histories: { type: 'string', default: '20000' }, seed: { type: 'string' }, trace: { type: 'boolean' },
} });
const [histories, seed] = [Number(values.histories), seedOf(values.seed)];
const say = (text: string) => process.stdout.write(`${text}\n`);

if (!Number.isInteger(histories) || !Number.isInteger(seed)) {
  say('usage: npm run test:simulation -- [--histories N] [--seed S] [--trace]');
  process.exitCode = 1;
} else {
  say(`--histories ${histories} --seed ${seed}`);
  const { sums, failed } = await runHistories({ histories, seed, say, ...values.trace && { trace: say } });
  say(Object.entries(sums).map(([name, sum]) => `${name} ${sum}`).join(', '));
  say(`${histories} histories: ${failed.length} broke a promise (seed ${seed})`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
