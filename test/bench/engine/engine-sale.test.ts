import { Redis } from 'ioredis';
import t from 'tap';
import { arenaSale, floorSale, openEngineDesk } from '../../../bench/engine/engine-sale.ts';
import { measureFloor } from '../../../bench/engine/measure-floor.ts';
import { openRedisGauge } from '../../../bench/engine/redis-gauge.ts';
import { startPrivateRedis } from '../../harness/start-private-redis.ts';
import type { Teardown } from '../../harness/teardown.ts';

async function openBench(t: Teardown) {
  const server = await startPrivateRedis(t, { durable: false });
  const redis = new Redis(server.url);
  t.teardown(() => redis.disconnect());
  return { redis, server, desk: await openEngineDesk(redis) };
}

t.test('every claim is another buyer\'s; what is sold out is refused', async (t) => {
  const { redis, desk } = await openBench(t);
  const sale = await desk.open('bench', floorSale(20));
  const packed = sale.pack([{ areaId: 'floor', quantity: 2 }]);
  const answers = await Promise.all(Array.from({ length: 11 }, () => sale.place(packed)));
  t.same(answers.map(({ ok }) => ok), [...Array.from({ length: 10 }, () => true), false]);
  t.match(answers.at(-1), { reason: 'sold_out' });
  t.equal(await redis.hlen('{p00}:bench:holds'), 10);
  t.equal(await redis.hlen('{p00}:bench:buyers'), 10);
  await desk.trimOutbox();
  t.equal(await redis.xlen('{p00}:outbox'), 0);
});

t.test('a copy of a sale goes its own way from the state it was copied in', async (t) => {
  const { redis, desk } = await openBench(t);
  const arena = await desk.open('arena', arenaSale());
  t.equal(arena.seatedAreaIds.length, 40);
  const [areaId = ''] = arena.seatedAreaIds;
  const pair = arena.pack([{ areaId, bestAvailable: 2 }]);
  t.equal((await arena.place(pair)).ok, true);
  const copy = await desk.copy(arena, 'copy');
  const before = await redis.get('{p00}:arena:seats');
  t.equal(await redis.get('{p00}:copy:seats'), before);
  t.equal((await copy.place(pair)).ok, true);
  t.equal(await redis.get('{p00}:arena:seats'), before);
  t.equal((await redis.get('{p00}:copy:seats'))?.replaceAll(/[^h]/g, '').length, 4);
  await desk.clear();
  t.same(await redis.keys('*'), ['{p00}:generation']);
  t.equal((await (await desk.open('next', floorSale(5))).place(pair)).ok, false, 'it can be used again');
});

t.test('the gauge counts what scripts do, and the floor is claimed as often as it says', async (t) => {
  const { redis, server, desk } = await openBench(t);
  const sale = await desk.open('bench', floorSale(20));
  const packed = sale.pack([{ areaId: 'floor', quantity: 1 }]);
  // The first call finds a Redis that does not know the script yet, and is made twice.
  await sale.place(packed);
  const readWork = await openRedisGauge(redis, process.pid);
  await sale.place(packed);
  const { scriptCalls, scriptUs, commandUs } = await readWork();
  t.equal(scriptCalls, 1);
  t.ok(commandUs > 0 && scriptUs >= commandUs, `${commandUs} of ${scriptUs} µs are commands`);
  const { perSecond } = await measureFloor(redis,
    { server: { ...server, pid: process.pid }, count: 2_000, pipeline: 16 });
  t.ok(perSecond > 0);
  t.same(await redis.keys('*'), [], 'it leaves nothing behind');
});
