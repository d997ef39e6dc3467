import type { LuaMutant } from './mutate-lua.ts';

/**
 * Mutants in groups whose members can all be made at once: each is in another file, since within one file a
 * check that is left out would hide that its argument is wrong.
 */
export function groupMutants(mutants: LuaMutant[]): LuaMutant[][] {
  const groups: LuaMutant[][] = [];
  for (const mutant of mutants) {
    const group = groups.find((others) => others.every(({ file }) => file !== mutant.file));
    if (group === undefined) groups.push([mutant]);
    else group.push(mutant);
  }
  return groups;
}

/**
 * Those of a group that a test kills, by asking for all of them at once and, when one of them is killed,
 * for each half. Those that live together are taken to live alone: a mutant that another one hides is
 * called a survivor, never the other way round.
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
