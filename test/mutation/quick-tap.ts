import { deepStrictEqual, notStrictEqual, ok, strictEqual } from 'node:assert/strict';

/**
 * Stands in for `tap` in the workers of the mutation test, where test files are loaded once and their tests
 * run many times: the default export collects what a file registers, and a test ends at its first fault.
 * It may judge more mildly than tap, never more strictly: what passes here is run under tap as well.
 */
export interface QuickTest {
  file: string;
  name: string;
  run(): Promise<void>;
}

type Work = (t: QuickTap) => unknown;

/** In the order of registration. */
export const quickTests: QuickTest[] = [];
let currentFile = '';

/** Says whose tests are registered from now on. */
export function registerTestsOf(file: string): void {
  currentFile = file;
}

/** What a running test is given. */
export class QuickTap {
  #teardowns: (() => unknown)[] = [];
  /** Subtests run one after the other, also when nobody awaits them. */
  #last: Promise<void> = Promise.resolve();

  test(_name: string, ...rest: unknown[]): Promise<void> {
    const work = rest.at(-1) as Work;
    this.#last = this.#last.then(() => runQuickTest(work));
    return this.#last;
  }

  async run(work: Work): Promise<void> {
    try {
      await work(this);
      await this.#last;
    } finally {
      for (const teardown of this.#teardowns.reverse()) await teardown();
    }
  }

  teardown(work: () => unknown): void {
    this.#teardowns.push(work);
  }

  comment(): void {}
  pass(): void {}

  fail(message: string): void {
    ok(false, message);
  }

  ok(value: unknown, message?: string): void {
    ok(value, message);
  }

  notOk(value: unknown, message?: string): void {
    ok(!value, message);
  }

  equal(found: unknown, wanted: unknown, message?: string): void {
    strictEqual(found, wanted, message);
  }

  not(found: unknown, unwanted: unknown, message?: string): void {
    notStrictEqual(found, unwanted, message);
  }

  same(found: unknown, wanted: unknown, message?: string): void {
    deepStrictEqual(plain(found), plain(wanted), message);
  }

  match(found: unknown, pattern: unknown, message?: string): void {
    ok(matches(found, pattern), message);
  }

  notMatch(found: unknown, pattern: unknown, message?: string): void {
    ok(!matches(found, pattern), message);
  }

  throws(work: () => unknown): void {
    let hasThrown = false;
    try {
      work();
    } catch {
      hasThrown = true;
    }
    ok(hasThrown);
  }

  async rejects(work: Promise<unknown> | (() => Promise<unknown>)): Promise<void> {
    const isRejected = await (typeof work === 'function' ? work() : work).then(() => false, () => true);
    ok(isRejected);
  }
}

async function runQuickTest(work: Work): Promise<void> {
  await new QuickTap().run(work);
}

/** tap's `same` looks at values, not at prototypes: a hash of Redis has none. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || !isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** tap's `match`: a pattern names a part of what is found. */
export function matches(found: unknown, pattern: unknown): boolean {
  if (pattern instanceof RegExp) return pattern.test(String(found));
  if (typeof pattern === 'string' && typeof found === 'string') return found.includes(pattern);
  if (typeof pattern !== 'object' || pattern === null) return Object.is(found, pattern);
  if (typeof found !== 'object' || found === null) return false;
  const record = found as Record<string, unknown>;
  return Object.entries(pattern).every(([key, part]) => matches(record[key], part));
}

/** What `import t from 'tap'` gives a test file. */
export default {
  test(name: string, ...rest: unknown[]): Promise<void> {
    const work = rest.at(-1) as Work;
    quickTests.push({ file: currentFile, name, run: () => runQuickTest(work) });
    return Promise.resolve();
  },
  comment(): void {},
};
