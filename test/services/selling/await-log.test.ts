import { pino } from 'pino';
import t from 'tap';
import { AcceptedFollower, WAITING_COUNT_MAX } from '../../../services/selling/accepted-follower.ts';
import { awaitLog } from '../../../services/selling/await-log.ts';
import type { AwaitLogContext } from '../../../services/selling/await-log.ts';
import { BusWatch } from '../../../services/selling/bus-watch.ts';
import { Generations } from '../../../services/selling/generations.ts';
import type { KnownSale } from '../../../services/selling/sale-directory.ts';
import { Stock } from '../../../services/selling/stock.ts';
import { partitionKeys, saleKeys } from '../../../services/shared/contracts/keys.ts';
import { readOrderRecord } from '../../../services/shared/contracts/order-record.ts';
import { connectRedis, redisReady } from '../../../services/shared/platform/redis.ts';
import { startPrivateRedis } from '../../stack.ts';

const log = pino({ level: 'silent' });
const PARTITION = 3;
const sale = { partition: PARTITION, saleId: 's' } as KnownSale;

t.test('where too many wait already, Redis is asked once and not without a pause', async (t) => {
  const server = await startPrivateRedis(t, { durable: false });
  const redis = connectRedis(server.url, { name: 'test', log });
  const following = connectRedis(server.url, { name: 'test-following', log, blocking: true });
  await Promise.all([redisReady(redis, 5_000), redisReady(following, 5_000)]);
  const accepted = new AcceptedFollower(following, 8, log);
  t.teardown(async () => {
    await accepted.stop();
    redis.disconnect();
  });
  const { generation, unconfirmed } = partitionKeys(PARTITION);
  const keys = saleKeys(PARTITION, 's');
  const record = ['confirmed', 'd', 'b', 'h', '1', '', '', 'e1', '{}'].join('\t');
  await redis.set(generation, 'g1');
  await redis.hset(keys.sale, 'state', 'open');
  await redis.hset(keys.orders, 'o1', record);
  await redis.hset(unconfirmed, 'e1', 'o1');
  const limits = { entriesMax: 1_000, bytesMax: 1_000_000, ageMsMax: 60_000 };
  const context: AwaitLogContext = {
    stock: new Stock(redis, new Generations(redis), limits),
    bus: new BusWatch({
      redis, partitions: 8, confirmAck: 'bus', defaultPolicy: 'refuse', outageMs: 60_000, log,
    }),
    accepted, confirmAck: 'bus', confirmWaitMs: 1_000,
  };
  const order = readOrderRecord(record);
  const ask = () => awaitLog(context, sale, 'o1', { order, isRepeat: false });
  const looks = async () => {
    const stats = await redis.info('commandstats');
    return Number(/cmdstat_hexists:calls=(\d+)/.exec(stats)?.[1] ?? 0);
  };
  t.match(await ask(), { isConfirmed: false });
  const before = await looks();
  t.ok(before <= 3, `it waited, and looked when its time was over: ${before}`);
  const crowd = Array.from({ length: WAITING_COUNT_MAX }, (_, i) => accepted.wait('s', `o-${i}`, 5_000));
  t.equal(await accepted.wait('s', 'e1', 1_000), 'full');
  t.match(await ask(), { isConfirmed: false });
  t.equal(await looks(), before + 1, 'it looked once');
  await redis.hdel(unconfirmed, 'e1');
  t.match(await ask(), { isConfirmed: true }, 'and believes what it finds');
  await redis.hdel(keys.orders, 'o1');
  t.equal(await ask(), undefined);
  await Promise.all(crowd);
});
