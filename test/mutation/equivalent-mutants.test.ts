import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { findEquivalent } from './equivalent-mutants.ts';
import type { EquivalentMutant } from './equivalent-mutants.ts';
import { mutateLua } from './mutate-lua.ts';

const why = 'the same for every whole number';
const mutants = [...mutateLua('a.lua', 'local a = b > 0\n'), ...mutateLua('b.lua', 'local a = b > 0\n')];

t.test('an entry stands for its line in its file, or with * in all that have it', async (t) => {
  const entry = { file: 'a.lua', line: 'local a = b > 0', becomes: 'local a = b >= 0', why };
  const one = findEquivalent(mutants, [entry]);
  t.same([...one.equivalent].map(({ file, becomes }) => [file, becomes]), [['a.lua', 'local a = b >= 0']]);
  t.same(one.stale, []);
  t.equal(findEquivalent(mutants, [{ ...entry, file: '*' }]).equivalent.size, 2);
});

t.test('an entry may name several with one reason; each of them must be there', async (t) => {
  const becomes = ['local a = b >= 0', 'local a = b > 1'];
  const entry = { file: 'a.lua', line: 'local a = b > 0', becomes, why };
  t.same([...findEquivalent(mutants, [entry]).equivalent].map((mutant) => mutant.becomes), becomes);
  const wrong = { ...entry, becomes: [...becomes, 'x'] };
  t.same(findEquivalent(mutants, [wrong]).stale, [wrong]);
});

t.test('an entry that matches nothing or says no reason is stale', async (t) => {
  const entry = { file: 'a.lua', line: 'local a = b > 0', becomes: 'local a = b >= 0', why };
  for (const wrong of [{ file: 'c.lua' }, { line: 'local a = b > 1' }, { becomes: 'x' }, { why: ' ' }]) {
    t.same(findEquivalent(mutants, [{ ...entry, ...wrong }]).stale, [{ ...entry, ...wrong }]);
  }
});

t.test('the list of lua/ is up to date', async (t) => {
  const lua = new URL('../../lua/', import.meta.url);
  const all = readdirSync(lua, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.lua'))
    .flatMap((file) => mutateLua(file, readFileSync(new URL(file, lua), 'utf8')));
  const list = readFileSync(new URL('equivalent.json', import.meta.url), 'utf8');
  t.same(findEquivalent(all, JSON.parse(list) as EquivalentMutant[]).stale, []);
});
