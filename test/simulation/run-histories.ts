import { runHistory } from './run-history.ts';
import type { History, HistoryOptions } from './run-history.ts';

export interface Histories {
  /** over all histories */
  sums: { steps: number; logged: number; acknowledged: number; recoveries: number; drainMsMax: number };
  failed: History[];
}

/** After so many the rest is not worth the time. */
const FAILED_MAX = 10;

/** Runs histories one after the other, the n-th with the seed `seed + n`; says those that fail. */
export async function runHistories(
  { histories, seed, say = () => undefined, ...options }:
  Omit<HistoryOptions, 'seed'> & { histories: number; seed: number; say?(text: string): void },
): Promise<Histories> {
  const sums = { steps: 0, logged: 0, acknowledged: 0, recoveries: 0, drainMsMax: 0 };
  const failed: History[] = [];
  for (let i = 0; i < histories && failed.length < FAILED_MAX; i++) {
    const history = await runHistory({ ...options, seed: seed + i });
    sums.steps += history.steps;
    sums.logged += history.logged;
    sums.acknowledged += history.acknowledged;
    sums.recoveries += history.recoveries;
    sums.drainMsMax = Math.max(sums.drainMsMax, Math.round(history.drainMs));
    if (history.faults.length === 0) continue;
    failed.push(history);
    say(`SIM_SEED=${history.seed} SIM_HISTORIES=1`);
    for (const fault of history.faults.slice(0, FAILED_MAX)) say(`  ${fault}`);
  }
  return { sums, failed };
}

/** A seed from the environment or the command line, or a new one. */
export function seedOf(text: string | undefined): number {
  return text === undefined || text === '' ? Date.now() % 2 ** 31 : Number(text);
}
