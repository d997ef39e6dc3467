import t from 'tap';
import { GENESIS, judge } from '../../../../services/shared/contracts/log-rule.ts';
import type { Head, Judgement } from '../../../../services/shared/contracts/log-rule.ts';

/** The rule of promise 4 as a table: what every reader says of the next event it reads. */
const head: Head = { seq: 5, id: 'e5' };
const TABLE: [what: string, head: Head, event: { seq: number; id: string; prev: string },
  wasAccepted: boolean,
  verdict: Judgement['verdict'], reason: Judgement['reason']][] = [
  ['the first event of a sale', GENESIS, { seq: 1, id: 'e1', prev: '0' }, false, 'accepted', ''],
  ['the next event', head, { seq: 6, id: 'e6', prev: 'e5' }, false, 'accepted', ''],
  ['the head again', head, { seq: 5, id: 'e5', prev: 'e4' }, false, 'duplicate', ''],
  ['the head again, remembered', head, { seq: 5, id: 'e5', prev: 'e4' }, true, 'duplicate', ''],
  ['an older one again', head, { seq: 2, id: 'e2', prev: 'e1' }, true, 'duplicate', ''],
  ['an older one that nobody remembers', head, { seq: 2, id: 'e2', prev: 'e1' }, false, 'rejected',
    'seq_already_taken'],
  ['a rival of the head', head, { seq: 5, id: 'x5', prev: 'e4' }, false, 'rejected', 'seq_already_taken'],
  ['what follows on a rival', head, { seq: 6, id: 'x6', prev: 'x5' }, false, 'rejected', 'prev_differs'],
  ['the right prev at the wrong seq', head, { seq: 7, id: 'e7', prev: 'e5' }, false, 'rejected', 'seq_gap'],
  ['a gap', head, { seq: 8, id: 'e8', prev: 'e7' }, false, 'rejected', 'seq_gap'],
  ['a first event that is not the first', GENESIS, { seq: 2, id: 'e2', prev: 'e1' }, false, 'rejected',
    'seq_gap'],
  ['a first event that follows on something', GENESIS, { seq: 1, id: 'e1', prev: 'e0' }, false, 'rejected',
    'prev_differs'],
  ['a second beginning', head, { seq: 1, id: 'x1', prev: '0' }, false, 'rejected', 'seq_already_taken'],
  ['seq 0', GENESIS, { seq: 0, id: 'x', prev: '0' }, false, 'rejected', 'seq_already_taken'],
  ['a negative seq', head, { seq: -1, id: 'x', prev: 'e5' }, false, 'rejected', 'seq_already_taken'],
];

for (const [what, before, event, wasAccepted, verdict, reason] of TABLE) {
  t.test(`${what}: ${verdict}${reason && ` (${reason})`}`, (t) => {
    t.same(judge(before, event, wasAccepted), { verdict, reason });
    t.end();
  });
}

t.test('whatever is sent twice, late or by a rival, readers of the same records reach the same log', (t) => {
  const chain = (prefix: string, first: number, last: number, prev: string) => Array.from(
    { length: last - first + 1 },
    (_, i) => ({ seq: first + i, id: `${prefix}${first + i}`,
      prev: i === 0 ? prev : `${prefix}${first + i - 1}` }),
  );
  const records = [...chain('e', 1, 4, '0'), ...chain('e', 2, 6, 'e1'), ...chain('x', 5, 8, 'e4'),
    ...chain('e', 1, 7, '0'), ...chain('e', 9, 9, 'e8')];
  const accepted: string[] = [];
  let now = GENESIS;
  for (const event of records) {
    if (judge(now, event, accepted.includes(event.id)).verdict !== 'accepted') continue;
    accepted.push(event.id);
    now = event;
  }
  t.same(accepted, ['e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7']);
  t.end();
});
