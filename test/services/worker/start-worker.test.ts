import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import { makeWebhook, openWebhooks } from '../../harness/open-webhooks.ts';
import { startReceiver } from '../../harness/start-receiver.ts';
import type { TestService } from '../../stack.ts';

// Eight processes are started one after the other; a busy machine takes its time.
t.setTimeout(300_000);

const SALES = 8;
const ROUNDS = 6;

t.test('workers are killed under load again and again: nothing lost, every sale in order', async (t) => {
  const desk = await openWebhooks(t, { shards: 2 });
  const receiver = await startReceiver(t);
  // Some are refused, all take a moment: there is always something under way.
  receiver.behave((_one, count) => (count % 13 === 0 ? 500 : { status: 204, afterMs: count % 5 }));
  const start = () => desk.startWorker({ WEBHOOK_TIMEOUT_MS: '200', LEASE_MS: '500' });
  const workers: TestService[] = await Promise.all([start(), start()]);
  await makeWebhook(workers[0] as TestService, desk, 'hall', { url: receiver.url });
  const sales = Array.from({ length: SALES }, (_, i) => desk.chain(`sale-${i}`));
  for (const sale of sales) await desk.put(sale.open());
  for (let round = 0; round < ROUNDS; round++) {
    for (const sale of sales) await desk.put(await sale.traffic(8));
    const before = receiver.taken().length;
    await awaitThat('something is delivered', () => receiver.taken().length > before + 20);
    workers.shift()?.kill('SIGKILL');
    workers.push(await start());
  }
  const total = sales.reduce((sum, { head }) => sum + head.seq, 0);
  const distinct = () => new Set(receiver.taken().map(({ messageId }) => messageId)).size;
  await awaitThat('everything is delivered', () => distinct() === total, 90_000);
  for (const { saleId, head } of sales) {
    let last = 0;
    const leaps: number[] = [];
    for (const { seq } of receiver.taken(saleId)) {
      // What a killed one had under way comes again; nothing is left out or comes before its turn.
      if (seq > last + 1) leaps.push(seq);
      last = Math.max(last, seq);
    }
    t.same(leaps, [], `${saleId} is in order`);
    t.equal(last, head.seq);
  }
  await awaitThat('all is noted', async () => {
    const { rows } = await desk.pool.query(
      "SELECT count(*)::int AS n FROM webhooks.deliveries WHERE state = 'delivered'");
    return rows[0]?.n === total;
  });
  t.comment(`${receiver.taken().length - total} of ${total} came twice`);
  await Promise.all(workers.map((worker) => worker.stop()));
});

t.test('two workers share the work, and one that is stopped hands over', async (t) => {
  const desk = await openWebhooks(t, { shards: 2 });
  const receiver = await startReceiver(t);
  receiver.behave(() => ({ status: 204, afterMs: 5 }));
  // What stalls on a busy machine loses no lease, and no delivery counts as failed: nothing may come twice.
  const env = { WEBHOOK_TIMEOUT_MS: '30000', LEASE_MS: '30000' };
  const [first, second] = await Promise.all([desk.startWorker(env), desk.startWorker(env)]);
  await makeWebhook(first, desk, 'hall', { url: receiver.url });
  const sales = Array.from({ length: SALES }, (_, i) => desk.chain(`sale-${i}`));
  for (const sale of sales) await desk.put([...sale.open(), ...await sale.traffic(10)]);
  const sent = async ({ url }: TestService) => {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    return Number(/onsale_webhook_attempts_total\{outcome="delivered"\} (\d+)/.exec(metrics)?.[1] ?? 0);
  };
  // Whoever reads a shard begins with what it brings; the second one is handed its shard in a moment.
  for (let turn = 0; await sent(first) === 0 || await sent(second) === 0; turn++) {
    if (turn > 2_000) throw new Error('one of them delivers nothing');
    const sale = sales[turn % SALES];
    if (sale !== undefined) await desk.put(await sale.traffic(2));
    await sleep(20);
  }
  t.equal(await first.stop(), 0);
  for (const sale of sales) await desk.put(await sale.traffic(2));
  const total = sales.reduce((sum, { head }) => sum + head.seq, 0);
  await awaitThat('all is delivered', () => receiver.taken().length >= total);
  t.equal(receiver.taken().length, total, 'nobody was killed: nothing comes twice');
  for (const { saleId, head } of sales) {
    t.same(receiver.taken(saleId).map(({ seq }) => seq), Array.from({ length: head.seq }, (_, i) => i + 1));
  }
});
