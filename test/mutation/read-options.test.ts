import t from 'tap';
import { mutateLua } from './mutate-lua.ts';
import { chooseMutants, readOptions } from './read-options.ts';

const mutants = [
  ...mutateLua('place-holds.lua', 'local a = 1 + 2 + 3 + 4 + 5 + 6\n'),
  ...mutateLua('include/take.lua', 'local a = 1 + 2 + 3 + 4 + 5 + 6\n'),
];
const all = { only: [], operators: [], sampleCount: 0, seed: 1 };

t.test('options are read, and what is none is refused', async (t) => {
  t.match(readOptions([]), { only: [], sampleCount: 0, seed: 1, quick: false, again: false });
  const args = ['--only', 'place-holds,take', '--tests', 'moments', '--sample', '5', '--quick', '--again'];
  t.match(readOptions(args),
    { only: ['place-holds', 'take'], tests: ['moments'], sampleCount: 5, quick: true, again: true });
  t.throws(() => readOptions(['--onyl', 'take']), /onyl/);
  t.throws(() => readOptions(['--sample', 'many']), /--sample takes a whole number/);
});

t.test('only the files named are broken', async (t) => {
  t.same(chooseMutants(mutants, all), mutants);
  const taken = chooseMutants(mutants, { ...all, only: ['take'] });
  t.same(new Set(taken.map(({ file }) => file)), new Set(['include/take.lua']));
  t.throws(() => chooseMutants(mutants, { ...all, only: ['tkae'] }), /There is no tkae.lua/);
});

t.test('only the kinds of change named are made', async (t) => {
  const { operators } = readOptions(['--operators', 'arithmetic,logic']);
  const changed = chooseMutants(mutants, { ...all, operators });
  t.same(changed, mutants.filter(({ operator }) => operator === 'arithmetic'));
  t.ok(changed.length > 0 && changed.length < mutants.length);
  t.throws(() => readOptions(['--operators', 'logik']), /not logik/);
});

t.test('a sample is the same for the same seed, and in the order of the files', async (t) => {
  const sampleOf = (seed: number) => chooseMutants(mutants, { ...all, sampleCount: 10, seed });
  t.equal(sampleOf(1).length, 10);
  t.same(sampleOf(1), sampleOf(1));
  t.notSame(sampleOf(1), sampleOf(2));
  t.same(sampleOf(1), mutants.filter((mutant) => sampleOf(1).includes(mutant)));
  t.equal(chooseMutants(mutants, { ...all, sampleCount: 1_000 }).length, mutants.length);
});
