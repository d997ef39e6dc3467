/** Mails through SMTP: retried until they are taken, once when nobody is killed, no address in any error. */
import t from 'tap';
import { awaitThat } from '../../../harness/await-that.ts';
import { openJobs } from '../../../harness/open-jobs.ts';
import { startSmtp } from '../../../harness/start-smtp.ts';

t.test('refused, then taken: sent again under the same Message-ID until it is', async (t) => {
  const desk = await openJobs(t);
  const smtp = await startSmtp(t);
  // Both are refused first; of the tries after that one has no answer.
  smtp.answer((count) => count < 2 ? '550 <ann@example.org> has moved' : count === 2 ? '' : '250 ok');
  const sale = desk.kit.chain('hamlet');
  await desk.kit.given(sale.open());
  const orders = await desk.sell(sale);
  await desk.projected();
  const worker = await desk.start('worker', { SMTP_URL: smtp.url, MAIL_FROM: 'Tickets <t@tickets.example>' });
  const errors = await awaitThat('both were refused', async () => {
    const rows = await desk.kit.rows(
      'SELECT last_error FROM graphile_worker.jobs WHERE last_error IS NOT NULL');
    return rows.length === 2 && rows;
  });
  t.match(JSON.stringify(errors), /the mail was not taken.*550 <\(the buyer\)> has moved/);
  t.notMatch(JSON.stringify(errors), /ann@/);
  await awaitThat('all is sent', async () => (await desk.jobs()).length === 0, 60_000);
  const ids = smtp.mails.map((mail) => /^Message-ID: (<[0-9a-f]{32}@tickets\.example>)$/m.exec(mail)?.[1]);
  t.equal(new Set(ids).size, orders.length);
  t.notOk(ids.includes(undefined));
  t.equal(smtp.mails.length, 5);
  t.same(desk.mails(), [], 'nothing lies in the mailbox');
  t.notMatch(worker.logLines.join('\n'), /ann@/, 'and no log has the address');
});
