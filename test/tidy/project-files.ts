import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type ProjectFile = {
  /** From the project's root, with slashes. */
  path: string;
  text: string;
  lines: string[];
};

export const project = fileURLToPath(new URL('../../', import.meta.url));

const skipped = ['node_modules', '.git', '.data', '.cache', '.tap', 'results'];
/** Holds samples that break every rule. */
const samples = 'test/tidy/rules.test.ts';
const readable =
  /\.(ts|mts|mjs|js|lua|sql|md|sh|json|yml|yaml|html|css)$|^\.env\.example$|^Dockerfile$|^run$/;

/** All text files that people write, in order of their paths. */
export function projectFiles(): ProjectFile[] {
  return walk('')
    .filter((path) => path !== samples)
    .map((path) => {
      const text = readFileSync(join(project, path), 'utf8');
      return { path, text, lines: text.split('\n') };
    });
}

/** Whether the path, a file or a folder, is in the project. */
export function inProject(path: string): boolean {
  return existsSync(join(project, path));
}

function walk(folder: string): string[] {
  return readdirSync(join(project, folder), { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return skipped.includes(entry.name) ? [] : walk(path);
      return readable.test(entry.name) && entry.name !== 'package-lock.json' ? [path] : [];
    });
}

export function isTypeScript({ path }: ProjectFile): boolean {
  return path.endsWith('.ts');
}

/** TypeScript and JavaScript. */
export function isCode({ path }: ProjectFile): boolean {
  return /\.(ts|mjs|js)$/.test(path);
}

export function isTest({ path }: ProjectFile): boolean {
  return path.startsWith('test/');
}
