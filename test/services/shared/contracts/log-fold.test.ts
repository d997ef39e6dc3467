import t from 'tap';
import { createLogFold } from '../../../../services/shared/contracts/log-fold.ts';

const event = (seq: number) => ({ saleId: 's', seq, id: `e${seq}`, prev: seq === 1 ? '0' : `e${seq - 1}` });

t.test('tells what comes twice from what contradicts', async (t) => {
  const fold = createLogFold();
  t.equal(fold.judge(event(1)).verdict, 'accepted');
  t.equal(fold.judge(event(2)).verdict, 'accepted');
  t.equal(fold.judge(event(1)).verdict, 'duplicate');
  t.same(fold.judge({ ...event(2), id: 'rival' }), { verdict: 'rejected', reason: 'seq_already_taken' });
  t.equal(fold.judge(event(4)).reason, 'seq_gap');
  t.same(fold.head('s'), { seq: 2, id: 'e2' });
  t.equal(fold.standing(event(1)), 'accepted');
  t.equal(fold.standing({ ...event(1), id: 'x' }), 'contradicted');
  t.equal(fold.standing(event(3)), 'ahead');
});

t.test('what it has forgotten it calls unknown, and believes who remembers', async (t) => {
  const fold = createLogFold(4);
  for (let seq = 1; seq <= 10; seq++) fold.judge(event(seq));
  t.equal(fold.standing(event(7)), 'accepted');
  t.equal(fold.standing(event(6)), 'unknown');
  t.equal(fold.standing({ ...event(2), id: 'x' }), 'unknown');
  t.equal(fold.judge(event(2), true).verdict, 'duplicate');
  t.equal(fold.judge(event(2), false).verdict, 'rejected');
});

t.test('a head learnt elsewhere is gone on from', async (t) => {
  const fold = createLogFold(4);
  fold.setHead('s', { seq: 100, id: 'e100' });
  t.equal(fold.standing(event(100)), 'accepted');
  t.equal(fold.standing(event(99)), 'unknown');
  t.equal(fold.judge(event(101)).verdict, 'accepted');
  t.same([...fold.heads()], [['s', { seq: 101, id: 'e101' }]]);
});
