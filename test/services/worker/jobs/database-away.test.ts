/** PostgreSQL goes while mails are under way: the worker lives, and says how they ended when it is back. */
import t from 'tap';
import { awaitThat } from '../../../harness/await-that.ts';
import { openJobs } from '../../../harness/open-jobs.ts';
import { startSmtp } from '../../../harness/start-smtp.ts';
import { startTcpProxy } from '../../../harness/start-tcp-proxy.ts';

t.test('cut while jobs are under way, and again while it says how they ended', async (t) => {
  const desk = await openJobs(t);
  const [smtp, postgres] = [await startSmtp(t), await startTcpProxy(t, desk.stack.databaseUrl)];
  const sale = desk.kit.chain('hamlet');
  await desk.kit.given(sale.open());
  const orders = await desk.sell(sale);
  await desk.projected();
  // The answer to a mail comes when PostgreSQL is gone: neither it nor its job's end can be noted.
  smtp.answer((count) => {
    if (count === 0) postgres.cut();
    return '250 ok';
  });
  const worker = await desk.start('worker', { DATABASE_URL: postgres.url, SMTP_URL: smtp.url });
  let hasEnded = false;
  void worker.exited.then(() => {
    hasEnded = true;
  });
  for (let cuts = 0; cuts < 2; cuts++) {
    await awaitThat('it says that it is away', async () =>
      (await (await fetch(`${worker.url}/health/ready`)).text()).includes('jobs cannot be worked on'));
    postgres.open();
    await awaitThat('it is back', async () => (await fetch(`${worker.url}/health/ready`)).ok);
    if (cuts === 0) postgres.cut();
  }
  await awaitThat('all is done', async () => (await desk.jobs()).length === 0, 60_000);
  t.notOk(hasEnded, 'the process has not ended meanwhile');
  t.same(await desk.kit.rows('SELECT count(*)::int AS n FROM ticketing.mails WHERE sent_at IS NOT NULL'),
    [{ n: orders.length }]);
  const ids = smtp.mails.map((mail) => /^Message-ID: (\S+)$/m.exec(mail)?.[1]);
  t.equal(new Set(ids).size, orders.length);
  t.equal(await worker.stop(), 0);
});
