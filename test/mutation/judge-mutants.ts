import { findKilled, groupMutants } from './group-mutants.ts';
import { judgeMutant, withMutants } from './judge-mutant.ts';
import type { UsefulTest, Verdict } from './judge-mutant.ts';
import type { LuaProject } from './lua-project.ts';
import type { LuaMutant } from './mutate-lua.ts';
import type { MutationWorker } from './mutation-worker.ts';
import type { RealTests } from './real-tests.ts';

export interface JudgedMutant {
  mutant: LuaMutant;
  verdict: Verdict;
}

export interface Judging {
  workers: MutationWorker[];
  project: LuaProject;
  /** of quick tests per mutant; Infinity for all */
  budgetMs: number;
  isInterrupted(): boolean;
}

/** The first round: all mutants, each worker the next one, against quick tests. In the order given. */
export async function judgeMutants(
  mutants: LuaMutant[],
  tests: UsefulTest[],
  judging: Judging,
  note: (judged: JudgedMutant) => void,
): Promise<JudgedMutant[]> {
  const judged = new Map<LuaMutant, JudgedMutant>();
  await eachWorker(mutants, judging, async (worker, mutant) => {
    const verdict = await judgeMutant(worker, mutant, judging.project, tests, judging.budgetMs);
    judged.set(mutant, { mutant, verdict });
    note({ mutant, verdict });
  });
  return mutants.flatMap((mutant) => judged.get(mutant) ?? []);
}

/**
 * The second round: what lives on meets the tests of the services, many mutants at once, of different
 * files, since most of them live on here as well. The verdicts of both rounds, in the order given.
 */
export async function judgeAgain(
  judged: JudgedMutant[],
  realTests: RealTests,
  judging: Judging,
  note: (groupCount: number) => void,
): Promise<JudgedMutant[]> {
  const survivors = judged.filter(({ verdict }) => verdict === undefined).map(({ mutant }) => mutant);
  const verdicts = new Map<LuaMutant, Verdict>();
  const groups = groupMutants(survivors);
  note(groups.length);
  await eachWorker(groups, judging, async (worker, group) => {
    await findKilled(group, async (mutants) => {
      if (judging.isInterrupted()) return false;
      const scripts = new Set(mutants.flatMap(({ file }) => [...judging.project.scriptsOf(file)]));
      const verdict = await withMutants(worker.folder, mutants, judging.project, () =>
        realTests.judge(worker, scripts, mutants.length === 1));
      for (const mutant of mutants) verdicts.set(mutant, mutants.length === 1 ? verdict : undefined);
      return verdict !== undefined;
    });
  });
  return judged.map(({ mutant, verdict }) => ({ mutant, verdict: verdict ?? verdicts.get(mutant) }));
}

async function eachWorker<T>(
  items: T[],
  { workers, isInterrupted }: Judging,
  work: (worker: MutationWorker, item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(workers.map(async (worker) => {
    for (const item of queue) {
      if (isInterrupted()) return;
      await work(worker, item);
    }
  }));
}
