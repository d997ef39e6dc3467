import t from 'tap';
import {
  BATCH_ARGS_MAX, BATCH_BYTES_MAX, BATCH_COUNT_MAX, ScriptBatcher,
} from '../../../services/selling/script-batcher.ts';

interface Claim {
  saleId: string;
  n: number;
}

interface Call {
  partition: number;
  claims: Claim[];
  answer: (answers: string[] | string | Error) => void;
}

/** A script call that answers when the test says so. */
function pausedCalls({ argsOf = () => 1, bytesOf = () => 1 }: {
  argsOf?: (claim: Claim) => number;
  bytesOf?: (claim: Claim) => number;
} = {}) {
  const calls: Call[] = [];
  const send = (partition: number, claims: Claim[]) => new Promise<string[] | string>((resolve, reject) => {
    calls.push({ partition, claims, answer: (answers) =>
      (answers instanceof Error ? reject(answers) : resolve(answers)) });
  });
  const batcher = new ScriptBatcher<Claim>(send, argsOf, bytesOf);
  const add = (n: number, { partition = 0, saleId = 'hamlet' } = {}) => batcher.add(partition, { saleId, n });
  return { calls, add };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const numbersOf = (calls: Call[]) => calls.map(({ claims }) => claims.map(({ n }) => n));
const salesOf = (call: Call | undefined) => call?.claims.map(({ saleId }) => saleId).join('') ?? 'no call';

/** Answers a call, each claim with its own number, and lets the next calls go out. */
async function answer(call: Call | undefined): Promise<void> {
  call?.answer(call.claims.map(({ n }) => `ok ${n}`));
  for (let i = 0; i < 4; i++) await turn();
}

/** Answers the calls from number `from` on, one after the other, until none is left. */
async function answerAll(calls: Call[], from = 0): Promise<void> {
  for (let i = 0; i < 4; i++) await turn();
  for (let i = from; i < calls.length; i++) await answer(calls[i]);
}

t.test('what arrives in one turn goes in one call per partition, in order', async (t) => {
  const { calls, add } = pausedCalls();
  const answers = [1, 2, 3].map((n) => add(n, { partition: 7 }));
  const other = add(4, { partition: 8 });
  await turn();
  t.same(calls.map(({ partition }) => partition), [7, 8]);
  t.same(numbersOf(calls), [[1, 2, 3], [4]]);
  calls[0]?.answer(['a', 'b', 'c']);
  calls[1]?.answer('recovering');
  t.same(await Promise.all(answers), ['a', 'b', 'c']);
  t.equal(await other, 'recovering\t', 'a reason for the whole call is everybody\'s');
});

t.test('two calls are under way at most, and the next one grows meanwhile', async (t) => {
  const { calls, add } = pausedCalls();
  const answers = [];
  for (let n = 0; n < 6; n++) {
    answers.push(add(n));
    await turn();
  }
  t.same(numbersOf(calls), [[0], [1]]);
  await answer(calls[0]);
  t.same(numbersOf(calls), [[0], [1], [2, 3, 4, 5]]);
  await answerAll(calls, 1);
  t.same(await Promise.all(answers), [0, 1, 2, 3, 4, 5].map((n) => `ok ${n}`));
});

t.test('of full calls four are under way at most', async (t) => {
  const { calls, add } = pausedCalls();
  const answers = Array.from({ length: 5 * BATCH_COUNT_MAX }, (_, n) => add(n));
  for (let i = 0; i < 8; i++) await turn();
  t.same(calls.map(({ claims }) => claims.length), Array.from({ length: 4 }, () => BATCH_COUNT_MAX));
  await answerAll(calls);
  t.same(await Promise.all(answers), answers.map((_, n) => `ok ${n}`));
  t.equal(calls.length, 5);
});

t.test('a call has a maximum of arguments; a claim that has more goes alone', async (t) => {
  const { calls, add } = pausedCalls({ argsOf: ({ n }) => n });
  const third = Math.floor(BATCH_ARGS_MAX / 3);
  const answers = [third, third, third, 1, 1, BATCH_ARGS_MAX + 1, 2].map((n) => add(n));
  await answerAll(calls);
  t.same(numbersOf(calls), [[third, third, third, 1], [1], [BATCH_ARGS_MAX + 1], [2]]);
  t.equal((await Promise.all(answers)).length, 7);
});

t.test('a call has a maximum of bytes; a claim that has more goes alone', async (t) => {
  const { calls, add } = pausedCalls({ bytesOf: ({ n }) => n });
  const half = BATCH_BYTES_MAX / 2;
  const answers = [half, half, 1, BATCH_BYTES_MAX + 1, 2, BATCH_BYTES_MAX - 2, 1].map((n) => add(n));
  await answerAll(calls);
  t.same(numbersOf(calls), [[half, half], [1], [BATCH_BYTES_MAX + 1], [2, BATCH_BYTES_MAX - 2], [1]]);
  t.equal((await Promise.all(answers)).length, 7);
});

t.test('calls that are full by arguments or by bytes are full calls: four are under way', async (t) => {
  for (const sizes of [
    { argsOf: () => BATCH_ARGS_MAX },
    { bytesOf: () => BATCH_BYTES_MAX },
  ]) {
    const { calls, add } = pausedCalls(sizes);
    const answers = [1, 2, 3, 4, 5].map((n) => add(n));
    for (let i = 0; i < 8; i++) await turn();
    t.same(numbersOf(calls), [[1], [2], [3], [4]]);
    await answerAll(calls);
    t.equal((await Promise.all(answers)).length, 5);
  }
});

t.test('a sale with one claim is in the next call, whatever another has waiting', async (t) => {
  const { calls, add } = pausedCalls();
  const crowd = Array.from({ length: 20_000 }, (_, n) => add(n, { saleId: 'a' }));
  for (let i = 0; i < 8; i++) await turn();
  t.equal(calls.length, 4, 'the line of the crowd has as many calls under way as there may be');
  const one = add(-1, { saleId: 'b' });
  await answer(calls[0]);
  t.equal(calls[4]?.claims[1]?.n, -1, 'the second of the very next call');
  await answer(calls[4]);
  t.equal(await one, 'ok -1', 'answered when most of the crowd still waits');
  t.same(calls.length, 6);
  await answerAll(calls, 1);
  t.same(await Promise.all(crowd), crowd.map((_, n) => `ok ${n}`));
  t.same(calls.flatMap(({ claims }) => claims).filter(({ saleId }) => saleId === 'a').map(({ n }) => n),
    crowd.map((_, n) => n), 'within a sale in the order they came');
});

t.test('sales take turns when more waits than fits, and go on where the last call ended', async (t) => {
  const { calls, add } = pausedCalls();
  const answers = ['a', 'b', 'c'].flatMap((saleId) =>
    Array.from({ length: BATCH_COUNT_MAX }, (_, n) => add(n, { saleId })));
  await answerAll(calls);
  t.equal(salesOf(calls[0]), `${'abc'.repeat(42)}ab`);
  t.equal(salesOf(calls[1]), `${'cab'.repeat(42)}ca`);
  t.equal(salesOf(calls[2]), `${'bca'.repeat(42)}bc`);
  t.equal(calls.length, 3);
  for (const saleId of ['a', 'b', 'c']) {
    t.same(calls.flatMap(({ claims }) => claims).filter((claim) => claim.saleId === saleId)
      .map(({ n }) => n), Array.from({ length: BATCH_COUNT_MAX }, (_, n) => n));
  }
  t.equal((await Promise.all(answers)).length, 3 * BATCH_COUNT_MAX);
});

t.test('a sale of large claims keeps its turn when its next one does not fit', async (t) => {
  const { calls, add } = pausedCalls({ bytesOf: ({ n }) => n });
  const large = BATCH_BYTES_MAX - 1;
  const answers = [add(large, { saleId: 'a' }), add(large, { saleId: 'a' }), add(large, { saleId: 'b' }),
    add(1, { saleId: 'c' }), add(2, { saleId: 'c' })];
  await answerAll(calls);
  t.same(calls.map((call) => salesOf(call)), ['a', 'bc', 'a', 'c'],
    'nothing overtakes within the turns: b and one of c fill a call, then it is a\'s turn');
  t.equal((await Promise.all(answers)).length, 5);
});

t.test('a partition with a slow script never holds back another', async (t) => {
  const { calls, add } = pausedCalls();
  let isOver = false;
  const slow = Array.from({ length: 20_001 }, (_, n) => add(n));
  t.equal(await slow.at(-1), 'overloaded\t', 'no room is left in the slow one');
  void Promise.allSettled(slow).then(() => { isOver = true; });
  for (let i = 0; i < 8; i++) await turn();
  t.equal(calls.filter(({ partition }) => partition === 0).length, 4);
  const elsewhere = Array.from({ length: 10 * BATCH_COUNT_MAX }, (_, n) => add(n, { partition: 1 }));
  await answerAll(calls, 4);
  t.same(await Promise.all(elsewhere), elsewhere.map((_, n) => `ok ${n}`));
  t.equal(calls.filter(({ partition }) => partition === 0).length, 4, 'not one answer of the slow one yet');
  t.notOk(isOver);
  t.equal(calls.length, 14);
  await answerAll(calls, 0);
  t.same(await Promise.all(slow.slice(0, -1)), slow.slice(0, -1).map((_, n) => `ok ${n}`));
});

t.test('an error that is not of Redis being away is that of its own call only', async (t) => {
  const { calls, add } = pausedCalls();
  const answers = [];
  for (let n = 0; n < 4; n++) {
    answers.push(add(n).then((text) => text, (error: Error) => error.message));
    await turn();
  }
  calls[0]?.answer(new RangeError('Maximum call stack size exceeded'));
  await answerAll(calls, 1);
  t.same(await Promise.all(answers), ['Maximum call stack size exceeded', 'ok 1', 'ok 2', 'ok 3']);
});

t.test('when Redis does not answer, those who wait in the partition are told at once', async (t) => {
  const { calls, add } = pausedCalls();
  const outcome = (answering: Promise<string>) =>
    answering.then((text) => text, (error: Error) => error.message);
  const answers = [];
  for (let n = 0; n < 4; n++) {
    answers.push(outcome(add(n, { saleId: n === 3 ? 'othello' : 'hamlet' })));
    await turn();
  }
  const elsewhere = outcome(add(9, { partition: 1 }));
  await turn();
  calls[0]?.answer(new Error('Command timed out'));
  t.same(await Promise.all([answers[0], answers[2], answers[3]]),
    Array.from({ length: 3 }, () => 'Command timed out'));
  await answer(calls[1]);
  t.equal(await answers[1], 'ok 1', 'the call that was under way has its own answer');
  await answer(calls[2]);
  t.equal(await elsewhere, 'ok 9', 'and so has another partition');
  const next = add(10);
  await turn();
  await answer(calls[3]);
  t.equal(await next, 'ok 10');
});

t.test('a script that answers too little is a defect, not silence', async (t) => {
  const { calls, add } = pausedCalls();
  const answers = Promise.allSettled([add(1), add(2)]);
  await turn();
  calls[0]?.answer(['ok']);
  t.match(await answers, [{ status: 'fulfilled' }, { status: 'rejected', reason: /no answer/ }]);
});
