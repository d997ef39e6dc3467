/**
 * Makes tap's output readable: one line per test file that passed (and per test that was skipped, with its
 * reason), what failed of one that did not. Counts come from tap's own closing comment.
 */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export type TestCounts = { passed: number; failed: number; skipped: number };

/**
 * Reads TAP from `input` until it ends and prints to stdout. Without a closing comment all counts are zero.
 */
export async function printTestResults(input: Readable): Promise<TestCounts> {
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  let counts: TestCounts = { passed: 0, failed: 0, skipped: 0 };
  let block: string[] = [];
  let diagnosing = false;
  for await (const line of createInterface({ input })) {
    const verdict = /^(ok|not ok) \d+ - (.*?)(?: # time=(\S+))?( \{)?$/.exec(line);
    if (line.startsWith('# { total:')) counts = readCounts(line);
    else if (verdict !== null) {
      const [, word, name, time = ''] = verdict;
      if (word === 'not ok') block.filter(isWorthReading).forEach(print);
      else block.filter(isSkipped).forEach((skipped) => print(`     ${skipped.trim()}`));
      print(`${word === 'ok' ? 'ok  ' : 'FAIL'} ${name} ${time}`.trimEnd());
      block = [];
      diagnosing = word === 'not ok';
    } else if (line.startsWith('Bail out!')) print(line);
    else if (diagnosing && line.startsWith('  ')) print(line);
    else {
      diagnosing = false;
      if (line.trim() !== '') block.push(line);
    }
  }
  return counts;
}

/** Of a file that failed: all but the assertions that passed. */
function isWorthReading(line: string): boolean {
  return !/^\s+(ok \d+ - |\d+\.\.\d+)/.test(line) || isSkipped(line);
}

function isSkipped(line: string): boolean {
  return /^\s+ok \d+ - .* # SKIP/.test(line);
}

/** `# { total: 4, pass: 2, fail: 1, skip: 1 }`, in which counts of zero are missing. */
function readCounts(line: string): TestCounts {
  const count = (name: string): number => Number(new RegExp(`\\b${name}: (\\d+)`).exec(line)?.[1] ?? 0);
  return { passed: count('pass'), failed: count('fail'), skipped: count('skip') };
}
