/**
 * An HTTP proxy of the test's own in front of the Kinesis emulator, which does on demand what Kinesis and
 * the network do now and then: takes a record and loses the reply, throttles, fails.
 */
import { createServer, request as send } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Teardown } from './teardown.ts';

export type KinesisFault = 'none' | 'lose-reply' | 'throttle' | 'expire' | 'fail';

export interface KinesisProxy {
  url: string;
  /** Asked for each call by the name of its action (`PutRecord`); the default lets everything through. */
  decide(fault: (action: string) => KinesisFault): void;
  /** How often each fault was done. */
  counts: Record<KinesisFault, number>;
}

/** Listens on a free port in front of `endpoint`, until the teardown. */
export async function startKinesisProxy(t: Teardown, endpoint: string): Promise<KinesisProxy> {
  const target = new URL(endpoint);
  const counts: Record<KinesisFault, number> = {
    none: 0, 'lose-reply': 0, throttle: 0, expire: 0, fail: 0,
  };
  let faultOf: (action: string) => KinesisFault = () => 'none';
  const server = createServer((request, response) => void handle(request, response));

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const action = String(request.headers['x-amz-target'] ?? '').split('.').at(-1) ?? '';
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const fault = faultOf(action);
    counts[fault] += 1;
    if (fault === 'throttle') return refuse(response, 400, 'ProvisionedThroughputExceededException');
    if (fault === 'expire') return refuse(response, 400, 'ExpiredIteratorException');
    if (fault === 'fail') return refuse(response, 500, 'InternalFailure');
    const upstream = send({
      host: target.hostname, port: target.port, method: request.method, path: request.url,
      headers: request.headers, agent: false,
    }, (reply) => {
      if (fault !== 'lose-reply') {
        response.writeHead(reply.statusCode ?? 500, reply.headers);
        reply.pipe(response);
        return;
      }
      reply.resume();
      reply.on('end', () => response.destroy());
    });
    upstream.on('error', () => response.destroy());
    upstream.end(Buffer.concat(chunks));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    counts,
    decide: (fault) => {
      faultOf = fault;
    },
  };
}

function refuse(response: ServerResponse, status: number, type: string): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify({ __type: type, message: 'as the test wants it' }));
}
