import t from 'tap';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, openDesk, saleOf } from '../harness/open-desk.ts';
import { setClockOf } from '../harness/set-clock.ts';

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
  await desk.setHoldMs(60_000, 20);
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

t.test('records and buyers are forgotten in the millisecond in which they count no more', async (t) => {
  const nowMs = Date.UTC(2100, 0, 1);
  const desk = await openDesk(t, saleOf([floorOf(20)]), { outboxLimits: { ageMsMax: nowMs } });
  const { buyers, ended, holds } = saleKeys(desk.partition, desk.saleId);
  const holdMaxMs = 30_000;
  await desk.setHoldMs(10_000, holdMaxMs);
  const at = setClockOf(desk.redis);
  const texts = {
    'cooled': `0 0 0 1 ${nowMs} `, 'cooling': `0 0 0 1 ${nowMs + 1} `,
    'returned': `0 0 0 0 0 a0@${nowMs - holdMaxMs}`,
    'returning': `0 0 0 0 0 a0@${nowMs - holdMaxMs - 5},a1@${nowMs - holdMaxMs + 1}`,
  };
  for (const [i, buyerId] of [...Object.keys(texts), 'late'].entries()) {
    at(nowMs - 100_000 + i);
    await desk.place(buyerId, [{ areaId: 'floor', quantity: 1 }], { buyerId });
    await desk.release(buyerId, buyerId);
  }
  await desk.redis.hset(buyers, texts);
  await desk.redis.lpush(ended, 'without-a-record');
  at(nowMs);
  t.equal(await desk.forget(nowMs - 100_000 + 4), 5, 'what ended at that time stays');
  t.same(await desk.redis.lrange(ended, 0, -1), ['late']);
  t.same(await desk.redis.hkeys(holds), ['late']);
  t.same((await desk.redis.hkeys(buyers)).toSorted(), ['cooling', 'late', 'returning']);
});
