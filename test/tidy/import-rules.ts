import { dirname, normalize } from 'node:path/posix';
import { inProject, isCode, isTypeScript } from './project-files.ts';
import type { ProjectFile } from './project-files.ts';

type Import = { from: ProjectFile; lineNumber: number; specifier: string; target: string | undefined };

const pureModules = ['typebox', 'node:crypto'];

/** STYLE 4 and 6: who may import whom, and that the file is there. */
export function importFaults(files: ProjectFile[]): string[] {
  return files
    .filter(isCode)
    .flatMap(importsOf)
    .flatMap((one) => {
      const fault = targetFault(one) ?? boundaryFault(one);
      return fault === undefined
        ? []
        : [`${one.from.path}:${one.lineNumber} imports ${one.specifier}: ${fault}.`];
    });
}

/** Imports and re-exports with a literal specifier, static and dynamic. */
export function importsOf(file: ProjectFile): Import[] {
  const pattern = /(?:\bfrom\s+|\bimport\s+|\bimport\()'([^'\s]+)'/g;
  return file.lines.flatMap((line, index) => {
    if (/^\s*(\*|\/\/)/.test(line) || !/\b(import|export|from)\b/.test(line)) return [];
    return [...line.matchAll(pattern)].map(([, specifier = '']) => ({
      from: file,
      lineNumber: index + 1,
      specifier,
      target: specifier.startsWith('.') ? normalize(`${dirname(file.path)}/${specifier}`) : undefined,
    }));
  });
}

function targetFault({ from, specifier, target }: Import): string | undefined {
  if (target === undefined) return undefined;
  if (!/\.(ts|mjs|js|json)$/.test(specifier)) return 'a relative import ends in .ts';
  if (!inProject(target) && isTypeScript(from)) return 'there is no such file';
  return undefined;
}

function boundaryFault({ from, specifier, target }: Import): string | undefined {
  const path = from.path;
  if (target?.startsWith('test/') && !path.startsWith('test/')) return 'nothing but tests may import test/';
  if (path.startsWith('services/shared/contracts/')) {
    if (target === undefined)
      return pureModules.includes(specifier) ? undefined : 'contracts import typebox only';
    return target.startsWith('services/shared/contracts/')
      ? undefined
      : 'contracts import nothing beside themselves';
  }
  const service = /^services\/([^/]+)\//.exec(path)?.[1];
  if (service === undefined || target === undefined) return undefined;
  const allowed = [`services/${service}/`, 'services/shared/'];
  return allowed.some((start) => target.startsWith(start))
    ? undefined
    : 'a service imports itself and services/shared only';
}

/** STYLE, shape: the environment is read and the process ended in `main.ts` only. */
export function environmentFaults(files: ProjectFile[]): string[] {
  return files.flatMap((file) => {
    if (!/^services\/.*\.ts$/.test(file.path) || file.path.endsWith('main.ts')) return [];
    // The frame of every main.ts ends the process for all of them.
    const isFrame = file.path === 'services/shared/platform/run-service.ts';
    return file.lines.flatMap((line, index) => {
      if (isComment(line)) return [];
      const what = /\bprocess\.env\b/.test(line)
        ? 'reads the environment'
        : /\bprocess\.exit\(/.test(line)
          ? 'exits'
          : '';
      return what === '' || (isFrame && what === 'exits')
        ? []
        : [`${file.path}:${index + 1} ${what}; that is main.ts's.`];
    });
  });
}

/** STYLE 5: every program file is reached from a `main.ts`, a script of package.json or a test. */
export function deadFileFaults(files: ProjectFile[]): string[] {
  const code = new Map(
    files.filter((file) => isCode(file) && !inBrowser(file.path)).map((file) => [file.path, file]),
  );
  const manifest = files.find((file) => file.path === 'package.json')?.text ?? '';
  const roots = [...code.keys()].filter(
    (path) => /(^|[/-])main\.ts$/.test(path) || path.endsWith('.test.ts') || manifest.includes(path),
  );
  const reached = new Set<string>();
  const visit = (path: string): void => {
    const file = code.get(path);
    if (file === undefined || reached.has(path)) return;
    reached.add(path);
    for (const next of mentionedFiles(file)) visit(next);
  };
  roots.forEach(visit);
  return [...code.keys()]
    .filter((path) => !reached.has(path))
    .map((path) => `${path}:1 is reached from nowhere; remove it.`);
}

/** Files that a browser loads are reached through pages. */
function inBrowser(path: string): boolean {
  return /^services\/[^/]+\/public\//.test(path);
}

/**
 * Imports, and paths in strings: `new URL('./other.mjs', import.meta.url)`, `'services/legacy/migrate.ts'`.
 */
function mentionedFiles(file: ProjectFile): string[] {
  const strings = [...file.text.matchAll(/['"`]([\w./@-]+\.(?:ts|mjs|js))['"`]/g)].map(
    ([, path = '']) => path,
  );
  return strings.flatMap((path) => [path, normalize(`${dirname(file.path)}/${path}`)]);
}

export function isComment(line: string): boolean {
  return /^\s*(\/\/|\/?\*)/.test(line);
}
