import t from 'tap';
import { partitionKeys, saleKeys } from '../../services/shared/contracts/keys.ts';
import { readOrderRecord } from '../../services/shared/contracts/order-record.ts';
import { floorOf, openDesk, runRaw, saleOf } from '../harness/open-desk.ts';

t.test('an order is read with whether its event waits, from a Redis of the generation only', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  const { generation, unconfirmed } = partitionKeys(desk.partition);
  const { sale, orders } = saleKeys(desk.partition, desk.saleId);
  const keys = [generation, sale, orders, unconfirmed];
  const read = (orderId: string, expected = 'g1') =>
    runRaw(desk.redis, 'read-order', keys, [expected, orderId]);
  for (const id of ['a', 'b']) {
    await desk.place(id, [{ areaId: 'floor', quantity: 1 }]);
    await desk.confirm(id, `order-${id}`);
  }
  const [record, waits] = await read('order-a') as [string, number];
  t.equal(waits, 1);
  const { eventId, holdId } = readOrderRecord(record);
  t.equal(holdId, 'a');
  t.equal(await desk.redis.hget(unconfirmed, eventId), 'order-a');
  await desk.redis.hdel(unconfirmed, eventId);
  t.same(await read('order-a'), [record, 0]);
  t.equal((await read('order-b') as [string, number])[1], 1, 'the other one still waits');
  t.equal(await read('order-c'), null);

  const before = await desk.dump();
  t.equal(await read('order-a', 'an-old-one'), 'recovering');
  t.equal(await read('order-c', 'an-old-one'), 'recovering', 'that there is no such order is not known');
  t.same(await desk.dump(), before);

  await desk.redis.hset(sale, 'state', 'recovering');
  t.same(await read('order-a'), [record, 0], 'what the log has accepted stays true');
  t.equal(await read('order-b'), 'recovering', 'what waits may get lost');
  t.equal(await read('order-c'), 'recovering', 'what is not there may come');
});
