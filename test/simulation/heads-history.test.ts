import t from 'tap';
import { runHeadsHistory } from './heads-history.ts';
import { seedOf } from './run-histories.ts';

/**
 * Where a relay begins, by simulation (test/simulation/heads-history.ts). A failure prints its seed:
 * `SIM_SEED=… SIM_HISTORIES=1 npm test -- test/simulation/heads-history.test.ts` runs it again.
 */
const HISTORIES = 400;
t.setTimeout(300_000);

t.test('who begins at the heads that others wrote has the log of who read it all', async (t) => {
  const { SIM_SEED, SIM_HISTORIES } = process.env;
  const seed = seedOf(SIM_SEED ?? '1');
  const histories = Number(SIM_HISTORIES ?? HISTORIES);
  const sums = { learnt: 0, unlearnt: 0 };
  for (let i = 0; i < histories; i++) {
    const { faults, learnt, unlearnt } = await runHeadsHistory(seed + i);
    sums.learnt += learnt;
    sums.unlearnt += unlearnt;
    if (faults.length > 0) t.fail(`SIM_SEED=${seed + i}: ${faults.join('; ')}`);
  }
  t.comment(`${histories} histories from seed ${seed}: ${JSON.stringify(sums)}`);
  if (histories < HISTORIES) return;
  t.ok(sums.learnt > histories, 'enough begin at heads to mean something');
  t.ok(sums.unlearnt > histories, 'and enough find none to trust');
});
