/**
 * `npm run test:mutation`: breaks the scripts of lua/ on purpose, one place at a time, and looks whether the
 * tests notice. A mutant is killed when a test fails, a script hangs or a process dies. First come the tests
 * of test/lua and test/model in warm processes, some milliseconds each; what lives on meets the services'
 * tests under tap. What cannot be noticed is in equivalent.json with its reason and does not count.
 *
 * With --quick a mutant meets only its likeliest killers, so that the score is a lower bound of the true one;
 * --again gives the survivors of such a run all tests.
 *
 * Exits 1 when the score is below the minimum, or an entry of equivalent.json matches nothing any more.
 */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRunning } from '../../infra/local/is-running.ts';
import { copyProject } from './copy-project.ts';
import { findEquivalent } from './equivalent-mutants.ts';
import type { EquivalentMutant } from './equivalent-mutants.ts';
import { measureTests, runsAny } from './judge-mutant.ts';
import type { UsefulTest } from './judge-mutant.ts';
import { judgeAgain, judgeMutants } from './judge-mutants.ts';
import type { JudgedMutant } from './judge-mutants.ts';
import { readLuaProject } from './lua-project.ts';
import type { LuaProject } from './lua-project.ts';
import type { LuaMutant } from './mutate-lua.ts';
import { MutationWorker } from './mutation-worker.ts';
import { mutantsSince } from './mutants-since.ts';
import { chooseMutants, readOptions, usage } from './read-options.ts';
import type { MutationOptions } from './read-options.ts';
import { RealTests } from './real-tests.ts';
import { describe, reportMutants, scoreOf } from './report-mutants.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const dataFolder = join(project, '.data');
const runFolder = join(dataFolder, `mutation-${process.pid}`);
const survivorsPath = join(dataFolder, 'mutation-survivors.json');
const verdictsPath = join(dataFolder, 'mutation-verdicts.jsonl');
const TEST_END = '.test.ts';
const TEST_FOLDERS = ['test/lua', 'test/model'];
/** A first guess, until the run knows better: what a mutant costs that is killed, and how many are not. */
const MS_PER_KILL = 300;
const SURVIVING_SHARE = 0.1;
/** What lives on costs most, for it meets every test: with --quick the likeliest killers of so much time. */
const QUICK_BUDGET_MS = 12_000;

let isInterrupted = false;
const workers: MutationWorker[] = [];
let realTests: RealTests | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    isInterrupted = true;
    void stopAll();
  });
}

try {
  process.exitCode = process.argv.includes('--help') ? help() : await run(readOptions(process.argv.slice(2)));
} catch (error) {
  say(isInterrupted ? 'stopped' : String(error instanceof Error ? error.message : error));
  process.exitCode = 1;
} finally {
  await stopAll();
  rmSync(runFolder, { recursive: true, force: true });
}

function help(): number {
  say(usage);
  return 0;
}

async function run(options: MutationOptions): Promise<number> {
  removeForgottenFolders();
  const folders = Array.from({ length: options.workerCount }, (_, i) => join(runFolder, `copy-${i + 1}`));
  for (const folder of folders) copyProject(folder);
  const lua = readLuaProject(folders[0] as string);
  const { mutants, equivalent } = choose(lua, options);
  const files = TEST_FOLDERS.flatMap((folder) => readdirSync(join(project, folder))
    .filter((name) => name.endsWith(TEST_END))
    .filter((name) => options.tests.length === 0 || options.tests.includes(name.slice(0, -TEST_END.length)))
    .map((name) => `${folder}/${name}`));
  workers.push(...folders.map((folder) => new MutationWorker(folder, files)));
  await Promise.all(workers.map((worker) => worker.start()));
  const { tests, unquick } = await prepareTests(workers[0] as MutationWorker, lua);
  sayPlan(mutants, lua, tests, options);

  const budgetMs = options.quick && options.tests.length === 0 ? QUICK_BUDGET_MS : Infinity;
  const judging = { workers, project: lua, budgetMs, isInterrupted: () => isInterrupted };
  const first = await judgeMutants(mutants, tests, judging, progressOf(mutants.length));
  realTests = new RealTests(runFolder, unquick);
  const judged = options.quick ? first : await judgeAgain(first, realTests, judging, (groupCount) =>
    say(`second round: ${groupCount} groups of survivors, some minutes each`));
  writeSurvivors(judged.filter(({ verdict }) => verdict === undefined).map(({ mutant }) => mutant));
  say(`\n${reportMutants(judged, equivalent)}\n`);
  const { percent } = scoreOf(judged, equivalent);
  const isEnough = percent >= options.scoreMin && !isInterrupted;
  say(`score ${percent.toFixed(1)} %, ${isEnough ? 'at least' : 'below'} ${options.scoreMin} %`);
  return isEnough ? 0 : 1;
}

/** The mutants to judge and the equivalent ones among those that were chosen. */
function choose(
  lua: LuaProject,
  options: MutationOptions,
): { mutants: LuaMutant[]; equivalent: LuaMutant[] } {
  const entries = JSON.parse(
    readFileSync(new URL('equivalent.json', import.meta.url), 'utf8'),
  ) as EquivalentMutant[];
  const { equivalent, stale } = findEquivalent(lua.mutants, entries);
  if (stale.length > 0) {
    const lines = stale.map(({ file, line, becomes }) =>
      `  ${file}\n    ${line}\n    ${[becomes].flat().join('\n    ')}`);
    throw new Error(`In equivalent.json these match no mutant or give no reason:\n${lines.join('\n')}`);
  }
  const named = chooseMutants(lua.mutants, options);
  const wanted = options.since === '' ? named : mutantsSince(named, options.since);
  const chosen = options.again ? survivorsIn(wanted) : wanted;
  return {
    mutants: chosen.filter((mutant) => !equivalent.has(mutant)),
    equivalent: chosen.filter((mutant) => equivalent.has(mutant)),
  };
}

/** The mutants that the run before has left as survivors, as far as their lines are still what they were. */
function survivorsIn(mutants: LuaMutant[]): LuaMutant[] {
  const texts = (JSON.parse(readFileSync(survivorsPath, 'utf8')) as Partial<LuaMutant>[])
    .map(({ file, line, becomes }) => [file, line, becomes].join('\n'));
  return mutants.filter(({ file, line, becomes }) => texts.includes([file, line, becomes].join('\n')));
}

async function prepareTests(
  worker: MutationWorker,
  lua: LuaProject,
): Promise<{ tests: UsefulTest[]; unquick: string[] }> {
  const { useful, failed } = await measureTests(worker, lua);
  const unread = worker.greeting.faults.map(({ file, error }) => ({ file, name: file, error }));
  const left = [...unread, ...failed];
  for (const { name, error } of left) say(`not in the first round: ${name}: ${error.split('\n')[0]}`);
  const unquick = new Set(left.map(({ file }) => file.slice(worker.folder.length + 1)));
  return { tests: useful, unquick: [...unquick] };
}

function sayPlan(
  mutants: LuaMutant[],
  lua: LuaProject,
  tests: UsefulTest[],
  { workerCount }: MutationOptions,
): void {
  const suiteMs = tests.reduce((sum, { usualMs }) => sum + usualMs, 0);
  const allMs = mutants.map(({ file }) => MS_PER_KILL + SURVIVING_SHARE * tests
    .filter((test) => runsAny(test, lua.scriptsOf(file)))
    .reduce((sum, { usualMs }) => sum + usualMs, 0));
  const guessMs = allMs.reduce((sum, ms) => sum + ms, 0) / workerCount;
  say(`${mutants.length} mutants; ${tests.length} quick tests, ${seconds(suiteMs)} for all; `
    + `${workerCount} workers; about ${minutes(guessMs)}, and a second round for those that live on`);
}

/** In the form of equivalent.json. */
function writeSurvivors(mutants: LuaMutant[]): void {
  const survivors = mutants.map(({ file, line, becomes }) => ({ file, line, becomes, why: '' }));
  writeFileSync(survivorsPath, `${JSON.stringify(survivors, undefined, 2)}\n`);
}

/** Says how far it is, and each survivor as soon as it is one; writes down who noticed what, and how. */
function progressOf(total: number): (judged: JudgedMutant) => void {
  writeFileSync(verdictsPath, '');
  const startedAtMs = performance.now();
  const step = Math.max(10, Math.round(total / 20));
  let done = 0;
  const survivors: LuaMutant[] = [];
  return ({ mutant, verdict }) => {
    done += 1;
    const { file, lineNumber, line, becomes } = mutant;
    appendFileSync(verdictsPath, `${JSON.stringify({ file, lineNumber, line, becomes, ...verdict })}\n`);
    if (verdict === undefined) {
      say(`nobody noticed ${describe(mutant)}`);
      survivors.push(mutant);
      // Also when the run is stopped.
      writeSurvivors(survivors);
    }
    if (done % step !== 0 && done !== total) return;
    const passedMs = performance.now() - startedAtMs;
    say(`${done} of ${total}, ${done - survivors.length} killed, ${minutes(passedMs)} passed, `
      + `about ${minutes((passedMs / done) * (total - done))} left, ${seconds(passedMs / done)} per mutant`);
  };
}

/** A run that was killed leaves its folder, never its processes. */
function removeForgottenFolders(): void {
  mkdirSync(dataFolder, { recursive: true });
  for (const name of readdirSync(dataFolder)) {
    const pid = Number(/^mutation-(\d+)$/.exec(name)?.[1] ?? 0);
    if (pid > 0 && !isRunning(pid)) rmSync(join(dataFolder, name), { recursive: true, force: true });
  }
}

async function stopAll(): Promise<void> {
  await Promise.all([...workers.map((worker) => worker.stop()), realTests?.stop()]);
}

function minutes(ms: number): string {
  return `${(ms / 60_000).toFixed(1)} min`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
