import t from 'tap';
import { putRecord } from '../../../services/shared/platform/kinesis.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { openBus } from '../../harness/open-bus.ts';
import { startTcpProxy } from '../../harness/start-tcp-proxy.ts';
import { startService } from '../../stack.ts';

/** Where the legacy rows of each sale are. */
const POSITIONS = `projection.positions WHERE projection = 'legacy' AND`;

t.test('orders, holds and releases become rows, in order per sale', async (t) => {
  const { stack, chain, put, settled, pool } = await openBus(t);
  await startService(t, 'projector', stack.env);
  const [a, b] = [chain('macbeth'), chain('othello')];
  await put([...a.open(), ...await a.traffic(30)]);
  await put(b.open());
  const seats = a.hold(2, ['b-3', 'b-4']);
  await put([seats.event]);
  await put([await a.confirm(seats), a.next('sale.paused', {})]);
  await put(await b.traffic(10));
  await settled();
  const { rows } = await pool.query('SELECT name, sells_via, state FROM shows WHERE slug = $1', ['macbeth']);
  t.same(rows, [{ name: 'The macbeth', sells_via: 'onsale', state: 'paused' }]);
  const holder = await pool.query('SELECT DISTINCT holder FROM tickets');
  t.same(holder.rows, [{ holder: 'Ann Ä.' }]);
});

t.test('what comes twice has one effect, also when all of it is replayed', async (t) => {
  const { stack, chain, put, settled, pool } = await openBus(t);
  const projector = await startService(t, 'projector', stack.env);
  const sale = chain('hamlet');
  const opening = sale.open();
  const traffic = await sale.traffic(40);
  await put(opening);
  await put(traffic);
  await put(traffic);
  await put(opening.slice(1));
  const log = await settled();
  t.equal(log.duplicates, traffic.length + opening.length - 1);

  await projector.stop();
  await pool.query('DELETE FROM reader.leases');
  const again = await startService(t, 'projector', stack.env);
  const later = await sale.traffic(5);
  await put(later);
  await settled();
  const metrics = await (await fetch(`${again.url}/metrics`)).text();
  t.match(metrics, `onsale_projector_appended_total ${later.length}\n`, 'only what was new was appended');
});

t.test('of two events that claim the same place in the log the first wins, the other is kept', async (t) => {
  const { stack, chain, put, settled, pool } = await openBus(t);
  await startService(t, 'projector', stack.env);
  const sale = chain('lear');
  await put(sale.open());
  const before = sale.head;
  const first = sale.hold(1).event;
  sale.head = before;
  const rival = sale.hold(2).event;
  const afterRival = sale.hold(1).event;
  await put([first]);
  await put([rival, afterRival]);
  const { rows } = await awaitThat('both are rejected', async () => {
    const found = await pool.query('SELECT id, reason, body FROM event_store.rejected_events ORDER BY seq');
    return found.rows.length === 2 && found;
  });
  t.same(rows, [
    { id: rival.id, reason: 'seq_already_taken', body: rival },
    { id: afterRival.id, reason: 'prev_differs', body: afterRival },
  ]);
  await settled();
});

t.test('an event that cannot be applied parks its sale, all others go on', async (t) => {
  const { stack, chain, put, pool, count } = await openBus(t);
  await startService(t, 'projector', stack.env);
  const [bad, good] = [chain('bad-show'), chain('good-show')];
  await put([...bad.open(), ...await bad.traffic(3)]);
  await put(good.open());
  const poison = bad.hold(1, ['no-such-seat']);
  const later = await bad.traffic(3);
  await put([poison.event, ...later]);
  await put(await good.traffic(10));
  const { rows: [parked] } = await awaitThat('it is parked', async () => {
    const found = await pool.query('SELECT sale_id, seq::int, id, reason FROM projection.parked_events');
    return found.rows.length > 0 && found;
  });
  t.match(parked, { sale_id: 'bad-show', seq: 10, id: poison.event.id, reason: /seats/ });
  await awaitThat('the other sale is done', async () =>
    await count(`${POSITIONS} sale_id = 'good-show' AND seq = ${good.head.seq}`) === 1);
  t.equal(await count(`${POSITIONS} sale_id = 'bad-show' AND seq = 9`), 1, 'the events before');
  t.equal(await count(`event_store.events WHERE sale_id = 'bad-show'`), bad.head.seq, 'all are stored');

  await pool.query(`INSERT INTO seats
    (show_id, area_id, code, row_label, label, x, y, sort_order, category_id)
    SELECT show_id, area_id, 'no-such-seat', 'A', '0', 0, 0, 0, category_id FROM seats
    WHERE show_id = (SELECT id FROM shows WHERE slug = 'bad-show') LIMIT 1`);
  await pool.query('DELETE FROM projection.parked_events');
  await awaitThat('it catches up', async () =>
    await count(`${POSITIONS} sale_id = 'bad-show' AND seq = ${bad.head.seq}`) === 1);
  t.equal(await count('projection.parked_events'), 0);
});

t.test('a record that is no batch of events is kept and stops nobody', async (t) => {
  const { stack, client, chain, put, pool, count } = await openBus(t);
  await startService(t, 'projector', stack.env);
  const sale = chain('tempest');
  await put(sale.open());
  const { streamName } = stack;
  const torn = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 9]);
  await putRecord(client, { streamName, partitionKey: 'theirs-1', data: Buffer.from('not ours') });
  await putRecord(client, { streamName, partitionKey: 'theirs-2', data: torn });
  await put(await sale.traffic(4));
  await awaitThat('both are kept', async () => await count('event_store.unreadable_records') === 2);
  const { rows } = await pool.query('SELECT data FROM event_store.unreadable_records ORDER BY partition_key');
  t.same(rows, [{ data: Buffer.from('not ours') }, { data: torn }]);
  await awaitThat('the sale is projected', async () =>
    await count(`${POSITIONS} sale_id = 'tempest' AND seq = ${sale.head.seq}`) === 1);
});

t.test('an event type it does not know is kept and passed by', async (t) => {
  const { stack, chain, put, count } = await openBus(t);
  await startService(t, 'projector', stack.env);
  const sale = chain('cymbeline');
  await put(sale.open());
  await put([{ ...sale.next('sale.paused', {}), type: 'sale.praised', data: null } as never]);
  await put(await sale.traffic(2));
  await awaitThat('all is projected', async () =>
    await count(`${POSITIONS} seq = ${sale.head.seq}`) === 1);
  t.equal(await count(`event_store.events WHERE type = 'sale.praised'`), 1);
});

t.test('PostgreSQL away: nothing is parked, nothing lost, it goes on by itself', async (t) => {
  const { stack, chain, put, settled } = await openBus(t);
  const proxy = await startTcpProxy(t, stack.databaseUrl);
  const env = { ...stack.env, DATABASE_URL: proxy.url, EVENT_STORE_URL: proxy.url };
  const projector = await startService(t, 'projector', env);
  const sale = chain('pericles');
  await put(sale.open());
  await settled();
  proxy.cut();
  await put(await sale.traffic(20));
  await awaitThat('it says so', async () => (await fetch(`${projector.url}/health/ready`)).status === 503);
  await put(await sale.traffic(20));
  proxy.open();
  await settled();
  await awaitThat('it is ready again', async () => (await fetch(`${projector.url}/health/ready`)).ok);
  t.equal(projector.logLines.some((line) => /uncaught/.test(line)), false);
});

t.test('two projectors at once do what one does', async (t) => {
  const { stack, chain, put, settled } = await openBus(t);
  await Promise.all([startService(t, 'projector', stack.env), startService(t, 'projector', stack.env)]);
  const sales = ['one', 'two', 'three'].map(chain);
  for (const sale of sales) await put(sale.open());
  for (let i = 0; i < 10; i++) for (const sale of sales) await put(await sale.traffic(5));
  const log = await settled();
  t.equal(log.sales.size, 3);
});
