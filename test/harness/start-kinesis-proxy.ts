/**
 * An HTTP/1.1 proxy of the test's own in front of a Kinesis emulator. The emulators never throttle, never
 * fail and never lose anything; Kinesis and the network between do, so this does it in their place, call by
 * call, and counts what it did. Event streams (SubscribeToShard) are passed on as they come.
 */
import { createServer, request as send } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { failRecords } from './fail-records.ts';
import type { Teardown } from './teardown.ts';

/**
 * What can be done to a call. The emulator never hears of it: `throttle`, `limit`, `expire`, `invalid` (400
 * with the exception of that name), `fail` (500), `unavailable` (503), `cut-before` (no reply, connection
 * closed).
 * The emulator does it, and the client does not learn so: `lose-reply` (connection closed), `truncate` (half
 * of the reply, then closed; of an event stream one message and a half), `silence` (no reply, connection
 * open: the client's time-out decides). `fail-records`: single records of a PutRecords fail inside its 200,
 * the others are taken. `delay`: all is well, a little later.
 */
export const KINESIS_FAULTS = [
  'none', 'delay', 'throttle', 'limit', 'expire', 'invalid', 'fail', 'unavailable', 'cut-before',
  'lose-reply', 'truncate', 'silence', 'fail-records',
] as const;
export type KinesisFault = (typeof KINESIS_FAULTS)[number];

export interface KinesisProxy {
  url: string;
  /**
   * Asked for each call by the name of its action (`PutRecord`) and its body; the default lets everything
   * through.
   */
  decide(fault: (action: string, body: string) => KinesisFault): void;
  /** How often each fault was done. */
  counts: Record<KinesisFault, number>;
  /** How often a fault was done to an action. */
  count(fault: KinesisFault, action: string): number;
}

const DELAY_MS = 30;
const refusals: Partial<Record<KinesisFault, [status: number, type: string]>> = {
  throttle: [400, 'ProvisionedThroughputExceededException'],
  limit: [400, 'LimitExceededException'],
  expire: [400, 'ExpiredIteratorException'],
  invalid: [400, 'ValidationException'],
  fail: [500, 'InternalFailure'],
  unavailable: [503, 'ServiceUnavailable'],
};

/** Listens on a free port in front of `endpoint`, until the teardown. */
export async function startKinesisProxy(t: Teardown, endpoint: string): Promise<KinesisProxy> {
  const counts = Object.fromEntries(KINESIS_FAULTS.map((fault) => [fault, 0])) as KinesisProxy['counts'];
  const countsByAction = new Map<string, number>();
  let faultOf: (action: string, body: string) => KinesisFault = () => 'none';

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const action = String(request.headers['x-amz-target'] ?? '').split('.').at(-1) ?? '';
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const fault = faultOf(action, Buffer.concat(chunks).toString());
    counts[fault] += 1;
    countsByAction.set(`${fault} ${action}`, (countsByAction.get(`${fault} ${action}`) ?? 0) + 1);
    const refusal = refusals[fault];
    if (refusal !== undefined) return refuse(response, ...refusal);
    if (fault === 'cut-before') return void response.destroy();
    if (fault === 'delay') await sleep(DELAY_MS);
    const call = { target: new URL(endpoint), request, body: Buffer.concat(chunks) };
    if (fault === 'fail-records') {
      return await failRecords(call.body, counts[fault], response, async (body) =>
        await readWhole(await forward({ ...call, body })));
    }
    const reply = await forward(call);
    if (fault === 'lose-reply' || fault === 'silence') {
      // The reply of a subscription has no end: to have begun is to be done.
      if (isEventStream(reply)) reply.destroy();
      else await readWhole(reply);
      if (fault === 'lose-reply') response.destroy();
      return;
    }
    if (fault === 'truncate') return await passHalf(reply, response);
    response.writeHead(reply.statusCode ?? 500, reply.headers);
    response.flushHeaders();
    reply.pipe(response);
    // A subscriber that goes away must not stay subscribed.
    response.on('close', () => reply.destroy());
    reply.on('error', () => response.destroy());
  }

  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    handle(request, response).catch(() => response.destroy());
  });
  // As of the emulators: the client's connections are never closed by us between two calls.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    counts,
    count: (fault, action) => countsByAction.get(`${fault} ${action}`) ?? 0,
    decide: (fault) => {
      faultOf = fault;
    },
  };
}

interface Call {
  target: URL;
  request: IncomingMessage;
  body: Buffer;
}

/** Rejects when the emulator is gone. */
async function forward({ target, request, body }: Call): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    const upstream = send({
      host: target.hostname, port: target.port, method: request.method, path: request.url,
      headers: { ...request.headers, 'content-length': body.length }, agent: false,
    }, resolve);
    upstream.on('error', reject);
    upstream.end(body);
  });
}

async function readWhole(reply: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of reply) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function isEventStream(reply: IncomingMessage): boolean {
  return reply.headers['content-type']?.includes('eventstream') === true;
}

/** Says how long the reply is and stops in the middle of it; an event stream in its second message. */
async function passHalf(reply: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(reply.statusCode ?? 500, reply.headers);
  if (!isEventStream(reply)) {
    const whole = await readWhole(reply);
    response.write(whole.subarray(0, Math.floor(whole.length / 2)), () => response.destroy());
    return;
  }
  let isSecond = false;
  for await (const chunk of reply) {
    const bytes = chunk as Buffer;
    response.write(isSecond ? bytes.subarray(0, Math.floor(bytes.length / 2)) : bytes);
    if (isSecond || response.destroyed) break;
    isSecond = true;
  }
  response.destroy();
}

function refuse(response: ServerResponse, status: number, type: string): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify({ __type: type, message: 'as the test wants it' }));
}
