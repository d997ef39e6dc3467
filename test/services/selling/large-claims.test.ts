import t from 'tap';
import { floorOf, hallOf, openDesk, planOf, rowOf, saleOf } from '../../harness/open-desk.ts';
import { openShop } from '../../harness/open-shop.ts';
import { BUYER_LIMIT_MAX } from '../../../services/shared/contracts/sale-input.ts';

/** 1,000 rows of one seat: every chosen seat is an item of its own for the script. */
const stairs = hallOf(Array.from({ length: 1000 }, (_, i) => rowOf(`R${i}-`, 1)));
const seatIds = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `R${from + i}-1`);
/** The largest body the API reads: 50 items of 100 seats. */
const largest = { items: Array.from({ length: 50 }, (_, i) => ({ seatIds: seatIds(100 * i, 100) })) };

t.test('claims past the limit are refused one by one, and others beside them are served', async (t) => {
  const shop = await openShop(t);
  await shop.sell('s', saleOf([stairs, floorOf(500)], { buyerLimit: 8 }));
  const { token } = await shop.buyer();
  const text = JSON.stringify(largest);
  const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => i % 3 === 0
    ? shop.call('POST', '/v1/sales/s/holds',
      { body: { buyerId: `b${i}`, items: [{ areaId: 'floor', quantity: 1 }] } })
    : shop.call('POST', '/v1/sales/s/holds', { token, body: text })));
  for (const [i, answer] of answers.entries()) {
    if (i % 3 === 0) t.equal(answer.status, 201);
    else t.match(answer, { status: 409, body: { code: 'buyer_limit', limit: 8, left: 8 } });
  }
  await shop.check('s');
});

t.test('a claim past the limit takes as little of a call as one ticket does', async (t) => {
  const desk = await openDesk(t, saleOf([stairs]));
  t.match(planOf(largest.items, await desk.sale()), { head: '1\t5000\t\t\t', steps: '' });
});

t.test('many of the largest claims that a sale may allow, in one turn', async (t) => {
  const limits = { buyerLimit: BUYER_LIMIT_MAX };
  const desk = await openDesk(t, saleOf([stairs, floorOf(500)], limits));
  const items = Array.from({ length: 10 }, (_, i) => ({ seatIds: seatIds(100 * i, 100) }));
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => i % 2
    ? desk.place(`h${i}`, [{ areaId: 'floor', quantity: 1 }], { buyerId: `b${i}` })
    : desk.place(`h${i}`, items, { buyerId: `b${i}` })));
  t.ok(answers[0]?.ok, 'the first has all seats');
  t.ok(answers.every((answer, i) => answer.ok === (i % 2 === 1 || i === 0)));
  t.match(answers[2], { reason: 'seats_taken' });
  const { areas } = await desk.check();
  t.same(areas, { hall: { free: 0, held: 1000, sold: 0 }, floor: { free: 480, held: 20, sold: 0 } });
});

t.test('a claim past a limit that was changed meanwhile', async (t) => {
  const shop = await openShop(t);
  const other = await shop.startAnother();
  const sale = (buyerLimit: number) => saleOf([floorOf(50)], { buyerLimit });
  await shop.sell('s', sale(4));
  const place = (key: string, quantity: number, url = other.url) => shop.call('POST', '/v1/sales/s/holds',
    { key, url, body: { buyerId: 'b', items: [{ areaId: 'floor', quantity }] } });
  const first = await place('k1', 4);
  t.equal(first.status, 201);
  await shop.call('PUT', '/admin/v1/sales/s', { body: sale(10) });
  t.equal((await place('k2', 5)).status, 201, 'the other process has not seen the new limit yet');
  await shop.call('PUT', '/admin/v1/sales/s', { body: sale(2) });
  for (const url of [other.url, shop.selling.url]) {
    t.same((await place('k1', 4, url)).body, first.body, 'a repeat gets its answer all the same');
    t.match(await place('k1', 5, url), { status: 422, body: { code: 'idempotency_key_reused' } });
    t.match(await place('k3', 3, url), { status: 409, body: { code: 'buyer_limit', limit: 2, left: 0 } });
  }
  await shop.call('POST', '/admin/v1/sales/s/pause');
  t.match(await place('k3', 3), { body: { code: 'sale_paused' } });
  await shop.check('s');
});
