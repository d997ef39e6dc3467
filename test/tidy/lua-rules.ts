import { isComment } from './import-rules.ts';
import { isTypeScript } from './project-files.ts';
import type { ProjectFile } from './project-files.ts';

/** A script of ours, not an include. */
function isScript({ path }: ProjectFile): boolean {
  return /^lua\/[^/]+\.lua$/.test(path);
}

function scriptName(file: ProjectFile): string {
  return file.path.replace(/^lua\/|\.lua$/g, '');
}

/**
 * STYLE 22: the header names every KEYS[n] and ARGV[n], without gaps, and what the script returns, emits
 * and costs.
 */
export function luaHeaderFaults(files: ProjectFile[]): string[] {
  return files.filter(isScript).flatMap((file) => {
    const header = /^--\[\[([\s\S]*?)\]\]/.exec(file.text)?.[1];
    if (header === undefined) return [`${file.path}:1 has no header; STYLE shows what one looks like.`];
    const faults: string[] = [];
    if (!header.includes(`${scriptName(file)}:`)) faults.push('its header does not begin with its name');
    for (const word of ['Returns', 'Cost']) {
      if (!new RegExp(`^\\s*${word}\\b`, 'm').test(header)) faults.push(`its header does not say "${word}"`);
    }
    for (const list of ['KEYS', 'ARGV']) {
      const indexes = headerIndexes(header, list);
      const gap = indexes.findIndex((value, position) => value !== position + 1);
      if (gap !== -1) faults.push(`its header's ${list} go ${indexes.join(', ')}: they must count up from 1`);
      if (indexes.length > 0 && !bodyOf(file).includes(list))
        faults.push(`it never reads the ${list} of its header`);
      if (indexes.length === 0 && bodyOf(file).includes(list))
        faults.push(`it reads ${list} that its header does not name`);
    }
    return faults.map((fault) => `${file.path}:1 ${fault}.`);
  });
}

/** `KEYS[3]`, and the start of a repeated group, `KEYS[3+9*h]`. */
function headerIndexes(header: string, list: string): number[] {
  return [...header.matchAll(new RegExp(`^\\s*${list}\\[(\\d+)`, 'gm'))].map(([, index]) => Number(index));
}

function bodyOf(file: ProjectFile): string {
  return file.text.slice(file.text.indexOf(']]') + 2);
}

/** STYLE 23: KEYS and ARGV are bound to locals in the first lines and never appear again. */
export function luaBindingFaults(files: ProjectFile[]): string[] {
  return files
    .filter(({ path }) => path.endsWith('.lua'))
    .flatMap((file) => {
      const first = isScript(file) ? file.lines.findIndex((line) => line.startsWith(']]')) + 1 : 0;
      const work = /redis\.call|^\s*(if|for|while|function|local function|-- @include)\b/;
      const found = file.lines.findIndex((line, index) => index >= first && work.test(line));
      const firstWork = isScript(file) ? (found === -1 ? file.lines.length : found) : 0;
      return file.lines.flatMap((line, index) =>
        index >= firstWork && !/^\s*--/.test(line) && /\b(KEYS|ARGV)\b/.test(line)
          ? [`${file.path}:${index + 1} reads KEYS or ARGV below the lines that bind them to locals.`]
          : [],
      );
    });
}

/** STYLE 5: every script is run by somebody, every include included, and what is included exists. */
export function luaRegistrationFaults(files: ProjectFile[]): string[] {
  const lua = files.filter(({ path }) => path.endsWith('.lua'));
  const code = files.filter((file) => isTypeScript(file) && !file.path.startsWith('test/'));
  const includes = lua.flatMap((file) =>
    [...file.text.matchAll(/^-- @include ([a-z-]+)$/gm)].map(([, name]) => ({ file, name })),
  );
  const faults = includes
    .filter(({ name }) => !lua.some(({ path }) => path === `lua/include/${name}.lua`))
    .map(({ file, name }) => `${file.path}:1 includes ${name}, and there is no lua/include/${name}.lua.`);
  const idle = lua.filter((file) =>
    isScript(file)
      ? !code.some((one) => namesScript(one, scriptName(file)))
      : !includes.some(({ name }) => file.path === `lua/include/${name}.lua`),
  );
  return [...faults, ...idle.map(({ path }) => `${path}:1 is used by nobody; remove it.`)];
}

/** As a string, or by a template such as `${verb}-sale`. */
export function namesScript({ lines }: ProjectFile, name: string): boolean {
  return lines.some((line) => {
    if (isComment(line)) return false;
    if (line.includes(`'${name}'`)) return true;
    const [, literal = ''] = /`\$\{\w+\}(-[a-z-]+)`/.exec(line) ?? [];
    return literal !== '' && name.endsWith(literal);
  });
}
