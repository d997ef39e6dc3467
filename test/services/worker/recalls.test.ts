/**
 * Shows that are cancelled or moved: every order is dealt with once, whoever is killed meanwhile; what
 * cannot be done is told; who was asked is asked once, and chooses once.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { Pool } from 'pg';
import { findAnyFreePort } from '../../../infra/local/find-free-port.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { floorOf, saleOf } from '../../harness/open-desk.ts';
import { readPayments } from '../../harness/open-sandbox.ts';
import type { Json } from '../../harness/open-sandbox.ts';
import { openTill } from '../../harness/open-till.ts';
import { readMailbox } from '../../harness/read-mailbox.ts';
import { readStream } from '../../harness/read-stream.ts';
import { startService } from '../../harness/start-service.ts';
import { metricOf } from '../relay/open-relay-bench.ts';

t.setTimeout(240_000);

const main = fileURLToPath(new URL('../../../services/operator/cli-main.ts', import.meta.url));
const till = await openTill(t);
const { shop, price } = till;
const folder = t.testdir({ '.data': {}, mails: {} });
const port = await findAnyFreePort();
const env = {
  ...shop.stack.env, ...till.env, PORT: String(port), LEASE_MS: '1000', BUS_FAN_OUT: 'false',
  SELLING_URL: shop.selling.url, SELLING_TOKEN: shop.stack.adminToken, MAIL_FOLDER: join(folder, 'mails'),
};
const pool = new Pool({ connectionString: shop.stack.databaseUrl, max: 2 });
t.teardown(() => pool.end());
const [operator] = await Promise.all([
  startService(t, 'operator', { ...env, PORT: '0' }), startService(t, 'projector', { ...env, PORT: '0' }),
]);
// Of the file, whichever test starts it.
const startWorker = () => startService(t, 'worker', env);
let worker = await startWorker();
writeFileSync(join(folder, '.data/stack.json'),
  JSON.stringify({ operator: operator.url, adminToken: shop.stack.adminToken }));

const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'show', ...args],
    { cwd: folder, encoding: 'utf8', env: {} });
  return { status, stdout, stderr: stderr.trim() };
};
const reportOf = (saleId: string) => JSON.parse(run('status', saleId, '--json').stdout) as Json & {
  state: string; orders: Record<string, number>; refundedMinor: number; refused: Json[];
};
const mails = () => readMailbox(join(folder, 'mails'));

/** A show with so many orders of one ticket, paid for, and their rows. */
async function sold(saleId: string, count: number): Promise<string[]> {
  await shop.sell(saleId, saleOf([floorOf(100)], { buyerLimit: 100, paymentMethods: ['sandbox'] }));
  const orderIds = await Promise.all(Array.from({ length: count }, async () => {
    const { buyerId } = await shop.buyer();
    const hold = await shop.call('POST', `/v1/sales/${saleId}/holds`,
      { body: { buyerId, items: [{ areaId: 'floor', quantity: 1 }] } });
    const made = await shop.call('POST', `/v1/sales/${saleId}/orders`, { body: {
      buyerId, holdId: hold.body['holdId'], contact: { name: 'Ada', email: 'ada@example.org' },
      payment: { method: 'sandbox', outcome: 'success' },
    } });
    return String(made.body['orderId']);
  }));
  await awaitThat('all have rows', async () => (await pool.query(
    'SELECT 1 FROM orders WHERE number = ANY ($1)', [orderIds])).rows.length === count);
  return orderIds;
}

/** Types of events by order. */
async function logOf(saleId: string): Promise<Map<string, string[]>> {
  const types = new Map<string, string[]>();
  for (const { type, data } of (await readStream(shop.stack)).sales.get(saleId) ?? []) {
    const { orderId } = data as { orderId?: string };
    if (orderId !== undefined) types.set(orderId, [...types.get(orderId) ?? [], type]);
  }
  return types;
}

t.test('a cancelled show: every order once, with the worker killed again and again', async (t) => {
  const orderIds = await sold('flop', 30);
  t.match(run('cancel', 'flop', '--why', 'illness'), { status: 1, stderr: /sale_not_closed/ });
  await shop.call('POST', '/admin/v1/sales/flop/close');
  await awaitThat('the rows say so', async () =>
    (await pool.query(`SELECT 1 FROM shows WHERE slug = 'flop' AND state = 'closed'`)).rows.length === 1);
  t.match(run('cancel', 'flop'), { status: 1, stderr: /--why is missing/ });
  t.match(run('cancel', 'nobody', '--why', 'x'), { status: 1, stderr: /sale_unknown/ });
  t.match(run('status', 'flop'), { status: 1, stderr: /recall_unknown/ });
  t.match(run('cancel', 'flop', '--why', 'illness', '--per-second', '8'),
    { status: 0, stdout: /^flop cancelled: running/ });
  t.match(run('cancel', 'flop', '--why', 'illness', '--per-second', '8'), { status: 0 }, 'the same again');
  t.match(run('cancel', 'flop', '--why', 'other'), { status: 1, stderr: /recall_running/ });
  t.match(run('pause', 'flop', '--why', 'a moment'), { status: 0, stdout: /paused/ });
  await sleep(600);
  const paused = reportOf('flop').orders['cancelled'] ?? 0;
  await sleep(600);
  t.equal(reportOf('flop').orders['cancelled'] ?? 0, paused, 'nothing is done meanwhile');
  t.ok(paused < orderIds.length);
  t.match(run('resume', 'flop', '--why', 'go on'), { status: 0, stdout: /running/ });
  for (let i = 0; i < 4; i++) {
    await sleep(Math.random() * 700);
    worker.kill('SIGKILL');
    await worker.exited;
    worker = await startWorker();
  }
  await awaitThat('it is done', () => reportOf('flop').state === 'done', 60_000);
  t.match(reportOf('flop'), { orders: { cancelled: 30 }, cancelledMinor: 30 * price, refused: [] });
  await awaitThat('all is given back', () => reportOf('flop').refundedMinor === 30 * price, 60_000);
  const log = await logOf('flop');
  for (const orderId of orderIds) {
    t.same(log.get(orderId), ['payment.started', 'order.confirmed', 'order.cancelled', 'refund.requested',
      'refund.completed'], orderId);
  }
  const refunded = (await readPayments(till.sandbox))
    .filter(({ reference }) => String(reference).startsWith('flop/'));
  t.ok(refunded.every((payment) => payment['refundedMinor'] === price));
  await awaitThat('all are told', () =>
    mails().filter((mail) => mail.includes('Subject: Cancelled')).length === 30, 60_000);
  t.match(run('cancel', 'flop', '--why', 'illness', '--per-second', '8'), { status: 0 }, 'once more');
  await awaitThat('it is done again', () => reportOf('flop').state === 'done');
  t.same((await logOf('flop')).get(orderIds[0] ?? ''), log.get(orderIds[0] ?? ''));
});

t.test('what selling refuses is told, and can be tried again', async (t) => {
  await sold('odd', 2);
  await shop.call('POST', '/admin/v1/sales/odd/close');
  await awaitThat('the rows say so', async () =>
    (await pool.query(`SELECT 1 FROM shows WHERE slug = 'odd' AND state = 'closed'`)).rows.length === 1);
  run('cancel', 'odd', '--why', 'illness', '--per-second', '1');
  const stranger = `o_${'A'.repeat(22)}`;
  await pool.query(`INSERT INTO recalls.orders (sale_id, order_number, state, token)
    VALUES ('odd', $1, 'to_cancel', 'x')`, [stranger]);
  await awaitThat('it is done', () => reportOf('odd').state === 'done', 60_000);
  t.match(reportOf('odd'), { orders: { cancelled: 2, refused: 1 },
    refused: [{ orderId: stranger, reason: 'order_unknown' }] });
  await awaitThat('the gauge says so', async () =>
    await metricOf(worker.url, 'onsale_recall_orders{sale="odd",state="refused"}') === 1);
  t.match(run('retry', 'odd', '--why', 'again'), { status: 0 });
  await awaitThat('it was tried', () => reportOf('odd').state === 'done', 60_000);
  t.equal(reportOf('odd').orders['refused'], 1);
});

t.test('a moved show: asked once, chosen once, and who says nothing keeps the tickets', async (t) => {
  const orderIds = await sold('moved', 3);
  const answerBy = new Date(Date.now() + 20_000).toISOString();
  t.match(run('move', 'moved', '--why', 'storm'), { status: 1, stderr: /--to and --answer-by are missing/ });
  t.match(run('move', 'moved', '--why', 'storm', '--to', 'soon', '--answer-by', answerBy), { status: 1 });
  t.match(run('move', 'moved', '--why', 'storm', '--to', '2027-03-01T19:00:00Z', '--answer-by', answerBy),
    { status: 0 });
  worker.kill('SIGKILL');
  await worker.exited;
  worker = await startWorker();
  await awaitThat('all are asked', () => reportOf('moved').orders['asked'] === 3);
  const told = mails().filter((mail) => mail.includes('Subject: New date'));
  t.equal(new Set(told.map((mail) => /^Message-ID: (.*)$/m.exec(mail)?.[1])).size, 3);
  const linkOf = (orderId: string | undefined): string => {
    const texts = told.map((mail) => mail.replace(/=\r?\n/g, ''));
    const mine = texts.find((text) => orderId !== undefined && text.includes(orderId)) ?? '';
    return /http:\/\/[^\s"<]+\/choices\/[a-f0-9]{32}/.exec(mine)?.[0] ?? '';
  };
  const [keeper = '', leaver = ''] = orderIds;
  const [keep = '', leave = '', silent = ''] = orderIds.map(linkOf);
  const choose = (link: string, choice: string) =>
    fetch(link, { method: 'POST', body: new URLSearchParams({ choice }) }).then((reply) => reply.text());
  t.match(await (await fetch(keep)).text(), /Money back/);
  t.match(await choose(keep, 'keep'), /You keep your tickets/);
  t.match(await choose(keep, 'refund'), /You keep your tickets/, 'once');
  t.match(await choose(leave, 'refund'), /Your money goes back/);
  t.match(await choose(leave, 'keep'), /Your money goes back/);
  t.equal((await fetch(`${worker.url}/choices/${'0'.repeat(32)}`)).status, 404);
  await awaitThat('the money is back', async () =>
    (await logOf('moved')).get(leaver)?.at(-1) === 'refund.completed');
  await awaitThat('it is done', () => reportOf('moved').state === 'done', 60_000);
  t.match(reportOf('moved').orders, { kept: 2, cancelled: 1 });
  t.match(await choose(silent, 'refund'), /You keep your tickets/, 'too late');
  t.same((await logOf('moved')).get(keeper), ['payment.started', 'order.confirmed']);
});
