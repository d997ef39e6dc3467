import t from 'tap';
import { partitionKeys, saleKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, openDesk, runRaw, saleOf } from '../harness/open-desk.ts';

t.test('nobody waits for void events any more, once the sale is in a later epoch or gone', async (t) => {
  const { redis, partition, saleId } = await openDesk(t, saleOf([floorOf(5)]));
  const { generation, unconfirmed, accepted, outbox, standing } = partitionKeys(partition);
  const { sale } = saleKeys(partition, saleId);
  const drop = (epoch: number, ids = 'a b', of = 'g1') =>
    runRaw(redis, 'drop-void', [generation, sale, unconfirmed, accepted], [of, epoch, ids]);
  const fill = () => redis.hset(unconfirmed, 'a', 'o1', 'b', 'o2', 'c', 'o3');
  await fill();
  await redis.hset(sale, 'epoch', 2);
  t.equal(await drop(1, 'a b', 'another'), 'recovering');
  for (const epoch of [2, 3]) t.equal(await drop(epoch), 'earlier', 'their orders may stand there');
  t.same([await redis.hlen(unconfirmed), await redis.exists(accepted)], [3, 0], 'nothing is done then');
  t.equal(await drop(1), 'ok');
  t.same(await redis.hkeys(unconfirmed), ['c']);
  t.same((await redis.xrange(accepted, '-', '+')).map(([, fields]) => fields), [['lost', 'a b']]);
  t.equal(await drop(1, ''), 'ok', 'asked for none of them');
  t.equal(await drop(2, ''), 'earlier');
  t.equal(await redis.xlen(accepted), 1, 'nobody is told');
  await redis.del(sale);
  await fill();
  t.equal(await drop(9), 'ok');
  t.same(await redis.hkeys(unconfirmed), ['c']);

  await redis.del(generation);
  t.equal(await runRaw(redis, 'renew-generation',
    [generation, outbox, standing, unconfirmed, accepted], ['g2']), 'g2');
  t.same((await redis.xrevrange(accepted, '+', '-', 'COUNT', 1)).map(([, fields]) => fields), [['lost', '*']],
    'who waits is to look: nobody knows what was lost');
});
