import t from 'tap';
import type { Test } from 'tap';
import { adjustStock } from '../../services/selling/adjust-stock.ts';
import type { InventoryRequest } from '../../services/shared/contracts/inventory-schemas.ts';
import { sumUp } from '../../services/shared/contracts/hold-record.ts';
import { floorOf, hallOf, openDesk, redisUrlOf, rowOf, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';
import type { PlaceAnswer } from '../../services/selling/stock.ts';
import { readEvents, readStock } from '../harness/read-stock.ts';

const adjust = (desk: Desk, request: InventoryRequest) =>
  adjustStock(desk, desk.saleId, request, 'operator:ann 0');

const input = () => saleOf([floorOf(10), floorOf(10, 'gallery'), hallOf([rowOf('A', 2)])], {
  capacity: 20,
  groups: [{ groupId: 'house', capacity: 12, areaIds: ['floor', 'gallery'] }],
  channels: [{ channelId: 'partner', allocations: [{ areaId: 'floor', quantity: 4 }] }],
});

async function refused(t: Test, desk: Desk, request: InventoryRequest, reason: string, detail?: string) {
  const before = await desk.dump();
  const answer = await adjust(desk, request);
  const refusal = 'refusal' in answer ? answer.refusal : answer;
  t.match(refusal, { reason, ...detail !== undefined && { detail } }, JSON.stringify(request));
  t.same(await desk.dump(), before, `${reason} changes nothing`);
}

function totalOf(answer: PlaceAnswer): number {
  if (!answer.ok) throw new Error(answer.reason);
  return sumUp(answer.hold.items, answer.hold.terms).total;
}

t.test('an area, a group and the venue grow and shrink, never below what is taken', async (t) => {
  const desk = await openDesk(t, input());
  await desk.place('a', [{ areaId: 'floor', quantity: 3 }]);
  await desk.confirm('a', 'o');
  await desk.place('b', [{ areaId: 'floor', quantity: 1 }, { areaId: 'gallery', quantity: 2 }]);
  await adjust(desk, { block: { areaId: 'floor', quantity: 1 }, reason: 'camera' });
  await refused(t, desk, { capacity: 8, areaId: 'floor' }, 'capacity_in_use', '9');
  await refused(t, desk, { capacity: 5, groupId: 'house' }, 'capacity_in_use', '6');
  await refused(t, desk, { capacity: 5 }, 'capacity_in_use', '6');
  for (const [request, data] of [
    [{ capacity: 9, areaId: 'floor' }, { version: 2, areaId: 'floor', capacity: 9 }],
    [{ capacity: 6, groupId: 'house' }, { version: 3, groupId: 'house', capacity: 6 }],
    [{ capacity: 6 }, { version: 4, capacity: 6 }],
    [{ capacity: 30, areaId: 'floor' }, { version: 5, areaId: 'floor', capacity: 30 }],
  ] as const) {
    t.match(await adjust(desk, request), { ok: true });
    t.same((await readEvents(desk)).at(-1)?.data, data);
    const before = await desk.dump();
    t.match(await adjust(desk, request), { ok: true });
    t.same(await desk.dump(), before, 'a repeat changes nothing');
  }
  t.match((await readStock(desk)).counters,
    { floor: '25 1 3 1', gallery: '8 2 0 0', house: '0 3 3 0', venue: '0 3 3 0' });
  t.match(await desk.place('c', [{ areaId: 'floor', quantity: 1 }]), { reason: 'sold_out', detail: /^k/ });
  await adjust(desk, { capacity: 7 });
  await adjust(desk, { capacity: 7, groupId: 'house' });
  t.match(await desk.place('c', [{ areaId: 'floor', quantity: 1 }]), { ok: true });
  await readStock(desk);
  await desk.check();
});

t.test('capacity of what there is not', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(10), hallOf([rowOf('A', 2)])]));
  await refused(t, desk, { capacity: 5 }, 'item_unsuitable');
  await refused(t, desk, { capacity: 5, areaId: 'attic' }, 'area_unknown');
  await refused(t, desk, { capacity: 5, areaId: 'hall' }, 'item_unsuitable');
  await refused(t, desk, { capacity: 5, groupId: 'house' }, 'group_unknown');
  await desk.check();
});

t.test('a price changes for whoever claims next; live holds and their orders keep theirs', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(10)]));
  t.equal(totalOf(await desk.place('a', [{ areaId: 'floor', quantity: 2 }])), 2000);
  t.match(await adjust(desk, { price: 1500, categoryId: 'C', ticketType: 'adult' }), { ok: true });
  t.match((await readEvents(desk)).at(-1),
    { type: 'price.changed', data: { version: 2, categoryId: 'C', ticketType: 'adult', price: 1500 } });
  t.equal(totalOf(await desk.place('b', [{ areaId: 'floor', quantity: 2 }])), 3000);
  await desk.confirm('a', 'o');
  t.match((await readEvents(desk)).at(-1), { type: 'order.confirmed', data: { total: 2000 } });
  const before = await desk.dump();
  t.match(await adjust(desk, { price: 1500, categoryId: 'C', ticketType: 'adult' }), { ok: true });
  t.same(await desk.dump(), before, 'a repeat changes nothing');
  await refused(t, desk, { price: 1, categoryId: 'X', ticketType: 'adult' }, 'category_unknown');
  await refused(t, desk, { price: 1, categoryId: 'C', ticketType: 'senior' }, 'ticket_type_unknown');
  await desk.move('close');
  await refused(t, desk, { price: 2, categoryId: 'C', ticketType: 'adult' }, 'sale_closed');
  await refused(t, desk, { price: 1500, categoryId: 'C', ticketType: 'adult' }, 'sale_closed');
  await desk.check();
});

t.test('a process with an older version in memory: its claims and its changes are made anew', async (t) => {
  const desk = await openDesk(t, input());
  const other = await openDesk(t, input(), { redisUrl: redisUrlOf(desk) });
  await other.sale();
  await adjust(desk, { price: 1100, categoryId: 'C', ticketType: 'adult' });
  t.equal(totalOf(await other.place('a', [{ areaId: 'floor', quantity: 1 }])), 1100);
  await Promise.all([
    adjust(desk, { price: 1200, categoryId: 'C', ticketType: 'adult' }),
    adjust(other, { price: 600, categoryId: 'C', ticketType: 'child' }),
    adjust(desk, { capacity: 15, areaId: 'floor' }),
  ]).then((answers) => t.match(answers, [{ ok: true }, { ok: true }, { ok: true }]));
  await desk.directory.reload('hamlet');
  const { definition } = await desk.sale();
  t.match(definition,
    { version: 5, categories: [{ prices: { adult: 1200, child: 600 } }], areas: [{ capacity: 15 }] },
    'no change undoes another');
  await desk.check();
});

t.test('one verb at a time, with what belongs to it', async (t) => {
  const desk = await openDesk(t, input());
  const odd: InventoryRequest[] = [
    {}, { reason: 'x' }, { price: 1 }, { price: 1, categoryId: 'C' }, { capacity: 5, price: 3 },
    { capacity: 5, areaId: 'floor', groupId: 'house' }, { capacity: 5, reason: 'x' },
    { block: { areaId: 'floor', quantity: 1 } }, { block: {}, reason: 'x' },
    { block: { areaId: 'floor' }, reason: 'x' },
    { block: { areaId: 'floor', seatIds: ['A1'] }, reason: 'x' }, { block: { quantity: 1 }, reason: 'x' },
    { allocate: { channelId: null, areaId: 'floor', quantity: 1 } }, { allocate: { channelId: 'partner' } },
    { release: {} }, { release: { all: true, areaId: 'hall' } },
  ];
  for (const request of odd) await refused(t, desk, request, 'request_invalid');
  await desk.check();
});
