import t from 'tap';
import { EventChain } from '../../harness/event-chain.ts';
import type { SaleEvent } from '../../../services/shared/contracts/events.ts';
import { sourceOf } from '../../../services/shared/contracts/bus-record.ts';
import { partitionName } from '../../../services/shared/contracts/partition-of.ts';
import { putRecord } from '../../../services/shared/platform/kinesis.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { makeWebhook, openWebhooks } from '../../harness/open-webhooks.ts';
import { startReceiver } from '../../harness/start-receiver.ts';
import { startService } from '../../stack.ts';

t.setTimeout(300_000);

t.test('only what the rule accepts is delivered', async (t) => {
  const desk = await openWebhooks(t);
  const [worker, all, known] = await Promise.all([desk.startWorker(), startReceiver(t), startReceiver(t)]);
  await makeWebhook(worker, desk, 'all', { url: all.url });
  const types = ['sale.opened', 'sale.paused', 'sale.defined'];
  await makeWebhook(worker, desk, 'known', { url: known.url, types });
  const sale = desk.chain('hamlet');
  const opened = sale.open();
  const rival = desk.chain('hamlet');
  rival.head = { seq: 2, id: opened[1]?.id ?? '' };
  const forged = [rival.next('sale.paused', {}), rival.next('sale.resumed', {})];
  const heads = {
    ...opened[0], id: 'heads-1', type: 'partition.heads', source: sourceOf(sale.partition),
    subject: partitionName(sale.partition), sequence: '1', prev: '0', data: { heads: [] },
  } as unknown as SaleEvent;
  const data = { digest: 'd', to: 'Mars' };
  const future = { ...sale.next('sale.paused', {}), type: 'sale.teleported', data };
  const last = sale.next('sale.resumed', {});
  await desk.put(opened);
  await desk.put([heads]);
  await desk.put(opened);
  await desk.put([...forged, future as unknown as SaleEvent]);
  await putRecord(desk.client, {
    streamName: desk.stack.streamName, partitionKey: partitionName(sale.partition),
    data: Buffer.from('no batch'),
  });
  await desk.put([forged[0] as SaleEvent, last]);
  await awaitThat('the last is there', () => all.taken().some(({ seq }) => seq === 5));
  t.same(all.taken().map(({ type }) => type),
    ['sale.defined', 'area.defined', 'sale.opened', 'sale.teleported', 'sale.resumed']);
  t.same(JSON.parse(all.taken()[3]?.body ?? '').data, { to: 'Mars' });
  await awaitThat('the other has its own', () => known.taken().length === 2);
  t.same(known.taken().map(({ type }) => type), ['sale.defined', 'sale.opened']);
  const { rows } = await desk.pool.query('SELECT sale_id, seq FROM webhooks.heads');
  t.same(rows, [{ sale_id: 'hamlet', seq: '5' }]);
  const metrics = await (await fetch(`${worker.url}/metrics`)).text();
  t.match(metrics, /onsale_webhook_events_total\{verdict="passed_by"\} 6/);
  t.match(metrics, /onsale_webhook_unreadable_total 1/);
});

t.test('what the stream has forgotten comes from the event store', async (t) => {
  const desk = await openWebhooks(t);
  const [worker, receiver] = await Promise.all([
    desk.startWorker(), startReceiver(t), startService(t, 'projector', desk.env),
  ]);
  await makeWebhook(worker, desk, 'hall', { url: receiver.url });
  const sale = desk.chain('hamlet');
  const first = [...sale.open(), ...await sale.traffic(300)];
  const fresh = new EventChain('lear', desk.env['CONTACT_KEY'] ?? '');
  await desk.put(first);
  await desk.put(fresh.open());
  await awaitThat('all is delivered', () => receiver.taken().length === first.length + 3);
  // As if it had been away while the stream forgot: of one sale it knows the beginning, of the other nothing.
  await desk.pool.query("DELETE FROM webhooks.heads WHERE sale_id = 'lear'");
  await desk.pool.query('DELETE FROM webhooks.deliveries');
  await desk.pool.query('UPDATE webhooks.heads SET seq = 3, id = $1', [first[2]?.id]);
  await desk.put([sale.next('sale.paused', {})]);
  await desk.put([fresh.next('sale.paused', {})]);
  await awaitThat('what was missing is delivered', () =>
    receiver.taken('hamlet').length === 2 * first.length - 2);
  t.same(receiver.taken('hamlet').slice(first.length).map(({ seq }) => seq),
    Array.from({ length: first.length - 2 }, (_, i) => i + 4));
  await awaitThat('the other goes on', () => receiver.taken('lear').length === 4);
  t.equal(receiver.taken('lear')[3]?.seq, 4, 'nobody was promised what came before');
  // An event that leaps is rejected by the event store too, and does not stop the shard.
  const leap = new EventChain('lear', desk.env['CONTACT_KEY'] ?? '');
  leap.head = { seq: 90, id: 'e-nothing' };
  await desk.put([leap.next('sale.closed', {})]);
  await desk.put([sale.next('sale.resumed', {})]);
  await awaitThat('the shard goes on', () => receiver.taken('hamlet').at(-1)?.type === 'sale.resumed');
  t.equal(receiver.taken('lear').length, 4);
});
