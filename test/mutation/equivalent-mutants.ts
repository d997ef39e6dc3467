import type { LuaMutant } from './mutate-lua.ts';

/**
 * A mutant that no test can notice, since the script does the same: an entry of equivalent.json. Lines are
 * as LuaMutant has them, so that an entry survives everything but a change of its own line.
 */
export interface EquivalentMutant {
  /** below lua/; '*' for the same line in every file that has it */
  file: string;
  line: string;
  /** what it becomes; all of several that have one reason */
  becomes: string | string[];
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
    const isFound = [entry.becomes].flat().map((becomes) => {
      const found = mutants.filter((mutant) => (entry.file === '*' || entry.file === mutant.file)
        && entry.line === mutant.line && becomes === mutant.becomes);
      for (const mutant of found) equivalent.add(mutant);
      return found.length > 0;
    });
    return isFound.includes(false) || entry.why.trim() === '';
  });
  return { equivalent, stale };
}
