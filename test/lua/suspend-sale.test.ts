import t from 'tap';
import { partitionKeys, saleKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, openDesk, runRaw, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';
import { setClockOf } from '../harness/set-clock.ts';

const suspend = ({ redis, partition, saleId }: Desk, more: { sinceMs?: number; epoch?: number } = {}) => {
  const { generation, suspended } = partitionKeys(partition);
  return runRaw(redis, 'suspend-sale', [generation, suspended, saleKeys(partition, saleId).sale],
    ['g1', saleId, 'behind_the_log', more.sinceMs ?? '', more.epoch ?? '']);
};

t.test('a sale is suspended once, and what was said first stays', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  const { suspended } = partitionKeys(desk.partition);
  t.equal(await suspend(desk, { sinceMs: 17 }), 'suspended');
  t.equal(await suspend(desk, { sinceMs: 18 }), 'already');
  t.same(await desk.redis.hgetall(suspended), { [desk.saleId]: '17 behind_the_log' });
  t.match(await desk.redis.hgetall(saleKeys(desk.partition, desk.saleId).sale),
    { state: 'recovering', suspended: 'open', seq: '2' });
  t.match(await desk.place('a', [{ areaId: 'floor', quantity: 1 }]), { ok: false, reason: 'recovering' });
});

t.test('unless somebody knows better, a sale does not work since now, by Redis\' clock', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  const nowMs = Date.UTC(2100, 0, 1) + 7;
  setClockOf(desk.redis)(nowMs);
  t.equal(await suspend(desk), 'suspended');
  t.same(await desk.redis.hgetall(partitionKeys(desk.partition).suspended),
    { [desk.saleId]: `${nowMs} behind_the_log` });
});

t.test('a sale of which Redis has nothing, or nothing readable, says that it recovers', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  const { sale } = saleKeys(desk.partition, desk.saleId);
  for (const damage of [() => desk.redis.del(sale), () => desk.redis.set(sale, 'damaged')]) {
    await damage();
    await suspend(desk);
    t.same(await desk.redis.hgetall(sale),
      { version: '0', seq: '0', head: '0', epoch: '0', state: 'recovering', suspended: '' });
    await desk.redis.hdel(partitionKeys(desk.partition).suspended, desk.saleId);
  }
});

t.test('what contradicted before the last recovery suspends nothing', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  await desk.redis.hset(saleKeys(desk.partition, desk.saleId).sale, 'epoch', 3);
  t.equal(await suspend(desk, { epoch: 2 }), 'epoch 3');
  t.equal(await desk.redis.exists(partitionKeys(desk.partition).suspended), 0);
  t.equal(await suspend(desk, { epoch: 3 }), 'suspended');
});

t.test('a Redis of another generation is left alone', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  const { generation, suspended } = partitionKeys(desk.partition);
  await desk.redis.set(generation, 'another');
  const before = await desk.dump();
  t.equal(await suspend(desk), 'recovering');
  t.same(await desk.dump(), before);
  await desk.redis.del(generation);
  const keys = [generation, suspended, saleKeys(desk.partition, desk.saleId).sale];
  t.equal(await runRaw(desk.redis, 'suspend-sale', keys, ['', desk.saleId, 'state_missing', '', '']),
    'suspended', 'with none at all, whoever knows that there is none may');
});
