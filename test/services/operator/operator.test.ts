import { Pool } from 'pg';
import t from 'tap';
import { READ_MODELS } from '../../../services/projector/projections/read-models/read-models.ts';
import { withoutKey } from '../../../services/shared/contracts/sealed-contact.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { connectTestKinesis } from '../../harness/connect-test-kinesis.ts';
import { EventChain, FLOOR, putEvents } from '../../harness/event-chain.ts';
import { startTcpProxy } from '../../harness/start-tcp-proxy.ts';
import { openTestStack, startService } from '../../stack.ts';

/** Projections that are no read models: legacy rows and jobs. */
const OTHERS = 2;

interface Answer {
  events: { seq: number; type: string }[];
  sales: { saleId: string; headSeq: number; projections: { behind: number; parked: object | null }[] }[];
  parkedPartitions: object[];
  next: number | string | null;
}

t.test('the log of a sale by cursor, and where every sale stands', async (t) => {
  const stack = await openTestStack(t, { shards: 1 });
  const proxy = await startTcpProxy(t, stack.databaseUrl);
  const client = connectTestKinesis(stack.kinesisEndpoint);
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 1 });
  t.teardown(async () => {
    client.destroy();
    await pool.end();
  });
  const [operator] = await Promise.all([
    startService(t, 'operator', { ...stack.env, DATABASE_URL: proxy.url, EVENT_STORE_URL: proxy.url }),
    startService(t, 'projector', stack.env),
  ]);
  const get = async (path: string, token = stack.viewerToken) => {
    const reply = await fetch(`${operator.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    const body = await reply.json() as Answer;
    return { status: reply.status, type: reply.headers.get('content-type'), body };
  };
  const sale = new EventChain('hamlet', stack.env['CONTACT_KEY'] ?? '');
  const blocked = { areaId: FLOOR, quantity: 40, reason: 'a stage' };
  const events = [...sale.open(), ...await sale.traffic(4), sale.next('stock.blocked', blocked)];
  const bad = new EventChain('lear', stack.env['CONTACT_KEY'] ?? '');
  const poison = bad.hold(1).event;
  await putEvents(client, stack.streamName, events);
  await putEvents(client, stack.streamName, [poison]);
  await awaitThat('all is projected or parked', async () => {
    const { sales } = (await get('/admin/v1/sales')).body;
    return sales.length === 2
      && sales.every(({ projections: [first] }) => first?.behind === 0 || first?.parked);
  });

  await t.test('pages follow each other until there is no more', async (t) => {
    const read: unknown[] = [];
    for (let after: Answer['next'] = 0, more = true; more;) {
      const { status, body } = await get(`/admin/v1/sales/hamlet/events?after=${after}&limit=4`);
      t.equal(status, 200);
      read.push(...body.events);
      more = body.next !== after;
      after = body.next;
    }
    const kept = JSON.parse(withoutKey(JSON.stringify(events))) as typeof events;
    t.same(read, kept.map((event) => ({ ...event, seq: Number(event.sequence) })));
    const { body } = await get('/admin/v1/sales/hamlet/events');
    t.equal(body.events.length, events.length, 'from the start without a cursor');
  });

  await t.test('backwards, by type and by time; over all sales in one order', async (t) => {
    const seqsOf = async (query: string): Promise<number[]> =>
      (await get(`/admin/v1/sales/hamlet/events?${query}`)).body.events.map(({ seq }) => seq);
    const all = events.map((event) => Number(event.sequence));
    t.same(await seqsOf('order=backwards'), all.toReversed());
    t.same(await seqsOf('order=backwards&after=6&limit=2'), [5, 4]);
    t.same(await seqsOf('order=backwards&after=1'), []);
    const placed = events.filter(({ type }) => type === 'hold.placed');
    t.same(await seqsOf('type=hold.placed'), placed.map(({ sequence }) => Number(sequence)));
    t.same(await seqsOf('type=sale.opened,area.defined&limit=2'), [2, 3]);
    t.same(await seqsOf(`from=${events[0]?.time}&to=${events.at(-1)?.time}`).then(([first]) => first), 1);
    t.same(await seqsOf('to=2020-01-01T00:00:00Z'), []);
    const parked = await awaitThat('every projection has met the poison', async () => {
      const { rows: [met] } = await pool.query<{ passed: number; parked: number }>(`SELECT
        (SELECT count(*)::int FROM projection.positions WHERE sale_id = 'lear') AS passed,
        (SELECT count(*)::int FROM projection.parked_events WHERE sale_id = 'lear') AS parked`);
      return met !== undefined && met.passed + met.parked === READ_MODELS.length + OTHERS && met.parked;
    });
    const everywhere = await awaitThat('all have their places, what is told of parked ones too', async () => {
      const { body } = await get('/admin/v1/events?limit=1000');
      return body.events.length === events.length + 1 + parked && body;
    });
    t.equal(everywhere.events.filter(({ type }) => type === 'projection.parked').length, parked);
    t.equal(everywhere.next, everywhere.events.length);
    t.same((await get(`/admin/v1/events?after=${everywhere.next}`)).body,
      { events: [], next: everywhere.next });
    const { body: last } = await get('/admin/v1/events?order=backwards&limit=3');
    t.same(last.events, everywhere.events.toReversed().slice(0, 3));
    const { body: rest } = await get(`/admin/v1/events?order=backwards&limit=1000&after=${last.next}`);
    t.same(rest.events, everywhere.events.toReversed().slice(3));
    t.equal((await get('/admin/v1/events?type=hold.placed')).body.events.length, placed.length + 1);
  });

  await t.test('the overview tells the parked sale from the good one', async (t) => {
    const { body: { sales, parkedPartitions } } = await get('/admin/v1/sales');
    t.same(parkedPartitions, []);
    await pool.query(`INSERT INTO event_store.parked_partitions VALUES ('s@1', 'p07', 'no batch')`);
    t.match((await get('/admin/v1/sales')).body.parkedPartitions,
      [{ partition: 'p07', reason: 'no batch', records: 0, parkedAt: /^2/ }]);
    await pool.query('DELETE FROM event_store.parked_partitions');
    t.match(sales, [
      {
        saleId: 'hamlet', state: 'open', stock: { capacity: 1_020, held: 0, sold: 3, blocked: 40 },
        headSeq: events.length, projections: [{ behind: 0, parked: null }], rejected: 0,
      },
      {
        saleId: 'lear', state: null, stock: null, headSeq: 1,
        projections: [{ parked: { seq: 1, reason: /no show lear/ } }],
      },
    ]);
    const first = (await get('/admin/v1/sales?limit=1')).body;
    t.equal(first.next, 'hamlet');
    const second = (await get(`/admin/v1/sales?limit=1&after=${first.next}`)).body;
    t.same(second.sales.map(({ saleId }) => saleId), ['lear']);
  });

  await t.test('a sale that is archived says so, and its stock stays', async (t) => {
    await putEvents(client, stack.streamName, [sale.next('sale.closed', {}), sale.next('sale.archived', {})]);
    const archived = await awaitThat('the operator knows', async () => {
      const { body: { sales: [hamlet] } } = await get('/admin/v1/sales?limit=1');
      return hamlet?.headSeq === events.length + 2 && hamlet.projections[0]?.behind === 0 && hamlet;
    });
    t.match(archived, { state: 'archived', stock: { blocked: 40 } });
  });

  await t.test('every refusal is precise', async (t) => {
    const refusals: [string, number, string, string?][] = [
      ['/admin/v1/sales/nothing/events', 404, 'sale_unknown'],
      ['/admin/v1/sales/NOT%20AN%20ID/events', 404, 'sale_unknown'],
      ['/admin/v1/sales/hamlet/events?after=-1', 400, 'cursor_invalid'],
      ['/admin/v1/sales/hamlet/events?after=1.5', 400, 'cursor_invalid'],
      ['/admin/v1/sales/hamlet/events?after=9999999999999999999', 400, 'cursor_invalid'],
      ['/admin/v1/sales/hamlet/events?limit=0', 400, 'cursor_invalid'],
      ['/admin/v1/sales/hamlet/events?limit=1001', 400, 'cursor_invalid'],
      ['/admin/v1/sales/hamlet/events?more=1', 400, 'cursor_invalid'],
      ['/admin/v1/sales?limit=501', 400, 'request_invalid'],
      ['/admin/v1/sales/hamlet/events', 401, 'unauthenticated', 'wrong-token-wrong-token'],
      ['/admin/v1/sales', 401, 'unauthenticated', ''],
      ['/admin/v1/nothing', 404, 'not_found'],
    ];
    for (const [path, status, code, token] of refusals) {
      const reply = await get(path, token);
      t.match(reply, { status, type: /problem\+json/, body: { code } }, `${path} is ${status} ${code}`);
    }
    for (const path of ['/admin/v1/sales/hamlet/events', '/admin/v1/events']) {
      for (const query of ['order=up', 'type=', 'type=a,,b', 'from=noon', 'to=+012345-01-01']) {
        const reply = await get(`${path}?${query}`);
        t.match(reply, { status: 400, body: { code: 'request_invalid' } }, `${path}?${query}`);
      }
    }
    const beyond = await get('/admin/v1/sales/hamlet/events?after=500');
    t.match(beyond, { status: 200, body: { events: [], next: 500 } });
  });

  await t.test('PostgreSQL away is 503, and it comes back by itself', async (t) => {
    proxy.cut();
    t.match(await get('/admin/v1/sales'), { status: 503, body: { code: 'unavailable' } });
    t.equal((await fetch(`${operator.url}/health/ready`)).status, 503);
    proxy.open();
    await awaitThat('it answers again', async () => (await get('/admin/v1/sales')).status === 200);
  });

  await t.test('the page for people needs no token and has no data', async (t) => {
    const files = { '/': 'text/html', '/console.js': 'text/javascript', '/console.css': 'text/css' };
    for (const [path, type] of Object.entries(files)) {
      const reply = await fetch(`${operator.url}${path}`);
      t.equal(reply.status, 200);
      t.ok(reply.headers.get('content-type')?.startsWith(type));
      t.match(reply.headers.get('content-security-policy'), /default-src 'self'/);
      t.notMatch(await reply.text(), /hamlet/);
    }
  });
});
