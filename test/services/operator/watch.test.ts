/** The log is watched as it grows: nothing is skipped, nothing told twice, whatever breaks on the way. */
import { Pool } from 'pg';
import t from 'tap';
import { createOperatorClient } from '../../../services/operator/cli/operator-client.ts';
import { runCommand } from '../../../services/operator/cli/run-command.ts';
import type { StreamedEvent } from '../../../services/operator/cli/operator-client.ts';
import { placeChunks } from '../../../services/shared/event-store/place-chunks.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { EventChain } from '../../harness/event-chain.ts';
import { startTcpProxy } from '../../harness/start-tcp-proxy.ts';
import { storeEvents } from '../../harness/store-events.ts';
import { openTestStack, startService } from '../../stack.ts';

t.test('whoever watches sees every event once, in order', async (t) => {
  const stack = await openTestStack(t, { shards: 1 });
  const proxy = await startTcpProxy(t, stack.databaseUrl);
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 6 });
  t.teardown(() => pool.end());
  const operator = await startService(t, 'operator',
    { ...stack.env, DATABASE_URL: proxy.url, EVENT_STORE_URL: proxy.url });
  const client = createOperatorClient({ url: operator.url, token: stack.viewerToken });
  const watch = (query: Record<string, string>) => {
    const seen: StreamedEvent[] = [];
    const frames = client.follow('/admin/v1/events/stream', query);
    const done = (async () => {
      for await (const frame of frames) seen.push(frame);
    })().catch(() => undefined);
    const positions = (): number[] =>
      seen.filter(({ event }) => event === 'event').map(({ id }) => Number(id));
    return { seen, positions, done };
  };
  const chains = Array.from({ length: 6 }, (_, i) => new EventChain(`sale-${i}`, ''));
  const [sale, lear] = [new EventChain('hamlet', ''), new EventChain('lear', '')];
  await storeEvents(pool, [...sale.open(), ...lear.open()]);
  await placeChunks(pool);

  await t.test('appended by many at once, numbered after the commit', async (t) => {
    const all = watch({ after: '0' });
    const now = watch({});
    await awaitThat('they follow', () =>
      now.seen.length > 0 && all.positions().length === 6);
    await Promise.all(chains.map(async (chain) => {
      for (const event of [...chain.open(), chain.hold(1).event]) {
        await storeEvents(pool, [event]);
        await placeChunks(pool);
      }
    }));
    const expected = Array.from({ length: 30 }, (_, i) => i + 1);
    await awaitThat('all is seen', () => all.positions().length >= 30 && now.positions().length >= 24);
    t.same(all.positions(), expected);
    t.same(now.positions(), expected.slice(6), 'without a position: from now on');
    const one = watch({ after: '0', sale: 'sale-1', type: 'sale.opened' });
    await awaitThat('its one event is seen', () => one.positions().length === 1);
    t.match(all.seen.map(({ data }) => JSON.parse(data)).find(({ position }) => position === 1),
      { subject: 'hamlet', seq: 1, type: 'sale.defined' });
  });

  await t.test('who comes back with the last position has missed nothing', async (t) => {
    const rest = watch({ after: '28' });
    await awaitThat('it is there', () => rest.positions().length === 2);
    t.same(rest.positions(), [29, 30]);
    t.equal(rest.seen.find(({ event }) => event === 'at')?.id, '28');
  });

  await t.test('PostgreSQL goes and comes: the command line goes on where it was', async (t) => {
    const lines: string[] = [];
    const command = runCommand({ client, print: (line) => lines.push(line) },
      ['watch', 'hamlet', '--after', '0', '--limit', '4'], (sentence) => t.fail(sentence));
    await awaitThat('three are printed', () => lines.length === 3);
    proxy.cut();
    await storeEvents(pool, [sale.next('sale.paused', {})]);
    await placeChunks(pool);
    proxy.open();
    t.equal(await command, 0);
    t.match(lines.map((line) => line.trim()), [/^1 .*sale\.defined/, /^2 /, /^3 /, /^4 .*sale\.paused/]);
  });

  await t.test('what is wrong is refused, and a stop ends every stream', async (t) => {
    const ask = async (query: string, token = stack.viewerToken) => {
      const reply = await fetch(`${operator.url}/admin/v1/events/stream?${query}`,
        { headers: { authorization: `Bearer ${token}` } });
      return { status: reply.status, body: await reply.json() as object };
    };
    t.match(await ask('after=-1'), { status: 400, body: { code: 'cursor_invalid' } });
    t.match(await ask('type=,'), { status: 400, body: { code: 'request_invalid' } });
    t.match(await ask('more=1'), { status: 400, body: { code: 'request_invalid' } });
    t.match(await ask('sale=nobody'), { status: 404, body: { code: 'sale_unknown' } });
    t.match(await ask('', 'nobody'), { status: 401 });
    const open = watch({});
    await awaitThat('it follows', () => open.seen.length > 0);
    await operator.stop();
    await open.done;
    t.pass('it has ended');
  });
});
