import t from 'tap';
import { floorOf, hallOf, openDesk, rowOf, saleOf } from '../harness/open-desk.ts';
import { refuses } from '../harness/refuses.ts';

const best = (n: number) => [{ areaId: 'hall', bestAvailable: n }];

t.test('a released hold gives its seats back once, however often it is said', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 4)]), floorOf(3)]));
  await desk.place('a', [...best(2), { areaId: 'floor', quantity: 3 }]);
  await desk.place('b', best(1));
  t.ok((await desk.release('a')).ok);
  const { areas, seats, events } = await desk.check();
  t.same(areas, { hall: { free: 3, held: 1, sold: 0 }, floor: { free: 3, held: 0, sold: 0 } });
  t.equal(seats.replaceAll('0', ''), 'h');
  t.match(events.at(-1), { type: 'hold.released', data: { holdId: 'a', buyerId: 'buyer' } });

  const before = await desk.dump();
  t.ok((await desk.release('a')).ok);
  const again = await Promise.all([desk.release('a'), desk.release('a')]);
  t.same(again, [{ ok: true, text: '' }, { ok: true, text: '' }]);
  await desk.resend();
  t.same(await desk.dump(), before);
});

t.test('given two releases of one hold in one call, then it ends once', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 4)])]));
  await desk.place('a', best(2));
  await Promise.all([desk.release('a'), desk.release('a'), desk.release('a')]);
  const { events } = await desk.check();
  t.equal(events.filter(({ type }) => type === 'hold.released').length, 1);
});

t.test('a hold that is ordered, unknown or somebody else\'s stays as it is', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 8)])]));
  await desk.place('a', best(2));
  await desk.place('b', best(2));
  await desk.confirm('b', 'o1');
  await refuses(t, desk, () => desk.release('nobody'), 'hold_unknown');
  await refuses(t, desk, () => desk.release('a', 'another'), 'hold_unknown');
  await refuses(t, desk, () => desk.release('b'), 'hold_ordered', 'o1');
});

t.test('given a hold that lapsed unnoticed, when it is released, then it expired', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 4)])]));
  await desk.setHoldMs(20);
  await desk.place('a', best(2));
  await desk.awaitLapse();
  t.ok((await desk.release('a')).ok);
  t.match((await desk.check()).events.at(-1), { type: 'hold.expired', actor: 'system' });
  t.equal(await desk.expire(), 0);
});

t.test('holds can be given back while a sale is paused or closed, not while it recovers', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 4)])]));
  for (const id of ['a', 'b', 'c']) await desk.place(id, best(1));
  await desk.move('pause');
  t.ok((await desk.release('a')).ok);
  await desk.move('close');
  t.ok((await desk.release('b')).ok);
  await desk.check();
  await desk.redis.hset(`{p${String(desk.partition).padStart(2, '0')}}:hamlet:sale`, 'state', 'recovering');
  await refuses(t, desk, () => desk.release('c'), 'recovering');
});
