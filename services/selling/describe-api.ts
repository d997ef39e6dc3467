import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { FastifySchema } from 'fastify';

const KEY = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  description: 'Of your choice, one for each thing you want done. Who sends a request again under its key '
    + 'gets the answer of the first, and nothing is done twice; another payload under it is refused.',
};
const IF_NONE_MATCH = { type: 'string', description: 'the ETag you have; 304 if nothing has changed since' };
const LAST_EVENT_ID = { type: 'string', description: 'of the last event you had; what you missed comes' };

const REASON = {
  type: 'string',
  description: 'Why you do it, in your own words, for the audit: up to 200 characters, percent-encoded where '
    + 'they are not ASCII.',
};

const info = {
  title: 'onsale selling API',
  version: '1',
  description: 'Claims seats and takes orders. '
    + 'Refusals are application/problem+json with a stable `code` and what would have worked; money is in '
    + 'minor units. 503 and 429 carry `Retry-After`: send the same request again under the same key.',
};

const securitySchemes = {
  buyer: {
    type: 'http' as const,
    scheme: 'bearer',
    description: 'a token of POST /v1/sessions, or of the company\'s identity provider: one buyer\'s own',
  },
  checkout: {
    type: 'http' as const,
    scheme: 'bearer',
    description: 'the key of a shop\'s server: it names the `buyerId` in the body and acts for any buyer',
  },
  operator: {
    type: 'http' as const,
    scheme: 'bearer',
    description: 'an operator\'s token; roles are viewer (reads), operator (steers) and admin (defines)',
  },
};

const tags = [
  { name: 'sales', description: 'What is sold and what is free; for everybody, without a credential' },
  { name: 'buyers', description: 'Who buys without an account' },
  { name: 'holds', description: 'Claims for a limited time' },
  { name: 'orders', description: 'Holds that were bought' },
  { name: 'admin', description: 'Making and steering sales; for operators' },
];

/** What /openapi.json says beside the schemas of the routes: credentials, and the headers that count. */
export const apiDescription: FastifyDynamicSwaggerOptions = {
  openapi: { openapi: '3.1.0', info, components: { securitySchemes }, tags },
  transform({ schema, url, route: { method } }) {
    const described: FastifySchema = {
      ...schema, security: securityOf(url, schema.tags), ...headersOf(url, String(method)),
    };
    return { schema: described, url };
  },
};

function securityOf(url: string, routeTags: readonly string[] = []): Record<string, string[]>[] {
  if (url.startsWith('/admin/')) return [{ operator: [] }];
  const isBuyers = routeTags.includes('holds') || routeTags.includes('orders');
  return isBuyers ? [{ buyer: [] }, { checkout: [] }] : [];
}

function headersOf(url: string, method: string): { headers?: object } {
  if (url.startsWith('/v1/sales/') && method !== 'GET') {
    return headers({ 'Idempotency-Key': KEY }, ['Idempotency-Key']);
  }
  if (url.startsWith('/admin/') && method !== 'GET') return headers({ 'X-Reason': REASON });
  if (/\/(availability|seats)$/.test(url)) {
    return headers({ 'If-None-Match': IF_NONE_MATCH });
  }
  if (url.endsWith('/stream')) {
    return headers({ 'Last-Event-ID': LAST_EVENT_ID });
  }
  return {};
}

function headers(properties: object, required: string[] = []): { headers: object } {
  return { headers: { type: 'object', properties, required } };
}
