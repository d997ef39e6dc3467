/** Projector and worker read one stream under their own cursors, at their own speeds. */
import t from 'tap';
import { awaitThat } from '../harness/await-that.ts';
import { makeWebhook, openWebhooks } from '../harness/open-webhooks.ts';
import { startReceiver } from '../harness/start-receiver.ts';
import { startService } from '../stack.ts';

t.setTimeout(300_000);

const SALES = 6;

t.test('two readers; one is replayed from the horizon while the other runs', async (t) => {
  const desk = await openWebhooks(t, { shards: 3 });
  const receiver = await startReceiver(t);
  const slow = { BUS_POLL_MS_MIN: '300', BUS_POLL_MS_MAX: '600' };
  await startService(t, 'projector', desk.env);
  let worker = await desk.startWorker(slow);
  await makeWebhook(worker, desk, 'hall', { url: receiver.url });
  const sales = Array.from({ length: SALES }, (_, i) => desk.chain(`sale-${i}`));
  const total = () => sales.reduce((sum, { head }) => sum + head.seq, 0);
  const stored = async () => Number((await desk.pool.query(
    "SELECT count(*) AS n FROM event_store.events WHERE sale_id LIKE 'sale-%'")).rows[0]?.n);
  const traffic = async (rounds: number) => {
    for (let round = 0; round < rounds; round++) {
      for (const sale of sales) await desk.put(await sale.traffic(4));
    }
  };
  for (const sale of sales) await desk.put(sale.open());
  await traffic(5);
  await awaitThat('both have read all', async () =>
    await stored() === total() && receiver.taken().length === total());

  // The worker's cursor goes back to the horizon; the projector goes on meanwhile.
  await worker.stop();
  const { rowCount } = await desk.pool.query(
    "UPDATE reader.leases SET position = NULL, read_until = NULL WHERE cursor = 'organiser-webhooks'");
  t.equal(rowCount, 3);
  const writing = traffic(5);
  worker = await desk.startWorker(slow);
  await writing;
  await awaitThat('both have read all', async () =>
    await stored() === total() && receiver.taken().length >= total());
  await checkOnce('with its heads');

  // Even when it has forgotten what it had read: a delivery is unique per webhook and event.
  await worker.stop();
  await desk.pool.query('DELETE FROM webhooks.heads');
  await desk.pool.query("UPDATE reader.leases SET position = NULL WHERE cursor = 'organiser-webhooks'");
  worker = await desk.startWorker();
  for (const sale of sales) await desk.put([sale.next('sale.paused', {})]);
  await awaitThat('both have read all', async () =>
    await stored() === total() && receiver.taken().length >= total());
  await checkOnce('without its heads');
  const { rows } = await desk.pool.query(
    "SELECT count(*) AS n FROM reader.leases WHERE cursor = 'event-store' AND position IS NULL");
  t.equal(Number(rows[0]?.n), 0, 'the other cursor has not moved back');

  async function checkOnce(how: string): Promise<void> {
    await awaitThat('it has read to the end', async () => {
      type Row = { sale_id: string; seq: string };
      const heads = await desk.pool.query<Row>('SELECT sale_id, seq FROM webhooks.heads');
      return sales.every(({ saleId, head }) =>
        heads.rows.some((row) => row.sale_id === saleId && Number(row.seq) === head.seq));
    });
    for (const { saleId, head } of sales) {
      t.same(receiver.taken(saleId).map(({ seq }) => seq),
        Array.from({ length: head.seq }, (_, i) => i + 1), `${saleId}: in order, once, ${how}`);
    }
  }
});
