import t from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import { floorOf, hallOf, rowOf, saleOf } from '../../harness/open-desk.ts';
import { openShop } from '../../harness/open-shop.ts';
import type { ShopAnswer } from '../../harness/open-shop.ts';

/** Promise 1 over HTTP: two selling processes, hundreds of requests at once. */
const shop = await openShop(t);
const other = await shop.startAnother();
const urlOf = (i: number) => (i % 2 === 0 ? shop.selling.url : other.url);
const place = (saleId: string, i: number, item: object, key = `k${i}`): Promise<ShopAnswer> =>
  shop.call('POST', `/v1/sales/${saleId}/holds`,
    { key, url: urlOf(i), body: { buyerId: `b${i}`, items: [item] } });

t.test('of hundreds of buyers of the same seat exactly one gets it', async (t) => {
  await shop.sell('seat', saleOf([hallOf([rowOf('A', 3)])]));
  const answers = await Promise.all(Array.from({ length: 300 }, (_, i) =>
    place('seat', i, { seatIds: ['A2'] })));
  t.equal(answers.filter(({ status }) => status === 201).length, 1);
  t.same(new Set(answers.map(({ status, body }) => body.code ?? status)), new Set([201, 'seats_taken']));
  const { seats, areas } = await shop.check('seat');
  t.equal(seats, '0h0');
  t.same(areas['hall'], { free: 2, held: 1, sold: 0 });
});

t.test('an area is sold to its last place and not further', async (t) => {
  await shop.sell('floor', saleOf([floorOf(100)]));
  const answers = await Promise.all(Array.from({ length: 400 }, (_, i) =>
    place('floor', i, { areaId: 'floor', quantity: 1 + i % 3 })));
  const held = answers.flatMap(({ status, body }) =>
    (status === 201 ? (body['items'] as unknown[]) : [])).length;
  t.equal(held, 100, 'claims of one fill what claims of three leave');
  t.same((await shop.check('floor')).areas['floor'], { free: 0, held: 100, sold: 0 });
});

t.test('best available seats of all buyers are different seats, and always together', async (t) => {
  await shop.sell('best',
    saleOf([hallOf(['A', 'B', 'C', 'D'].map((row) => rowOf(row, 20, { aisleAfter: [10] })))]));
  const answers = await Promise.all(Array.from({ length: 60 }, (_, i) =>
    place('best', i, { areaId: 'hall', bestAvailable: 2 })));
  const given = answers.filter(({ status }) => status === 201)
    .map(({ body }) => (body['items'] as { seatId: string }[]).map(({ seatId }) => seatId));
  t.equal(given.length, 40, 'every seat found its buyer');
  t.equal(new Set(given.flat()).size, 80);
  for (const [a = '', b = ''] of given) {
    t.equal(a[0], b[0]);
    t.equal(Number(b.slice(1)) - Number(a.slice(1)), 1, `${a} and ${b} are neighbours`);
    t.not(a.slice(1), '10', 'no pair over the aisle');
  }
  await shop.check('best');
});

t.test('holding, ordering and giving back by many at once adds up', async (t) => {
  await shop.sell('mixed', saleOf([hallOf([rowOf('A', 30), rowOf('B', 30)]), floorOf(40)]));
  const contact = { name: 'N', email: 'n@example.org' };
  const results = await Promise.all(Array.from({ length: 160 }, async (_, i) => {
    const item = i % 2 === 0 ? { areaId: 'hall', bestAvailable: 1 + i % 3 } : { areaId: 'floor',
      quantity: 1 };
    const { status, body } = await place('mixed', i, item);
    if (status !== 201) return 0;
    const holdId = String(body['holdId']);
    if (i % 5 === 0) {
      const path = `/v1/sales/mixed/holds/${holdId}`;
      // A machine that is busy with other things may let the service refuse: it is asked again.
      const giveBack = async (n: number) => await awaitThat('it is given back', async () => {
        const answer = await shop.call('DELETE', path, { url: urlOf(n) });
        return answer.status !== 503 && answer.status;
      });
      const given = await Promise.all([0, 1].map(giveBack));
      t.same(given, [204, 204]);
      return 0;
    }
    // Both processes are asked for the same order at the same moment.
    const orders = await Promise.all([0, 1].map((n) => shop.call('POST', '/v1/sales/mixed/orders', {
      url: urlOf(n), key: `o${i}`, body: { buyerId: `b${i}`, holdId, contact, payment: { method: 'free' } },
    })));
    t.same(orders.map((order) => order.status), [201, 201]);
    t.same(orders[0]?.body, orders[1]?.body);
    return orders[0] === undefined ? 0 : (orders[0].body['tickets'] as unknown[]).length;
  }));
  const sold = results.reduce((sum, n) => sum + n, 0);
  const { areas, fold } = await shop.check('mixed');
  t.equal((areas['hall']?.sold ?? 0) + (areas['floor']?.sold ?? 0), sold);
  t.equal((areas['hall']?.held ?? 0) + (areas['floor']?.held ?? 0), 0);
  t.equal(fold.orders.size, results.filter((n) => n > 0).length);
});
