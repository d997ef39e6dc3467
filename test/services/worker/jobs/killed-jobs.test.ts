/** Projector and worker are killed in the middle, again and again: every order is mailed once. */
import t from 'tap';
import { awaitThat } from '../../../harness/await-that.ts';
import { connectTestKinesis } from '../../../harness/connect-test-kinesis.ts';
import { putEvents } from '../../../harness/event-chain.ts';
import { openJobs } from '../../../harness/open-jobs.ts';
import type { TestService } from '../../../stack.ts';

// Some dozen processes are started one after the other; a busy machine takes its time.
t.setTimeout(300_000);

const ROUNDS = 5;
const SALES = ['macbeth', 'othello', 'lear'];

t.test('kill -9 in the middle: each order is mailed once, none is left out', async (t) => {
  const desk = await openJobs(t);
  const client = connectTestKinesis(desk.stack.kinesisEndpoint);
  t.teardown(() => client.destroy());
  const { streamName } = desk.stack;
  const running: Record<'projector' | 'worker', TestService[]> = { projector: [], worker: [] };
  running.projector.push(await desk.start('projector'));
  running.worker.push(await desk.start('worker'), await desk.start('worker'));
  const sales = SALES.map((saleId) => desk.kit.chain(saleId));
  for (const sale of sales) await putEvents(client, streamName, sale.open());
  let orders = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = desk.mails().length;
    for (const sale of sales) {
      const events = await sale.traffic(12);
      orders += events.filter(({ type }) => type === 'order.confirmed').length;
      await putEvents(client, streamName, events);
    }
    await awaitThat('something is mailed', () => desk.mails().length > before);
    for (const name of ['worker', 'projector'] as const) {
      running[name].shift()?.kill('SIGKILL');
      running[name].push(await desk.start(name));
    }
  }
  const count = async (table: string) =>
    (await desk.kit.rows(`SELECT count(*)::int AS n FROM ${table}`) as { n: number }[])[0]?.n;
  await awaitThat('all is mailed', () => desk.mails().length >= orders, 90_000);
  await awaitThat('nothing waits', async () => await count('graphile_worker.jobs') === 0, 60_000);
  t.equal(await count('ticketing.mails WHERE sent_at IS NOT NULL'), orders, 'noted once by its key');
  t.equal(await count('ticketing.mails'), orders);
  const ids = desk.mails().map((mail) => /^Message-ID: (\S+)$/m.exec(mail)?.[1]);
  t.equal(ids.length, orders);
  t.equal(new Set(ids).size, orders, 'and lies in the mailbox once');
  t.equal(await count('public.orders'), orders);
  t.same(await desk.kit.rows('SELECT sum(ticket_count)::int AS n FROM ticketing.documents'),
    [{ n: await count('public.tickets') }], 'each ticket is in a document');
  t.equal(await count('projection.parked_events'), 0);
});

t.test('what a dead worker had locked is done by another', async (t) => {
  const desk = await openJobs(t);
  const sale = desk.kit.chain('tempest');
  await desk.kit.given(sale.open());
  await desk.sell(sale);
  await desk.projected();
  await desk.kit.rows(`UPDATE graphile_worker._private_jobs
    SET locked_by = 'pool-of-the-dead', locked_at = now(), attempts = 1`);
  await desk.start('worker');
  await awaitThat('all is mailed', () => desk.mails().length === 2);
});
