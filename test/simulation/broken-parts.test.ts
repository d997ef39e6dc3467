/** A simulator that notices nothing proves nothing: every mistake built in on purpose is found. */
import t from 'tap';
import { BROKEN_PARTS } from './broken-parts.ts';
import { runHistory } from './run-history.ts';

const HISTORIES_MAX = 1_000;
t.setTimeout(600_000);

for (const [mistake, parts] of Object.entries(BROKEN_PARTS)) {
  t.test(`it is found that ${mistake}`, async (t) => {
    for (let seed = 1; seed <= HISTORIES_MAX; seed++) {
      const [fault] = (await runHistory({ seed, parts })).faults;
      if (fault === undefined) continue;
      t.same((await runHistory({ seed })).faults, [], 'without the mistake the history is fine');
      t.pass(`in history ${seed}: ${fault}`);
      return;
    }
    t.fail(`not in ${HISTORIES_MAX} histories`);
  });
}
