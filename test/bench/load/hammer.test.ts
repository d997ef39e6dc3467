import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import tap from 'tap';
import { hammer } from '../../../bench/load/hammer.ts';
import { holdRequest } from '../../../bench/load/hold-request.ts';
import { sumUp } from '../../../bench/load/measure-round.ts';

const RUN = { connections: 4, durationMs: 300 };

/** A server that answers each request with what `answer` says, or drops the connection. */
async function serve(
  t: { teardown(work: () => void): void },
  answer: (n: number) => number | 'drop',
): Promise<{ url: string; keys: string[] }> {
  const keys: string[] = [];
  const server = createServer((request, reply) => {
    request.resume().on('end', () => {
      const status = answer(keys.push(String(request.headers['idempotency-key'])));
      if (status === 'drop') request.socket.destroy();
      else reply.writeHead(status, { 'content-length': 5 }).end('hello');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys };
}

const request = holdRequest({ path: '/holds', areaId: 'floor', checkoutKey: 'key', run: 'test' });

tap.test('every answer is counted by its status, and every request is another buyer', async (t) => {
  const { url, keys } = await serve(t, (n) => (n % 2 === 0 ? 409 : 201));
  const { countByStatus, errors, latenciesMs } = await hammer({ url, ...RUN, request });
  const accepted = countByStatus.get(201) ?? 0;
  const refused = countByStatus.get(409) ?? 0;
  t.ok(accepted > 0 && refused > 0);
  t.equal(accepted + refused, latenciesMs.length);
  t.equal(errors, 0);
  t.equal(new Set(keys).size, keys.length);
  t.ok(keys.length - latenciesMs.length <= RUN.connections, 'at most one per connection is left uncounted');
});

tap.test('connections that break are errors, and the load goes on', async (t) => {
  const { url } = await serve(t, (n) => (n % 5 === 0 ? 'drop' : 201));
  const { countByStatus, errors } = await hammer({ url, ...RUN, request });
  t.ok(errors > 0);
  t.ok((countByStatus.get(201) ?? 0) > errors);
});

tap.test('rounds are summed up: counts are sums, rates are medians', async (t) => {
  const counts = { accepted: 10, refused: 1, errors: 0 };
  const round = { ...counts, p50Ms: 1, p99Ms: 9, serverCpuUs: 50, serverCpuShare: 1, loadCpuShare: 0.5 };
  const summed = sumUp([10, 1_000, 20].map((acceptedPerSecond) => ({ ...round, acceptedPerSecond })));
  t.equal(summed.acceptedPerSecond, 20);
  t.equal(summed.accepted, 30);
  t.equal(summed.refused, 3);
});
