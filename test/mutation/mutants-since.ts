import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { mutateLua } from './mutate-lua.ts';
import type { LuaMutant } from './mutate-lua.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Of these mutants the ones that the scripts of a commit did not have: what was judged when it was made need
 * not be judged again to know of the lines written since. Throws for what is no commit of this project.
 */
export function mutantsSince(mutants: LuaMutant[], commit: string): LuaMutant[] {
  const names = git('ls-tree', '-r', '--name-only', commit, 'lua/');
  const known = new Set(names.split('\n').filter((name) => name.endsWith('.lua'))
    .flatMap((name) => mutateLua(name.slice('lua/'.length), git('show', `${commit}:${name}`)))
    .map(textOf));
  return mutants.filter((mutant) => !known.has(textOf(mutant)));
}

function textOf({ file, line, becomes }: LuaMutant): string {
  return [file, line, becomes].join('\n');
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
