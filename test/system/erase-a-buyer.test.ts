/**
 * A buyer is erased while the sale goes on: name and e-mail are gone from the rows and cannot be read from
 * the log any more, the other buyers are as they were, and the log is verified as before.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'pg';
import t from 'tap';
import { takeKeys } from '../../services/shared/contracts/sealed-contact.ts';
import { openContact, readContactKey } from '../../services/shared/platform/contact-seal.ts';
import { awaitThat } from '../harness/await-that.ts';
import { floorOf, saleOf } from '../harness/open-desk.ts';
import { openTill } from '../harness/open-till.ts';
import { startService } from '../stack.ts';

const main = fileURLToPath(new URL('../../services/operator/cli-main.ts', import.meta.url));

t.test('a buyer is erased, and the log stays what it is', async (t) => {
  const till = await openTill(t);
  const { shop, saleId } = till;
  const { stack } = shop;
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 2 });
  t.teardown(() => pool.end());
  const env = { ...stack.env, ...till.env, PORT: '0', SELLING_URL: shop.selling.url,
    SELLING_TOKEN: stack.adminToken };
  const [operator] = await Promise.all([startService(t, 'operator', env),
    startService(t, 'projector', env), startService(t, 'worker', env)]);
  await shop.sell('free', saleOf([floorOf(20)], { buyerLimit: 20 }));

  /** One order that is free, and one that is paid for at the second attempt. */
  const buy = async (buyerId: string, name: string): Promise<string[]> => {
    const contact = { name, email: `${name.toLowerCase()}@example.org` };
    const order = async (sale: string, payment: object) => {
      const claim = { buyerId, items: [{ areaId: 'floor', quantity: 2 }] };
      const hold = await shop.call('POST', `/v1/sales/${sale}/holds`, { body: claim });
      const body = { buyerId, holdId: hold.body['holdId'], contact, payment };
      return String((await shop.call('POST', `/v1/sales/${sale}/orders`, { body })).body['orderId']);
    };
    const free = await order('free', { method: 'free' });
    const paid = await order(saleId, { method: 'sandbox', outcome: 'decline' });
    await till.awaitStatus(paid, 'failed');
    await shop.call('PUT', `/v1/sales/${saleId}/orders/${paid}/payments/2`,
      { body: { method: 'sandbox', outcome: 'success' } });
    await till.awaitStatus(paid, 'confirmed');
    return [free, paid];
  };
  const ann = await buy('ann', 'Ann');
  const bob = await buy('bob', 'Bob');
  const customersOf = async (orders: string[]): Promise<string[]> => (await pool.query<{ who: string }>(
    `SELECT c.name || ' ' || c.email AS who FROM customers c JOIN orders o ON o.customer_id = c.id
     WHERE o.number = ANY ($1)`, [orders])).rows.map(({ who }) => who);
  const documents = async (): Promise<number> => Number((await pool.query<{ count: string }>(
    'SELECT count(*) FROM ticketing.documents WHERE order_number = ANY ($1)', [ann])).rows[0]?.count);
  await awaitThat('all is projected and has its documents', async () =>
    (await customersOf([...ann, ...bob])).length === 4 && await documents() === 2);
  t.same(await customersOf(ann), ['Ann ann@example.org', 'Ann ann@example.org']);

  const stored = async (): Promise<string> => JSON.stringify((await pool.query(
    'SELECT body FROM event_store.events WHERE sale_id = ANY ($1) ORDER BY sale_id, seq',
    [['free', saleId]])).rows);
  t.match(await stored(), '"contact', 'contacts are in the event store');
  t.same(takeKeys(await stored()).keys, [], 'their keys are not');
  t.same(takeKeys(JSON.stringify(await shop.dump())).keys, [], 'nor are they in what Redis keeps');
  const key = readContactKey(stack.env['CONTACT_KEY'] ?? '');
  const { rows: [event] } = await pool.query<{ contact: string }>(
    `SELECT body::json -> 'data' ->> 'contact' AS contact FROM event_store.events
     WHERE type = 'order.confirmed' AND body::json -> 'data' ->> 'buyerId' = 'ann' LIMIT 1`);
  await t.rejects(openContact(key, event?.contact ?? ''), 'the log and CONTACT_KEY are not enough');

  const folder = t.testdir({ '.data': {} });
  writeFileSync(join(folder, '.data/stack.json'),
    JSON.stringify({ operator: operator.url, adminToken: stack.adminToken }));
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args],
      { cwd: folder, encoding: 'utf8', env: {} });
    return { status, stdout, stderr: stderr.trim() };
  };
  const certified = async (): Promise<object> => awaitThat('the log is clean', async () => {
    const { status, stdout } = run('verify', saleId, '--json');
    return status === 0 && JSON.parse(stdout) as object;
  });
  await certified();
  const before = await stored();
  t.match(run('erase', 'buyer', 'ann'), { status: 1, stderr: /--why is missing/ });
  t.match(run('erase', 'buyer', 'ann', '--why', 'asked by mail'),
    { status: 0, stdout: /^ann: 2 keys erased; of 2 orders 2 customers, 4 names .* 2 documents/ });
  t.same(await customersOf(ann), [' ', ' ']);
  t.same(await customersOf(bob), ['Bob bob@example.org', 'Bob bob@example.org']);
  t.equal(await documents(), 0);
  const { rows: named } = await pool.query(`SELECT 1 FROM tickets WHERE holder = 'Ann'`);
  t.same(named, []);
  t.match(run('erase', 'buyer', 'ann', '--why', 'again'), { status: 0, stdout: /ann: 0 keys erased/ });
  t.ok(await stored() === before, 'not a byte of the log has changed');
  await certified();
  await awaitThat('the audit has it', async () => {
    const reply = await fetch(`${operator.url}/admin/v1/audit?limit=100`,
      { headers: { authorization: `Bearer ${stack.adminToken}` } });
    return (await reply.text()).includes('erase buyer ann');
  });
});
