import { renameSync, writeFileSync } from 'node:fs';

/**
 * Replaces a file in one step, readable by its owner only: a reader sees the old text or the new one, never
 * half.
 */
export function writeWhole(path: string, text: string): void {
  const making = `${path}.${process.pid}.new`;
  writeFileSync(making, text, { mode: 0o600 });
  renameSync(making, path);
}
