import t from 'tap';
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
