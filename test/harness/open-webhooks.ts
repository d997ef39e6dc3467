/** The worker with its API, a stream to put events on, and the check that organisers are told to use. */
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { Pool } from 'pg';
import { connectTestKinesis } from './connect-test-kinesis.ts';
import { EventChain, putEvents } from './event-chain.ts';
import { openTestStack } from './open-test-stack.ts';
import type { TestStack } from './open-test-stack.ts';
import { startService } from './start-service.ts';
import type { TestService } from './start-service.ts';
import type { Teardown } from './teardown.ts';

export interface ApiAnswer {
  status: number;
  contentType: string;
  body: Record<string, unknown>;
}

export interface WebhookStack {
  stack: TestStack;
  client: KinesisClient;
  pool: Pool;
  /** Retries come soon, loopback may be delivered to. */
  env: Record<string, string>;
  startWorker(more?: Record<string, string>): Promise<TestService>;
  chain(saleId: string): EventChain;
  put(events: Parameters<typeof putEvents>[2]): Promise<void>;
}

export interface WebhookInput {
  url: string;
  saleIds?: string[] | '*';
  types?: string[] | '*';
  isActive?: boolean;
}

/** Opens it; the worker is started by the test. */
export async function openWebhooks(t: Teardown, { shards = 1 } = {}): Promise<WebhookStack> {
  const stack = await openTestStack(t, { shards });
  const client = connectTestKinesis(stack.kinesisEndpoint);
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 2 });
  t.teardown(async () => {
    client.destroy();
    await pool.end();
  });
  const env = {
    ...stack.env, WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8',
    WEBHOOK_RETRY_MS_MIN: '20', WEBHOOK_RETRY_MS_MAX: '200',
    WEBHOOK_TIMEOUT_MS: '1000', LEASE_MS: '1000', BUS_FAN_OUT: 'false',
  };
  return {
    stack, client, pool, env,
    startWorker: (more = {}) => startService(t, 'worker', { ...env, ...more }),
    chain: (saleId) => new EventChain(saleId, stack.env['CONTACT_KEY'] ?? ''),
    put: (events) => putEvents(client, stack.streamName, events),
  };
}

/** Calls the API, as an admin unless another token is given. */
export async function callApi(
  worker: { url: string }, method: string, path: string, { token, body }: { token: string; body?: unknown },
): Promise<ApiAnswer> {
  const reply = await fetch(`${worker.url}/admin/v1/webhooks${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`, ...body !== undefined && { 'content-type': 'application/json' },
    },
    ...body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) },
  });
  const text = await reply.text();
  return {
    status: reply.status,
    contentType: reply.headers.get('content-type') ?? '',
    body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
  };
}

/** Makes a webhook and returns its secret. */
export async function makeWebhook(
  worker: { url: string }, { stack }: WebhookStack, webhookId: string, input: WebhookInput,
): Promise<string> {
  const body = { saleIds: '*', types: '*', ...input };
  const made = await callApi(worker, 'PUT', `/${webhookId}`, { token: stack.adminToken, body });
  if (made.status !== 201) throw new Error(`${made.status} ${JSON.stringify(made.body)}`);
  return String(made.body['secret']);
}

/** The function of docs/webhooks.md that tells a true request from a forged one. */
export async function loadVerification(): Promise<
  (secret: string, headers: IncomingHttpHeaders, rawBody: string, nowMs?: number) => unknown> {
  const page = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
  const example = await import(`data:text/javascript,${encodeURIComponent(code)}`) as {
    openWebhook: Awaited<ReturnType<typeof loadVerification>>;
  };
  return example.openWebhook;
}
