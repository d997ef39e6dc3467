/** From an order to the mail in the mailbox and to the door, with the worker as its own process. */
import { randomBytes } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import t from 'tap';
import { createLegacyProjection } from '../../../../services/projector/projections/legacy-projection.ts';
import { readTicketOrder } from '../../../../services/worker/jobs/ticket-order.ts';
import { signTickets } from '../../../../services/worker/jobs/make-tickets.ts';
import { readTicketKeys } from '../../../../services/worker/jobs/ticket-token.ts';
import { awaitThat } from '../../../harness/await-that.ts';
import { openJobs } from '../../../harness/open-jobs.ts';

t.setTimeout(180_000);

const desk = await openJobs(t);
const chain = desk.kit.chain('hamlet');
await desk.kit.given(chain.open());
const [floorOrder = '', boxOrder = ''] = await desk.sell(chain);
await desk.projected();
const keys = await readTicketKeys(desk.env['TICKET_KEYS'] ?? '');
const worker = await desk.start('worker');
const admin = { headers: { authorization: `Bearer ${desk.stack.adminToken}` } };

async function tokensOf(orderId: string): Promise<string[]> {
  return signTickets(keys, await readTicketOrder(desk.pool, orderId));
}

t.test('each order is mailed once, with its tickets', async (t) => {
  await awaitThat('all jobs are done', async () => (await desk.jobs()).length === 0);
  const mails = desk.mails();
  t.equal(mails.length, 2);
  for (const mail of mails) {
    t.match(mail, /^To: =\?UTF-8\?.*<ann@example\.org>$/m);
    t.match(mail, /^Subject: Your tickets for The hamlet$/m);
    t.match(mail, /^Message-ID: <[0-9a-f]{32}@localhost>$/m);
    t.match(mail, /filename=tickets\.pdf/);
    t.match(mail, /JVBERi0/, 'a PDF is in it');
  }
  const sent = await desk.kit.rows('SELECT key FROM ticketing.mails WHERE sent_at IS NOT NULL ORDER BY key');
  t.same(sent, [floorOrder, boxOrder].map((id) => ({ key: `hamlet/${id}/tickets` })).toSorted((a, b) =>
    (a.key < b.key ? -1 : 1)));
});

t.test('the document is there for whoever may see it', async (t) => {
  const url = `${worker.url}/admin/v1/orders/${floorOrder}/tickets.pdf`;
  const reply = await fetch(url, admin);
  t.equal(reply.headers.get('content-type'), 'application/pdf');
  const pdf = Buffer.from(await reply.arrayBuffer()).toString('latin1');
  t.match(pdf, /^%PDF-1/);
  t.equal(pdf.match(/\/Type \/Page\b/g)?.length, 2, 'a page per ticket');
  t.equal((await fetch(url)).status, 401);
  t.equal((await fetch(url.replace(floorOrder, 'o_nobody'), admin)).status, 404);
});

t.test('a job that is done again does nothing again', async (t) => {
  await desk.kit.rows(`SELECT FROM graphile_worker.add_job('make-tickets',
    json_build_object('saleId', 'hamlet', 'orderId', $1::text), job_key => 'again')`, [floorOrder]);
  await awaitThat('it is done', async () => (await desk.jobs()).length === 0);
  t.equal(desk.mails().length, 2);
});

t.test('at the door: once, and the second is told when', async (t) => {
  const [token = '', other = ''] = await tokensOf(floorOrder);
  const scans = await Promise.all(Array.from({ length: 8 }, (_, i) =>
    desk.scan(worker, { token, saleId: 'hamlet', gate: `gate ${i}` }, { key: `scan-${i}` })));
  const first = scans.filter(({ status }) => status === 200);
  t.equal(first.length, 1, 'of eight doors at once one lets in');
  const ticket = { ticketId: `${floorOrder}-1`, areaName: 'Floor', holder: 'Ann Ä.' };
  t.match(first[0]?.body, { verdict: 'valid', ...ticket });
  const { usedAt } = first[0]?.body ?? {};
  for (const { status, body } of scans.filter((one) => one !== first[0])) {
    t.equal(status, 409);
    t.match(body, { code: 'ticket_used', usedAt, gate: /^gate \d$/ });
  }
  const again = { token, saleId: 'hamlet' };
  const i = scans.findIndex(({ status }) => status === 200);
  const repeated = await desk.scan(worker, again, { key: `scan-${i}` });
  t.match(repeated, { status: 200, body: { usedAt } }, 'a repeat');
  t.match(await desk.scan(worker, { token: other, saleId: 'hamlet' }), { status: 200 }, 'the other ticket');
});

t.test('at the door: what is not ours, not for here, not there, or void', async (t) => {
  const [token = ''] = await tokensOf(boxOrder);
  const scan = (text: string, saleId = 'hamlet') => desk.scan(worker, { token: text, saleId });
  const strangers = await readTicketKeys(randomBytes(32).toString('base64url'));
  const order = await readTicketOrder(desk.pool, boxOrder);
  const [forged = ''] = await signTickets(strangers, order);
  const [head = '', body = '', signature = ''] = token.split('.');
  const longer = Buffer.from(JSON.stringify({
    ...JSON.parse(Buffer.from(body, 'base64url').toString()) as object, ticketId: `${boxOrder}-2`,
  })).toString('base64url');
  const none = Buffer.from(JSON.stringify({ ...decodeProtectedHeader(token), alg: 'none' }))
    .toString('base64url');
  for (const text of [forged, 'x', `${head}.${longer}.${signature}`, `${none}.${body}.`]) {
    t.match(await scan(text), { status: 422, body: { code: 'ticket_forged' } });
  }
  const missing = await keys.sign({ ticketId: 'o_x-1', saleId: 'hamlet', orderId: 'o_x', iat: 1 });
  t.match(await scan(missing), { status: 404, body: { code: 'ticket_unknown' } });
  t.match(await scan(token, 'macbeth'),
    { status: 409, body: { code: 'ticket_elsewhere', saleId: 'hamlet' } });
  await desk.pool.query("UPDATE orders SET status = 'cancelled' WHERE number = $1", [boxOrder]);
  t.match(await scan(token), { status: 409, body: { code: 'ticket_void', status: 'cancelled' } });
  t.same(await desk.kit.rows('SELECT FROM ticketing.uses WHERE ticket_number = $1', [`${boxOrder}-1`]), []);
  await desk.pool.query("UPDATE orders SET status = 'confirmed' WHERE number = $1", [boxOrder]);
  t.match(await scan(token), { status: 200, body: { seatLabel: '2', rowLabel: 'A' } });
  t.match(await desk.scan(worker, { token, saleId: 'hamlet' }, { key: '' }),
    { status: 400, body: { code: 'idempotency_key_missing' } });
  for (const [bearer, status] of [['nobody', 401], [desk.stack.viewerToken, 403]] as const) {
    t.match(await desk.scan(worker, { token, saleId: 'hamlet' }, { bearer }), { status });
  }
});

t.test('an order that was cancelled meanwhile is not mailed', async (t) => {
  const later = desk.kit.chain('lear');
  await desk.kit.given(later.open());
  const [orderId = ''] = await desk.sell(later);
  await desk.kit.projected(createLegacyProjection(desk.kit.contactKey));
  await desk.pool.query("UPDATE orders SET status = 'cancelled' WHERE number = $1", [orderId]);
  await desk.projected();
  await awaitThat('all jobs are done', async () => (await desk.jobs()).length === 0);
  t.equal(desk.mails().length, 3, 'the other one is');
});

t.test('a job that cannot be done is shown, and tried again by an operator', async (t) => {
  await desk.kit.rows(`SELECT FROM graphile_worker.add_job('make-tickets',
    json_build_object('saleId', 'hamlet', 'orderId', 'o_lost'),
    job_key => 'hamlet/o_lost/make-tickets', max_attempts => 1)`);
  const failed = async () => {
    const reply = await fetch(`${worker.url}/admin/v1/jobs?state=failed`, admin);
    return (await reply.json() as { jobs: { id: number; lastError: string; attempts: number }[] }).jobs;
  };
  const [job] = await awaitThat('it has failed', async () => (await failed()).length === 1 && failed());
  t.match(job, { lastError: /order o_lost is not in the legacy tables yet/, attempts: 1 });
  await awaitThat('it is counted', async () => {
    const text = await (await fetch(`${worker.url}/metrics`)).text();
    return /onsale_jobs\{task="make-tickets",state="failed"\} 1/.test(text);
  });
  const retry = await fetch(`${worker.url}/admin/v1/jobs/${job?.id}/retry`, { ...admin, method: 'POST' });
  t.equal(retry.status, 202);
  await awaitThat('it has been tried again', async () =>
    /onsale_jobs_ended_total\{task="make-tickets",outcome="failed"\} 2/.test(
      await (await fetch(`${worker.url}/metrics`)).text()));
  t.match(await desk.kit.rows('SELECT event FROM outbox.stream_events'), [{ event: {
    type: 'operator.acted', subject: 'operator-jobs', actor: /^operator:/,
    data: {
      what: `retry job ${job?.id}`, outcome: 'done', saleId: 'hamlet', details: { task: 'make-tickets' },
    },
  } }], 'the audit is told');
  const unknown = await fetch(`${worker.url}/admin/v1/jobs/999999/retry`, { ...admin, method: 'POST' });
  t.equal(unknown.status, 404);
});
