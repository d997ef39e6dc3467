/** Where the Redis binary is: in the PATH, or unpacked into the project's own cache folder by the set-up. */
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const names = ['redis-server', 'valkey-server'];
/** Folders that hold servers but are not in the PATH of every shell. */
const moreFolders = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

export const redisCacheFolder = fileURLToPath(new URL('../../.cache/redis/', import.meta.url));

/**
 * The first server found and the variables it needs to run, or null.
 * `ONSALE_REDIS_SERVER` names a binary to use instead of searching.
 * @returns {{ path: string, env: Record<string, string> } | null}
 */
export function findRedis() {
  const named = process.env.ONSALE_REDIS_SERVER;
  if (named !== undefined && named !== '') return existsSync(named) ? { path: named, env: {} } : null;
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...moreFolders];
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      if (folder !== '' && existsSync(path)) return { path, env: {} };
    }
  }
  return findUnpacked();
}

/** A Debian package unpacked below `.cache/redis` has its libraries beside it, in usr/lib/<architecture>. */
function findUnpacked() {
  const path = join(redisCacheFolder, 'usr/bin/redis-server');
  const libraries = join(redisCacheFolder, 'usr/lib');
  if (!existsSync(path)) return null;
  const folders = readdirSync(libraries, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(libraries, entry.name));
  return { path: join(dirname(path), 'redis-server'), env: { LD_LIBRARY_PATH: folders.join(delimiter) } };
}
