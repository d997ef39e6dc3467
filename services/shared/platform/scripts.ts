import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { isReasonCode } from '../contracts/reasons.ts';

/**
 * Loads lua/*.lua and runs them by digest. A script is put together from its file and the includes it names
 * (`-- @include stock` on a line of its own, each once, in order); `REASON.sold_out` becomes the string of
 * the catalogue. A script with `-- @allow-oom` on a line of its own also runs when Redis has reached its
 * `maxmemory`: those that end or free something, so that what is full can become empty. The digest of the
 * result is its name in Redis, so that two versions of a service share one Redis.
 */
const FOLDER = new URL('../../../lua/', import.meta.url);

const ALLOW_OOM = '\n-- @allow-oom\n';

export interface Script {
  name: string;
  source: string;
  sha: string;
}

export type ScriptArg = string | number | Buffer;

/**
 * All scripts of `lua/`, by file name without the ending. Throws if one names an unknown include or reason.
 */
export function loadScripts(folder: URL = FOLDER): Map<string, Script> {
  const names = readdirSync(folder).filter((file) => file.endsWith('.lua'));
  return new Map(names.map((file) => {
    const source = assemble(readFileSync(new URL(file, folder), 'utf8'), file, folder);
    const sha = createHash('sha1').update(source).digest('hex');
    const name = file.slice(0, -'.lua'.length);
    return [name, { name, source, sha }];
  }));
}

/** One of the loaded scripts. Throws if it is not there. */
export function scriptNamed(scripts: ReadonlyMap<string, Script>, name: string): Script {
  const script = scripts.get(name);
  if (script === undefined) throw new Error(`lua/${name}.lua is missing`);
  return script;
}

/**
 * Runs one script. A Redis that does not know it (new, restarted, flushed) is given it first.
 *
 * @throws the error of Redis or of the connection; what the script did is then unknown to the caller
 */
export async function runScript(
  redis: Redis,
  script: Script,
  keys: string[],
  args: ScriptArg[],
): Promise<unknown> {
  // As one list, which the client flattens: tens of thousands of values spread out are too many for a call.
  const values = [...keys, ...args] as string[];
  try {
    return await redis.evalsha(script.sha, keys.length, values);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    await redis.script('LOAD', script.source);
    return await redis.evalsha(script.sha, keys.length, values);
  }
}

function assemble(source: string, file: string, folder: URL): string {
  const seen = new Set<string>();
  function include(text: string): string {
    return text.replace(/^-- @include ([a-z-]+)$/gm, (_, name: string) => {
      if (seen.has(name)) return '';
      seen.add(name);
      return include(readFileSync(new URL(`include/${name}.lua`, folder), 'utf8'));
    });
  }
  // Redis reads flags from a first line that no Lua file could have.
  const flags = source.includes(ALLOW_OOM) ? '#!lua flags=allow-oom\n' : '';
  const body = include(source).replace(ALLOW_OOM, '\n');
  return flags + body.replace(/\bREASON\.([a-z_]+)/g, (_, code: string) => {
    if (!isReasonCode(code)) {
      throw new Error(`${file} names ${code}, which is not in the catalogue of reasons`);
    }
    return `'${code}'`;
  });
}
