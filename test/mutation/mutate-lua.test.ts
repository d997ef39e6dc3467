import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { findLuaSites } from './find-lua-sites.ts';
import { applyMutants, mutateLua, OPERATORS } from './mutate-lua.ts';

const lua = new URL('../../lua/', import.meta.url);
const files = readdirSync(lua, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.lua'));
const becoming = (source: string): string[] => mutateLua('a.lua', source).map(({ becomes }) => becomes);

t.test('each kind of place is broken in its way', async (t) => {
  const cases: [source: string, becomes: string[]][] = [
    ['local a = b == c', ['local a = b ~= c']],
    ['local a = b < c', ['local a = b <= c']],
    ['local a = b >= c', ['local a = b > c']],
    ['local a = b + -c', ['local a = b - -c']],
    ['local a = b * c / d', ['local a = b / c / d', 'local a = b * c * d']],
    ['local a = b and c or d', ['local a = b or c or d', 'local a = b and c and d']],
    ['local a = not b', ['local a = b']],
    ['local a = b[2]', ['local a = b[3]', 'local a = b[1]']],
    ['local a = -b', []],
    ['local a = #b', []],
    ['local a = 0', ['local a = 1', 'local a = -1']],
    ['local a = 0.5', []],
    ['local a = math.min(b, c)', ['local a = math.max(b, c)']],
    ['local a = math.max(b, c)', ['local a = math.min(b, c)']],
    ['local a = { b = true, c = false }',
      ['local a = { b = false, c = false }', 'local a = { b = true, c = true }']],
    ['a.b[c] = d', ['']],
    ['a(b)', ['']],
    ['a, b = c', ['']],
    ['return a, b', ['return nil']],
    ['return', []],
    ['return nil', []],
    ['if a then b() elseif c then d() end', [
      'if true then b() elseif c then d() end', 'if false then b() elseif c then d() end',
      'if a then elseif c then d() end',
      'if a then b() elseif true then d() end', 'if a then b() elseif false then d() end',
      'if a then b() elseif c then end',
    ]],
    ['while a do break end', ['while false do break end', 'while a do end']],
    ['repeat until a', ['repeat until true', 'repeat until false']],
  ];
  for (const [source, becomes] of cases) {
    t.same(becoming(source).map((text) => text.replace(/ +/g, ' ')), becomes, source);
  }
});

t.test('strings, comments and what only looks like code stay as they are', async (t) => {
  for (const source of ["local a = '%d+ == 1 and \\' 2'", 'local a = "1 < 2"', '-- a = 1', '--[[ a = 1 ]]',
    'local a = [[ 1 + 1 ]]', 'local a = [==[ ]] 1 ]==]', 'local function a(b, ...) local c end']) {
    t.same(becoming(source), [], source);
  }
});

t.test('a mutant says which line it changes and how', async (t) => {
  const source = 'local a = f(b,\n  2)\nfor i = 1, #a do\n  g(a[i],\n    c)\nend\n';
  t.same(mutateLua('x.lua', source).map(({ lineNumber }) => lineNumber), [2, 2, 3, 3, 4]);
  t.match(mutateLua('x.lua', source).at(-1), {
    file: 'x.lua', operator: 'statement', line: 'g(a[i], c)', becomes: '',
  });
  t.equal(applyMutants(source, mutateLua('x.lua', source).slice(-1)),
    'local a = f(b,\n  2)\nfor i = 1, #a do\n  \nend\n');
  const [two, , one] = mutateLua('x.lua', source);
  t.equal(applyMutants('local a, b = 2, 1', [
    { start: 13, end: 14, replacement: '33' }, { start: 16, end: 17, replacement: '' },
  ]), 'local a, b = 33, ');
  t.same([two?.replacement, one?.replacement], ['3', '2']);
});

t.test('what is no Lua is refused with its line', async (t) => {
  t.throws(() => mutateLua('a.lua', 'local a = 1\nlocal b = $'), /line 2/);
  t.throws(() => mutateLua('a.lua', 'if a then\nb()'), /line 2: end is missing/);
  t.throws(() => mutateLua('a.lua', 'end'), /line 1/);
  t.throws(() => mutateLua('a.lua', 'local = 2'), /a name is missing/);
});

t.test('every script has mutants of many kinds, each another Lua file', async (t) => {
  const used = new Set<string>();
  for (const file of files) {
    const source = readFileSync(new URL(file, lua), 'utf8');
    const mutants = mutateLua(file, source);
    t.ok(mutants.length > 0, file);
    const changed = mutants.map((mutant) => applyMutants(source, [mutant]));
    t.equal(new Set([source, ...changed]).size, mutants.length + 1, file);
    for (const text of changed) findLuaSites(text);
    for (const { operator } of mutants) used.add(operator);
  }
  t.same(OPERATORS.filter((operator) => !used.has(operator)), []);
});
