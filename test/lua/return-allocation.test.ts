import t from 'tap';
import { adjustStock } from '../../services/selling/adjust-stock.ts';
import { partitionKeys, saleKeyList, saleKeys } from '../../services/shared/contracts/keys.ts';
import type { ItemRequest } from '../../services/shared/contracts/http-schemas.ts';
import { floorOf, hallOf, openDesk, rowOf, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';
import { readEvents, readStock } from '../harness/read-stock.ts';

const HOUR_MS = 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString();

/** Floor of 10, 4 the partner's; a row of eight: A1, A2 the partner's, A3, A4 the office's, A5 accessible. */
function input(partnerReturnsAt: string | null, officeReturnsAt: string | null = null) {
  const row = rowOf('A', 8);
  Object.assign(row.seats[4] ?? {}, { accessible: true });
  return saleOf([floorOf(10), hallOf([row])], {
    allowStrandedSeats: true,
    channels: [
      { channelId: 'partner', returnsAt: partnerReturnsAt,
        allocations: [{ areaId: 'floor', quantity: 4 }, { seatIds: ['A1', 'A2'] }] },
      { channelId: 'office', returnsAt: officeReturnsAt, allocations: [{ seatIds: ['A3', 'A4'] }] },
    ],
  });
}

const sweep = ({ stock, partition, saleId }: Desk) => stock.call(partition, 'return-allocation',
  [partitionKeys(partition).due, ...saleKeyList(partition, saleId)], ['system', saleId, '', '']);
const dueMs = ({ redis, partition, saleId }: Desk) => redis.zscore(partitionKeys(partition).due, saleId);

/** As if its time had come, with nobody having noticed. */
const letTimeCome = async ({ redis, partition, saleId }: Desk, returnsAt = 'A1') =>
  redis.hset(saleKeys(partition, saleId).sale, { returnsAt });

t.test('seats of a channel come back from every row that has some, and from no other', async (t) => {
  const rows = ['A', 'B', 'C'].map((row) => rowOf(row, 3));
  const desk = await openDesk(t, saleOf([hallOf(rows)], {
    channels: [{ channelId: 'partner', allocations: [{ seatIds: ['B2', 'C1', 'C3'] }] },
      { channelId: 'office', allocations: [{ seatIds: ['A2', 'C2'] }] }],
  }));
  t.equal((await readStock(desk)).seats, '0B00A0ABA');
  await desk.place('a', [{ seatIds: ['C1'] }], { opened: 'A' });
  await letTimeCome(desk);
  t.equal(await sweep(desk), 'ok');
  const { seats, homes } = await readStock(desk);
  t.same([seats, homes], ['0B0000hB0', '0B00000B0']);
  await desk.release('a');
  t.equal((await readStock(desk)).seats, '0B00000B0');
  await desk.check();
});

t.test('a sale with a time of return is due then, whatever lapses before', async (t) => {
  const returnsAtMs = Date.now() + HOUR_MS;
  const desk = await openDesk(t, input(iso(returnsAtMs), iso(returnsAtMs + HOUR_MS)));
  t.equal(await dueMs(desk), String(returnsAtMs));
  await desk.setHoldMs(20);
  await desk.place('a', [{ areaId: 'floor', quantity: 1 }]);
  t.ok(Number(await dueMs(desk)) < returnsAtMs);
  await desk.awaitLapse();
  t.equal(await desk.expire(), 1);
  t.equal(await dueMs(desk), String(returnsAtMs));
  t.equal(await sweep(desk), 'ok');
  t.same((await readEvents(desk)).filter(({ type }) => type === 'allocation.returned'), []);
  t.equal(await dueMs(desk), String(returnsAtMs), 'too early: nothing happens');
  await desk.check();
});

t.test('when its time has come, what is left is for everybody, once', async (t) => {
  const desk = await openDesk(t, input(iso(Date.now() + HOUR_MS)));
  await desk.place('p', [{ areaId: 'floor', quantity: 3 }, { seatIds: ['A1'] }], { opened: 'A' });
  await letTimeCome(desk);
  await desk.redis.zadd(partitionKeys(desk.partition).due, 1, 'hamlet');
  t.same(await desk.stock.call(desk.partition, 'expire-holds',
    [partitionKeys(desk.partition).due, ...saleKeyList(desk.partition, 'hamlet')], ['hamlet', 10]), [0, 0, 1],
  'the sweeper is told');
  t.equal(await dueMs(desk), '1', 'and told again until it has done it');
  t.equal(await sweep(desk), 'ok');
  t.match((await readEvents(desk)).at(-1),
    { type: 'allocation.returned', actor: 'system', data: { channelId: 'partner' } });
  let stock = await readStock(desk);
  t.match(stock, { seats: 'h0BBw000', homes: '00BBw000', returned: 'A', allotted: {} });
  t.not(await dueMs(desk), '1');
  const before = await desk.dump();
  await sweep(desk);
  t.same(await desk.dump(), before, 'a second sweep changes nothing');
  await desk.release('p');
  stock = await readStock(desk);
  t.match(stock, { seats: '00BBw000', counters: { floor: '10 0 0 0' }, allotted: {} },
    'what the channel had held is for everybody as well');
  await desk.check();
});

t.test('a late sweeper changes no answer', async (t) => {
  const claims: ItemRequest[][] = [
    [{ areaId: 'floor', quantity: 9 }], [{ areaId: 'hall', bestAvailable: 4 }], [{ bestAvailable: 3 }],
    [{ seatIds: ['A1', 'A2', 'A3'] }], [{ areaId: 'hall', bestAvailable: 5, adjacent: 'preferred' }],
    [{ areaId: 'hall', bestAvailable: 5 }],
  ];
  for (const items of claims) {
    const answers = [];
    for (const isLate of [false, true]) {
      const desk = await openDesk(t, input(iso(Date.now() + HOUR_MS), iso(Date.now() + HOUR_MS)));
      await letTimeCome(desk, 'A1 B1');
      if (!isLate) await sweep(desk);
      const answer = await desk.place('a', items);
      await desk.check();
      const { seats, homes, counters, allotted, returned } = await readStock(desk);
      const events = (await readEvents(desk)).map(({ type }) => type);
      const told = answer.ok ? answer.hold.items : [answer.reason, answer.detail];
      answers.push({ told, seats, homes, counters, allotted, returned, events });
    }
    t.same(answers[1], answers[0], JSON.stringify(items));
  }
});

t.test('an operator returns a channel early, and may give it something again', async (t) => {
  const returnsAtMs = Date.now() + HOUR_MS;
  const desk = await openDesk(t, input(iso(returnsAtMs)));
  const adjust = (request: Parameters<typeof adjustStock>[2]) =>
    adjustStock(desk, 'hamlet', request, 'operator:ann 0');
  t.match(await adjust({ returnAllocation: 'nobody' }), { reason: 'channel_unknown' });
  t.match(await adjust({ returnAllocation: 'partner' }), { ok: true });
  t.match((await readEvents(desk)).at(-1), { type: 'allocation.returned', actor: 'operator:ann' });
  const before = await desk.dump();
  t.match(await adjust({ returnAllocation: 'partner' }), { ok: true });
  t.same(await desk.dump(), before, 'a repeat changes nothing');
  t.match(await desk.place('x', [{ seatIds: ['A1', 'A2'] }]), { ok: true });
  t.equal(await dueMs(desk) === String(returnsAtMs), false);

  await adjust({ allocate: { channelId: 'partner', areaId: 'floor', quantity: 2 } });
  t.match(await readStock(desk), { returned: '', allotted: { 'floor partner': 2 } });
  await desk.place('p', [{ areaId: 'floor', quantity: 2 }], { opened: 'A' });
  await desk.release('p');
  t.match(await readStock(desk), { allotted: { 'floor partner': 2 } });

  await letTimeCome(desk);
  t.match(await adjust({ allocate: { channelId: 'partner', areaId: 'floor', quantity: 3 } }),
    { refusal: { reason: 'allocation_returned' } });
  t.match(await adjust({ allocate: { channelId: 'partner', seatIds: ['A6'] } }),
    { refusal: { reason: 'allocation_returned' } });
  t.match(await readStock(desk), { returned: 'A', allotted: {}, seats: 'hhBBw000' });
  await desk.check();
});

t.test('several channels, a closed sale, and one that is suspended', async (t) => {
  const desk = await openDesk(t, input(iso(Date.now() + HOUR_MS), iso(Date.now() + HOUR_MS)));
  await desk.move('close');
  await letTimeCome(desk, 'A1 B2');
  const { sale } = saleKeys(desk.partition, 'hamlet');
  await desk.redis.hset(sale, { state: 'recovering' });
  const before = await desk.dump();
  t.equal(await sweep(desk), 'recovering\t');
  t.same(await desk.dump(), before);
  await desk.redis.hset(sale, { state: 'closed' });
  t.equal(await sweep(desk), 'ok');
  t.match(await readStock(desk), { returned: 'AB', seats: '0000w000' });
  t.equal(await dueMs(desk), null);
  await desk.check();
});
