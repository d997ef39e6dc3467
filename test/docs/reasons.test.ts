import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { REASONS } from '../../services/shared/contracts/reasons.ts';

/** docs/reasons.md and the catalogue say the same, in the same order; scripts use the catalogue only. */
const page = readFileSync(new URL('../../docs/reasons.md', import.meta.url), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  .map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));

t.test('the page has a row for every code, with its status, sentence and what the operator does', (t) => {
  t.same(rows.map(([code]) => code), Object.keys(REASONS).map((code) => `\`${code}\``));
  for (const [code = '', status, sentence, when = '', operator, ...rest] of rows) {
    const reason = REASONS[code.replaceAll('`', '') as keyof typeof REASONS];
    t.same({ status, sentence, operator, rest },
      { status: String(reason.status), sentence: reason.title, operator: reason.operator || '—', rest: [] },
        code);
    t.match(when, /^.{10,}\.$/, `${code}: when it comes up is a sentence`);
  }
  t.end();
});

t.test('statuses and sentences are what a caller may expect', (t) => {
  for (const [code, { status, title }] of Object.entries(REASONS)) {
    t.match(code, /^[a-z]+(_[a-z]+)*$/);
    const statuses = [400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 500, 503];
    t.ok(statuses.includes(status), `${code} is ${status}`);
    t.match(title, /^[A-Z].*\.$/, `${code} has a sentence`);
  }
  t.equal(new Set(Object.values(REASONS).map(({ title }) => title)).size, Object.keys(REASONS).length);
  t.end();
});

t.test('no script says a reason in a string of its own', (t) => {
  for (const folder of ['../../lua/', '../../lua/include/']) {
    const names = readdirSync(new URL(folder, import.meta.url)).filter((name) => name.endsWith('.lua'));
    for (const name of names) {
      const text = readFileSync(new URL(folder + name, import.meta.url),
        'utf8').replace(/--\[\[[\s\S]*?\]\]/, '');
      const literals = [...text.matchAll(/'([a-z]+(?:_[a-z]+)+)'/g)].map(([, literal = '']) => literal);
      t.same(literals.filter((literal) => Object.hasOwn(REASONS, literal)), [], name);
    }
  }
  t.end();
});
