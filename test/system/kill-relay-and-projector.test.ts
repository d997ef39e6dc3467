/**
 * Promises 3 and 4 with real processes: relay and projector are killed with SIGKILL at random moments while
 * buyers hold, order and let go. Afterwards the log has every order that was acknowledged, and event store
 * and legacy rows equal its fold: nothing lost, nothing twice, nobody oversold.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import t from 'tap';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import { awaitThat } from '../harness/await-that.ts';
import { checkSqlAgainstLog, isProjected } from '../harness/check-sql-against-log.ts';
import { readStream } from '../harness/read-stream.ts';
import { openTestStack, startService } from '../stack.ts';
import type { TestStack } from '../stack.ts';

const SEATS = 60;
const FLOOR = 150;
const BUYERS = 160;
const KILLS_OF_EACH = 4;

t.test('kill -9 of relay and projector in mid-sale', async (t) => {
  const stack = await openTestStack(t, { shards: 2 });
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 2 });
  t.teardown(() => pool.end());
  const [relay, projector, selling] = await Promise.all([
    startService(t, 'relay', stack.env), startService(t, 'projector', stack.env),
    startService(t, 'selling', { ...stack.env, CONFIRM_WAIT_MS: '20000' }),
  ]);
  const sales = ['kill-one', 'kill-two'];
  for (const saleId of sales) await openSale(selling.url, saleId, stack);
  const acknowledged = new Set<string>();
  let isSelling = true;
  const kills = Promise.all([killAgain('relay', relay), killAgain('projector', projector)]);
  const buyers = Promise.all(Array.from({ length: BUYERS }, async (_, i) => {
    await sleep(i * 25);
    await buy(selling.url, sales[i % 2] ?? '', `buyer-${i}`, i, stack, acknowledged);
  }));
  await buyers;
  isSelling = false;
  await kills;

  const log = await awaitThat('log and legacy rows have all that was acknowledged', async () => {
    const now = await readStream(stack);
    const orders = new Set([...now.sales.values()].flat().flatMap((event) => orderIdOf(event as SaleEvent)));
    return [...acknowledged].every((id) => orders.has(id)) && await isProjected(pool, now) && now;
  });
  await checkSqlAgainstLog(pool, log);
  t.equal(log.rejected, 0, 'the outboxes never contradicted the log');
  t.ok(acknowledged.size > BUYERS / 4, `${acknowledged.size} orders were acknowledged`);
  const { rows } = await pool.query('SELECT number FROM orders');
  const numbers = new Set(rows.map(({ number }: { number: string }) => number));
  t.same([...acknowledged].filter((id) => !numbers.has(id)), [], 'each of them has its rows');

  async function killAgain(name: 'relay' | 'projector', first: typeof relay): Promise<void> {
    let service = first;
    for (let kill = 0; kill < KILLS_OF_EACH && isSelling; kill++) {
      await sleep(200 + Math.random() * 600);
      service.kill('SIGKILL');
      await service.exited;
      service = await startService(t, name, stack.env);
    }
  }
});

async function openSale(url: string, saleId: string, { adminToken }: TestStack): Promise<void> {
  const seats = Array.from({ length: SEATS }, (_, i) =>
    ({ seatId: `s-${i}`, label: `${i + 1}`, x: i, y: 0, categoryId: 'c' }));
  const definition = {
    name: saleId, currency: 'EUR', categories: [{ categoryId: 'c', name: 'C', prices: { adult: 1_000 } }],
    areas: [
      { areaId: 'floor', name: 'Floor', kind: 'general', capacity: FLOOR, categoryId: 'c' },
      { areaId: 'box', name: 'Box', kind: 'seated', rows: [{ rowId: 'A', seats }] },
    ],
  };
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  const path = `${url}/admin/v1/sales/${saleId}`;
  const put = await fetch(path, { method: 'PUT', headers, body: JSON.stringify(definition) });
  if (!put.ok) throw new Error(`the sale was refused: ${await put.text()}`);
  const { authorization } = headers;
  const opened = await fetch(`${path}/open`, { method: 'POST', headers: { authorization } });
  if (!opened.ok) throw new Error(`the sale did not open: ${await opened.text()}`);
}

/** Holds twice; orders one of them, lets the other go or leaves it. */
async function buy(
  url: string, saleId: string, buyerId: string, i: number, stack: TestStack, acknowledged: Set<string>,
): Promise<void> {
  const call = async (method: string, path: string, key: string, body?: object) => {
    const reply = await fetch(`${url}/v1/sales/${saleId}/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${stack.checkoutKey}`, 'idempotency-key': key,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify({ buyerId, ...body }) }),
    });
    const text = await reply.text();
    return { status: reply.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, string> };
  };
  const seats = await call('POST', 'holds', 'h1', { items: [{ areaId: 'box', bestAvailable: 1 + (i % 2) }] });
  const floor = await call('POST', 'holds', 'h2', { items: [{ areaId: 'floor', quantity: 1 + (i % 3) }] });
  const [kept, other] = i % 4 === 0 ? [floor, seats] : [seats, floor];
  if (kept.status === 201) {
    const contact = { name: `Buyer ${i}`, email: 'buyer@example.org' };
    const order = await call('POST', 'orders', 'o1', {
      holdId: kept.body['holdId'], contact, payment: { method: 'free' },
    });
    if (order.status === 201) acknowledged.add(order.body['orderId'] ?? '');
  }
  const holdId = other.body['holdId'];
  if (other.status === 201 && i % 3 === 0) await call('DELETE', `holds/${holdId}`, 'r1');
}

function orderIdOf(event: SaleEvent): string[] {
  return event.type === 'order.confirmed' ? [event.data.orderId] : [];
}
