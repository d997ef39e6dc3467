import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import quick, { quickTests, registerTestsOf } from './quick-tap.ts';
import type { QuickTap } from './quick-tap.ts';

async function resultOf(work: (t: QuickTap) => unknown): Promise<string> {
  registerTestsOf('a.test.ts');
  await quick.test('a test', work);
  const test = quickTests.at(-1);
  t.match(test, { file: 'a.test.ts', name: 'a test' });
  return await test?.run().then(() => 'passes', (error: unknown) => `fails: ${String(error)}`) ?? '';
}

t.test('what tap takes passes', async (t) => {
  const bare = Object.assign(Object.create(null) as object, { a: '1' });
  const works: ((t: QuickTap) => unknown)[] = [
    (t) => t.ok(1), (t) => t.notOk(0), (t) => t.equal(1, 1), (t) => t.not(1, 2), (t) => t.pass(),
    (t) => t.same([bare], [{ a: '1' }]), (t) => t.same(new Map([[1, { a: 2 }]]), new Map([[1, { a: 2 }]])),
    (t) => t.match({ a: 'abc', b: [1, 2], c: 3 }, { a: /^a/, b: [1] }), (t) => t.match('abc', 'b'),
    (t) => t.notMatch('abc', /x/), (t) => t.notMatch({ a: 1 }, { b: 1 }),
    (t) => t.throws(() => { throw new Error('x'); }), (t) => t.rejects(Promise.reject(new Error('x'))),
  ];
  for (const work of works) t.equal(await resultOf(work), 'passes', work.toString());
});

t.test('what tap refuses fails', async (t) => {
  const works: ((t: QuickTap) => unknown)[] = [
    (t) => t.ok(0), (t) => t.notOk(1), (t) => t.equal(1, 2), (t) => t.equal('1', 1), (t) => t.not(1, 1),
    (t) => t.fail('x'), (t) => t.same([1], [1, 2]), (t) => t.same({ a: 1 }, { a: 1, b: 2 }),
    (t) => t.match({ a: 'abc' }, { a: /^b/ }), (t) => t.match({ a: 1 }, { a: 1, b: {} }),
    (t) => t.match(null, {}), (t) => t.notMatch('abc', /b/), (t) => t.throws(() => undefined),
    (t) => t.rejects(() => Promise.resolve()), () => { throw new Error('x'); },
    async (t) => { await t.test('awaited', (inner: QuickTap) => inner.fail('x')); },
    (t) => { void t.test('not awaited', (inner: QuickTap) => inner.fail('x')); },
  ];
  for (const work of works) t.match(await resultOf(work), /^fails/, work.toString());
});

t.test('subtests run one after the other, teardowns last and backwards, also after a fault', async (t) => {
  const steps: string[] = [];
  await resultOf((t) => {
    t.teardown(() => steps.push('first teardown'));
    t.teardown(() => steps.push('second teardown'));
    void t.test('slow', async (t: QuickTap) => {
      t.teardown(() => steps.push('of the subtest'));
      await sleep(5);
      steps.push('slow');
    });
    void t.test('quick', () => {
      steps.push('quick');
      throw new Error('x');
    });
  });
  t.same(steps, ['slow', 'of the subtest', 'quick', 'second teardown', 'first teardown']);
});
