/**
 * A sale is sold, closed, archived, and revived for a late refund, over HTTP, with the real relay, projector
 * and operator; selling is killed with SIGKILL between the two steps of archiving, and while it revives.
 */
import { Pool } from 'pg';
import { Redis } from 'ioredis';
import t from 'tap';
import { awaitThat } from '../harness/await-that.ts';
import { checkAgainstFold } from '../harness/check-against-fold.ts';
import { checkSqlAgainstLog, isProjected } from '../harness/check-sql-against-log.ts';
import { readStream } from '../harness/read-stream.ts';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import { partitionKeys, saleKeys } from '../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../services/shared/contracts/partition-of.ts';
import { openTestStack, startService } from '../stack.ts';

const saleId = 'late-refund';
const partition = partitionOf(saleId, 64);

t.test('archived and revived while things die', async (t) => {
  const stack = await openTestStack(t, { shards: 2 });
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 2 });
  const redis = new Redis(stack.redisUrl);
  t.teardown(async () => {
    redis.disconnect();
    await pool.end();
  });
  const [, , operator] = await Promise.all([startService(t, 'relay', stack.env),
    startService(t, 'projector', stack.env), startService(t, 'operator', stack.env)]);
  const env = { ...stack.env, CONFIRM_WAIT_MS: '20000', LOG_URL: operator.url, LOG_TOKEN: stack.viewerToken };
  let selling = await startService(t, 'selling', env);
  const call = async (method: string, path: string, body?: object, key = 'once') => {
    const token = path.startsWith('/admin') ? stack.adminToken : stack.checkoutKey;
    const reply = await fetch(`${selling.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'idempotency-key': key,
        ...body !== undefined && { 'content-type': 'application/json' } },
      ...body !== undefined && { body: JSON.stringify(body) },
    });
    return { status: reply.status, body: await reply.json() as Record<string, unknown> };
  };
  const admin = `/admin/v1/sales/${saleId}`;
  const keys = async () => (await redis.keys(`*:${saleId}:*`)).toSorted();
  /** While it says that it is too early. */
  const soon = (verb: string) => awaitThat(verb, async () => {
    const answer = await call('POST', `${admin}/${verb}`);
    return answer.body['code'] !== 'sale_busy' && answer.body['code'] !== 'unavailable' && answer;
  });

  await call('PUT', admin, {
    name: 'Lear', currency: 'EUR', categories: [{ categoryId: 'c', prices: { adult: 1_000 } }],
    areas: [{ areaId: 'floor', kind: 'general', capacity: 40, categoryId: 'c' },
      { areaId: 'box', kind: 'seated', categoryId: 'c', rows: [{ rowId: 'A',
        seats: Array.from({ length: 30 }, (_, x) => ({ seatId: `s${x}`, label: `${x}`, x, y: 0 })) }] }],
  });
  await call('POST', `${admin}/open`);
  const orders = await Promise.all(Array.from({ length: 12 }, async (_, i) => {
    const items = [i % 2 === 0 ? { areaId: 'box', bestAvailable: 2 } : { areaId: 'floor', quantity: 3 }];
    const claim = { items, buyerId: `b${i}` };
    const { body: hold } = await call('POST', `/v1/sales/${saleId}/holds`, claim);
    const paid = { buyerId: `b${i}`, holdId: hold['holdId'], payment: { method: 'free' },
      contact: { name: 'Cordelia', email: 'c@example.org' } };
    return { paid, answer: await call('POST', `/v1/sales/${saleId}/orders`, paid, 'order') };
  }));
  t.ok(orders.every(({ answer }) => answer.status === 201));
  await call('POST', `${admin}/close`);

  t.match(await soon('archive'), { status: 200, body: { state: 'archived' } });
  t.same(await keys(), [saleKeys(partition, saleId).sale], 'the log has it, the keys are gone');
  t.match(await soon('revive'), { status: 200, body: { state: 'closed' } });
  for (const { paid, answer } of orders) {
    t.same(await call('POST', `/v1/sales/${saleId}/orders`, paid, 'order'), answer, 'as it was answered');
  }

  t.equal((await soon('revive')).status, 200, 'and so has a repeat of revive');
  await awaitThat('the log has that it was revived', async () =>
    await redis.xlen(partitionKeys(partition).outbox) === 0);
  // Killed at once: whatever it has done by then, the next process does the rest.
  void fetch(`${selling.url}${admin}/archive`, {
    method: 'POST', headers: { authorization: `Bearer ${stack.adminToken}` },
  }).catch(() => undefined);
  await awaitThat('it is archived', async () =>
    await redis.hget(saleKeys(partition, saleId).sale, 'state') === 'archived');
  selling.kill('SIGKILL');
  await selling.exited;
  selling = await startService(t, 'selling', env);
  await awaitThat('the sweeper deletes the keys', async () => (await keys()).length === 1);

  for (let kill = 0; kill < 3; kill++) {
    void fetch(`${selling.url}${admin}/revive`, {
      method: 'POST', headers: { authorization: `Bearer ${stack.adminToken}` },
    }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, kill * 8));
    selling.kill('SIGKILL');
    await selling.exited;
    selling = await startService(t, 'selling', env);
  }
  t.match(await soon('revive'), { status: 200, body: { state: 'closed' } });
  t.match(await call('POST', `${admin}/reopen`), { status: 200, body: { state: 'open' } });
  t.equal((await call('POST', `/v1/sales/${saleId}/holds`,
    { buyerId: 'late', items: [{ areaId: 'floor', quantity: 1 }] })).status, 201, 'it sells again');

  const log = await awaitThat('log and legacy rows have all', async () => {
    const now = await readStream(stack);
    return await redis.xlen(partitionKeys(partition).outbox) === 0 && await isProjected(pool, now) && now;
  });
  await checkSqlAgainstLog(pool, log);
  t.equal(log.rejected, 0);
  const events = log.sales.get(saleId) as SaleEvent[];
  t.same(events.filter(({ type }) => /sale\.(archived|revived)/.test(type)).map(({ type }) => type),
    ['sale.archived', 'sale.revived', 'sale.archived', 'sale.revived'], 'each time once');
  await checkAgainstFold(redis, partition, saleId, { accepted: events });
});
