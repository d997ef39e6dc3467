/** Tickets that were cancelled: their buyer is told once, has a new document, and they let nobody in. */
import t from 'tap';
import { signTickets } from '../../../../services/worker/jobs/make-tickets.ts';
import { readTicketOrder } from '../../../../services/worker/jobs/ticket-order.ts';
import { readTicketKeys } from '../../../../services/worker/jobs/ticket-token.ts';
import { awaitThat } from '../../../harness/await-that.ts';
import { openJobs } from '../../../harness/open-jobs.ts';

t.setTimeout(180_000);

const desk = await openJobs(t);
const sale = desk.kit.chain('hamlet');
await desk.kit.given(sale.open());
const box = sale.hold(3, ['b-1', 'b-2', 'b-3']);
const order = await sale.confirm(box);
await desk.kit.given([box.event, order]);
await desk.projected();
const { orderId } = order.data as { orderId: string };
const keys = await readTicketKeys(desk.env['TICKET_KEYS'] ?? '');
const tokens = await signTickets(keys, await readTicketOrder(desk.pool, orderId));
let worker = await desk.start('worker');
await awaitThat('the tickets are mailed', async () => (await desk.jobs()).length === 0);

const mailsOf = (subject: string) => desk.mails().filter((mail) => mail.includes(`Subject: ${subject}`));
const document = () => fetch(`${worker.url}/admin/v1/orders/${orderId}/tickets.pdf`,
  { headers: { authorization: `Bearer ${desk.stack.adminToken}` } });
const scan = (i: number) =>
  desk.scan(worker, { token: tokens[i] ?? '', saleId: 'hamlet' }, { key: `scan-${i}` });

t.test('one of three: the others hold, in a document of their own', async (t) => {
  await desk.kit.given([sale.cancel(order, [2])]);
  await desk.projected();
  await awaitThat('it is told', async () => (await desk.jobs()).length === 0);
  const [mail = '', ...more] = mailsOf('Cancelled: a ticket for The hamlet');
  t.same(more, []);
  t.match(mail, /tickets\.pdf/);
  const pdf = Buffer.from(await (await document()).arrayBuffer()).toString('latin1');
  t.equal(pdf.match(/\/Type \/Page\b/g)?.length, 2, 'a page per ticket that is left');
  t.match(await scan(1), { status: 409, body: { code: 'ticket_void', status: 'cancelled' } });
  t.match(await scan(0), { status: 200, body: { seatLabel: '2' } });
  t.match(await desk.scan(worker, { token: tokens[1] ?? '', saleId: 'lear' }),
    { status: 409, body: { code: 'ticket_elsewhere', saleId: 'hamlet' } });
});

t.test('the rest, with the worker killed: told once, and no document is left', async (t) => {
  await worker.stop();
  await desk.kit.given([sale.cancel(order, [1]), sale.cancel(order, [3], false)]);
  await desk.projected();
  for (let i = 0; i < 4; i++) {
    worker = await desk.start('worker');
    worker.kill('SIGKILL');
    await worker.exited;
  }
  worker = await desk.start('worker');
  await awaitThat('all is told', async () => (await desk.jobs()).length === 0, 60_000);
  const ids = mailsOf('Cancelled').map((mail) => /^Message-ID: (.*)$/m.exec(mail)?.[1]);
  t.equal(ids.length, 3);
  t.equal(new Set(ids).size, 3);
  t.equal((await document()).status, 404);
  for (const i of [0, 2]) t.match(await scan(i), { status: 409, body: { code: 'ticket_void' } });
});

t.test('while the rows still have a ticket, nobody is told that it has gone', async (t) => {
  const another = sale.hold(1, ['b-7']);
  const held = await sale.confirm(another);
  await desk.kit.given([another.event, held]);
  await desk.projected();
  const id = (held.data as { orderId: string }).orderId;
  await awaitThat('it is mailed', async () => (await desk.jobs()).length === 0);
  await desk.kit.rows(`SELECT FROM graphile_worker.add_job('tell-cancelled', json_build_object(
    'saleId', 'hamlet', 'orderId', $1::text, 'eventId', 'e', 'ticketIds', json_build_array($1 || '-1')),
    job_key => 'early')`, [id]);
  const [job] = await awaitThat('it has failed', async () => {
    const rows = await desk.kit.rows(
      'SELECT last_error FROM graphile_worker.jobs WHERE last_error IS NOT NULL');
    return rows.length > 0 && rows as { last_error: string }[];
  });
  t.match(job?.last_error, /still has tickets that were cancelled/);
  t.equal(mailsOf('Cancelled').length, 3);
});
