import { breakText } from './break-text.ts';
import type { FuzzedShop } from './fuzzed-shop.ts';
import type { FuzzRequest } from './generate-request.ts';
import { Known } from './known-values.ts';
import type { KnownValues } from './known-values.ts';

/** A request as it goes out: all names are resolved. */
export interface SentRequest {
  method: string;
  /** with the query */
  url: string;
  saleId: string;
  headers: Record<string, string>;
  body: string | Buffer | undefined;
}

export interface FuzzAnswer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
}

/** 32 hex digits that are the request's own: events name it as what made them. */
export function nextTraceId(): string {
  return `f0220000${(traceCount++).toString(16).padStart(24, '0')}`;
}

/** Turns names into what is there, and the parts into a request. */
export function resolveRequest(
  request: FuzzRequest,
  path: string,
  known: KnownValues,
  credentials: Record<string, string>,
): SentRequest {
  const { params, query, authorization, key, contentType, body } = request;
  const rawSale = params['saleId'];
  const saleId = rawSale === undefined ? '' : textOf(rawSale, '', known);
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const param = params[name];
    if (param === undefined) return name;
    return 'raw' in param ? param.raw : encodeURIComponent(textOf(param, saleId, known).toWellFormed());
  }) + query;
  const text = body === undefined ? undefined : JSON.stringify(body.json, (_, value: unknown) =>
    (value instanceof Known ? known.resolve(saleId, value) : value));
  const sent = body?.broken === undefined || text === undefined ? text : breakText(text, body.broken);
  const headers = Object.fromEntries([
    ...Object.entries(request.headers),
    ['authorization', authorization && ('who' in authorization
      ? credentials[authorization.who] : authorization.header)],
    ['idempotency-key', key === 'fresh' ? `key-${traceCount++}` : key],
    ['content-type', sent === undefined ? undefined : contentType],
  ].filter(([, value]) => value !== undefined)) as Record<string, string>;
  return { method: request.method, url, saleId, headers, body: sent };
}

/** Sends it under its trace id. Of a stream the head is read, then it is closed. */
export async function sendRequest(
  { app }: FuzzedShop,
  { method, url, headers, body }: SentRequest,
  { traceId, isStream }: { traceId: string; isStream: boolean },
): Promise<FuzzAnswer> {
  const options = {
    method: method as 'POST',
    url,
    headers: { ...headers, 'x-trace-id': traceId },
    ...(body === undefined ? {} : { payload: body }),
  };
  if (!isStream) {
    const { statusCode, headers, body: text } = await app.inject(options);
    return { status: statusCode, headers, text };
  }
  const closing = new AbortController();
  const answer = await app.inject({ ...options, payloadAsStream: true, signal: closing.signal });
  const stream = answer.stream();
  let text = '';
  if (String(answer.headers['content-type']).startsWith('text/event-stream')) {
    stream.on('error', () => undefined);
    closing.abort();
    answer.raw.res.destroy();
  } else {
    stream.setEncoding('utf8');
    for await (const part of stream) text += String(part);
  }
  return { status: answer.statusCode, headers: answer.headers, text };
}

/** As one would send it by hand. */
export function showRequest({ method, url, headers, body }: SentRequest): string {
  const lines = [`${method} ${url}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  const text = Buffer.isBuffer(body) ? `base64 ${body.toString('base64')}` : body ?? '';
  return [...lines, '', text].map((line) => shorten(line)).join('\n');
}

let traceCount = 0;
const SHOWN_CHARS_MAX = 2_000;

function shorten(text: string): string {
  if (text.length <= SHOWN_CHARS_MAX) return text;
  return `${text.slice(0, SHOWN_CHARS_MAX)}… (${text.length} characters)`;
}

function textOf(
  param: FuzzRequest['params'][string],
  saleId: string,
  known: KnownValues,
): string {
  if (param instanceof Known) return known.resolve(saleId, param);
  return 'raw' in param ? param.raw : param.text;
}
