/** That the rules of style find what they look for, and leave alone what only looks like it. */
import t from 'tap';
import { docstringFaults, headerFaults, leftoverFaults } from './comment-rules.ts';
import { documentFaults, environmentExampleFaults, versionFaults } from './document-rules.ts';
import { deadFileFaults, environmentFaults, importFaults } from './import-rules.ts';
import { luaBindingFaults, luaHeaderFaults, luaRegistrationFaults } from './lua-rules.ts';
import { fileNameFaults, unitFaults } from './name-rules.ts';
import type { ProjectFile } from './project-files.ts';
import { awaitedReplyFaults } from './reply-rules.ts';
import { functionFaults, lengthFaults } from './shape-rules.ts';
import { migrationFaults, sqlInCodeFaults } from './sql-rules.ts';

type Rule = (files: ProjectFile[]) => string[];
type Sample = [rule: Rule, path: string, text: string];

const long = (lineCount: number): string => 'work();\n'.repeat(lineCount);
const header =
  '--[[\n  give-back: gives back.\n\n  KEYS[1] sale\n  ARGV[1] id\n\n  Returns ok\n  Cost O(1)\n]]\n';
const body = 'local sale, id = KEYS[1], ARGV[1]\n';

const faulty: Record<string, Sample> = {
  'a long file': [lengthFaults, 'services/a/b.ts', long(401)],
  'a wide line': [lengthFaults, 'services/a/b.ts', 'x'.repeat(111)],
  'a long script': [lengthFaults, 'lua/a.lua', 'x\n'.repeat(121)],
  'a long function': [
    functionFaults,
    'services/a/b.ts',
    `export function b() {\n${'  x();\n'.repeat(69)}}\n`,
  ],
  'a long arrow function': [
    functionFaults,
    'services/a/b.ts',
    `const b = () => {\n${'  x();\n'.repeat(69)}};\n`,
  ],
  'a camel-case name': [fileNameFaults, 'services/a/placeHolds.ts', ''],
  'a name that says nothing': [fileNameFaults, 'services/a/utils.ts', ''],
  'a name of something else': [fileNameFaults, 'services/a/place-holds.ts', 'export function release() {}'],
  'a bare price': [unitFaults, 'services/a/b.ts', 'const price = 5;'],
  'a timeout without unit': [unitFaults, 'services/a/b.ts', 'const connectTimeout = 5;'],
  'an import of another service': [importFaults, 'services/a/b.ts', "import { c } from '../c/c.ts';"],
  'an import without ending': [importFaults, 'services/a/b.ts', "import { c } from './c';"],
  'an import of nothing': [importFaults, 'services/a/b.ts', "import { c } from './c.ts';"],
  'a contract that reaches out': [importFaults, 'services/shared/contracts/a.ts', "import pg from 'pg';"],
  'a test in a service': [importFaults, 'services/a/b.ts', "import { c } from '../../test/stack.ts';"],
  'an environment read inside': [environmentFaults, 'services/a/b.ts', 'const url = process.env.URL;'],
  'an exit inside': [environmentFaults, 'services/a/b.ts', 'process.exit(1);'],
  'an answer awaited': [
    awaitedReplyFaults,
    'services/a/b.ts',
    'type Answered = string | FastifyReply;\nasync function tell(\n  { id }: Asked,\n  reply: FastifyReply,\n): '
      + 'Promise<Answered | undefined> {\n}\nconst answer = await tell(reply) ?? "more";\n',
  ],
  'a dead file': [deadFileFaults, 'services/a/b.ts', 'export const b = 1;'],
  'a TODO': [leftoverFaults, 'services/a/b.ts', '// TODO later'],
  'a print': [leftoverFaults, 'services/a/b.ts', "console.log('here');"],
  'an only': [leftoverFaults, 'test/a.test.ts', "t.only('a', check);"],
  'commented-out code': [leftoverFaults, 'services/a/b.ts', '  // const a = call(b);'],
  'an undocumented function': [
    docstringFaults,
    'services/shared/platform/a.ts',
    '\nexport function a(): void {}',
  ],
  'a manual as a header': [headerFaults, 'services/a/b.ts', `/**\n${' * text\n'.repeat(15)} */\n`],
  'a script without header': [luaHeaderFaults, 'lua/give-back.lua', 'return 1'],
  'a gap in a header': [luaHeaderFaults, 'lua/give-back.lua', header.replace('KEYS[1]', 'KEYS[2]') + body],
  'a key that is never read': [luaHeaderFaults, 'lua/give-back.lua', `${header}local id = ARGV[1]\n`],
  'an argument read late': [
    luaBindingFaults,
    'lua/give-back.lua',
    `${header}${body}if id then return ARGV[1] end\n`,
  ],
  'an idle script': [luaRegistrationFaults, 'lua/give-back.lua', header + body],
  'an unknown include': [luaRegistrationFaults, 'lua/include/a.lua', '-- @include nothing'],
  'SQL in code': [sqlInCodeFaults, 'services/a/b.ts', "query('DELETE FROM shows');"],
  'a migration without limit': [migrationFaults, 'services/a/migrations/0001_create_shows.sql', 'CREATE'],
  'a migration out of count': [
    migrationFaults,
    'services/a/migrations/0002_create_shows.sql',
    'SET lock_timeout',
  ],
  'an unknown script': [documentFaults, 'README.md', 'Run `npm run nothing`.'],
  'an unknown path': [documentFaults, 'README.md', 'See `services/nothing/main.ts`.'],
  'an unknown variable': [documentFaults, 'README.md', 'Set `NOTHING_READS_ME`.'],
  'an unexplained variable': [environmentExampleFaults, 'services/a/config.ts', '  NEW_URL: Type.String(),'],
  'a range of versions': [versionFaults, 'package.json', '{ "dependencies": { "pg": "^8.0.0" } }'],
};

const fine: Record<string, Sample> = {
  'a long link': [lengthFaults, 'services/a/b.ts', `// https://${'x'.repeat(120)}`],
  'a function of short ones': [
    functionFaults,
    'services/a/b.ts',
    `function a() {\n${`  function b() {\n${'    x();\n'.repeat(40)}  }\n`.repeat(2)}}\n`,
  ],
  'a name in common': [fileNameFaults, 'services/a/http-server.ts', 'export function createHttp() {}'],
  'a name with a unit': [unitFaults, 'services/a/b.ts', 'const priceMinor = 5;'],
  'an import of the platform': [
    importFaults,
    'services/legacy/x.ts',
    "import { l } from '../shared/platform/log.ts';",
  ],
  'what was found awaited': [
    awaitedReplyFaults,
    'services/a/b.ts',
    'async function find(\n  id: string,\n): Promise<Found | undefined> {\n}\nconst found = await find(id);\n',
  ],
  'the environment in main.ts': [environmentFaults, 'services/a/main.ts', 'start(process.env);'],
  'prose that ends like code': [leftoverFaults, 'services/a/b.ts', '// They are read once (see above);'],
  'a whole script': [luaHeaderFaults, 'lua/give-back.lua', header + body],
  'arguments read first': [luaBindingFaults, 'lua/give-back.lua', header + body],
  'prose about deleting': [sqlInCodeFaults, 'services/a/b.ts', "say('DELETE is what gives it back');"],
  'a bounded migration': [
    migrationFaults,
    'services/a/migrations/0001_create_shows.sql',
    "SET lock_timeout = '5s'",
  ],
  'a path that exists': [documentFaults, 'README.md', 'See `infra/local/main.ts`.'],
};

t.test('what breaks a rule is found, with file and line', async (t) => {
  for (const [name, [rule, path, text]] of Object.entries(faulty)) {
    const faults = rule([fileOf(path, text), fileOf('.env.example', '')]).filter((fault) =>
      fault.startsWith(`${path}:`),
    );
    t.match(faults[0] ?? '', /^\S+:\d+ .*\.$/, name);
  }
});

t.test('what only looks like it is left alone', async (t) => {
  for (const [name, [rule, path, text]] of Object.entries(fine)) t.same(rule([fileOf(path, text)]), [], name);
});

function fileOf(path: string, text: string): ProjectFile {
  return { path, text, lines: text.split('\n') };
}
