/** A Redis that went back in time, and two relays that mend an empty one at once. */
import t from 'tap';
import type { EventData } from '../../../services/shared/contracts/events.ts';
import { partitionKeys } from '../../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../../services/shared/contracts/partition-of.ts';
import { HALL, openRecoveryBench } from './open-recovery-bench.ts';

t.test('Redis has an older state back, generation and all: it is behind the log', async (t) => {
  const bench = await openRecoveryBench(t);
  const { shop, redis } = bench;
  await shop.sell('timon', HALL);
  await bench.buy('timon', 'ann');
  await bench.check('timon');
  const older = new Map<string, Buffer>();
  for (const key of await redis.keys('*')) older.set(key, await redis.dumpBuffer(key) ?? Buffer.of());
  await bench.buy('timon', 'bob');
  await bench.check('timon');
  const generation = partitionKeys(partitionOf('timon', 64)).generation;
  const step = redis.multi().flushdb();
  for (const [key, value] of older) step.restore(key, 0, value);
  // As if that state were of before an earlier recovery: the relay knows another generation.
  await step.set(generation, 'an-old-generation').exec();
  await bench.recovered('timon', 1);
  const { fold } = await bench.check('timon');
  t.equal(fold.orders.size, 2);
  await bench.buy('timon', 'carol');
  await bench.check('timon');
});

t.test('two relays at once: every sale is recovered, and the log has no more than that', async (t) => {
  const bench = await openRecoveryBench(t);
  const { shop, redis } = bench;
  const another = await bench.startRelay();
  const sales = ['one', 'two', 'three'];
  for (const saleId of sales) {
    await shop.sell(saleId, HALL);
    await bench.buy(saleId, 'ann');
  }
  for (const saleId of sales) await bench.check(saleId);
  await redis.flushdb();
  for (const saleId of sales) await bench.recovered(saleId, 1);
  await another.stop();
  for (const saleId of sales) {
    await bench.buy(saleId, 'bob');
    const { fold, events } = await bench.check(saleId);
    t.equal(fold.orders.size, 2);
    const lost = events.filter(({ type }) => type === 'sale.recovered');
    t.ok(lost.every(({ data }) => (data as EventData<'sale.recovered'>).lostMs < 60_000));
  }
});
