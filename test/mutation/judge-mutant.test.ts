import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { copyProject } from './copy-project.ts';
import { measureTests } from './judge-mutant.ts';
import { judgeMutants } from './judge-mutants.ts';
import { readLuaProject } from './lua-project.ts';
import { MutationWorker } from './mutation-worker.ts';
import { reportMutants, scoreOf } from './report-mutants.ts';

const script = `local key, most = KEYS[1], tonumber(ARGV[1])
local n = tonumber(redis.call('GET', key) or 0)
-- @include count-up
if most < 0 then return nil end
if n < most then n = countUp(n) end
redis.call('SET', key, n)
return n
`;
const include = `local function countUp(n)
  local left = 2
  while left > 0 do
    n, left = n + 1, left - 1
  end
  return n
end
`;
const sampleTest = `import { Redis } from 'ioredis';
import t from 'tap';
import { loadScripts, runScript } from '../../services/shared/platform/scripts.ts';
import { openTestStack } from '../harness/open-test-stack.ts';

t.test('counts up by two below the limit', async (t) => {
  const redis = new Redis((await openTestStack(t)).redisUrl);
  t.teardown(() => redis.disconnect());
  const count = (most) => runScript(redis, loadScripts().get('sample'), ['n'], [most]);
  await t.test('and not above', async (t) => {
    t.same([await count(10), await count(4), await count(4)], [2, 4, 4]);
  });
});
t.test('is broken from the start', (t) => t.fail('always'));
t.test('runs no script', () => undefined);
`;

t.test('a worker judges mutants of its own copy', async (t) => {
  const folder = join(process.env['TEST_FOLDER'] ?? tmpdir(), `mutation-${randomBytes(6).toString('hex')}`);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  copyProject(folder);
  rmSync(join(folder, 'lua'), { recursive: true });
  mkdirSync(join(folder, 'lua/include'), { recursive: true });
  writeFileSync(join(folder, 'lua/sample.lua'), script);
  writeFileSync(join(folder, 'lua/include/count-up.lua'), include);
  writeFileSync(join(folder, 'test/lua/sample.test.ts'), sampleTest);
  const worker = new MutationWorker(folder, ['test/lua/sample.test.ts', 'test/lua/nothing.test.ts']);
  t.teardown(() => worker.stop());
  await worker.start();
  t.match(worker.greeting.faults, [{ file: /nothing/, error: /Cannot find module/ }]);

  const project = readLuaProject(folder);
  t.same(project.scriptsOf('include/count-up.lua'), new Set(['sample']));
  const { useful, failed } = await measureTests(worker, project);
  t.same(useful.map(({ name, scripts }) => [name, [...scripts]]),
    [['counts up by two below the limit', ['sample']], ['runs no script', []]]);
  t.match(failed, [{ name: 'is broken from the start', error: 'always' }]);

  const wanted = ['n, left = n + 1, left + 1', 'local left = 3', 'if false then return nil end'];
  const noted: string[] = [];
  const mutants = project.mutants.filter(({ becomes }) => wanted.includes(becomes));
  const judging = { budgetMs: Infinity, workers: [worker], project, isInterrupted: () => false };
  const judged = await judgeMutants(mutants, useful, judging, ({ mutant }) => noted.push(mutant.becomes));
  const errors = Object.fromEntries(judged.map(({ mutant, verdict }) => [mutant.becomes, verdict?.error]));
  t.match(errors, { [wanted[0] ?? '']: 'the script hangs', [wanted[1] ?? '']: /Expected/ });
  t.equal(errors[wanted[2] ?? ''], undefined, 'no test has a negative limit');
  t.same(noted, judged.map(({ mutant }) => mutant.becomes));
  t.equal(readFileSync(join(folder, 'lua/include/count-up.lua'), 'utf8'), include, 'it is put back');
  t.equal((await worker.run(0, 100)).error, undefined, 'after a script that hung there is a new Redis');

  const { percent, ...counts } = scoreOf(judged, []);
  t.same([counts, Math.round(percent)], [{ killed: 2, survived: 1, equivalent: 0 }, 67]);
  t.match(reportMutants(judged, []), /^lua\/sample.lua:4 condition\n +if most < 0 .*\n +if false /m);
});
