import t from 'tap';
import { findKilled, groupMutants } from './group-mutants.ts';
import { mutateLua } from './mutate-lua.ts';

const source = Array.from({ length: 16 }, (_, i) => `local a${i} = b${i} < c${i}`).join('\n');
const mutants = mutateLua('a.lua', source);

t.test('what touches another is in another group', async (t) => {
  const overlapping = mutateLua('a.lua', 'if a < 2 then b() end');
  const groups = groupMutants([...overlapping, ...mutateLua('b.lua', 'if a < 2 then b() end')]);
  t.same(new Set(groups.flat()).size, 2 * overlapping.length);
  for (const group of groups) {
    const spans = group.map(({ file, start, end }) => ({ file, start, end }));
    for (const one of spans) {
      t.equal(spans.filter((other) => one.file === other.file && one.start < other.end
        && other.start < one.end).length, 1);
    }
  }
  t.equal(groupMutants(mutants).length, 1);
});

t.test('those that are killed are found in few runs', async (t) => {
  for (const deadly of [[], [0], [15], [3, 4], [0, 5, 10, 15], mutants.map((_, i) => i)]) {
    const wanted = deadly.flatMap((i) => mutants[i] ?? []);
    let runs = 0;
    const killed = await findKilled(mutants, async (group) => {
      runs += 1;
      return group.some((mutant) => wanted.includes(mutant));
    });
    t.same(killed, wanted);
    t.ok(runs <= 1 + deadly.length * 8, `${runs} runs for ${deadly.length}`);
  }
});

t.test('mutants that only kill together are not killed', async (t) => {
  t.same(await findKilled(mutants.slice(0, 4), async (group) => group.length > 1), []);
});
