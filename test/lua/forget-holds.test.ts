import t from 'tap';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, openDesk, saleOf } from '../harness/open-desk.ts';

t.test('records of ended holds are forgotten from a time on, those of live holds never', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(20)]));
  const one = [{ areaId: 'floor', quantity: 1 }];
  for (const id of ['live', 'released', 'ordered', 'late']) await desk.place(id, one);
  await desk.release('released');
  await desk.confirm('ordered', 'o1');
  await new Promise((resolve) => setTimeout(resolve, 5));
  const [seconds, micros] = await desk.redis.time();
  const nowMs = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await desk.release('late');

  t.equal(await desk.forget(nowMs - 60_000), 0, 'they answer repeats until their day is over');
  t.equal(await desk.forget(nowMs, 1), 1);
  t.equal(await desk.forget(nowMs), 1);
  t.equal(await desk.forget(nowMs), 0);
  await desk.check();
  t.match(await desk.release('released'), { ok: false, reason: 'hold_unknown' });
  t.ok((await desk.release('late')).ok, 'what ended later is still known');
  t.ok((await desk.confirm('live', 'o2')).ok);
  t.ok((await desk.confirm('ordered', 'o1')).ok, 'orders are never forgotten');
  await desk.check();
});

t.test('with its holds a buyer is forgotten who has nothing and need not wait', async (t) => {
  const hoarding = { holdSeconds: 3600, coolDownSeconds: 60, coolDownSecondsMax: 600 };
  const desk = await openDesk(t, saleOf([floorOf(20)], { hoarding }));
  const one = [{ areaId: 'floor', quantity: 1 }];
  const known = async () =>
    Object.keys(await desk.redis.hgetall(saleKeys(desk.partition, desk.saleId).buyers)).toSorted();
  await desk.place('late', one, { buyerId: 'late' });
  await desk.release('late', 'late');
  await desk.place('live', one, { buyerId: 'holds' });
  // Time enough to end them by hand, and a cap that is soon forgotten.
  await desk.setHoldMs(5_000, 20);
  const ended = { gone: 'gone', bought: 'bought', 'of-holds': 'holds' };
  for (const [id, buyerId] of Object.entries(ended)) await desk.place(id, one, { buyerId });
  await desk.release('gone', 'gone');
  await desk.release('of-holds', 'holds');
  await desk.confirm('bought', 'o1', { buyerId: 'bought' });
  await desk.setHoldMs(20, 20);
  await desk.place('lapsed', one, { buyerId: 'lapsed' });
  await desk.awaitLapse();
  t.equal(await desk.expire(), 1);
  // Until the place that was given back is not remembered any more.
  await new Promise((resolve) => setTimeout(resolve, 50));

  const all = ['bought', 'gone', 'holds', 'lapsed', 'late'];
  t.same(await known(), all);
  t.equal(await desk.forget(Date.now() - 60_000), 0);
  t.same(await known(), all, 'not before the records go');
  t.equal(await desk.forget(Date.now() + 60_000), 5);
  t.same(await known(), ['bought', 'holds', 'lapsed', 'late'],
    'who bought, holds, cools down, or gave back what still counts stays');
});
