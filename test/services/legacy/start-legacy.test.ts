import { createServer, connect } from 'node:net';
import type { Server, Socket } from 'node:net';
import t from 'tap';
import { startService } from '../../stack.ts';
import { openLegacy } from './open-legacy.ts';

t.test('a database that goes away: 503, not ready, and recovery without a restart', async (t) => {
  const { env, faults } = await openLegacy(t);
  const line = await openLine(new URL(env['DATABASE_URL'] ?? ''));
  t.teardown(() => line.cut());
  const { url } = await startService(t, 'legacy', { ...env, DATABASE_URL: line.url });
  const sell = () => fetch(`${url}/legacy/v1/shows/club/carts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ buyerRef: 'b', items: [{ areaId: 'floor', quantity: 1 }] }),
  });
  t.equal((await sell()).status, 201);
  await line.cut();
  const refused = await sell();
  t.equal(refused.status, 503);
  t.match(await refused.json(), { code: 'unavailable' });
  t.ok(refused.headers.get('retry-after'));
  t.equal((await fetch(`${url}/cms/shows`)).status, 503);
  t.equal((await fetch(`${url}/health/ready`)).status, 503);
  t.equal((await fetch(`${url}/health/live`)).status, 200);
  await line.mend();
  t.equal((await sell()).status, 201);
  t.equal((await fetch(`${url}/health/ready`)).status, 200);
  t.same(await faults(), []);
});

t.test('a lock that is not had in time is a 503 too, and leaves nothing behind', async (t) => {
  const { env, pool, snapshot } = await openLegacy(t);
  const { url } = await startService(t, 'legacy', env);
  const before = await snapshot();
  const holder = await pool.connect();
  await holder.query('BEGIN');
  await holder.query(`SELECT 1 FROM areas WHERE code = 'floor' FOR UPDATE`);
  const late = await fetch(`${url}/legacy/v1/shows/club/carts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ buyerRef: 'b', items: [{ areaId: 'floor', quantity: 1 }] }),
  });
  await holder.query('ROLLBACK');
  holder.release();
  t.equal(late.status, 503);
  t.match(await late.json(), { code: 'overloaded' });
  t.equal(await snapshot(), before);
});

t.test('the process stops when it is told to, and says what it lacks', async (t) => {
  const { env } = await openLegacy(t);
  const service = await startService(t, 'legacy', env);
  t.equal(await service.stop(), 0);
  const { DATABASE_URL: _none, ...without } = env;
  await t.rejects(startService(t, 'legacy', { ...without, DATABASE_URL: '' }), /DATABASE_URL/);
});

/** A line to the database that can be cut, as a network can. */
async function openLine(target: URL) {
  const sockets = new Set<Socket>();
  let server = await listen(0);
  const { port } = server.address() as { port: number };
  const via = new URL(target);
  via.hostname = '127.0.0.1';
  via.port = String(port);
  return {
    url: via.href,
    cut: async () => {
      const closed = new Promise<void>((resolve) => { server.close(() => resolve()); });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    mend: async () => { server = await listen(port); },
  };

  function listen(onPort: number): Promise<Server> {
    const listener = createServer((near) => {
      const far = connect(Number(target.port), target.hostname);
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => { near.destroy(); far.destroy(); });
      }
      near.pipe(far).pipe(near);
    });
    return new Promise((resolve) => { listener.listen(onPort, '127.0.0.1', () => resolve(listener)); });
  }
}
