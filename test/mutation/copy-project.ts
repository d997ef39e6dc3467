import { cpSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../../', import.meta.url));
const LEFT_OUT = new Set(['node_modules', '.git', '.data', '.cache', '.tap']);

/**
 * Copies the project as it stands into `folder`, which must not be there yet: what is broken there is broken
 * for nobody else, services that its tests start included, and no code needs to know of another lua/.
 */
export function copyProject(folder: string): void {
  for (const name of readdirSync(project)) {
    if (!LEFT_OUT.has(name)) cpSync(join(project, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
}
