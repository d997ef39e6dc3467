import { findLuaSites } from './find-lua-sites.ts';
import type { LuaSite } from './find-lua-sites.ts';

/** One change in one file that a test should notice. */
export interface LuaMutant {
  /** below lua/, `include/seats.lua` */
  file: string;
  operator: Operator;
  /** 1 is the first; of the first line that changes */
  lineNumber: number;
  /** the lines that change, as they are and as they become, with single spaces */
  line: string;
  becomes: string;
  /** what stands from `start` to `end` (offsets in the file) becomes `replacement` */
  start: number;
  end: number;
  replacement: string;
}

export const OPERATORS = [
  'comparison', 'arithmetic', 'logic', 'negation', 'constant', 'bound', 'boolean', 'statement', 'result',
  'break', 'condition',
] as const;
export type Operator = (typeof OPERATORS)[number];

const SWAPS: Record<string, [operator: Operator, other: string]> = {
  '==': ['comparison', '~='], '~=': ['comparison', '=='], '<': ['comparison', '<='],
  '<=': ['comparison', '<'], '>': ['comparison', '>='], '>=': ['comparison', '>'],
  '+': ['arithmetic', '-'], '-': ['arithmetic', '+'], '*': ['arithmetic', '/'], '/': ['arithmetic', '*'],
  'and': ['logic', 'or'], 'or': ['logic', 'and'],
};

/**
 * All mutants of a file, in the order of its text: comparisons with the other edge, arithmetic and logic
 * turned round, a `not` left out, whole numbers one up and one down, `math.min` for `math.max`, `true` for
 * `false`, a call, an assignment or a `break` left out, a result that is nil, a condition that always or
 * never holds (a loop: never). Strings, so patterns and formats, stay as they are.
 */
export function mutateLua(file: string, source: string): LuaMutant[] {
  const mutants = findLuaSites(source).flatMap((site) => changesOf(site).map(([operator, replacement]) => {
    const start = source.lastIndexOf('\n', site.start - 1) + 1;
    const end = (source.indexOf('\n', site.end) + source.length + 1) % (source.length + 1);
    return {
      file,
      operator,
      lineNumber: source.slice(0, start).split('\n').length,
      line: onOneLine(source.slice(start, end)),
      becomes: onOneLine(source.slice(start, site.start) + replacement + source.slice(site.end, end)),
      start: site.start,
      end: site.end,
      replacement,
    };
  }));
  // A condition that is a constant already is the same text twice.
  return [...new Map(mutants.map((mutant) => [applyMutants(source, [mutant]), mutant])).entries()]
    .filter(([changed]) => changed !== source)
    .map(([, mutant]) => mutant);
}

/** The file with all these changes, which must not overlap. */
export function applyMutants(
  source: string,
  mutants: Pick<LuaMutant, 'start' | 'end' | 'replacement'>[],
): string {
  return mutants.toSorted((a, b) => b.start - a.start).reduce((text, { start, end, replacement }) =>
    text.slice(0, start) + replacement + text.slice(end), source);
}

function changesOf({ kind, text }: LuaSite): [operator: Operator, replacement: string][] {
  switch (kind) {
    case 'binary': return SWAPS[text] === undefined ? [] : [SWAPS[text]];
    case 'not': return [['negation', '']];
    case 'number':
      return /^\d+$/.test(text)
        ? [['constant', String(Number(text) + 1)], ['constant', String(Number(text) - 1)]]
        : [];
    case 'field':
      if (text === 'math.min') return [['bound', 'math.max']];
      return text === 'math.max' ? [['bound', 'math.min']] : [];
    case 'boolean': return [['boolean', text === 'true' ? 'false' : 'true']];
    case 'condition': return [['condition', 'true'], ['condition', 'false']];
    case 'loop': return [['condition', 'false']];
    case 'statement': return [['statement', '']];
    case 'result': return text === 'nil' ? [] : [['result', 'nil']];
    case 'break': return [['break', '']];
    default: throw new Error(`no such site: ${String(kind satisfies never)}`);
  }
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
