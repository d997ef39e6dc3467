import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { createHttp } from '../../../../services/shared/platform/http-server.ts';
import { createLog } from '../../../../services/shared/platform/log.ts';

const CLIENTS = 20;

async function listen() {
  const app = createHttp({ log: createLog({ name: 'test', level: 'silent' }) });
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let arrived: () => void = () => undefined;
  const isHeld = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  app.get('/quick', async () => ({ ok: true }));
  app.get('/slow', async () => {
    arrived();
    await held;
    return { ok: true };
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { app, port: (app.server.address() as AddressInfo).port, letGo, isHeld };
}

interface Told {
  status: number | undefined;
  connection: string | undefined;
  traceId: unknown;
}

/** One request; a connection that is refused was never a request, anything else that goes wrong throws. */
function ask(port: number, agent: Agent, path: string): Promise<Told | 'refused'> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, agent }, (response: IncomingMessage) => {
      const { statusCode: status, headers } = response;
      response.resume().on('end', () =>
        resolve({ status, connection: headers.connection, traceId: headers['x-trace-id'] }));
    });
    asked.on('error', (error: NodeJS.ErrnoException) =>
      (error.code === 'ECONNREFUSED' ? resolve('refused') : reject(error)));
    asked.end();
  });
}

t.test('a server that stops under load answers every request it was sent', async (t) => {
  const { app, port } = await listen();
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  t.teardown(() => agent.destroy());
  let answers = 0;
  let lastWords = 0;
  const client = async () => {
    for (;;) {
      const told = await ask(port, agent, '/quick');
      if (told === 'refused') return;
      if (told.status !== 200 || typeof told.traceId !== 'string') throw new Error(JSON.stringify(told));
      answers += 1;
      if (told.connection === 'close') lastWords += 1;
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  while (answers < 500) await new Promise((resolve) => setTimeout(resolve, 5));
  await app.close();
  await Promise.all(clients);
  t.equal(lastWords, CLIENTS, 'each connection was told once that it ends');
});

t.test('what is under way when it stops is answered, and its connection ends with it', async (t) => {
  const { app, port, letGo, isHeld } = await listen();
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const idle = new Agent({ keepAlive: true });
  t.teardown(() => idle.destroy());
  await ask(port, idle, '/quick');
  const slow = ask(port, agent, '/slow');
  await isHeld;
  const closed = app.close();
  // Longer than idle connections are waited for.
  await new Promise((resolve) => setTimeout(resolve, 600));
  letGo();
  t.match(await slow, { status: 200, connection: 'close' });
  await closed;
  t.equal(await ask(port, agent, '/quick'), 'refused');
});

t.test('a client that connects and says nothing keeps no server from stopping', async (t) => {
  const { app, port } = await listen();
  const silent = connect(port, '127.0.0.1');
  silent.on('error', () => undefined);
  await new Promise((resolve) => silent.on('connect', resolve));
  await app.close();
  t.notOk(app.server.listening);
  await app.close();
});
