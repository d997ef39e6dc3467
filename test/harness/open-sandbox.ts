/** The sandbox payment provider as its own process, a shop that it tells things, and the merchant's calls. */
import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'pg';
import type { Payment } from '../../services/sandbox/payment.ts';
import { awaitThat } from './await-that.ts';
import { openTestStack } from './open-test-stack.ts';
import { startService } from './start-service.ts';
import type { TestService } from './start-service.ts';
import type { Teardown } from './teardown.ts';

export type Json = Record<string, unknown>;

export interface ApiReply {
  status: number;
  contentType: string;
  body: Json;
}

/** A webhook as it came. */
export interface ToldMessage {
  id: string;
  type: string;
  data: Json;
  headers: IncomingHttpHeaders;
  body: string;
  path: string;
  isTaken: boolean;
}

export interface Sandbox {
  env: Record<string, string>;
  pool: Pool;
  /** of the shop that is told */
  shopUrl: string;
  /** what came, in its order */
  told: ToldMessage[];
  /** Statuses with which the shop answers; 204 until said otherwise. */
  answer(how: (message: ToldMessage, count: number) => number): void;
  start(more?: Record<string, string>): Promise<TestService>;
}

export const SANDBOX_KEY = 'sandbox-key-of-the-tests';
const SECRET = Buffer.from('a secret of thirty-two bytes, ok');

/** Opens it; the provider is started by the test. */
export async function openSandbox(t: Teardown): Promise<Sandbox> {
  const stack = await openTestStack(t);
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 2 });
  t.teardown(() => pool.end());
  const env = {
    ...stack.env, SANDBOX_DATABASE_URL: stack.databaseUrl, SANDBOX_KEY,
    SANDBOX_WEBHOOK_SECRET: `whsec_${SECRET.toString('base64')}`,
    SANDBOX_RETRY_MS_MIN: '20', SANDBOX_RETRY_MS_MAX: '200', SANDBOX_TIMEOUT_MS: '1000',
  };
  return {
    env, pool, ...await startShop(t), start: (more = {}) => startService(t, 'sandbox', { ...env, ...more }),
  };
}

async function startShop(t: Teardown): Promise<Pick<Sandbox, 'shopUrl' | 'told' | 'answer'>> {
  const told: ToldMessage[] = [];
  let how: (message: ToldMessage, count: number) => number = () => 204;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method !== 'POST') {
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end('<!doctype html><html lang="en"><title>Shop</title>Back');
        return;
      }
      const body = Buffer.concat(chunks).toString();
      const { type, data } = JSON.parse(body) as { type: string; data: Json };
      const message = {
        id: String(request.headers['webhook-id']), type, data, headers: request.headers, body,
        path: request.url ?? '', isTaken: false,
      };
      told.push(message);
      const status = how(message, told.length);
      message.isTaken = status >= 200 && status < 300;
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    shopUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, told,
    answer(next) {
      how = next;
    },
  };
}

/** Calls the API as the merchant, with a new Idempotency-Key unless one is given. */
export async function callSandbox(
  { url }: { url: string }, method: string, path: string,
  { body, key = randomUUID(), token = SANDBOX_KEY }: { body?: unknown; key?: string; token?: string } = {},
): Promise<ApiReply> {
  const reply = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`, ...key !== '' && { 'idempotency-key': key },
      ...body !== undefined && { 'content-type': 'application/json' },
    },
    ...body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) },
  });
  const text = await reply.text();
  return {
    status: reply.status, contentType: reply.headers.get('content-type') ?? '',
    body: (text === '' ? {} : JSON.parse(text)) as Json,
  };
}

/** The body of a new payment of 42.50 EUR that lives for an hour. */
export function paymentBody({ shopUrl }: { shopUrl: string }, more: Json = {}): Json {
  return {
    amountMinor: 4_250, currency: 'EUR', reference: 'o_1', returnUrl: `${shopUrl}/back?order=o_1`,
    webhookUrl: `${shopUrl}/hook`, expiresAt: new Date(Date.now() + 3_600_000).toISOString(), ...more,
  };
}

/** Makes a payment and returns its id. */
export async function makePayment(
  service: { url: string }, sandbox: Sandbox, more: Json = {},
): Promise<string> {
  const made = await callSandbox(service, 'POST', '/v1/payments', { body: paymentBody(sandbox, more) });
  if (made.status !== 201) throw new Error(`${made.status} ${JSON.stringify(made.body)}`);
  return String(made.body['paymentId']);
}

/** Large numbers are texts to this client. */
type Row = Omit<Payment, 'captured_minor'> & { captured_minor: string; refunded_minor: string };

/**
 * All payments as they are now, oldest first. The provider's list leaves out what transactions under way
 * might still precede, those of other databases of the server as well.
 */
export async function readPayments({ pool }: Sandbox): Promise<Json[]> {
  const { rows } = await pool.query<Row>(`SELECT p.*,
    (SELECT coalesce(sum(amount_minor), 0) FROM sandbox.refunds r
      WHERE r.payment_id = p.payment_id AND r.status <> 'failed') AS refunded_minor
    FROM sandbox.payments p ORDER BY created_at`);
  return rows.map((payment) => ({
    paymentId: payment.payment_id, reference: payment.reference, status: payment.status,
    capturedMinor: Number(payment.captured_minor), refundedMinor: Number(payment.refunded_minor),
    createdAt: payment.created_at.toISOString(),
  }));
}

/** Waits until a payment has the status, and returns it. */
export function awaitStatus(service: { url: string }, paymentId: string, status: string): Promise<Json> {
  return awaitThat(`${paymentId} is ${status}`, async () => {
    const { body } = await callSandbox(service, 'GET', `/v1/payments/${paymentId}`);
    return body['status'] === status && body;
  });
}

/** Waits until so many messages about a payment were taken, and returns all that came about it. */
export function awaitTold({ told }: Sandbox, paymentId: string, count: number): Promise<ToldMessage[]> {
  return awaitThat(`${count} messages about ${paymentId}`, () => {
    const about = told.filter(({ data }) => data['paymentId'] === paymentId);
    return about.filter(({ isTaken }) => isTaken).length >= count && about;
  });
}

/** The check that Standard Webhooks describes, written from its text. */
export function isSigned({ headers, body }: ToldMessage): boolean {
  const content = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const wanted = createHmac('sha256', SECRET).update(content).digest('base64');
  const isRecent = Math.abs(Date.now() / 1_000 - Number(headers['webhook-timestamp'])) < 300;
  return isRecent && String(headers['webhook-signature']).split(' ').includes(`v1,${wanted}`);
}
