import t from 'tap';
import { findKilled, groupMutants } from './group-mutants.ts';
import { mutateLua } from './mutate-lua.ts';

const mutants = Array.from({ length: 16 }, (_, i) => mutateLua(`${i}.lua`, 'local a = b < c')).flat();

t.test('the members of a group are in different files', async (t) => {
  const [one, two] = [mutateLua('a.lua', 'a = b < c'), mutateLua('b.lua', 'a = b < 2')];
  t.same(groupMutants([...one, ...two]).map((group) => group.map(({ file }) => file)),
    [['a.lua', 'b.lua'], ['a.lua', 'b.lua'], ['b.lua'], ['b.lua']]);
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
