import type { JudgedMutant } from './judge-mutants.ts';
import type { LuaMutant } from './mutate-lua.ts';

export interface MutationScore {
  killed: number;
  survived: number;
  equivalent: number;
  /** killed of those that are not equivalent, in per cent */
  percent: number;
}

/** The score of one file, or of all. */
export function scoreOf(judged: JudgedMutant[], equivalent: LuaMutant[]): MutationScore {
  const killed = judged.filter(({ verdict }) => verdict !== undefined).length;
  const survived = judged.length - killed;
  const percent = judged.length === 0 ? 100 : (100 * killed) / judged.length;
  return { killed, survived, equivalent: equivalent.length, percent };
}

/** A table of scores by file, and each survivor as an entry of equivalent.json would name it. */
export function reportMutants(judged: JudgedMutant[], equivalent: LuaMutant[]): string {
  const files = new Set([...judged.map(({ mutant }) => mutant), ...equivalent].map(({ file }) => file));
  const rows = [...files].toSorted().map((file) => rowOf(file, scoreOf(
    judged.filter(({ mutant }) => mutant.file === file),
    equivalent.filter((mutant) => mutant.file === file),
  )));
  const survivors = judged.filter(({ verdict }) => verdict === undefined)
    .map(({ mutant }) => describe(mutant));
  return [
    ...(survivors.length > 0 ? ['Nobody noticed:', ...survivors, ''] : []),
    cells(['file', 'killed', 'survived', 'equivalent', 'score']),
    ...rows,
    rowOf('all', scoreOf(judged, equivalent)),
  ].join('\n');
}

/** One survivor. */
export function describe({ file, lineNumber, operator, line, becomes }: LuaMutant): string {
  return `lua/${file}:${lineNumber} ${operator}\n    ${line}\n    ${becomes}`;
}

function rowOf(name: string, { killed, survived, equivalent, percent }: MutationScore): string {
  return cells([name, String(killed), String(survived), String(equivalent), `${percent.toFixed(1)} %`]);
}

function cells([name = '', ...others]: string[]): string {
  return name.padEnd(26) + others.map((text) => text.padStart(12)).join('');
}
