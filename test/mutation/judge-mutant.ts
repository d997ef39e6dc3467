import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LuaProject } from './lua-project.ts';
import { applyMutants } from './mutate-lua.ts';
import type { LuaMutant } from './mutate-lua.ts';
import type { MutationWorker } from './mutation-worker.ts';

/** A test that passes on unchanged scripts. */
export interface UsefulTest {
  /** in the worker's greeting */
  index: number;
  name: string;
  usualMs: number;
  /** names of the scripts it runs */
  scripts: Set<string>;
  /** mutants it has killed so far, by file */
  kills: Map<string, number>;
}

/** Who noticed a mutant and how; `undefined`: nobody did. */
export type Verdict = { test: string; error: string } | undefined;

/**
 * Runs every test on the worker's unchanged scripts: those that pass, with their cost and the scripts they
 * run, and the others with their errors. A test may fail once: what fails now and then kills nothing.
 */
export async function measureTests(
  worker: MutationWorker,
  { scriptBySha }: LuaProject,
): Promise<{ useful: UsefulTest[]; failed: { file: string; name: string; error: string }[] }> {
  const useful: UsefulTest[] = [];
  const failed = [];
  for (const [index, { file, name }] of worker.greeting.tests.entries()) {
    let outcome = await worker.run(index, USUAL_MS);
    if (outcome.error !== undefined) outcome = await worker.run(index, USUAL_MS);
    if (outcome.error === undefined) {
      const scripts = outcome.shas.flatMap((sha) => scriptBySha.get(sha) ?? []);
      useful.push({ index, name, usualMs: outcome.ms, scripts: new Set(scripts), kills: new Map() });
    } else failed.push({ file, name, error: outcome.error });
  }
  return { useful, failed };
}

/** Before anything is known of a test. */
const USUAL_MS = 5_000;

/**
 * Changes the worker's copy, runs the tests that run the changed file until one fails, and changes it back.
 * A failure counts when it comes twice, so that a test that fails now and then kills nothing.
 *
 * @param budgetMs tests that usually take longer than what is left of it are passed over
 */
export async function judgeMutant(
  worker: MutationWorker,
  mutant: LuaMutant,
  project: LuaProject,
  tests: UsefulTest[],
  budgetMs = Infinity,
): Promise<Verdict> {
  return withMutants(worker.folder, [mutant], project, async () => {
    let leftMs = budgetMs;
    for (const test of inOrder(tests, mutant.file, project.scriptsOf(mutant.file))) {
      if (leftMs < test.usualMs) continue;
      leftMs -= test.usualMs;
      const first = await worker.run(test.index, test.usualMs);
      if (first.error === undefined) continue;
      const isSure = first.isFatal || (await worker.run(test.index, test.usualMs)).error !== undefined;
      if (!isSure) continue;
      test.kills.set(mutant.file, (test.kills.get(mutant.file) ?? 0) + 1);
      return { test: test.name, error: first.error };
    }
    return undefined;
  });
}

/** Does something while a copy of the project is broken by mutants, none of which overlap. */
export async function withMutants<T>(
  folder: string,
  mutants: LuaMutant[],
  project: LuaProject,
  work: () => Promise<T>,
): Promise<T> {
  const write = (file: string, changes: LuaMutant[]) =>
    writeFileSync(join(folder, 'lua', file), applyMutants(project.sourceOf(file), changes));
  const byFile = Map.groupBy(mutants, ({ file }) => file);
  for (const [file, changes] of byFile) write(file, changes);
  try {
    return await work();
  } finally {
    for (const file of byFile.keys()) write(file, []);
  }
}

/** Whether a test runs one of these scripts. */
export function runsAny(test: UsefulTest, scripts: Set<string>): boolean {
  return [...test.scripts].some((name) => scripts.has(name));
}

/** Those first that have killed most mutants of this file for their cost; of the others the quickest. */
function inOrder(tests: UsefulTest[], file: string, scripts: Set<string>): UsefulTest[] {
  const worth = ({ kills, usualMs }: UsefulTest) => ((kills.get(file) ?? 0) + 0.05) / (usualMs + 20);
  return tests.filter((test) => runsAny(test, scripts))
    .toSorted((one, other) => worth(other) - worth(one));
}
