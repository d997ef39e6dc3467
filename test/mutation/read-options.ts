import { parseArgs } from 'node:util';
import { OPERATORS } from './mutate-lua.ts';
import type { LuaMutant } from './mutate-lua.ts';

export interface MutationOptions {
  /** file names below lua/ without folder and ending; empty for all */
  only: string[];
  /** kinds of change; empty for all */
  operators: string[];
  /** a commit: only mutants of which its lines know nothing; empty for all */
  since: string;
  /** names of test files of test/lua and test/model to judge by; empty for all */
  tests: string[];
  /** mutants to choose at random, 0 for all */
  sampleCount: number;
  seed: number;
  /** the likeliest killers only, and no second round, in which survivors meet the tests of the services */
  quick: boolean;
  /** only those that nobody noticed in the run before */
  again: boolean;
  /** share of mutants, in per cent, below which the run fails */
  scoreMin: number;
  workerCount: number;
}

export const usage = `npm run test:mutation -- [options]
  --only NAMES    only these files of lua/ and lua/include/, parted by commas: place-holds,take
  --operators NAMES  only these kinds of change: comparison,logic
  --since COMMIT  only changes that the lines of this commit did not allow, be they moved since
  --tests NAMES   judged by these files of test/lua and test/model only: moments,limits
  --sample N      N mutants chosen at random instead of all
  --seed N        another choice (default 1)
  --quick         a mutant meets its likeliest killers only, and survivors not the tests of the services
  --again         only the survivors of the run before
  --min PERCENT   the score below which the run fails (default 95)
  --workers N     default 2`;

/** Throws one sentence for an option that does not exist or has no number where one belongs. */
export function readOptions(args: string[]): MutationOptions {
  const { values } = parseArgs({ args, options: {
    only: { type: 'string', default: '' },
    operators: { type: 'string', default: '' },
    since: { type: 'string', default: '' },
    tests: { type: 'string', default: '' },
    sample: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    min: { type: 'string', default: '95' },
    workers: { type: 'string', default: '2' },
  } });
  return {
    only: namesIn(values.only),
    operators: operatorsIn(values.operators),
    since: values.since,
    tests: namesIn(values.tests),
    sampleCount: numberOf('sample', values.sample),
    seed: numberOf('seed', values.seed),
    quick: values.quick,
    again: values.again,
    scoreMin: numberOf('min', values.min),
    workerCount: Math.max(1, numberOf('workers', values.workers)),
  };
}

function namesIn(text: string): string[] {
  return text.split(',').filter((name) => name !== '');
}

function operatorsIn(text: string): string[] {
  const names = namesIn(text);
  const known = new Set<string>(OPERATORS);
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) throw new Error(`--operators takes ${OPERATORS.join(', ')}, not ${unknown}.`);
  return names;
}

function numberOf(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} takes a whole number, not ${text}.`);
  return Number(text);
}

/** Throws one sentence for a name that no file has. The order stays that of the files. */
export function chooseMutants(
  mutants: LuaMutant[],
  { only, operators, sampleCount, seed }:
    Pick<MutationOptions, 'only' | 'operators' | 'sampleCount' | 'seed'>,
): LuaMutant[] {
  const nameOf = ({ file }: LuaMutant) => file.replace(/^.*\/|\.lua$/g, '');
  const unknown = only.find((name) => !mutants.some((mutant) => nameOf(mutant) === name));
  if (unknown !== undefined) throw new Error(`There is no ${unknown}.lua in lua/ or lua/include/.`);
  const wanted = mutants.filter((mutant) => (only.length === 0 || only.includes(nameOf(mutant)))
    && (operators.length === 0 || operators.includes(mutant.operator)));
  if (sampleCount === 0) return wanted;
  const random = randomFrom(seed);
  const drawn = wanted.map((mutant) => ({ mutant, lot: random() }))
    .toSorted((a, b) => a.lot - b.lot)
    .slice(0, sampleCount);
  const chosen = new Set(drawn.map(({ mutant }) => mutant));
  return wanted.filter((mutant) => chosen.has(mutant));
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
