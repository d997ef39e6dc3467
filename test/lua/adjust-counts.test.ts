import t from 'tap';
import type { Test } from 'tap';
import { adjustStock } from '../../services/selling/adjust-stock.ts';
import type { InventoryRequest } from '../../services/shared/contracts/inventory-schemas.ts';
import { partitionKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, hallOf, openDesk, rowOf, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';
import { readEvents, readStock } from '../harness/read-stock.ts';
import { setClockOf } from '../harness/set-clock.ts';

const adjust = (desk: Desk, request: InventoryRequest) =>
  adjustStock(desk, desk.saleId, request, 'operator:ann 0');
const block = (quantity: number, areaId = 'floor'): InventoryRequest =>
  ({ block: { areaId, quantity }, reason: 'camera' });
const allocate = (channelId: string, quantity: number): InventoryRequest =>
  ({ allocate: { channelId, areaId: 'floor', quantity } });

const input = (more: Partial<ReturnType<typeof saleOf>> = {}) =>
  saleOf([floorOf(10), floorOf(10, 'gallery'), hallOf([rowOf('A', 2)])], {
    groups: [{ groupId: 'house', capacity: 12, areaIds: ['floor', 'gallery'] }],
    channels: [
      { channelId: 'partner', allocations: [{ areaId: 'floor', quantity: 4 }] }, { channelId: 'office' },
    ],
    ...more,
  });

async function refused(t: Test, desk: Desk, request: InventoryRequest, reason: string, detail?: string) {
  const before = await desk.dump();
  const answer = await adjust(desk, request);
  const refusal = 'refusal' in answer ? answer.refusal : answer;
  t.match(refusal, { reason, ...detail !== undefined && { detail } }, JSON.stringify(request));
  t.same(await desk.dump(), before, `${reason} changes nothing`);
}

t.test('blocking says how many in all; the log has the difference', async (t) => {
  const desk = await openDesk(t, input());
  for (const [request, type, quantity] of [
    [block(3), 'stock.blocked', 3],
    [block(5), 'stock.blocked', 2],
    [{ unblock: { areaId: 'floor', quantity: 1 }, reason: 'camera gone' }, 'stock.unblocked', 4],
  ] as const) {
    t.match(await adjust(desk, request), { ok: true });
    t.match((await readEvents(desk)).at(-1), { type, data: { areaId: 'floor', quantity } });
    const before = await desk.dump();
    t.match(await adjust(desk, request), { ok: true });
    t.same(await desk.dump(), before, 'a repeat changes nothing');
  }
  t.match((await readStock(desk)).counters, { floor: '9 0 0 1', house: '12 0 0 0' },
    'what is blocked is not in the way of a capacity above it');
  await desk.check();
});

t.test('a sale without channels can be blocked, enlarged and made smaller', async (t) => {
  const desk = await openDesk(t, input({ channels: [] }));
  t.match(await adjust(desk, block(3)), { ok: true });
  t.match(await adjust(desk, { capacity: 12, areaId: 'floor' }), { ok: true });
  await refused(t, desk, block(13), 'stock_in_use', 'f9');
  await refused(t, desk, { capacity: 2, areaId: 'floor' }, 'capacity_in_use');
  t.match((await readStock(desk)).counters, { floor: '9 0 0 3' });
  await desk.check();
});

t.test('what is held, sold or set aside cannot be blocked', async (t) => {
  const desk = await openDesk(t, input());
  await desk.place('a', [{ areaId: 'floor', quantity: 2 }]);
  await desk.place('b', [{ areaId: 'floor', quantity: 1 }]);
  await desk.confirm('b', 'o');
  await refused(t, desk, block(4), 'stock_in_use', 'f3');
  t.match(await adjust(desk, block(3)), { ok: true });
  t.match(await desk.place('c', [{ areaId: 'floor', quantity: 1 }]), { reason: 'sold_out' });
  t.match(await desk.place('d', [{ areaId: 'floor', quantity: 4 }], { opened: 'A' }), { ok: true });
  t.match((await readStock(desk)).counters, { floor: '0 6 1 3' });
  await refused(t, desk, block(1, 'attic'), 'area_unknown');
  await refused(t, desk, block(1, 'hall'), 'item_unsuitable');
  await desk.check();
});

t.test('a channel gets more, less or nothing of an area; what it holds comes back to it', async (t) => {
  const desk = await openDesk(t, input());
  await desk.place('p', [{ areaId: 'floor', quantity: 3 }], { opened: 'A' });
  t.match(await adjust(desk, allocate('partner', 5)), { ok: true });
  t.same((await readEvents(desk)).at(-1)?.data, { areaId: 'floor', channelId: 'partner', quantity: 5 });
  const before = await desk.dump();
  t.match(await adjust(desk, allocate('partner', 5)), { ok: true });
  t.same(await desk.dump(), before, 'a repeat changes nothing');
  await refused(t, desk, allocate('partner', 8), 'allocation_too_large', 'f7');
  await refused(t, desk, allocate('office', 3), 'allocation_too_large', 'f2');
  t.match(await adjust(desk, allocate('office', 2)), { ok: true });
  t.match(await desk.place('x', [{ areaId: 'floor', quantity: 1 }]), { reason: 'sold_out' });
  t.match(await desk.place('y', [{ areaId: 'floor', quantity: 2 }], { opened: 'B' }), { ok: true });
  t.match(await adjust(desk, allocate('partner', 0)), { ok: true });
  t.match(await desk.place('z', [{ areaId: 'floor', quantity: 5 }]), { ok: true });
  await desk.release('p');
  const { counters, allotted } = await readStock(desk);
  t.match([counters['floor'], allotted], ['3 7 0 0', { 'floor partner': 3 }]);
  await refused(t, desk, allocate('nobody', 1), 'channel_unknown');
  await desk.check();
});

t.test('in the millisecond of its return a channel gets nothing any more, before it does', async (t) => {
  const returnsAtMs = Date.UTC(2100, 0, 1);
  const channels = [{ channelId: 'partner', returnsAt: new Date(returnsAtMs).toISOString() }];
  const desk = await openDesk(t, input({ channels }));
  const at = setClockOf(desk.redis);
  at(returnsAtMs - 1);
  t.match(await adjust(desk, allocate('partner', 2)), { ok: true });
  at(returnsAtMs);
  const late = await adjust(desk, allocate('partner', 3));
  t.match('refusal' in late ? late.refusal : late, { reason: 'allocation_returned' });
  t.same((await readEvents(desk)).at(-1)?.type, 'allocation.returned', 'that it noticed stays');
  t.same((await readStock(desk)).allotted, {});
  await desk.check();
});

t.test('two operators and many buyers at once: nothing is set aside twice, nothing oversold', async (t) => {
  const desk = await openDesk(t, input({ groups: [] }));
  const steps = Array.from({ length: 60 }, (_, i) => async () => {
    if (i % 6 === 0) return adjust(desk, block(i % 5));
    if (i % 6 === 1) return adjust(desk, allocate('partner', i % 7));
    if (i % 6 === 2) return adjust(desk, { capacity: 12 + i % 9, areaId: 'floor' });
    if (i % 6 === 3) return Promise.all([desk.release(`h${i - 4}`), desk.release(`h${i - 5}`)]);
    const shown = i % 2 === 0 ? {} : { opened: 'A' };
    return desk.place(`h${i}`, [{ areaId: 'floor', quantity: 1 + i % 3 }], shown);
  });
  for (let first = 0; first < steps.length; first += 12) {
    await Promise.all(steps.slice(first, first + 12).map((step) => step()));
    await readStock(desk);
  }
  const types = new Set((await readEvents(desk)).map(({ type }) => type));
  for (const type of ['stock.blocked', 'allocation.changed', 'capacity.changed', 'hold.placed'] as const) {
    t.ok(types.has(type), type);
  }
  await desk.check();
});

const moveTo = (channelId: string, quantity: number, fromChannelId: string): InventoryRequest =>
  ({ allocate: { channelId, areaId: 'floor', quantity, fromChannelId } });

t.test('a share goes from one channel to another in one step, both of which are in one entry', async (t) => {
  const desk = await openDesk(t, input());
  const entries = () => desk.redis.xlen(partitionKeys(desk.partition).outbox);
  for (const [request, first, second] of [
    [moveTo('office', 3, 'partner'), ['partner', 1], ['office', 3]],
    [moveTo('office', 1, 'partner'), ['office', 1], ['partner', 3]],
    [moveTo('partner', 4, 'office'), ['office', 0], ['partner', 4]],
  ] as const) {
    const count = await entries();
    t.match(await adjust(desk, request), { ok: true });
    t.equal(await entries(), count + 1, 'no crash can part them');
    t.match((await readEvents(desk)).slice(-2), [first, second].map(([channelId, quantity]) =>
      ({ type: 'allocation.changed', data: { areaId: 'floor', channelId, quantity } })));
    const before = await desk.dump();
    t.match(await adjust(desk, request), { ok: true });
    t.same(await desk.dump(), before, 'a repeat changes nothing');
  }
  await refused(t, desk, moveTo('office', 5, 'partner'), 'allocation_too_large', 'f4');
  await refused(t, desk, moveTo('office', 1, 'office'), 'request_invalid');
  await refused(t, desk, moveTo('office', 1, 'nobody'), 'channel_unknown');
  const seatIds = ['A1'];
  await refused(t, desk, { allocate: { channelId: 'office', seatIds, fromChannelId: 'partner' } },
    'request_invalid');
  await desk.check();
});

t.test('nothing goes to or from a channel whose time is over', async (t) => {
  const desk = await openDesk(t, input({ channels: [
    { channelId: 'partner', allocations: [{ areaId: 'floor', quantity: 4 }] },
    { channelId: 'office', returnsAt: '2020-01-01T00:00:00.000Z' },
  ] }));
  await adjust(desk, { returnAllocation: 'office' });
  await refused(t, desk, moveTo('office', 2, 'partner'), 'allocation_returned');
  await refused(t, desk, moveTo('partner', 2, 'office'), 'allocation_returned');
  await refused(t, desk, moveTo('partner', 5, 'office'), 'allocation_too_large', 'f4');
  t.match(await adjust(desk, moveTo('partner', 4, 'office')), { ok: true }, 'so it is already');
  await desk.check();
});

t.test('while shares go to and fro, nobody else gets what is moved and none is lost', async (t) => {
  const desk = await openDesk(t, input({ groups: [], channels: [
    { channelId: 'partner', allocations: [{ areaId: 'floor', quantity: 4 }] },
    { channelId: 'office', allocations: [{ areaId: 'floor', quantity: 4 }] },
  ] }));
  const one = [{ areaId: 'floor', quantity: 1 }];
  const answers = { public: 0, channels: 0 };
  for (let round = 0; round < 12; round++) {
    const [to, from] = round % 2 === 0 ? ['office', 'partner'] : ['partner', 'office'];
    await Promise.all([
      ...Array.from({ length: 4 }, (_, i) => adjust(desk, moveTo(to, (round + 2 * i) % 8, from))),
      ...Array.from({ length: 6 }, async (_, i) => {
        const answer = await desk.place(`p${round}-${i}`, one);
        if (answer.ok) answers.public += 1;
      }),
    ]);
    if (round % 2 === 1) {
      const opened = await desk.place(`c${round}`, one, { opened: 'AB' });
      if (opened.ok) answers.channels += 1;
    }
    await desk.check();
  }
  t.equal(answers.public, 2, 'what no channel has');
  t.equal(answers.channels, 6);
  t.ok((await desk.place('rest', [{ areaId: 'floor', quantity: 2 }], { opened: 'AB' })).ok);
  t.match((await readStock(desk)).counters, { floor: '0 10 0 0' });
  await desk.check();
});
