import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { hasRole, bearerOf, readCredentials } from '../../../../services/shared/platform/credentials.ts';
import { loadScripts } from '../../../../services/shared/platform/scripts.ts';

/** The source of `main.lua` as it is put together from the files given. */
function assembled(t: { teardown(work: () => void): unknown }, files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'scripts-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'include'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return loadScripts(pathToFileURL(`${folder}/`)).get('main')?.source ?? '';
}

t.test('a script is put together from its includes, each once', (t) => {
  const source = assembled(t, {
    'main.lua': '-- @include a\n-- @include b\nreturn a + b\n',
    'include/a.lua': '-- @include b\nlocal a = 1\n',
    'include/b.lua': 'local b = 2\n',
  });
  t.equal(source.replace(/\n+/g, '\n'), 'local b = 2\nlocal a = 1\nreturn a + b\n');
  t.end();
});

t.test('a script may run although Redis has no memory left, if it says so itself', (t) => {
  const include = { 'include/a.lua': '-- @allow-oom\nlocal a = 1\n' };
  t.equal(assembled(t, { 'main.lua': '--[[ main ]]\n-- @allow-oom\nreturn 1\n' }),
    '#!lua flags=allow-oom\n--[[ main ]]\nreturn 1\n');
  t.notMatch(assembled(t, { 'main.lua': '-- @include a\nreturn a\n', ...include }), /#!/);
  t.end();
});

t.test('reasons come from the catalogue; one that is not there is told at the start', (t) => {
  t.equal(assembled(t, { 'main.lua': 'return REASON.sold_out' }), "return 'sold_out'");
  t.throws(() => assembled(t, { 'main.lua': 'return REASON.sold_uot' }), /main\.lua names sold_uot/);
  t.throws(() => assembled(t, { 'main.lua': '-- @include missing\n' }), /ENOENT/);
  t.end();
});

t.test('credentials are read strictly, and never told', (t) => {
  const token = 'a-token-of-some-length';
  const found = readCredentials(`ann:admin:${token},vic:viewer:${token}2`);
  t.same(found.find(token), { name: 'ann', role: 'admin' });
  t.same(found.find(`${token}2`), { name: 'vic', role: 'viewer' });
  t.equal(found.find(''), undefined);
  t.equal(found.find('x'), undefined);
  for (const bad of [`Ann:admin:${token}`, `ann:king:${token}`, 'ann:admin:short', 'ann',
    `:admin:${token}`]) {
    t.throws(() => readCredentials(bad), /needs the form name:role:token/);
    t.doesNotThrow(() => {
      try {
        readCredentials(bad);
      } catch (error) {
        if (String(error).includes(token)) throw error;
      }
    }, 'the token is not in the sentence');
  }
  t.ok(hasRole({ name: 'a', role: 'admin' }, 'operator'));
  t.notOk(hasRole({ name: 'a', role: 'viewer' }, 'operator'));
  t.equal(bearerOf('Bearer abc'), 'abc');
  t.equal(bearerOf('bearer'), '');
  t.equal(bearerOf(undefined), '');
  t.end();
});
