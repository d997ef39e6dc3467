/** What is kept of deliveries, and for how long. */
import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import { makeWebhook, openWebhooks } from '../../harness/open-webhooks.ts';
import { startReceiver } from '../../harness/start-receiver.ts';

t.setTimeout(300_000);

t.test('what was delivered goes after WEBHOOK_KEEP_DAYS, what was not stays, none comes again', async (t) => {
  const desk = await openWebhooks(t);
  const receiver = await startReceiver(t);
  const env = { WEBHOOK_KEEP_DAYS: '2', WEBHOOK_GIVE_UP_MS: '1' };
  const worker = await desk.startWorker(env);
  await makeWebhook(worker, desk, 'hall', { url: receiver.url });
  receiver.behave(({ seq }) => (seq === 4 ? 500 : 204));
  const sale = desk.chain('hamlet');
  const events = [...sale.open(), ...await sale.traffic(4)];
  await desk.put(events);
  const inState = async (state: string): Promise<number[]> => {
    const { rows } = await desk.pool.query<{ seq: string }>(
      'SELECT seq FROM webhooks.deliveries WHERE state = $1 ORDER BY seq', [state]);
    return rows.map(({ seq }) => Number(seq));
  };
  await awaitThat('all are settled', async () =>
    (await inState('delivered')).length === events.length - 1 && (await inState('dead')).length === 1);
  // As if time had passed: for four of them and the dead one more than two days, for the others less.
  await desk.pool.query(`UPDATE webhooks.deliveries SET last_attempt_at = now()
    - CASE WHEN seq <= 5 THEN interval '2 days 1 hour' ELSE interval '1 day 23 hours' END`);
  await awaitThat('the old ones are gone', async () => !(await inState('delivered')).includes(5));
  t.same(await inState('delivered'), events.map((_, i) => i + 1).slice(5), 'the younger ones are there');
  t.same(await inState('dead'), [4], 'what was never taken is kept until somebody decides');

  const before = receiver.taken().length;
  await worker.stop();
  await desk.pool.query('DELETE FROM reader.leases');
  await desk.startWorker(env);
  // The whole stream again: it is behind the heads.
  await desk.put(events);
  const last = sale.next('sale.paused', {});
  await desk.put([last]);
  await awaitThat('what is new is delivered', () =>
    receiver.taken().some(({ seq }) => seq === Number(last.sequence)));
  t.equal(receiver.taken().length, before + 1, 'and nothing else');
});
