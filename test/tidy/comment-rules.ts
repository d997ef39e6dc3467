import { isComment } from './import-rules.ts';
import { isCode, isTypeScript, isTest } from './project-files.ts';
import type { ProjectFile } from './project-files.ts';

/** This folder names what it forbids. */
const isOwn = (file: ProjectFile): boolean => file.path.startsWith('test/tidy');

const statement = new RegExp(
  '^\\s*(//|--)\\s*(' +
    [
      "import .* from '.*",
      'export (const|function|async|class|type) .*',
      '(const|let|var|local) [\\w{}, ]+ = .*',
      'return [\\w.]+\\(.*\\);',
      'await .*;',
      '(if|for|while) \\(.*\\{',
      '[\\w.]+\\([^)]*\\);',
      '\\}\\)?;?',
      '[\\w.]+ = .*;',
    ].join('|') +
    ')\\s*$',
);

/** STYLE 13: no FIXME, no homeless TODO, no console.log, no .only, no commented-out code. */
export function leftoverFaults(files: ProjectFile[]): string[] {
  return files
    .filter((file) => (isCode(file) || file.path.endsWith('.lua')) && !isOwn(file))
    .flatMap((file) =>
      file.lines.flatMap((line, index) => {
        const what = leftover(line, isTest(file));
        return what === undefined ? [] : [`${file.path}:${index + 1} ${what}.`];
      }),
    );
}

function leftover(line: string, inTest: boolean): string | undefined {
  if (/\bFIXME\b|\bXXX\b/.test(line)) return 'has a FIXME; fix it, or write down in docs/ what is open';
  if (/\bTODO\b/.test(line) && !/docs\//.test(line)) return 'has a TODO without a home in docs/';
  if (!isComment(line) && /\bconsole\.(log|debug|info)\(/.test(line))
    return 'prints with console; use the log';
  if (inTest && /\.only\(|\bonly: true/.test(line)) return 'runs one test only';
  if (statement.test(line)) return 'is commented-out code; remove it';
  return undefined;
}

/** STYLE 12: what services/shared exports as a function says what it does. */
export function docstringFaults(files: ProjectFile[]): string[] {
  return files
    .filter((file) => isTypeScript(file) && file.path.startsWith('services/shared/'))
    .flatMap((file) =>
      file.lines.flatMap((line, index) => {
        const name = /^export (?:async )?function\*? (\w+)/.exec(line)?.[1];
        if (name === undefined) return [];
        const before = file.lines[index - 1]?.trim() ?? '';
        // Of an overloaded function the first signature is the documented one.
        const isOverload = file.lines
          .slice(0, index)
          .some((earlier) => earlier.includes(`function ${name}(`));
        if (before.endsWith('*/') || before.startsWith('//') || isOverload) return [];
        return [`${file.path}:${index + 1} exports ${name} without a docstring.`];
      }),
    );
}

const headerLinesMax = 14;

/** STYLE 12: the comment that opens a module is 3 to 12 lines of text, not a manual. */
export function headerFaults(files: ProjectFile[]): string[] {
  return files.filter(isTypeScript).flatMap((file) => {
    if (!file.text.startsWith('/**')) return [];
    const lineCount = file.text.slice(0, file.text.indexOf('*/')).split('\n').length;
    return lineCount <= headerLinesMax
      ? []
      : [`${file.path}:1 opens with a comment of ${lineCount} lines; 12 is the limit.`];
  });
}
