import t from 'tap';
import { runHistories, seedOf } from './run-histories.ts';
import { runHistory } from './run-history.ts';

/**
 * The rule by simulation (test/simulation/run-history.ts): the real code of relay and rule in histories in
 * which Redis fails over and forgets, relays sleep and wake, records come late and twice, shards are split
 * and merged and clocks jump. Whatever happens, all readers have the same log, what was acknowledged is in it
 * once, and nothing else was acknowledged. A failure prints the seed of its history:
 * `SIM_SEED=… SIM_HISTORIES=1 npm test -- test/simulation/simulation.test.ts` runs it again.
 */
const HISTORIES = 5_000;
t.setTimeout(900_000);

t.test('all readers reach the same log, and nothing acknowledged is missing from it', async (t) => {
  const { SIM_SEED, SIM_HISTORIES } = process.env;
  const seed = seedOf(SIM_SEED ?? '1');
  const histories = Number(SIM_HISTORIES ?? HISTORIES);
  t.comment(`SIM_SEED=${seed} SIM_HISTORIES=${histories}`);
  const { sums, failed } = await runHistories({ histories, seed, say: (text) => t.comment(text) });
  t.comment(Object.entries(sums).map(([name, sum]) => `${name} ${sum}`).join(', '));
  for (const { seed, faults } of failed) t.fail(`SIM_SEED=${seed}: ${faults[0] ?? ''}`);
  t.equal(failed.length, 0, `${histories} histories`);
  if (histories < HISTORIES) return;
  t.ok(sums.logged > 20 * histories, 'enough was sold to mean something');
  t.ok(sums.acknowledged > 5 * histories, 'and acknowledged');
  t.ok(sums.recoveries > histories / 4, 'and rebuilt');
});

t.test('the same seed is the same history', async (t) => {
  const tell = async (): Promise<string[]> => {
    const lines: string[] = [];
    await runHistory({ seed: 7, trace: (line) => lines.push(line) });
    return lines;
  };
  const lines = await tell();
  t.ok(lines.length > 20);
  t.same(await tell(), lines);
});
