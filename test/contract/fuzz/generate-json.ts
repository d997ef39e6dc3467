import * as fc from 'fast-check';
import { Known } from './known-values.ts';
import type { KnownValues } from './known-values.ts';
import type { JsonSchema } from './read-operations.ts';
import { NASTY_TEXTS } from './spoil-json.ts';

/** Entries that a list or a record gets beyond the fewest: long ones come from spoiling. */
const MORE_ITEMS_MAX = 3;
const CHARS_MAX = 40;
const DEFAULT_NUMBER_MAX = 1_000_000;
/** Of one, two and four bytes, marks that join, what separates fields in a record, what HTML and SQL read. */
const LETTERS = [...'abcXYZ0189 -_.,;:/|=+*%&<>\'"\\{}[]()#@éßЖ中\u0301\u200d\u00a0😀'];

/**
 * Values that a schema allows. Where a field has the name of something that exists, it is mostly that:
 * a random `holdId` would only ever find out that unknown ones are refused.
 */
export function generateJson(schema: JsonSchema, known: KnownValues, name = ''): fc.Arbitrary<unknown> {
  const { anyOf, oneOf } = schema;
  const choices = anyOf ?? oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map((one) => generateJson(one, known, name)));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? 'any'];
  return fc.oneof(...types.map((type) => ofType(type, schema, known, name)));
}

function ofType(
  type: string,
  schema: JsonSchema,
  known: KnownValues,
  name: string,
): fc.Arbitrary<unknown> {
  switch (type) {
    case 'null': return fc.constant(null);
    case 'boolean': return fc.boolean();
    case 'integer': return integers(schema);
    case 'number': return fc.oneof(integers(schema), fc.double({
      min: schema.minimum ?? -DEFAULT_NUMBER_MAX, max: schema.maximum ?? DEFAULT_NUMBER_MAX, noNaN: true,
    }));
    case 'string': return known.has(name)
      ? fc.oneof({ weight: 6, arbitrary: existing(name) }, { weight: 1, arbitrary: texts(schema) })
      : texts(schema);
    case 'array': return fc.array(generateJson(schema.items ?? {}, known, name), {
      minLength: schema.minItems ?? 0,
      maxLength: Math.min(schema.maxItems ?? Infinity, (schema.minItems ?? 0) + MORE_ITEMS_MAX),
    });
    case 'object': return records(schema, known);
    default: return fc.jsonValue({ maxDepth: 2 });
  }
}

/** One of the values of that name which exist. */
export function existing(name: string): fc.Arbitrary<Known> {
  return fc.nat(9_999).map((at) => new Known(name, at));
}

function integers({ minimum, maximum }: JsonSchema): fc.Arbitrary<number> {
  const min = minimum ?? -1;
  const max = maximum ?? DEFAULT_NUMBER_MAX;
  return fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min, max: Math.min(max, min + 10) }) },
    { weight: 1, arbitrary: fc.integer({ min, max }) },
    { weight: 1, arbitrary: fc.constantFrom(min, max) },
  );
}

function texts({ pattern, format, minLength = 0, maxLength = CHARS_MAX }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'email') return fc.nat(999).map((n) => `buyer${n}@example.org`);
  if (format === 'date-time') return times();
  const length = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, CHARS_MAX)) };
  const plain = fc.array(fc.constantFrom(...LETTERS), length)
    .map((letters) => letters.join('').slice(0, maxLength).toWellFormed());
  if (pattern === undefined) {
    const nasty = NASTY_TEXTS.filter((text) => text.length >= minLength && text.length <= maxLength);
    return fc.oneof({ weight: 2, arbitrary: plain }, { weight: 1, arbitrary: fc.constantFrom(...nasty) });
  }
  const isMeant = new RegExp(pattern, 'u');
  // What generates from patterns knows no classes by property, as \p{Cc}.
  if (pattern.includes('\\p')) return plain.filter((text) => text.length >= minLength && isMeant.test(text));
  return fc.stringMatching(isMeant, { size: '-1' });
}

/** Long ago or far away: nothing shall come due while the requests of a run are compared. */
function times(): fc.Arbitrary<string> {
  const years = fc.oneof(fc.integer({ min: 1971, max: 2020 }), fc.integer({ min: 2060, max: 9998 }));
  return fc.tuple(years, fc.integer({ min: 1, max: 28 }), fc.constantFrom('Z', '+02:00', '.123Z'))
    .map(([year, day, zone]) => `${year}-02-${String(day).padStart(2, '0')}T12:30:00${zone}`);
}

function records(schema: JsonSchema, known: KnownValues): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const listed = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, one]) =>
      [name, generateJson(one, known, name)])),
    { requiredKeys: required },
  );
  if (typeof additionalProperties !== 'object') return listed;
  const names = fc.oneof(fc.constantFrom('adult', 'child'), fc.stringMatching(/^[a-z]{1,9}$/));
  const others = fc.dictionary(names, generateJson(additionalProperties, known), { maxKeys: MORE_ITEMS_MAX });
  return fc.tuple(others, listed).map(([more, some]) => ({ ...more, ...some }));
}
