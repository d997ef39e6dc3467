import t from 'tap';
import { partitionKeys, saleKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, openDesk, runRaw, saleOf } from '../harness/open-desk.ts';

t.test('the outbox is trimmed only up to the very entry that the caller has read', async (t) => {
  const { redis, partition } = await openDesk(t, saleOf([floorOf(5)]));
  const { generation, accepted, unconfirmed, outbox } = partitionKeys(partition);
  const keys = [generation, accepted, unconfirmed, outbox];
  await redis.del(outbox);
  await redis.hset(unconfirmed, 'a', 'o1', 'b', 'o2');
  for (const [n, id] of ['a', 'b', 'c'].entries()) {
    await redis.xadd(outbox, `${n + 1}-0`, 'type', `s\t${n}\t${id}`);
  }
  const accept = (ids: string, through = '', event = '', expected = 'g1') =>
    runRaw(redis, 'accept-events', keys, [expected, ids, through, event]);
  const ids = async () => (await redis.xrange(outbox, '-', '+')).map(([id]) => id);

  t.equal(await accept('a', '1-0', 'a', 'another'), 'recovering');
  t.same([await redis.hlen(unconfirmed), await redis.xlen(accepted)], [2, 0], 'nothing is done then');
  t.equal(await accept('a', '2-0', 'x'), 'ok');
  t.same(await ids(), ['1-0', '2-0', '3-0'], 'another entry stands there: not the outbox that was read');
  t.equal(await accept('', '5-0', 'e'), 'ok');
  t.same(await ids(), ['1-0', '2-0', '3-0'], 'no entry stands there');
  t.equal(await accept('b', '2-0', 'b'), 'ok');
  t.same(await ids(), ['3-0']);
  t.same(await redis.hgetall(unconfirmed), {});
  t.same((await redis.xrange(accepted, '-', '+')).map(([, fields]) => fields), [['ids', 'a'], ['ids', 'b']]);
});

t.test('events are set aside once, however often it is said', async (t) => {
  const { redis, partition } = await openDesk(t, saleOf([floorOf(5)]));
  const keys = [partitionKeys(partition).generation, saleKeys(partition, 'hamlet').contradicted];
  const events = Array.from({ length: 500 }, (_, i) => [`e${i}`, `sale.paused\thamlet\t${i}`]).flat();
  t.equal(await runRaw(redis, 'set-aside-events', keys, ['another', ...events]), 'recovering');
  t.equal(await redis.exists(keys[1] ?? ''), 0);
  for (let i = 0; i < 2; i++) t.equal(await runRaw(redis, 'set-aside-events', keys, ['g1', ...events]), 'ok');
  t.equal(await redis.hlen(keys[1] ?? ''), 500);
  t.equal(await redis.hget(keys[1] ?? '', 'e7'), 'sale.paused\thamlet\t7');
});
