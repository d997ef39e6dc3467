import t from 'tap';
import { partitionKeys, saleKeys } from '../../../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../../../services/shared/contracts/partition-of.ts';
import { ticketCode } from '../../../../services/shared/contracts/ticket-code.ts';
import { awaitThat } from '../../../harness/await-that.ts';
import { floorOf, hallOf, rowOf, saleOf } from '../../../harness/open-desk.ts';
import { openShop } from '../../../harness/open-shop.ts';
import type { CallOptions, Shop } from '../../../harness/open-shop.ts';
import { startService } from '../../../stack.ts';

const contact = { name: 'Ana Ñandú', email: 'ana@example.org' };

async function placeHold(shop: Shop, buyerId = 'b', saleId = 's'): Promise<string> {
  const items = [{ areaId: 'hall', bestAvailable: 2 }, { areaId: 'floor', quantity: 1, ticketType: 'child' }];
  const { status, body } = await shop.call('POST', `/v1/sales/${saleId}/holds`, { body: { buyerId, items } });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return String(body['holdId']);
}

function order(
  shop: Shop, holdId: string, key: string, more: { url?: string; contact?: object; saleId?: string } = {},
) {
  const { url, contact: other, saleId = 's' } = more;
  const body = { buyerId: 'b', holdId, contact: other ?? contact, payment: { method: 'free' } };
  const options: CallOptions = { key, body, ...(url !== undefined && { url }) };
  return shop.call('POST', `/v1/sales/${saleId}/orders`, options);
}

t.test('an order has tickets, and a repeat is the same order', async (t) => {
  const shop = await openShop(t);
  await shop.sell('s', saleOf([hallOf([rowOf('A', 6)]), floorOf(5)]));
  const other = await shop.startAnother();
  const holdId = await placeHold(shop);
  const made = await order(shop, holdId, 'k1');
  t.equal(made.status, 201);
  const orderId = String(made.body['orderId']);
  t.equal(made.headers.get('location'), `/v1/sales/s/orders/${orderId}`);
  t.match(made.body, { orderId: /^o_[\w-]{22}$/, holdId, status: 'confirmed', total: 2500, currency: 'EUR',
    confirmedAt: /Z$/, tickets: [
      { ticketId: `${orderId}-1`, code: /^[\w-]{16}$/, areaId: 'hall', seatId: 'A3', seatLabel: '3',
        ticketType: 'adult' },
      { ticketId: `${orderId}-2`, seatId: 'A4' },
      { ticketId: `${orderId}-3`, areaId: 'floor', ticketType: 'child' },
    ] });
  t.notOk('waitingFor' in made.body);
  for (const url of [shop.selling.url, other.url]) {
    t.same(await order(shop, holdId, 'k1', { url }).then(({ status, body }) => [status, body]),
      [201, made.body]);
    t.same((await shop.call('GET', `/v1/sales/s/orders/${orderId}`, { url })).body, made.body);
  }
  t.match(await order(shop, holdId, 'k1', { contact: { ...contact, name: 'Eve' } }),
    { status: 422, body: { code: 'idempotency_key_reused' } });
  t.match(await order(shop, holdId, 'k2'), { status: 409, body: { code: 'hold_ordered', orderId } });
  t.match(await shop.call('DELETE', `/v1/sales/s/holds/${holdId}`),
    { status: 409, body: { code: 'hold_ordered' } });
  t.match(await shop.call('GET', `/v1/sales/s/holds/${holdId}`), { body: { status: 'ordered' } });

  const { events } = await shop.check('s');
  const event = events.at(-1);
  if (event?.type !== 'order.confirmed') throw new Error('the last event is no order');
  t.notMatch(JSON.stringify(event), /Ana|example/, 'name and e-mail are nowhere to be read');
  const codes = (made.body['tickets'] as { code: string }[]).map(({ code }) => code);
  t.same(codes, [1, 2, 3].map((n) => ticketCode(event.data.ticketSeed, n)),
    'a reader derives the same codes');
});

t.test('a hold that lapsed or was released makes no order', async (t) => {
  const shop = await openShop(t);
  const areas = [hallOf([rowOf('A', 6)]), floorOf(5)];
  await shop.sell('s', saleOf(areas));
  await shop.sell('brief', saleOf(areas, { holdSeconds: 1, holdSecondsMax: 1 }));
  const released = await placeHold(shop);
  await shop.call('DELETE', `/v1/sales/s/holds/${released}`);
  t.match(await order(shop, released, 'k1'), { status: 409, body: { code: 'hold_released' } });
  const lapsed = await placeHold(shop, 'b', 'brief');
  await awaitThat('its time is over', async () =>
    (await shop.call('GET', `/v1/sales/brief/holds/${lapsed}`)).body['status'] === 'expired');
  t.match(await order(shop, lapsed, 'k2', { saleId: 'brief' }),
    { status: 409, body: { code: 'hold_expired' } });
  for (const saleId of ['s', 'brief']) t.equal((await shop.check(saleId)).fold.orders.size, 0);
});

t.test('with CONFIRM_ACK=bus a buyer is told only what the log has accepted', async (t) => {
  const shop = await openShop(t, { env: { CONFIRM_ACK: 'bus', CONFIRM_WAIT_MS: '300' } });
  await shop.sell('s', saleOf([hallOf([rowOf('A', 6)]), floorOf(5)]));
  const holdId = await placeHold(shop);
  const pending = await order(shop, holdId, 'k1');
  t.match(pending, { status: 202, body: { status: 'pending', waitingFor: 'log' } });
  t.same(pending.body['tickets'], [], 'codes of an order that may still get lost are not given out');
  t.notOk('confirmedAt' in pending.body);
  const path = String(pending.headers.get('location'));
  t.match(await shop.call('GET', path), { status: 200, body: { status: 'pending', waitingFor: 'log' } });
  t.equal((await order(shop, holdId, 'k1')).status, 202,
    'the repeat of a pending order has its present truth');
  const { events } = await shop.check('s');
  t.equal(events.filter(({ type }) => type === 'order.confirmed').length, 1);

  // Starts after the fact: partitions that are known already stay as they are, the outbox is sent.
  await startService(t, 'relay', shop.stack.env);
  const deadlineMs = Date.now() + 20_000;
  let answer = await shop.call('GET', path);
  while (answer.body['status'] !== 'confirmed' && Date.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer = await shop.call('GET', path);
  }
  t.match(answer.body, { status: 'confirmed' });
  t.notOk('waitingFor' in answer.body);
  const repeated = await order(shop, holdId, 'k1');
  t.equal(repeated.status, 201);
  t.same(repeated.body, answer.body);
  const fresh = await order(shop, await placeHold(shop), 'k2');
  t.match(fresh, { body: { status: /confirmed|pending/ } });
  t.ok([201, 202].includes(fresh.status));
});

for (const [loss, lose] of [
  ['everything', (shop: Shop) => shop.redis.flushdb()],
  ['the last writes', (shop: Shop) => shop.redis.del(
    partitionKeys(partitionOf('s', 64)).unconfirmed, saleKeys(partitionOf('s', 64), 's').orders)],
] as const) {
  t.test(`a Redis that forgets ${loss} while an order waits confirms nothing`, async (t) => {
    const shop = await openShop(t, { env: { CONFIRM_ACK: 'bus', CONFIRM_WAIT_MS: '5000' } });
    await shop.sell('s', saleOf([hallOf([rowOf('A', 6)]), floorOf(5)]));
    const answer = order(shop, await placeHold(shop), 'k1');
    const { unconfirmed } = partitionKeys(partitionOf('s', 64));
    const deadlineMs = Date.now() + 20_000;
    while (await shop.redis.hlen(unconfirmed) === 0 && Date.now() < deadlineMs) await shop.redis.ping();
    t.equal(await shop.redis.hlen(unconfirmed), 1, 'the order waits for the log');
    await lose(shop);
    t.match(await answer, { status: 503, body: { code: 'recovering' } });
  });
}

t.test('a process that knew the sale as a draft names seats as they are now', async (t) => {
  const shop = await openShop(t);
  const put = (body: unknown) => shop.call('PUT', '/admin/v1/sales/s', { body });
  await put(saleOf([floorOf(9, 'old'), hallOf([rowOf('Z', 9)])]));
  const others = [await shop.startAnother(), await shop.startAnother(), await shop.startAnother()];
  for (const { url } of others) t.equal((await shop.call('GET', '/v1/sales/s', { url })).status, 200);
  await put(saleOf([hallOf([rowOf('A', 6)]), floorOf(5)]));
  await shop.call('POST', '/admin/v1/sales/s/open');
  const holdId = await placeHold(shop);
  const seats = [{ areaId: 'hall', seatId: 'A3' }, { areaId: 'hall', seatId: 'A4' }, { areaId: 'floor' }];
  const [one, two, three] = others;
  if (one === undefined || two === undefined || three === undefined) throw new Error('three are needed');
  t.match(await shop.call('GET', `/v1/sales/s/holds/${holdId}`, { url: one.url }),
    { body: { items: seats } });
  t.match(await order(shop, holdId, 'k', { url: two.url }),
    { status: 201, body: { items: seats, tickets: seats } });
  const body = { buyerId: 'b', items: [{ seatIds: ['A6'] }] };
  t.match(await shop.call('POST', '/v1/sales/s/holds', { url: three.url, body }),
    { status: 201, body: { items: [{ areaId: 'hall', seatId: 'A6' }] } });
});
