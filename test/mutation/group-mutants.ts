import type { LuaMutant } from './mutate-lua.ts';

/**
 * Mutants in as few groups as a look from left to right finds, so that those of a group can all be made at
 * once: none of them touches the place of another.
 */
export function groupMutants(mutants: LuaMutant[]): LuaMutant[][] {
  const groups: LuaMutant[][] = [];
  for (const mutant of mutants) {
    const group = groups.find((others) => others.every((other) => !overlap(mutant, other)));
    if (group === undefined) groups.push([mutant]);
    else group.push(mutant);
  }
  return groups;
}

function overlap(one: LuaMutant, other: LuaMutant): boolean {
  return one.file === other.file && one.start < other.end && other.start < one.end;
}

/**
 * Those of a group that a test kills, by asking for all of them at once and, when one of them is killed,
 * for each half. `isKilled` is asked for a single mutant before that is called killed; those that live
 * together are taken to live alone.
 */
export async function findKilled(
  group: LuaMutant[],
  isKilled: (mutants: LuaMutant[]) => Promise<boolean>,
): Promise<LuaMutant[]> {
  if (group.length === 0 || !await isKilled(group)) return [];
  if (group.length === 1) return group;
  const middle = Math.ceil(group.length / 2);
  return [
    ...await findKilled(group.slice(0, middle), isKilled),
    ...await findKilled(group.slice(middle), isKilled),
  ];
}
