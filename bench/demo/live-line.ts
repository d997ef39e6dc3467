import type { Tally } from './crowd.ts';

const TERMINAL_MS = 200;
const PLAIN_MS = 1_000;

/**
 * Shows the tally while the sale runs: one line that changes on a terminal, a line per second elsewhere.
 * `stop` leaves the last state on a line of its own.
 */
export function startLiveLine(
  out: NodeJS.WriteStream,
  tally: Tally,
  lag: () => string,
): { stop(): void } {
  const startedAtMs = performance.now();
  const show = (isLast: boolean): void => {
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1).padStart(5);
    const { arrived, holding, sold, refused } = tally;
    const line = `${seconds} s   arrived ${arrived}, holding ${holding}, sold ${sold}, refused ${refused}, `
      + `lag to SQL ${lag()}`;
    out.write(out.isTTY ? `\r\u001b[2K${line}${isLast ? '\n' : ''}` : `${line}\n`);
  };
  const timer = setInterval(() => show(false), out.isTTY ? TERMINAL_MS : PLAIN_MS);
  return {
    stop: () => {
      clearInterval(timer);
      show(true);
    },
  };
}
