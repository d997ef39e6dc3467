import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import { connectTestKinesis } from '../../harness/connect-test-kinesis.ts';
import { BOX, EventChain, putEvents } from '../../harness/event-chain.ts';
import { openTestStack, startService } from '../../stack.ts';

const main = fileURLToPath(new URL('../../../services/operator/cli-main.ts', import.meta.url));

t.test('support asks over HTTP and on the command line', async (t) => {
  const stack = await openTestStack(t, { shards: 1 });
  const client = connectTestKinesis(stack.kinesisEndpoint);
  t.teardown(() => client.destroy());
  const [operator] = await Promise.all([
    startService(t, 'operator', stack.env), startService(t, 'projector', stack.env),
  ]);
  const sale = new EventChain('hamlet', stack.env['CONTACT_KEY'] ?? '');
  const events = sale.open();
  const sold = sale.hold(2, ['b-0', 'b-1']);
  events.push(sold.event, await sale.confirm(sold),
    sale.next('stock.blocked', { areaId: BOX, seatIds: ['b-9'], reason: 'camera' }));
  await putEvents(client, stack.streamName, events);
  const get = async (path: string, token = stack.viewerToken) => {
    const reply = await fetch(`${operator.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    return { status: reply.status, body: await reply.json() as Record<string, unknown> };
  };
  const seat = (seatId: string) => get(`/admin/v1/sales/hamlet/seats/${seatId}`);
  await awaitThat('all is stored and projected', async () => {
    const { body } = await seat('b-0');
    const [legacy] = body['projections'] as { behind: number }[] | undefined ?? [];
    return body['seq'] === events.length && legacy?.behind === 0;
  });

  await t.test('a seat is explained', async (t) => {
    t.match(await seat('b-0'), { status: 200, body: {
      saleId: 'hamlet', status: 'sold', order: { holdId: sold.holdId, total: 9_000 },
      steps: [{ seq: 2 }, { seq: 4, type: 'hold.placed' }, { seq: 5, type: 'order.confirmed' }],
      projections: [{ projection: 'legacy', seq: events.length, behind: 0, parked: null }],
    } });
    t.match(await seat('none'), { status: 422, body: { code: 'seat_unknown', seatIds: ['none'] } });
    t.match(await get('/admin/v1/sales/nobody/seats/b-0'), { status: 404, body: { code: 'sale_unknown' } });
    t.match(await get('/admin/v1/sales/Not-One/seats/b-0'), { status: 404, body: { code: 'sale_unknown' } });
    t.match(await get('/admin/v1/sales/hamlet/seats/b-0', 'nobody'), { status: 401 });
  });

  await t.test('a sale is told as of an event or a time', async (t) => {
    const asOf = (query: string) => get(`/admin/v1/sales/hamlet/as-of${query}`);
    t.match(await asOf('?seq=4'), { status: 200, body: { seq: 4, venue: { held: 2, sold: 0 } } });
    t.match(await asOf(`?at=${events[4]?.time}`), { status: 200, body: { venue: { sold: 2 } } });
    for (const query of ['', '?seq=0', '?seq=4&at=2026-11-23', '?at=yesterday', '?until=4']) {
      t.match(await asOf(query), { status: 400, body: { code: 'request_invalid' } }, query);
    }
    t.match(await get('/admin/v1/sales/nobody/as-of?seq=1'), { status: 404, body: { code: 'sale_unknown' } });
  });

  const folder = t.testdir({ '.data': {} });
  mkdirSync(join(folder, '.data'), { recursive: true });
  writeFileSync(join(folder, '.data/stack.json'),
    JSON.stringify({ operator: operator.url, adminToken: stack.adminToken }));
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args],
      { cwd: folder, encoding: 'utf8', env: {} });
    return { status, stderr: stderr.trim(), lines: stdout.split('\n').slice(0, -1) };
  };

  await t.test('the command line says the same in lines', async (t) => {
    t.match(run('explain', 'seat', 'hamlet', 'b-9'), { status: 0, stderr: '', lines: [
      'b-9 (box, row A, 10)', 'It was blocked by system: camera.',
      /^ {6}2 .* area\.defined .* → free$/, /^ {6}6 .* stock\.blocked .* → blocked {2}camera$/,
      'by the log up to event 6', 'projection legacy: is there',
    ] });
    t.match(run('as-of', 'hamlet', '4'), { status: 0, lines: [
      /^hamlet: open after event 4 /, / floor .* free 1000 /, / box .* free 18 {2}held 2 /, / all /,
      '  holds: 1 live, 0 ended, 0 ordered', /orders: 0 /,
    ] });
    const listed = run('events', 'hamlet', '--json');
    t.same(listed.lines.map((line) => (JSON.parse(line) as { seq: number }).seq), [1, 2, 3, 4, 5, 6]);
    t.match(run('events', 'hamlet', '--type', 'hold.placed'), { lines: [/^ {6}4 .*hold\.placed/] });
    t.same(run('events', 'hamlet', '--after', '4', '--limit', '1').lines.length, 1);
    t.match(run('events', '--backwards', '--limit', '1'), { lines: [/^hamlet +6 .*stock\.blocked/] });
  });

  await t.test('a flow is traced from whatever is known of it', async (t) => {
    const other = new EventChain('lear', stack.env['CONTACT_KEY'] ?? '');
    const opened = other.open();
    const request = '0af7651916cd43dd8448eb211c80319c';
    const held = other.hold(1);
    const paused = { ...other.next('sale.paused', {}), correlationid: request, causationid: request };
    Object.assign(held.event.data, { buyerId: sold.holdId });
    await putEvents(client, stack.streamName, [...opened, held.event, paused]);
    const traced = async (asked: string): Promise<string[]> => {
      const { body } = await get(`/admin/v1/trace/${encodeURIComponent(asked)}?limit=1000`);
      return (body['events'] as { subject: string; seq: number }[]).map((e) => `${e.subject} ${e.seq}`);
    };
    await awaitThat('it is stored and placed', async () => (await traced(request)).length === 1);
    const flow = ['hamlet 4', 'hamlet 5'];
    const orderId = `o_${sold.holdId.slice(2)}`;
    for (const asked of [sold.holdId, `hold:${sold.holdId}`, orderId, `order:${orderId}`]) {
      t.same(await traced(asked), flow, asked);
    }
    t.same(await traced(`buyer:${sold.holdId}`), [...flow, 'lear 4'], 'over all sales');
    t.same(await traced(request), ['lear 5']);
    t.same(await traced('seat:hamlet/b-9'), ['hamlet 6']);
    t.same(await traced('nobody'), []);
    t.match(run('trace', request),
      { status: 0, lines: [new RegExp(`^${request}  lear +5 .* sale\\.paused`)] });
    t.match(run('trace', orderId, '--json', '--limit', '1').lines.map((line) => JSON.parse(line)),
      [{ type: 'hold.placed', seq: 4 }]);
    const page = await get(`/admin/v1/trace/${sold.holdId}?limit=1`);
    t.match(page.body, { events: [{ seq: 4, position: Number }] });
    t.match(await get(`/admin/v1/trace/${sold.holdId}?after=${String(page.body['next'])}`),
      { body: { events: [{ seq: 5 }] } });
    t.match(await get('/admin/v1/trace/a%20b'), { status: 400, body: { code: 'cursor_invalid' } });
  });

  await t.test('what is wrong is said in one sentence', async (t) => {
    t.match(run('--help'), { status: 0, lines: [/^npm run/] });
    t.match(run('dance'), { status: 2, stderr: 'There is no command dance; --help lists them.' });
    t.match(run('trace'), { status: 1, stderr: 'CORRELATION is missing.' });
    t.match(run('trace', 'h_nobody'), { status: 1, stderr: 'Nothing is known of h_nobody.' });
    t.match(run('events', 'a', 'b'), { status: 1, stderr: 'What is b? See --help.' });
    t.match(run('events', 'hamlet', '--tpye', 'x'), { status: 2, stderr: /--tpye/ });
    t.match(run('events', 'nobody'), { status: 1, stderr: /^404 sale_unknown: There is no such sale/ });
    t.match(run('as-of', 'hamlet', 'noon'), { status: 1, stderr: /^400 request_invalid: .* ISO 8601$/ });
    const elsewhere = spawnSync(process.execPath, [main, 'events', 'hamlet'],
      { cwd: t.testdir(), encoding: 'utf8', env: {} });
    t.match(elsewhere, { status: 1, stdout: '', stderr: /^Which operator service\?/ });
    const away = spawnSync(process.execPath, [main, 'events', 'hamlet'], {
      cwd: folder, encoding: 'utf8', env: { ONSALE_URL: 'http://127.0.0.1:9', ONSALE_TOKEN: 'x' },
    });
    t.match(away, { status: 1, stderr: /^http:\/\/127\.0\.0\.1:9 cannot be reached: / });
  });
});
