import { judgeMutant, withMutant } from './judge-mutant.ts';
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
  tests: UsefulTest[];
  /** undefined: no second round */
  realTests: RealTests | undefined;
  /** told of each mutant when both rounds are over for it */
  note(judged: JudgedMutant): void;
  isInterrupted(): boolean;
}

/** Judges all mutants, each worker the next one; in the end in the order given. */
export async function judgeMutants(mutants: LuaMutant[], judging: Judging): Promise<JudgedMutant[]> {
  const { workers, project, tests, realTests, note, isInterrupted } = judging;
  const judged: JudgedMutant[] = [];
  const queue = [...mutants.entries()];
  await Promise.all(workers.map(async (worker) => {
    for (;;) {
      const [index, mutant] = queue.shift() ?? [];
      if (index === undefined || mutant === undefined || isInterrupted()) return;
      let verdict = await judgeMutant(worker, mutant, project, tests);
      if (verdict === undefined && realTests !== undefined) {
        verdict = await withMutant(worker.folder, mutant, project, () =>
          realTests.judge(worker, project.scriptsOf(mutant.file)));
      }
      judged[index] = { mutant, verdict };
      note({ mutant, verdict });
    }
  }));
  return judged.filter(() => true);
}
