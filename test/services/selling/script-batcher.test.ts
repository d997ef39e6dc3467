import t from 'tap';
import { BATCH_ARGS_MAX, BATCH_COUNT_MAX, ScriptBatcher,
  WAITING_COUNT_MAX } from '../../../services/selling/script-batcher.ts';

/** A script call that answers when the test says so. */
function pausedCalls(argsOf: (claim: number) => number = () => 1) {
  const calls: { partition: number; claims: number[]; answer: (answers: string[] | string | Error) =>
    void }[] = [];
  const send = (partition: number, claims: number[]) => new Promise<string[] | string>((resolve, reject) => {
    calls.push({ partition, claims, answer: (answers) =>
      (answers instanceof Error ? reject(answers) : resolve(answers)) });
  });
  return { calls, batcher: new ScriptBatcher<number>(send, argsOf) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

t.test('what arrives in one turn goes in one call per partition, in order', async (t) => {
  const { calls, batcher } = pausedCalls();
  const answers = [1, 2, 3].map((claim) => batcher.add(7, claim));
  const other = batcher.add(8, 4);
  await turn();
  t.same(calls.map(({ partition, claims }) => [partition, claims]), [[7, [1, 2, 3]], [8, [4]]]);
  calls[0]?.answer(['a', 'b', 'c']);
  calls[1]?.answer('recovering');
  t.same(await Promise.all(answers), ['a', 'b', 'c']);
  t.equal(await other, 'recovering\t', 'a reason for the whole call is everybody\'s');
});

t.test('two calls are under way at most, and the next one grows meanwhile', async (t) => {
  const { calls, batcher } = pausedCalls();
  const answers = [];
  for (let i = 0; i < 6; i++) {
    answers.push(batcher.add(0, i));
    await turn();
  }
  t.same(calls.map(({ claims }) => claims), [[0], [1]]);
  calls[0]?.answer(['ok']);
  await turn();
  await turn();
  t.same(calls.map(({ claims }) => claims), [[0], [1], [2, 3, 4, 5]]);
  calls[1]?.answer(['ok']);
  calls[2]?.answer(['ok', 'ok', 'ok', 'ok']);
  t.same(await Promise.all(answers), Array.from({ length: 6 }, () => 'ok'));
});

t.test('of full calls four are under way at most', async (t) => {
  const { calls, batcher } = pausedCalls();
  const answers = Array.from({ length: 5 * BATCH_COUNT_MAX }, (_, i) => batcher.add(0, i));
  for (let i = 0; i < 8; i++) await turn();
  t.same(calls.map(({ claims }) => claims.length), Array.from({ length: 4 }, () => BATCH_COUNT_MAX));
  for (let answered = 0; answered < calls.length; answered++) {
    calls[answered]?.answer(Array.from({ length: BATCH_COUNT_MAX }, () => 'ok'));
    await turn();
    await turn();
  }
  t.equal((await Promise.all(answers)).length, 5 * BATCH_COUNT_MAX);
  t.equal(calls.length, 5);
});

t.test('a call has a maximum of claims, and a partition a maximum of those that wait', async (t) => {
  const { calls, batcher } = pausedCalls();
  const answers = Array.from({ length: WAITING_COUNT_MAX }, (_, i) => batcher.add(0, i));
  t.equal(await batcher.add(0, -1), 'overloaded\t');
  const elsewhere = batcher.add(1, 0);
  await turn();
  t.equal(calls.find(({ partition }) => partition === 0)?.claims.length, BATCH_COUNT_MAX);
  let answered = 0;
  while (answered < calls.length) {
    for (const { claims, answer } of calls.slice(answered)) {
      answer(claims.map(() => 'ok'));
      answered += 1;
    }
    await turn();
    await turn();
  }
  t.same(new Set(await Promise.all([...answers, elsewhere])), new Set(['ok']), 'nobody is forgotten');
});

t.test('a call has a maximum of arguments; a claim that has more goes alone', async (t) => {
  const { calls, batcher } = pausedCalls((claim) => claim);
  const third = Math.floor(BATCH_ARGS_MAX / 3);
  const answers = [third, third, third, 1, 1, BATCH_ARGS_MAX + 1, 2].map((claim) => batcher.add(0, claim));
  for (let i = 0; i < calls.length || i === 0; i++) {
    await turn();
    await turn();
    calls[i]?.answer(calls[i]?.claims.map(() => 'ok') ?? []);
    await turn();
    await turn();
  }
  t.same(calls.map(({ claims }) => claims),
    [[third, third, third, 1], [1], [BATCH_ARGS_MAX + 1], [2]]);
  t.same(new Set(await Promise.all(answers)), new Set(['ok']));
});

t.test('an error that is not of Redis being away is that of its own call only', async (t) => {
  const { calls, batcher } = pausedCalls();
  const answers = [];
  for (let i = 0; i < 4; i++) {
    answers.push(batcher.add(0, i).then((answer) => answer, (error: Error) => error.message));
    await turn();
  }
  calls[0]?.answer(new RangeError('Maximum call stack size exceeded'));
  await turn();
  await turn();
  for (const { claims, answer } of calls.slice(1)) answer(claims.map(() => 'ok'));
  t.same(await Promise.all(answers), ['Maximum call stack size exceeded', 'ok', 'ok', 'ok']);
});

t.test('when Redis does not answer, those who wait are told at once', async (t) => {
  const { calls, batcher } = pausedCalls();
  const answers = [];
  for (let i = 0; i < 4; i++) {
    answers.push(batcher.add(0, i).then(() => 'ok', (error: Error) => error.message));
    await turn();
  }
  calls[0]?.answer(new Error('Command timed out'));
  t.same(await Promise.all([answers[0], answers[2], answers[3]]),
    Array.from({ length: 3 }, () => 'Command timed out'));
  calls[1]?.answer(['ok']);
  t.equal(await answers[1], 'ok', 'the call that was under way has its own answer');
  const next = batcher.add(0, 9);
  await turn();
  calls[2]?.answer(['ok']);
  t.equal(await next, 'ok');
});

t.test('a script that answers too little is a defect, not silence', async (t) => {
  const { calls, batcher } = pausedCalls();
  const answers = Promise.allSettled([batcher.add(0, 1), batcher.add(0, 2)]);
  await turn();
  calls[0]?.answer(['ok']);
  t.match(await answers, [{ status: 'fulfilled' }, { status: 'rejected', reason: /no answer/ }]);
});
