import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadScripts } from '../../services/shared/platform/scripts.ts';
import { mutateLua } from './mutate-lua.ts';
import type { LuaMutant } from './mutate-lua.ts';

/** lua/ of one copy of the project: its mutants, and which scripts a file is part of. */
export interface LuaProject {
  mutants: LuaMutant[];
  /** script names by digest, as Redis is asked for them */
  scriptBySha: Map<string, string>;
  /** of a file below lua/: the script it is, or those that include it */
  scriptsOf(file: string): Set<string>;
  sourceOf(file: string): string;
}

/** Reads lua/ in the folder of a project. */
export function readLuaProject(folder: string): LuaProject {
  const lua = join(folder, 'lua');
  const sources = new Map(readdirSync(lua, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.lua'))
    .toSorted()
    .map((file) => [file, readFileSync(join(lua, file), 'utf8')]));
  const scripts = loadScripts(pathToFileURL(`${lua}/`));
  const partsOf = new Map([...scripts.keys()].map((name) => [name, partsFrom(`${name}.lua`, sources)]));
  return {
    mutants: [...sources].flatMap(([file, source]) => mutateLua(file, source)),
    scriptBySha: new Map([...scripts.values()].map(({ sha, name }) => [sha, name])),
    scriptsOf: (file) =>
      new Set([...partsOf].filter(([, parts]) => parts.has(file)).map(([name]) => name)),
    sourceOf: (file) => sources.get(file) ?? '',
  };
}

/** The file itself and what it includes, also by way of others. */
function partsFrom(file: string, sources: Map<string, string>, parts = new Set<string>()): Set<string> {
  if (parts.has(file)) return parts;
  parts.add(file);
  for (const [, name] of (sources.get(file) ?? '').matchAll(/^-- @include ([a-z-]+)$/gm)) {
    partsFrom(`include/${name}.lua`, sources, parts);
  }
  return parts;
}
