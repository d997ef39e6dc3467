import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { partitionKeys } from '../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../services/shared/contracts/partition-of.ts';
import type { SaleInput } from '../../services/shared/contracts/sale-input.ts';
import { awaitThat } from './await-that.ts';
import { checkAgainstFold } from './check-against-fold.ts';
import type { CheckedSale } from './check-against-fold.ts';
import { openTestStack } from './open-test-stack.ts';
import type { TestStack } from './open-test-stack.ts';
import { startService } from './start-service.ts';
import type { TestService } from './start-service.ts';
import type { Teardown } from './teardown.ts';

/** An answer of the API. `body` is what its JSON said; undefined without a body. */
export interface ShopAnswer {
  status: number;
  body: Record<string, unknown> & { code?: string };
  headers: Headers;
}

export interface CallOptions {
  /** bearer token; by default the checkout key, on admin routes the admin's, '' for none */
  token?: string;
  /** Idempotency-Key; by default a new one for every write, '' for none */
  key?: string;
  /** a string is sent as it is */
  body?: unknown;
  headers?: Record<string, string>;
  /** which selling process is asked; the first unless said */
  url?: string;
}

/** The selling service as its own process on a Redis database of its own, called over HTTP. */
export interface Shop {
  stack: TestStack;
  redis: Redis;
  selling: TestService;
  call(method: string, path: string, options?: CallOptions): Promise<ShopAnswer>;
  /** Another process on the same stack. */
  startAnother(env?: Record<string, string>): Promise<TestService>;
  /** Defines a sale and opens it. */
  sell(saleId: string, input: SaleInput): Promise<void>;
  /** An anonymous buyer. */
  buyer(): Promise<{ buyerId: string; token: string }>;
  /** Compares Redis with the fold of the outbox. */
  check(saleId: string): Promise<CheckedSale>;
  /** Everything in Redis, byte by byte. */
  dump(): Promise<Record<string, string>>;
}

export interface ShopOptions {
  env?: Record<string, string>;
  /** Whether the partitions are started here; not when a relay does it. */
  startsPartitions?: boolean;
  redisUrl?: string;
}

/** Opens it; orders are confirmed by Redis alone unless `env` says otherwise. */
export async function openShop(t: Teardown, options: ShopOptions = {}): Promise<Shop> {
  const stack = await openTestStack(t);
  const env: Record<string, string> = { ...stack.env, CONFIRM_ACK: 'redis', ...options.env };
  const redisUrl = options.redisUrl ?? stack.redisUrl;
  const redis = new Redis(redisUrl);
  redis.on('error', () => undefined);
  t.teardown(() => redis.disconnect());
  if (options.startsPartitions !== false) await startPartitions(redis);
  const start = (more: Record<string, string> = {}) => startService(t, 'selling',
    { ...env, REDIS_URL: redisUrl, ...more }, { untilReady: options.startsPartitions !== false });
  const selling = await start();
  const call = (method: string, path: string, more: CallOptions = {}) =>
    request(more.url ?? selling.url, method, path, withDefaults(stack, method, path, more));
  return {
    stack,
    redis,
    selling,
    call,
    async startAnother(more) {
      const another = await start(more);
      await awaitThat('both processes take requests', async () =>
        await isCalm(selling.url) && isCalm(another.url));
      return another;
    },
    async sell(saleId, input) {
      for (const [method, path, body] of [['PUT', '', input], ['POST', '/open', undefined]] as const) {
        const answer = await call(method, `/admin/v1/sales/${saleId}${path}`, { body });
        if (answer.status >= 300) throw new Error(`no sale: ${answer.status} ${JSON.stringify(answer.body)}`);
      }
    },
    async buyer() {
      const { body } = await call('POST', '/v1/sessions', { token: '' });
      return { buyerId: String(body['buyerId']), token: String(body['token']) };
    },
    check: (saleId) => checkAgainstFold(redis, partitionOf(saleId, 64), saleId),
    async dump() {
      const keys = (await redis.keys('*')).toSorted();
      const dumps = await Promise.all(keys.map(async (key) =>
        [key, (await redis.dumpBuffer(key))?.toString('base64') ?? ''] as const));
      return Object.fromEntries(dumps);
    },
  };
}

/** What the relay does at a first start, when there is none. */
export async function startPartitions(redis: Redis): Promise<void> {
  await Promise.all(Array.from({ length: 64 }, (_, p) => redis.set(partitionKeys(p).generation, 'g1', 'NX')));
}

function withDefaults(stack: TestStack, method: string, path: string, options: CallOptions): RequestInit {
  const { token = path.startsWith('/admin') ? stack.adminToken : stack.checkoutKey, body } = options;
  const { key = method === 'GET' ? '' : randomBytes(9).toString('base64url') } = options;
  return {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(key && { 'idempotency-key': key }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  };
}

async function request(url: string, method: string, path: string, init: RequestInit): Promise<ShopAnswer> {
  const response = await fetch(`${url}${path}`, { ...init, method });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const body = isJson ? JSON.parse(text) as ShopAnswer['body'] : { text };
  return { status: response.status, body, headers: response.headers };
}

/** Starting a process takes a core for a second: the others may refuse as overloaded meanwhile. */
async function isCalm(url: string): Promise<boolean> {
  for (let i = 0; i < 5; i++) {
    if ((await fetch(`${url}/openapi.json`)).status === 503) return false;
  }
  return true;
}
