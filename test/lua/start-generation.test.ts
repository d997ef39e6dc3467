import t from 'tap';
import { partitionKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, openDesk, runRaw, saleOf } from '../harness/open-desk.ts';

t.test('of all who start a generation the first one wins, and all are told', async (t) => {
  const { redis, partition } = await openDesk(t, saleOf([floorOf(5)]));
  const { generation } = partitionKeys(partition);
  const start = (proposed: string) => runRaw(redis, 'start-generation', [generation], [proposed]);
  t.equal(await start('g2'), 'g1', 'the one that is in force stays');
  await redis.del(generation);
  t.same(await Promise.all(['g3', 'g4', 'g5'].map(start)), ['g3', 'g3', 'g3']);
  t.equal(await redis.get(generation), 'g3');
  t.equal(await redis.ttl(generation), -1, 'for ever');
});
