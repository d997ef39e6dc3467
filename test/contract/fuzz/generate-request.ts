import * as fc from 'fast-check';
import { EXAMPLE_BODIES } from './example-bodies.ts';
import { BREAKS } from './break-text.ts';
import type { Break } from './break-text.ts';
import { existing, generateJson } from './generate-json.ts';
import type { Known, KnownValues } from './known-values.ts';
import type { JsonSchema, Operation } from './read-operations.ts';
import { NASTY_TEXTS, spoilJson, spoils } from './spoil-json.ts';

/** Who calls: a credential of the shop by its name, or an authorization header as it stands. */
export type Authorization = { who: string } | { header: string } | undefined;

export interface FuzzRequest {
  method: string;
  /** by name, what stands in the path: encoded, or raw as it goes on the wire */
  params: Record<string, Known | { text: string } | { raw: string }>;
  /** with its question mark, or empty */
  query: string;
  authorization: Authorization;
  /** Idempotency-Key; `fresh` is one that no other request has */
  key: string | undefined;
  headers: Record<string, string>;
  contentType: string | undefined;
  /** undefined: none; `broken` is done to its text */
  body: { json: unknown; broken?: Break } | undefined;
}

/**
 * Requests to one operation. A third is all in order; in the others one part is wild, or all are. What is
 * wild in one part meets good ones in the others, so that it is not refused for them.
 */
export function generateRequest(operation: Operation, known: KnownValues): fc.Arbitrary<FuzzRequest> {
  const tame = tameParts(operation, known);
  const wild = wildParts(operation, known);
  const parts = Object.keys(wild) as (keyof FuzzRequest)[];
  // Wild bodies are worth more where there is a body to speak of.
  const weightOf = (part: string) => (part === 'body' && operation.body !== undefined ? 6 : 1);
  return fc.oneof(
    { weight: 8, arbitrary: fc.record(tame) },
    ...parts.map((part) =>
      ({ weight: weightOf(part), arbitrary: fc.record({ ...tame, [part]: wild[part] }) })),
    { weight: 1, arbitrary: fc.record({ ...tame, ...wild }) },
  );
}

type Parts = { [Part in keyof FuzzRequest]: fc.Arbitrary<FuzzRequest[Part]> };

function tameParts(operation: Operation, known: KnownValues): Parts {
  const { method, path, params } = operation;
  const right = path.startsWith('/admin/') ? ['admin'] : ['checkout', 'checkout', 'checkout', 'buyer'];
  return {
    method: fc.constant(method),
    params: fc.record(Object.fromEntries(Object.entries(params).map(([name, schema]) =>
      [name, known.has(name) ? existing(name) : matching(schema)]))),
    query: tameQuery(operation, known),
    authorization: fc.constantFrom(...right).map((who) => ({ who })),
    key: fc.constant('fresh'),
    headers: fc.constant({}),
    contentType: fc.constant('application/json'),
    body: operation.body === undefined ? fc.constant(undefined) : tameBody(operation, operation.body, known),
  };
}

function tameQuery({ query }: Operation, known: KnownValues): fc.Arbitrary<string> {
  if (Object.keys(query).length === 0) return fc.constant('');
  const fields = fc.record(Object.fromEntries(Object.entries(query).map(([name, schema]) =>
    [name, generateJson(schema, known)])), { requiredKeys: [] });
  return fields.map((given) => {
    const texts = Object.entries(given).map(([name, value]) => [name, String(value)] as [string, string]);
    return `?${new URLSearchParams(texts).toString()}`;
  });
}

function tameBody(
  { method, path }: Operation,
  schema: JsonSchema,
  known: KnownValues,
): fc.Arbitrary<FuzzRequest['body']> {
  const examples = EXAMPLE_BODIES[`${method} ${path}`];
  const json = generateJson(schema, known);
  // Null is how an empty body reads.
  const bodies = (examples === undefined ? json : fc.oneof(
    { weight: 3, arbitrary: examples },
    { weight: 1, arbitrary: json },
  )).map((value) => (value === null ? undefined : { json: value }));
  return bodies;
}

function wildParts(operation: Operation, known: KnownValues): Omit<Parts, never> {
  const { params, body } = operation;
  const good = tameParts(operation, known);
  const wild: Partial<Parts> = {
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
    query: fc.oneof(fc.constantFrom(...NASTY_QUERIES), fc.webQueryParameters().map((text) => `?${text}`)),
    authorization: fc.oneof(
      fc.constantFrom('admin', 'operator', 'viewer', 'checkout', 'buyer', 'forged', 'lapsed')
        .map((who) => ({ who })),
      fc.constantFrom(...NASTY_AUTHORIZATIONS).map((header) => ({ header })),
      fc.constant(undefined),
    ),
    key: fc.oneof(fc.constantFrom(...NASTY_KEYS), fc.constantFrom('again-1', 'again-2', 'again-3')),
    headers: fc.dictionary(
      fc.constantFrom(...HEADER_NAMES), fc.constantFrom(...NASTY_HEADERS), { maxKeys: 3 },
    ),
    contentType: fc.constantFrom(...CONTENT_TYPES),
    body: fc.oneof(
      { weight: 5, arbitrary: fc.tuple(good.body, spoils()).map(([tame, changes]) =>
        ({ json: spoilJson(tame?.json ?? {}, changes) })) },
      { weight: 2, arbitrary: fc.record({
        json: good.body.map((tame) => tame?.json ?? {}), broken: breaks(),
      }) },
      { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }).map((json) => ({ json })) },
      { weight: body === undefined ? 0 : 1, arbitrary: fc.constant(undefined) },
    ),
  };
  const names = Object.keys(params);
  if (names.length > 0) wild.params = wildParams(good.params, params);
  return wild as Parts;
}

/** One of the parameters is off, the others are as they should be. */
function wildParams(
  good: Parts['params'],
  params: Operation['params'],
): fc.Arbitrary<FuzzRequest['params']> {
  const one = fc.constantFrom(...Object.keys(params));
  const value = fc.oneof(
    fc.constantFrom(...NASTY_SEGMENTS).map((raw) => ({ raw })),
    fc.constantFrom(...NASTY_TEXTS).map((text) => ({ text })),
    fc.oneof(...Object.values(params).map(matching)),
    fc.array(fc.nat(0x10_ffff), { maxLength: 20 })
      .map((codes) => ({ text: String.fromCodePoint(...codes) })),
  );
  return fc.tuple(good, one, value).map(([others, name, off]) => ({ ...others, [name]: off }));
}

/** Of the form that is asked for, though nothing of that name may exist. */
function matching({ pattern }: JsonSchema): fc.Arbitrary<{ text: string }> {
  const texts = pattern === undefined
    ? fc.stringMatching(/^[hot]_[A-Za-z0-9_-]{22}$/) : fc.stringMatching(new RegExp(pattern, 'u'));
  return texts.map((text) => ({ text }));
}

function breaks(): fc.Arbitrary<Break> {
  return fc.record({ how: fc.constantFrom(...BREAKS), at: fc.nat(9_999) });
}

const NASTY_QUERIES = [
  '?', '??', '?=', '?&', '?a', '?a=1&a=2', '?__proto__=1', '?__proto__[a]=1', '?constructor.prototype.a=1',
  '?%',
  '?%zz=%', '?%00=%00', '?a=%ff', '?a[]=1&a[b]=2', '?saleId=x', '?limit=-1', '?limit=1e9', '?after=NaN',
  `?${'a=1&'.repeat(500)}`, `?a=${'x'.repeat(4_000)}`, '?é=😀',
];

const NASTY_AUTHORIZATIONS = [
  '', 'Bearer', 'Bearer ', 'Bearer  ', 'bearer x', 'Basic YWRtaW46YWRtaW4=', 'Bearer null', 'Bearer a.b.c',
  'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJiIn0.', 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.', 'Bearer ..', 'Bearer .',
  `Bearer ${'x'.repeat(8_000)}`, `Bearer ${'a.'.repeat(2_000)}`, 'Bearer \u00e9\u00ff', 'Bearer __proto__',
];

const NASTY_KEYS = [
  undefined as unknown as string, '', ' ', 'a b', 'x'.repeat(128), 'x'.repeat(129), 'x'.repeat(4_000),
  '\u00e9', '\u00ff',
  '\t', '__proto__', 'constructor', ':', '{p00}', ',', '~', '"', "'", '\\',
];

const HEADER_NAMES = [
  'accept', 'accept-encoding', 'accept-language', 'content-encoding', 'cookie', 'expect', 'host', 'if-match',
  'if-none-match', 'if-modified-since', 'last-event-id', 'origin', 'range', 'traceparent', 'tracestate',
  'upgrade',
  'x-forwarded-for', 'x-forwarded-proto', 'x-http-method-override', 'x-real-ip', 'x-request-id',
  'content-length',
  'transfer-encoding', 'connection', '__proto__', 'constructor',
];

const NASTY_HEADERS = [
  '', '*', '"0-1"', 'W/"0-1", "0-2"', '0-1', '0-0', '1-99999999999999999999', '-1', 'NaN', 'gzip',
  'chunked', 'close',
  'websocket', '100-continue', 'bytes=0-1', 'text/html', '127.0.0.1, 10.0.0.1', ',,,', '00-zz-zz-zz',
  '\u00e9',
  'x'.repeat(4_000), '__proto__', 'a=b; a=c', 'DELETE', '5', '99999999999', 'example.org:99999',
];

const CONTENT_TYPES = [
  undefined, '', ' ', 'application/json; charset=utf-8', 'application/json;charset=utf-16',
  'APPLICATION/JSON',
  'application/json, text/html', 'application/jsonx', 'application/problem+json', 'application/xml',
  'text/plain',
  'text/html', 'multipart/form-data', 'application/x-www-form-urlencoded', 'application/octet-stream',
  '*/*', '/',
  ';', 'json', '\u00e9', '__proto__', 'application/json; '.repeat(100),
];

const NASTY_SEGMENTS = [
  '', '.', '..', '%', '%zz', '%00', '%0', '%2e%2e', '%2e', 'a%2fb', '%ff', '%c0%af', '%u0041', '%ed%a0%80',
  '*',
  ':saleId', ';a=b', '{p00}', '%7Bp00%7D:sales', '__proto__', 'constructor', 'é', '%F0%9F%98%80', 'A', '-a',
  'a'.repeat(63), 'a'.repeat(64), 'a'.repeat(100), 'a'.repeat(101), 'a'.repeat(5_000), 'a b', 'a+b', 'a&b',
  '%20',
];
