import type { LuaMutant } from './mutate-lua.ts';

/**
 * A mutant that no test can notice, since the script does the same: an entry of equivalent.json. Lines are
 * as LuaMutant has them, so that an entry survives everything but a change of its own line.
 */
export interface EquivalentMutant {
  /** below lua/; '*' for the same line in every file that has it */
  file: string;
  line: string;
  becomes: string;
  why: string;
}

/**
 * The mutants of the list, and the entries that match none: their line has changed, so that somebody has to
 * look at it again.
 */
export function findEquivalent(
  mutants: LuaMutant[],
  entries: EquivalentMutant[],
): { equivalent: Set<LuaMutant>; stale: EquivalentMutant[] } {
  const equivalent = new Set<LuaMutant>();
  const stale = entries.filter((entry) => {
    const found = mutants.filter(({ file, line, becomes }) =>
      (entry.file === '*' || entry.file === file) && entry.line === line && entry.becomes === becomes);
    for (const mutant of found) equivalent.add(mutant);
    return found.length === 0 || entry.why.trim() === '';
  });
  return { equivalent, stale };
}
