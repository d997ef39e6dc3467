/** Routes: changed by operators with who and why, refused with the reason, heard by every gateway. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { forwardEvents } from '../../../services/projector/stream-forwarder.ts';
import { placeChunks } from '../../../services/shared/event-store/place-chunks.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { startService } from '../../harness/start-service.ts';
import { openGateway } from './open-gateway.ts';

t.test('a route is changed once its stock is there, and streams of the show begin anew', async (t) => {
  const { stack, pool, call, operate, selling, legacy, gateway } = await openGateway(t);
  const another = await startService(t, 'gateway', {
    ...stack.env, LEGACY_URL: legacy.url, SELLING_URL: selling.url,
  });
  const path = '/admin/v1/routes/club';
  const change = { state: 'selling', why: 'rehearsed on Friday' };
  t.match(await (await operate('GET', path)).json(), { saleId: 'club', state: 'legacy', number: 0 });
  const refused = await operate('PUT', path, change);
  t.equal(refused.status, 409);
  t.match(await refused.json(), {
    code: 'route_refused', reasons: ['its stock is sold by legacy', 'selling has no such sale'],
  });
  t.equal((await operate('PUT', path, change, stack.operatorToken)).status, 403);
  const unknown = await operate('PUT', '/admin/v1/routes/no-such-show', { ...change, state: 'legacy' });
  t.equal(unknown.status, 404);
  t.equal((await operate('PUT', path, { ...change, state: 'elsewhere' })).status, 400);
  t.equal((await operate('PUT', path, { state: 'selling', why: ' ' })).status, 400);

  const stays = { state: 'legacy', why: 'said once and for all' };
  t.match(await (await operate('PUT', path, { ...stays, dryRun: true })).json(),
    { route: { number: 0 }, isChanged: false });
  t.match(await (await operate('PUT', path, stays)).json(),
    { route: { number: 1, state: 'legacy', changedBy: 'operator:ann', why: stays.why }, isChanged: true });
  t.match(await (await operate('PUT', path, stays)).json(), { route: { number: 1 }, isChanged: false });
  t.equal((await forwardEvents({ name: 'legacy', pool }, pool)).count, 1);
  await placeChunks(pool);
  t.match(await (await operate('GET', `${path}/history`)).json(), {
    changes: [{ number: 1, from: 'legacy', to: 'legacy', who: 'operator:ann', why: stays.why }],
  });

  legacy.answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: snapshot\nid: 1-1\ndata: {}\n\n');
  };
  const stream = await call('GET', '/v1/sales/club/stream');
  const reader = stream.body?.getReader();
  t.match(Buffer.from((await reader?.read())?.value ?? []).toString(), /event: snapshot/);
  // As the projector does when a sale of that name is defined.
  await pool.query(`UPDATE shows SET sells_via = 'onsale' WHERE slug = 'club'`);
  await pool.query(`UPDATE strangler.routes SET state = 'selling', number = 2 WHERE show_slug = 'club'`);
  await pool.query(`SELECT pg_notify('show_routes', 'club')`);
  await t.rejects(drain(reader), 'the stream of the side before ends');
  for (const { url } of [gateway, another]) {
    await awaitThat('every gateway has heard', async () =>
      (await (await fetch(`${url}/v1/sales/club`)).json() as { side?: string }).side === 'selling');
  }
});

async function drain(reader: ReadableStreamDefaultReader | undefined): Promise<void> {
  while ((await reader?.read())?.done === false);
}

t.test('a flag service decides where there is one, and the routes while it is away', async (t) => {
  let decided = 'selling';
  const asked: unknown[] = [];
  const flags = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      asked.push([request.url, request.headers.authorization, JSON.parse(Buffer.concat(chunks).toString())]);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({
        key: 'show-route', reason: 'TARGETING_MATCH', variant: decided, value: decided, metadata: {},
      }));
    });
  });
  await new Promise<void>((resolve) => {
    flags.listen(0, '127.0.0.1', resolve);
  });
  t.teardown(() => flags.close());
  const { port } = flags.address() as AddressInfo;
  const { call } = await openGateway(t, { env: {
    FLAGS_URL: `http://127.0.0.1:${port}`, FLAGS_TOKEN: 'flag-token',
  } });
  const side = async () => (await (await call('GET', '/v1/sales/club')).json() as { side: string }).side;
  t.equal(await side(), 'selling');
  t.match(asked[0], ['/ofrep/v1/evaluate/flags/show-route', 'Bearer flag-token',
    { context: { targetingKey: 'club', saleId: 'club' } }]);
  decided = 'legacy';
  await awaitThat('it is asked again', async () => await side() === 'legacy');
  decided = 'no such state';
  await awaitThat('what is no state changes nothing', async () => await side() === 'legacy');
  decided = 'selling';
  await awaitThat('it decides', async () => await side() === 'selling');
  flags.closeAllConnections();
  flags.close();
  await awaitThat('the routes decide', async () => await side() === 'legacy');
});
