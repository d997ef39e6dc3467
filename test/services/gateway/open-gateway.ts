import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'pg';
import { seed } from '../../../services/legacy/seed.ts';
import { SEED_SHOWS } from '../../../services/legacy/seed-shows.ts';
import { openTestStack } from '../../harness/open-test-stack.ts';
import type { TestStack } from '../../harness/open-test-stack.ts';
import { startService } from '../../harness/start-service.ts';
import type { TestService } from '../../harness/start-service.ts';
import type { Teardown } from '../../harness/teardown.ts';
import { CLUB } from '../legacy/open-legacy.ts';

/** What came to a side. */
export interface Asked {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface TestSide {
  url: string;
  asked: Asked[];
  /** how it answers from now on; by default 200 with its name */
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;
  stop(): Promise<void>;
}

/** A gateway between two sides that do what they are told, with the operator service that changes routes. */
export interface GatewayDesk {
  stack: TestStack;
  pool: Pool;
  gateway: TestService;
  operator: TestService;
  legacy: TestSide;
  selling: TestSide;
  call(method: string, path: string, init?: RequestInit): Promise<Response>;
  /** Sends an operator's request. */
  operate(method: string, path: string, body?: object, token?: string): Promise<Response>;
}

export async function openGateway(
  t: Teardown, { env = {} }: { env?: Record<string, string> } = {},
): Promise<GatewayDesk> {
  const stack = await openTestStack(t);
  const pool = new Pool({ connectionString: stack.databaseUrl });
  pool.on('error', () => undefined);
  t.teardown(() => pool.end());
  await seed(pool, [CLUB, ...SEED_SHOWS.filter(({ slug }) => slug === 'hamlet')]);
  const legacy = await startSide(t, 'legacy');
  const selling = await startSide(t, 'selling');
  const gateway = await startService(t, 'gateway', {
    ...stack.env, LEGACY_URL: legacy.url, SELLING_URL: selling.url, ...env,
  });
  const operator = await startService(t, 'operator', stack.env);
  return {
    stack, pool, gateway, operator, legacy, selling,
    call: (method, path, init = {}) => fetch(`${gateway.url}${path}`, { method, ...init }),
    operate: (method, path, body, token = stack.adminToken) => fetch(`${operator.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`, ...body !== undefined && { 'content-type': 'application/json' },
      },
      ...body !== undefined && { body: JSON.stringify(body) },
    }),
  };
}

async function startSide(t: Teardown, name: string): Promise<TestSide> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const { method = '', url = '', headers } = request;
      side.asked.push({ method, url, headers, body });
      side.answer(request, response, body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const side: TestSide = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    answer: (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ side: name }));
    },
    stop: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
  t.teardown(() => side.stop());
  return side;
}
