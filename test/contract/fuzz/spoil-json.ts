import * as fc from 'fast-check';
import { Known } from './known-values.ts';

/** One change of a JSON value that is nearly right. */
export interface Spoil {
  /** of its places, modulo how many there are */
  at: number;
  how: 'replace' | 'remove' | 'repeat' | 'extend';
  value: unknown;
  /** what a text is replaced by instead, so that it is not just refused for its type */
  text: string | undefined;
}

const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);

/** What programs have stumbled over before. */
export const NASTY_TEXTS = [
  '', ' ', '\u0000', 'a\u0000b', '\t', '\r\n', '\n', '\u001f', '\u007f', '\u0085', '\u2028', '\ufeff',
  '\u202e',
  '\ud800', '\udc00x', '😀', 'é', 'e\u0301', '½', '١', 'İ', 'ß', '__proto__', 'constructor', 'prototype',
  'toString',
  'hasOwnProperty', 'NaN', 'Infinity', 'null', 'undefined', 'true', '0', '-0', '1e9', '0x10',
  '../../etc/passwd',
  "'; DROP TABLE sales; --", '${7*7}', '%s%n', '<script>', ',', ';', ':', '/', '|', '\\', '"', 'a,b;c:d/e',
  '{p00}', '*', 'x'.repeat(33), 'x'.repeat(64), 'x'.repeat(65), 'x'.repeat(128), 'x'.repeat(201),
  'x'.repeat(5_000), '😀'.repeat(32), '2026-13-45T99:99:99Z', '2026-02-30T00:00:00Z', '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:60Z', '1969-12-31T23:59:59Z', '1970-01-01T00:00:00+99:99',
];

const NASTY_VALUES: unknown[] = [
  null, true, false, 0, -1, 1, 0.5, 1.5, 1e21, -1e21, 1e308, 5e-324, 2 ** 31, 2 ** 53, 2 ** 53 + 2,
  -(2 ** 53),
  100, 101, 1_000, 1_001, 86_400, 86_401, 10_000_001, [], {}, [[]], [null], [{}], { length: 1 },
  { toString: 1 },
  JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"constructor":{"prototype":{}}}'), deep(60),
  Array.from({ length: 51 }, () => ({})), Array.from({ length: 1_000 }, (_, i) => i), ...NASTY_TEXTS,
];

const NASTY_NAMES = [
  'extra', '', '__proto__', 'constructor', 'toString', 'price', 'status', 'x'.repeat(300), '\u0000',
];

/** Up to three changes. */
export function spoils(): fc.Arbitrary<Spoil[]> {
  return fc.array(fc.record({
    at: fc.nat(999),
    how: fc.constantFrom<Spoil['how']>('replace', 'replace', 'remove', 'repeat', 'extend'),
    value: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...NASTY_VALUES) },
      { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
    ),
    text: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...NASTY_TEXTS) },
      { weight: 1, arbitrary: fc.constant(undefined) },
    ),
  }), { minLength: 1, maxLength: 3, size: 'max' });
}

/** The value with the changes made to a copy of it. */
export function spoilJson(json: unknown, changes: Spoil[]): unknown {
  return changes.reduce((before, change) => {
    const places = countPlaces(before);
    const after = changeAt(before, { left: change.at % places }, change);
    return after === GONE ? null : after;
  }, json);
}

function countPlaces(json: unknown): number {
  if (!isTree(json)) return 1;
  return Object.values(json).reduce<number>((sum, one) => sum + countPlaces(one), 1);
}

/** A marker of what `changeAt` leaves out; not a value of JSON. */
const GONE = Symbol('gone');

function changeAt(json: unknown, countdown: { left: number }, change: Spoil): unknown {
  if (countdown.left === 0) {
    countdown.left = -1;
    return changed(json, change);
  }
  countdown.left -= 1;
  if (!isTree(json)) return json;
  const members = Object.entries(json).map(([name, one]): [string, unknown] =>
    [name, countdown.left < 0 ? one : changeAt(one, countdown, change)]);
  const kept = members.filter(([, one]) => one !== GONE);
  // From entries, so that a member of the name __proto__ stays one.
  return Array.isArray(json) ? kept.map(([, one]) => one) : Object.fromEntries(kept);
}

function changed(json: unknown, { at, how, value, text }: Spoil): unknown {
  if (how === 'remove') return GONE;
  if (how === 'repeat' && Array.isArray(json)) return [...json, ...json.slice(-1)];
  if (how === 'extend' && isTree(json) && !Array.isArray(json)) {
    return Object.fromEntries([...Object.entries(json), [NASTY_NAMES[at % NASTY_NAMES.length] ?? '', value]]);
  }
  const isText = typeof json === 'string' || json instanceof Known;
  return isText && how === 'replace' ? text ?? value : value;
}

function isTree(json: unknown): json is object {
  return typeof json === 'object' && json !== null && !(json instanceof Known);
}
