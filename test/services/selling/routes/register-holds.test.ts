import { connect } from 'node:net';
import t from 'tap';
import { awaitThat } from '../../../harness/await-that.ts';
import { floorOf, hallOf, rowOf, saleOf } from '../../../harness/open-desk.ts';
import { openShop } from '../../../harness/open-shop.ts';
import type { Shop, ShopAnswer } from '../../../harness/open-shop.ts';

const shop: Shop = await openShop(t);
const holds = (saleId: string) => `/v1/sales/${saleId}/holds`;
const floor = (quantity: number) => ({ items: [{ areaId: 'floor', quantity }] });

t.test('a buyer places, reads, extends and releases a hold', async (t) => {
  await shop.sell('life',
    saleOf([hallOf([rowOf('A', 6)]), floorOf(5)], { holdSeconds: 60, holdSecondsMax: 90 }));
  const { token } = await shop.buyer();
  const items = [{ areaId: 'hall', bestAvailable: 2 }, { areaId: 'floor', quantity: 1, ticketType: 'child' }];
  const placed = await shop.call('POST', holds('life'), { token, body: { items } });
  t.equal(placed.status, 201);
  t.match(placed.body, {
    holdId: /^h_[\w-]{22}$/, total: 2500, currency: 'EUR', expiresAt: /Z$/, expiresAtMax: /Z$/,
    items: [
      { areaId: 'hall', seatId: 'A3', seatLabel: '3', ticketType: 'adult', price: 1000 },
      { areaId: 'hall', seatId: 'A4', seatLabel: '4', ticketType: 'adult', price: 1000 },
      { areaId: 'floor', ticketType: 'child', price: 500 },
    ],
  });
  const path = `${holds('life')}/${String(placed.body['holdId'])}`;
  t.match(await shop.call('GET', path, { token }), { status: 200, body: { ...placed.body, status: 'live' } });
  await new Promise((resolve) => setTimeout(resolve, 5));
  const key = 'extend-1';
  const extended = await shop.call('POST', `${path}/extend`, { token, key });
  t.equal(extended.status, 200);
  t.ok(String(extended.body['expiresAt']) > String(placed.body['expiresAt']));
  t.equal(extended.body['expiresAtMax'], placed.body['expiresAtMax']);
  t.same((await shop.call('POST', `${path}/extend`, { token, key })).body, extended.body);
  t.match(await shop.call('GET', path, { token }), { body: { expiresAt: extended.body['expiresAt'] } });
  for (const _ of [1, 2]) t.equal((await shop.call('DELETE', path, { token })).status, 204);
  t.match(await shop.call('GET', path, { token }), { status: 200, body: { status: 'released' } });
  t.match(await shop.call('POST', `${path}/extend`, { token }),
    { status: 409, body: { code: 'hold_released' } });
  t.same((await shop.call('POST', `${path}/extend`, { token, key })).body, extended.body);
  await shop.check('life');
});

t.test('the same key gets the same answer, whatever came after, from whichever process', async (t) => {
  await shop.sell('repeat', saleOf([floorOf(4)]));
  const other = await shop.startAnother();
  const { token, buyerId } = await shop.buyer();
  const place = (key: string, url?: string, body: unknown = floor(2)) =>
    shop.call('POST', holds('repeat'), { token, key, body, ...(url && { url }) });
  const first = await place('k1');
  t.equal(first.status, 201);
  const same = (answer: ShopAnswer) => t.same([answer.status, answer.body], [201, first.body]);
  same(await place('k1'));
  same(await place('k1', other.url));
  same(await place('k1', other.url, { items: [{ quantity: 2, areaId: 'floor' }], buyerId }));
  t.match(await place('k1', other.url, floor(1)), { status: 422, body: { code: 'idempotency_key_reused' } });
  (await Promise.all(Array.from({ length: 20 }, (_, i) =>
    place('k1', i % 2 ? other.url : undefined)))).forEach(same);

  t.match(await place('k2', other.url, floor(3)),
    { status: 409, body: { code: 'sold_out', areaId: 'floor', free: 2 } });
  same(await place('k1', other.url));
  await shop.call('DELETE', `${holds('repeat')}/${String(first.body['holdId'])}`, { token });
  same(await place('k1', other.url));
  t.equal((await place('k2', undefined, floor(3))).status, 201, 'what was refused is judged anew');
  const another = await shop.buyer();
  const theirs = await shop.call('POST', holds('repeat'),
    { token: another.token, key: 'k1', body: floor(1) });
  t.equal(theirs.status, 201, 'a key is its buyer\'s own');
  t.not(theirs.body['holdId'], first.body['holdId']);
  const { areas } = await shop.check('repeat');
  t.same(areas['floor'], { free: 0, held: 4, sold: 0 });
  await other.stop();
});

t.test('a repeat gets its answer, though the sale does not offer it any more', async (t) => {
  const areas = [floorOf(9), { ...floorOf(9, 'up'), categoryId: 'D' }];
  const sale = (prices: Record<string, number>) => saleOf(areas,
    { categories: [{ categoryId: 'C', prices }, { categoryId: 'D', prices: { adult: 900, child: 400 } }] });
  await shop.sell('dropped', sale({ adult: 1000, child: 500 }));
  const other = await shop.startAnother();
  const { token } = await shop.buyer();
  const place = (key: string, quantity = 1, url?: string) => shop.call('POST', holds('dropped'), { token, key,
    body: { items: [{ areaId: 'floor', quantity, ticketType: 'child' }] }, ...(url && { url }) });
  const first = await place('k1');
  t.equal(first.status, 201);
  t.equal((await shop.call('PUT', '/admin/v1/sales/dropped', { body: sale({ adult: 1000 }) })).status, 200);
  for (const url of [shop.selling.url, other.url]) {
    t.same([(await place('k1', 1, url)).status, (await place('k1', 1, url)).body], [201, first.body]);
    t.match(await place('k1', 2, url), { status: 422, body: { code: 'idempotency_key_reused' } });
    t.match(await place('k2', 1, url), { status: 422, body: { code: 'ticket_type_unknown' } });
  }
  await shop.call('DELETE', `${holds('dropped')}/${String(first.body['holdId'])}`, { token });
  t.same((await place('k1')).body, first.body);
  await shop.check('dropped');
});

t.test('a reply that was lost: the repeat gets the hold, and there is one', async (t) => {
  await shop.sell('lost', saleOf([floorOf(50)]));
  const { token } = await shop.buyer();
  const body = JSON.stringify(floor(1));
  for (let i = 0; i < 5; i++) {
    await sendAndHangUp(shop.selling.url,
      `POST ${holds('lost')} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n`
      + `idempotency-key: lost-${i}\r\ncontent-type: application/json\r\n`
      + `content-length: ${body.length}\r\n\r\n${body}`);
  }
  for (let i = 0; i < 5; i++) {
    t.equal((await shop.call('POST', holds('lost'), { token, key: `lost-${i}`, body })).status, 201);
  }
  t.same((await shop.check('lost')).areas['floor'], { free: 45, held: 5, sold: 0 });
});

t.test('holds that lapse are free again by themselves, once', async (t) => {
  await shop.sell('lapse',
    saleOf([hallOf([rowOf('A', 4)]), floorOf(4)], { holdSeconds: 1, holdSecondsMax: 1 }));
  const key = 'k';
  const { token } = await shop.buyer();
  const body = { items: [{ areaId: 'hall', bestAvailable: 4 }, { areaId: 'floor', quantity: 4 }] };
  const placed = await shop.call('POST', holds('lapse'), { token, key, body });
  t.equal(placed.status, 201);
  const free = async () => {
    const areas = (await shop.call('GET',
      '/v1/sales/lapse/availability')).body['areas'] as { free: number }[];
    return areas.map((area) => area.free);
  };
  const path = `${holds('lapse')}/${String(placed.body['holdId'])}`;
  await awaitThat('its time is over', async () =>
    (await shop.call('GET', path, { token })).body['status'] === 'expired');
  await awaitThat('all is free', async () => String(await free()) === '4,4');
  t.same((await shop.call('POST', holds('lapse'), { token, key, body })).body, placed.body,
    'its repeat is as it was');
  t.match(await shop.call('POST', `${path}/extend`, { token }),
    { status: 409, body: { code: 'hold_expired' } });
  t.equal((await shop.call('DELETE', path, { token })).status, 204);
  const { events } = await shop.check('lapse');
  t.equal(events.filter(({ type }) => type === 'hold.expired').length, 1);
});

t.test('refusals say what would have worked', async (t) => {
  await shop.sell('why', saleOf([hallOf([rowOf('A', 3), rowOf('B', 2)]), floorOf(2)], { buyerLimit: 4 }));
  const place = (items: unknown[], buyerId = 'b1') =>
    shop.call('POST', holds('why'), { body: { buyerId, items } });
  t.equal((await place([{ seatIds: ['A2'] }])).status, 201);
  t.match(await place([{ seatIds: ['A1', 'A2'] }]),
    { status: 409, body: { code: 'seats_taken', seatIds: ['A2'] } });
  t.match(await place([{ areaId: 'hall', bestAvailable: 3 }]),
    { status: 409, body: { code: 'no_adjacent_seats', areaId: 'hall', largest: 2 } });
  t.match(await place([{ areaId: 'floor', quantity: 3 }]),
    { status: 409, body: { code: 'sold_out', areaId: 'floor', free: 2 } });
  t.match(await place([{ areaId: 'hall', bestAvailable: 4 }]),
    { status: 409, body: { code: 'buyer_limit', limit: 4, left: 3 } });
  for (const item of [{ areaId: 'floor', quantity: 1 }, { bestAvailable: 1 }, { seatIds: ['A1'] }]) {
    t.match(await place([{ ...item, ticketType: 'dog' }]),
      { status: 422, body: { code: 'ticket_type_unknown', ticketType: 'dog', ticketTypes: ['adult'] } });
  }
  await shop.call('POST', '/admin/v1/sales/why/pause');
  t.match(await place([{ areaId: 'floor', quantity: 1 }]), { status: 409, body: { code: 'sale_paused' } });
  await shop.check('why');
});

/** Sends a request and cuts the connection as soon as it is written: no reply will reach anybody. */
async function sendAndHangUp(url: string, text: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('connect', () => socket.write(text, () => resolve()));
  });
  socket.destroy();
}
