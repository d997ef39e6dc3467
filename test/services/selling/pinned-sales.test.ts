import t from 'tap';
import { partitionKeys, saleKeys } from '../../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../../services/shared/contracts/partition-of.ts';
import { floorOf, saleOf } from '../../harness/open-desk.ts';
import { openShop } from '../../harness/open-shop.ts';

const shop = await openShop(t);
const another = await shop.startAnother();
const input = saleOf([floorOf(10)]);
const put = (saleId: string, body: unknown, url = shop.selling.url) =>
  shop.call('PUT', `/admin/v1/sales/${saleId}`, { body, url });
const usual = (saleId: string) => partitionOf(saleId, 64);
const other = (saleId: string) => (usual(saleId) + 1) % 64;

t.test('a pinned sale lives in its partition with everything, and other processes find it', async (t) => {
  const partition = other('pinned');
  t.match(await put('pinned', { ...input, partition }),
    { status: 201, body: { saleId: 'pinned', partition } });
  await shop.call('POST', '/admin/v1/sales/pinned/open');
  for (const { url } of [shop.selling, another]) {
    const call = (method: string, path: string, body?: unknown) => shop.call(method, path, { url, body });
    t.match(await call('GET', '/admin/v1/sales/pinned'),
      { status: 200, body: { partition, promotions: [] } });
    t.match(await call('GET', '/v1/sales/pinned/availability'),
      { status: 200, body: { areas: [{ areaId: 'floor' }] } });
    const placed = await call('POST', '/v1/sales/pinned/holds',
      { buyerId: 'b', items: [{ areaId: 'floor', quantity: 1 }] });
    t.equal(placed.status, 201);
    const path = `/v1/sales/pinned/holds/${String(placed.body['holdId'])}`;
    t.match(await call('GET', path), { status: 200, body: { status: 'live' } });
    t.match(await call('POST', `${path}/extend`), { status: 200 });
    const contact = { name: 'Ann', email: 'ann@example.org' };
    const order = await call('POST', '/v1/sales/pinned/orders',
      { buyerId: 'b', holdId: placed.body['holdId'], contact, payment: { method: 'free' } });
    t.equal(order.status, 201);
    t.match(await call('GET', `/v1/sales/pinned/orders/${String(order.body['orderId'])}`), { status: 200 });
    t.match(await call('POST', '/admin/v1/sales/pinned/inventory',
      { capacity: 20, areaId: 'floor' }), { status: 200 });
  }
  const keys = await shop.redis.keys('{p*}:pinned:*');
  t.same([...new Set(keys.map((key) => key.split(':')[0]))], [partitionKeys(partition).sales.split(':')[0]]);
  const { body } = await shop.call('GET', '/v1/sales/pinned', { token: '' });
  t.same([body['partition'], body['promotions']], [undefined, undefined], 'not for everybody');
});

t.test('the first process to read a sale is one that never wrote to it', async (t) => {
  const partition = other('cold');
  await put('cold', { ...input, partition });
  await put('cold-too', { ...input, partition });
  const { url } = another;
  t.match(await shop.call('GET', '/v1/sales/cold/holds/h_x', { url }),
    { status: 404, body: { code: 'hold_unknown' } });
  t.match(await shop.call('POST', '/admin/v1/sales/cold-too/open', { url }),
    { status: 200, body: { state: 'open' } });
});

t.test('a sale stays where it was made', async (t) => {
  const partition = other('fixed');
  await put('fixed', { ...input, partition });
  await put('plain', input);
  const before = await shop.dump();
  t.match(await put('fixed', { ...input, partition: usual('fixed') }),
    { status: 409, body: { code: 'sale_elsewhere', partition } });
  t.match(await put('plain', { ...input, partition: other('plain'), name: 'Macbeth' }),
    { status: 409, body: { code: 'sale_elsewhere', partition: usual('plain') } });
  t.match(await put('new', { ...input, partition: 64 }),
    { status: 422, body: { code: 'partition_unknown', partitions: 64 } });
  t.match(await put('new', { ...input, partition: -1 }),
    { status: 422, body: { code: 'sale_definition_invalid' } });
  t.match(await put('new', { ...input, partition: 3, buyerLimit: 0 }), { status: 422 });
  t.same(await shop.dump(), before);
  t.match(await put('fixed', { ...input, partition }), { status: 200, body: { version: 1 } });
  t.match(await put('fixed', { ...input, name: 'Macbeth' }),
    { status: 200, body: { version: 2, partition } });
  t.match(await put('plain', { ...input, partition: usual('plain') }), { status: 200, body: { version: 1 } });
});

t.test('two who make one sale at once in different partitions: one of them does', async (t) => {
  for (let i = 0; i < 10; i++) {
    const saleId = `race-${i}`;
    const answers = await Promise.all([
      put(saleId, { ...input, partition: other(saleId) }),
      put(saleId, input, another.url),
      put(saleId, { ...input, partition: (other(saleId) + 1) % 64 }, another.url),
    ]);
    const codes = JSON.stringify(answers.map(({ body }) => body.code));
    t.equal(answers.filter(({ status }) => status === 201).length, 1, codes);
    const there = await Promise.all(Array.from({ length: 64 }, (_, p) =>
      shop.redis.exists(saleKeys(p, saleId).definition)));
    t.equal(there.reduce((sum, n) => sum + n, 0), 1);
  }
});
