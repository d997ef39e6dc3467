import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import t from 'tap';
import { partitionOf } from '../../../../services/shared/contracts/partition-of.ts';
import type { SeatingPlan } from '../../../../services/shared/contracts/seating-plan.ts';
import { floorOf, hallOf, rowOf, saleOf } from '../../../harness/open-desk.ts';
import { openShop } from '../../../harness/open-shop.ts';
import type { ShopAnswer } from '../../../harness/open-shop.ts';

const shop = await openShop(t);
const put = (saleId: string, body: unknown) => shop.call('PUT', `/admin/v1/sales/${saleId}`, { body });

function planOf(name: string): SeatingPlan {
  const file = new URL(`../../../../services/legacy/venues/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as SeatingPlan;
}

t.test('a sale is made, changed, and told as it is', async (t) => {
  const input = saleOf([hallOf([rowOf('A', 2)]), floorOf(5)], { holdSeconds: 3600 });
  const made = await put('made', input);
  t.equal(made.status, 201);
  t.match(made.body,
    { saleId: 'made', state: 'draft', version: 1, name: 'Hamlet', currency: 'EUR', opensAt: null,
    holdSeconds: 3600, holdSecondsMax: 3600, paymentMethods: ['free'],
    areas: [{ areaId: 'hall', kind: 'seated', capacity: 2,
      rows: [{ rowId: 'A', seats: [{ seatId: 'A1' }, {}] }] },
      { areaId: 'floor', kind: 'general', capacity: 5, categoryId: 'C' }] });
  t.same(await put('made', input).then(({ status, body }) => [status, body]), [200, made.body]);
  t.same((await shop.call('GET', '/admin/v1/sales/made')).body, made.body);
  const { promotions, partition, ...open } = made.body;
  t.same([promotions, partition], [[], partitionOf('made', 64)]);
  t.same((await shop.call('GET', '/v1/sales/made', { token: '' })).body, open);
  t.match(await put('made', { ...input, name: 'Hamlet II' }),
    { status: 200, body: { version: 2, name: 'Hamlet II' } });
  t.match(await shop.call('POST', '/admin/v1/sales/made/open'),
    { status: 200, body: { state: 'open', version: 2 } });
  t.match(await put('made', { ...input, areas: [floorOf(6)] }),
    { status: 409, body: { code: 'sale_already_open' } });
  const { events } = await shop.check('made');
  const traceId = made.headers.get('x-trace-id');
  t.match(events[0], { actor: 'operator:ann', causationid: traceId, correlationid: traceId });
});

t.test('states by verb, each repeatable', async (t) => {
  await put('verbs', saleOf([floorOf(5)]));
  const move = async (verb: string) => {
    const { status, body } = await shop.call('POST', `/admin/v1/sales/verbs/${verb}`);
    return [status, body['state'] ?? body.code];
  };
  t.same(await move('pause'), [409, 'sale_not_open']);
  for (const _ of [1, 2]) t.same(await move('open'), [200, 'open']);
  for (const _ of [1, 2]) t.same(await move('pause'), [200, 'paused']);
  t.same(await move('open'), [409, 'sale_paused']);
  for (const _ of [1, 2]) t.same(await move('resume'), [200, 'open']);
  for (const _ of [1, 2]) t.same(await move('close'), [200, 'closed']);
  t.same(await move('open'), [409, 'sale_closed']);
  t.match(await put('verbs', saleOf([floorOf(6)])), { status: 409, body: { code: 'sale_closed' } });
  for (const verb of ['open', 'pause', 'resume', 'close']) {
    t.match(await shop.call('POST', `/admin/v1/sales/nothing/${verb}`),
      { status: 404, body: { code: 'sale_unknown' } });
  }
});

for (const [name, capacity, areas] of [['old-theatre', 786, 2], ['northern-arena', 20_000, 40]] as const) {
  t.test(`the whole plan of ${name} as layout`, async (t) => {
    const layout = planOf(name);
    const categories = layout.categories.map((c, i) =>
      ({ categoryId: c.name, prices: { adult: 1000 * (i + 1) } }));
    const made = await put(name, { name, currency: 'EUR', categories: [...categories,
      { categoryId: 'Standing', prices: { adult: 1 } }], layout,
    areas: [{ areaId: 'standing', kind: 'general', capacity: 1000, categoryId: 'Standing' }],
      buyerLimit: 1000 });
    t.equal(made.status, 201);
    await shop.call('POST', `/admin/v1/sales/${name}/open`);
    const available = (await shop.call('GET',
      `/v1/sales/${name}/availability`)).body['areas'] as { free: number }[];
    t.equal(available.length, areas + 1);
    t.equal(available.reduce((sum, { free }) => sum + free, 0), capacity + 1000);
    const first = (made.body['areas'] as { areaId: string }[])[0]?.areaId;
    const placed = await shop.call('POST', `/v1/sales/${name}/holds`, { body: { buyerId: 'b',
      items: [{ areaId: first, bestAvailable: 4 }, { areaId: 'standing', quantity: 2 }] } });
    t.equal(placed.status, 201, JSON.stringify(placed.body));
    const seats = (await shop.call('GET', `/v1/sales/${name}/seats`)).body['areas'] as { states: string }[];
    t.equal(seats[0]?.states.match(/h+/)?.[0], 'hhhh');
    await shop.check(name);
  });
}

t.test('a definition that is not valid is 422 and names the field', async (t) => {
  const good = saleOf([hallOf([rowOf('A', 2)]), floorOf(5)]);
  const seat = rowOf('A', 1).seats[0];
  const layout = { name: 'p', categories: [{ name: 'C' }],
    zones: [{ name: 'Pit', rows: [{ row_number: '1', seats: [
    { seat_guid: 'x', seat_number: '1', position: { x: 0, y: 0 }, category: 'C' },
    { seat_guid: 'x', seat_number: '2', position: { x: 1, y: 0 }, category: 'C' }] }] }] };
  const bad: [field: string, body: unknown][] = [
    ['/areas/0/rows/0/seats/1/seatId',
      { ...good, areas: [hallOf([{ rowId: 'A', seats: [seat, seat] as never }])] }],
    ['/categories/0/prices', { ...good, categories: [{ categoryId: 'C', prices: {} }] }],
    ['/areas/0/capacity', { ...good, areas: [floorOf(-3)] }],
    ['/areas/0/rows', { ...good, areas: [hallOf([])] }],
    ['/areas/0/categoryId', { ...good, areas: [{ ...floorOf(3), categoryId: 'X' }] }],
    ['/layout/zones/0/rows/0/seats/1/seat_guid', { ...good, areas: [], layout }],
    ['', { ...good, name: undefined }],
    ['', { ...good, surprise: 1 }],
    ['/name', { ...good, name: '' }],
    ['/name', { ...good, name: 'a\u0000b' }],
    ['/name', { ...good, name: 'half \ud800 a pair' }],
    ['/currency', { ...good, currency: 'eur' }],
    ['/holdSeconds', { ...good, holdSeconds: 0 }],
    ['/holdSeconds', { ...good, holdSeconds: '60' }],
    ['/buyerLimit', { ...good, buyerLimit: 1.5 }],
    ['/opensAt', { ...good, opensAt: 'tomorrow' }],
    ['/closesAt', { ...good, opensAt: '2026-02-01T00:00:00Z', closesAt: '2026-01-01T00:00:00Z' }],
    ['/paymentMethods/0', { ...good, paymentMethods: ['gold'] }],
    ['/categories', { ...good, categories: [] }],
    ['/categories/0/prices', { ...good, categories: [{ categoryId: 'C', prices: { Adult: 1 } }] }],
    ['/categories/0/prices/adult', { ...good, categories: [{ categoryId: 'C', prices: { adult: '1' } }] }],
    ['/areas/0', { ...good, areas: [{ ...floorOf(5), colour: 'red' }] }],
    ['/areas/0/areaId', { ...good, areas: [floorOf(5, 'Floor 1')] }],
    ['', []],
    ['', 'null'],
  ];
  const before = await shop.dump();
  for (const [field, body] of bad) {
    const answer = await put('bad', body);
    const what = `${field}: ${JSON.stringify(body).slice(0, 60)}`;
    t.match(answer, { status: 422, body: { code: 'sale_definition_invalid', detail: /./ } }, what);
    t.ok((answer.body['errors'] as { field: string }[]).some((error) => error.field === field),
      JSON.stringify(answer.body['errors']));
  }
  t.same(await shop.dump(), before);
  t.match(await shop.call('GET', '/v1/sales/bad'), { status: 404, body: { code: 'sale_unknown' } });
});

t.test('a definition that is no JSON, too large, or for an impossible id', async (t) => {
  const before = await shop.dump();
  const code = async (answer: Promise<ShopAnswer>) => [(await answer).status, (await answer).body.code];
  t.same(await code(put('bad', '{')), [400, 'json_malformed']);
  t.same(await code(put('Bad_Id', saleOf([floorOf(5)]))), [400, 'request_invalid']);
  t.same(await code(put('a'.repeat(64), saleOf([floorOf(5)]))), [400, 'request_invalid']);
  t.match(await announce(33 * 1024 * 1024), /^HTTP\/1\.1 413 [\s\S]*"code":"payload_too_large"/);
  t.same(await shop.dump(), before);
});

/** Says that so many bytes will come, and sends none: the answer comes before them. */
async function announce(bytes: number): Promise<string> {
  const { hostname, port } = new URL(shop.selling.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(
      `PUT /admin/v1/sales/bad HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${shop.stack.adminToken}\r\n`
      + `content-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n`));
    let seen = '';
    socket.on('error', reject);
    socket.on('data', (data) => {
      seen += String(data);
      if (seen.includes('payload_too_large')) socket.destroy();
    });
    socket.on('close', () => resolve(seen));
  });
}
