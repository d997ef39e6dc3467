import { isCode, isTest } from './project-files.ts';
import type { ProjectFile } from './project-files.ts';

const columnsMax = 110;
const functionLinesMax = 70;

/** STYLE 1: lengths of files and lines. */
export function lengthFaults(files: ProjectFile[]): string[] {
  return files.flatMap((file) => {
    const linesMax = fileLinesMax(file);
    if (linesMax === undefined) return [];
    const lineCount = file.text.trimEnd().split('\n').length;
    const long =
      lineCount > linesMax ? [`${file.path}:1 has ${lineCount} lines; ${linesMax} is the limit.`] : [];
    const wide = file.lines.flatMap((line, index) =>
      [...line].length > columnsMax && !/https?:\/\/\S{60}/.test(line)
        ? [`${file.path}:${index + 1} is ${[...line].length} columns wide; ${columnsMax} is the limit.`]
        : [],
    );
    return [...long, ...wide];
  });
}

/** Undefined: no limit for this kind of file. */
function fileLinesMax(file: ProjectFile): number | undefined {
  if (file.path.endsWith('.lua')) return 120;
  if (file.path.endsWith('.test.ts')) return 600;
  return isCode(file) ? 400 : undefined;
}

/**
 * STYLE 1: no function over 70 lines. Code is indented, so a function goes from the line that opens it to
 * the next closing brace in the same column. Functions declared inside it are counted by themselves, as
 * methods of a class are. In tests only named functions count: the callback of a test is a chapter.
 */
export function functionFaults(files: ProjectFile[]): string[] {
  return files.filter(isCode).flatMap((file) => {
    const spans = file.lines.flatMap((line, from) =>
      opensFunction(line, isTest(file)) ? [{ from, to: closingLine(file.lines, from) }] : [],
    );
    return spans.flatMap(({ from, to }) => {
      const inner = spans.filter((one) => one.from > from && one.to < to);
      const outermost = inner.filter(
        (one) => !inner.some((other) => other.from < one.from && other.to > one.to),
      );
      const lineCount = outermost.reduce((rest, one) => rest - (one.to - one.from + 1), to - from + 1);
      if (lineCount <= functionLinesMax) return [];
      return [
        `${file.path}:${from + 1} opens a function of ${lineCount} lines; ${functionLinesMax} is the limit.`,
      ];
    });
  });
}

function opensFunction(line: string, inTest: boolean): boolean {
  if (/^\s*(export )?(default )?(async )?function\b/.test(line)) return true;
  if (inTest) return false;
  return (
    line.endsWith('=> {') ||
    /^\s+(static |async |get |set |#)*\w+\(.*\)(: .*)? \{$/.test(withoutStatements(line))
  );
}

/** `if (…) {` and its like look as methods do. */
function withoutStatements(line: string): string {
  return /^\s*(if|for|while|switch|catch|return|else|with)\b/.test(line) ? '' : line;
}

function closingLine(lines: string[], from: number): number {
  const indent = /^\s*/.exec(lines[from] as string)?.[0] ?? '';
  for (let index = from + 1; index < lines.length; index++) {
    const line = lines[index] as string;
    // `}: Options): Result {` closes the parameters only.
    if (line.startsWith(`${indent}}`) && !line.endsWith('{')) return index;
    if (line.trim() !== '' && !line.startsWith(indent)) return index;
  }
  return lines.length;
}
