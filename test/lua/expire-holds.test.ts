import t from 'tap';
import { partitionKeys, saleKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, hallOf, openDesk, rowOf, saleOf } from '../harness/open-desk.ts';
import { setClockOf } from '../harness/set-clock.ts';

const one = [{ areaId: 'floor', quantity: 1 }];
const ten = Array.from({ length: 10 }, (_, i) => `h${i}`);

t.test('given lapsed and live holds, when swept by many, then the lapsed come back once', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 8)]), floorOf(40)]));
  await desk.place('stays', [{ areaId: 'hall', bestAvailable: 2 }]);
  await desk.setHoldMs(40);
  const at = setClockOf(desk.redis);
  const startMs = Date.now() + 1_000;
  at(startMs);
  await Promise.all(ten.map((id) => desk.place(id, [{ areaId: 'floor', quantity: 2 }])));
  await desk.place('seats', [{ areaId: 'hall', bestAvailable: 3 }]);
  t.equal(await desk.expire(), 0, 'nothing has lapsed yet');
  at(startMs + 40);
  const swept = await Promise.all(Array.from({ length: 8 }, () => desk.expire()));
  t.equal(swept.map(Number).reduce((a, b) => a + b), 11);
  const { areas, events } = await desk.check();
  t.same(areas, { hall: { free: 6, held: 2, sold: 0 }, floor: { free: 40, held: 0, sold: 0 } });
  const expired = events.filter(({ type }) => type === 'hold.expired');
  t.equal(expired.length, 11);
  t.ok(expired.every(({ actor }) => actor === 'system'));

  const before = await desk.dump();
  t.equal(await desk.expire(), 0);
  await desk.resend();
  t.same(await desk.dump(), before);
});

t.test('no more than asked for come back in one call', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(40)]));
  await desk.setHoldMs(20);
  const at = setClockOf(desk.redis);
  const startMs = Date.now();
  at(startMs);
  await Promise.all(ten.map((id) => desk.place(id, one)));
  at(startMs + 20);
  t.equal(await desk.expire(4), 4);
  await desk.check();
  t.equal(await desk.expire(4), 4);
  t.equal(await desk.expire(4), 2);
  await desk.check();
});

t.test('the sale is due when its next hold lapses, and never when nothing is left to look at', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(40)]));
  const { due } = partitionKeys(desk.partition);
  await desk.setHoldMs(60_000);
  await desk.place('late', one);
  const lateMs = Number(await desk.redis.zscore(due, 'hamlet'));
  await desk.setHoldMs(20);
  await desk.place('early', one);
  t.ok(Number(await desk.redis.zscore(due, 'hamlet')) < lateMs);
  await desk.awaitLapse();
  t.equal(await desk.expire(), 1);
  t.equal(Number(await desk.redis.zscore(due, 'hamlet')), lateMs);
  await desk.release('late');
  t.equal(await desk.expire(), 0);
  t.equal(Number(await desk.redis.zscore(due, 'hamlet')), lateMs, 'what has ended is found in its time');
  await desk.redis.zadd(saleKeys(desk.partition, 'hamlet').expiry, 1, 'late');
  t.equal(await desk.expire(), 0);
  t.equal(await desk.redis.zscore(due, 'hamlet'), null);
});

t.test('an extended hold is not given back at its first end', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(4)]));
  await desk.setHoldMs(300, 60_000);
  const at = setClockOf(desk.redis);
  const startMs = Date.now();
  at(startMs);
  await desk.place('a', one);
  await desk.setHoldMs(30_000, 60_000);
  t.ok((await desk.extend('a', 'k')).ok);
  at(startMs + 300);
  t.equal(await desk.expire(), 0);
  t.same((await desk.check()).areas['floor'], { free: 3, held: 1, sold: 0 });
});

t.test('lapsed holds come back in a sale that is paused or closed', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(4)]));
  await desk.setHoldMs(20);
  await desk.place('a', one);
  await desk.move('close');
  await desk.awaitLapse();
  t.equal(await desk.expire(), 1);
  await desk.check();
});

t.test('a sweep that stops among holds of one call forgets none that lives longer', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(40)]));
  await desk.setHoldMs(300);
  const at = setClockOf(desk.redis);
  const startMs = Date.now();
  at(startMs);
  await Promise.all([desk.place('a', one), desk.place('b', one)]);
  await desk.setHoldMs(700);
  t.ok((await desk.extend('b', 'k')).ok);
  at(startMs + 300);
  t.equal(await desk.expire(1), 1);
  await desk.expire();
  await desk.check();
  at(startMs + 700);
  t.equal(await desk.expire(), 1, 'it lapses at its own end');
  await desk.check();
});
