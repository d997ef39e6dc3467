import { Redis } from 'ioredis';
import t from 'tap';
import { createLeaseScripts } from '../../../services/relay/lease-scripts.ts';
import { PartitionLeases } from '../../../services/relay/partition-leases.ts';
import { partitionKeys } from '../../../services/shared/contracts/keys.ts';
import { createLog } from '../../../services/shared/platform/log.ts';
import { awaitThat } from '../../harness/await-that.ts';
import type { Teardown } from '../../harness/teardown.ts';
import { openTestStack } from '../../stack.ts';

const PARTITIONS = 10;

interface Member {
  leases: PartitionLeases;
  /** the partitions it works on */
  worked: Set<number>;
  fit: boolean;
  /** what the end of its work on a partition waits for */
  underWay: Promise<void>;
  round(): Promise<void>;
}

/** Relays that do nothing but share: rounds are run by the test, one after the other. */
async function openShares(t: Teardown, { leaseMs = 60_000 } = {}) {
  const { redisUrl } = await openTestStack(t);
  const redis = new Redis(redisUrl);
  t.teardown(() => redis.disconnect());
  const log = createLog({ name: 'leases', level: 'silent' });
  function member(owner: string): Member {
    const worked = new Set<number>();
    const leases = new PartitionLeases({
      partitions: PARTITIONS, owner, leaseMs, log, scripts: createLeaseScripts(redis),
      isFit: () => one.fit,
      taken: (partition) => void worked.add(partition),
      ended: async (partition) => {
        await one.underWay;
        worked.delete(partition);
      },
    });
    const one: Member = {
      worked, leases, fit: true, underWay: Promise.resolve(), round: () => leases.round(),
    };
    return one;
  }
  const owners = async () => await Promise.all(
    Array.from({ length: PARTITIONS }, (_, p) => redis.get(partitionKeys(p).relay)));
  const freeCount = async () => (await owners()).filter((owner) => owner === null).length;
  return { redis, member, owners, freeCount };
}

t.test('each relay has its part, to one equal, whoever comes and goes', async (t) => {
  const { member, owners, freeCount } = await openShares(t);
  const [a, b, c] = [member('a'), member('b'), member('c')];
  const counts = () => [a, b, c].map(({ worked }) => worked.size);
  await a.round();
  t.same(counts(), [10, 0, 0]);
  await b.round();
  await c.round();
  t.same(counts(), [10, 0, 0], 'what somebody has is not taken');
  t.equal(b.leases.freeCount(), 0);
  await a.round();
  await awaitThat('a has given up what is too much', () => a.worked.size === 4);
  await awaitThat('and Redis knows it', async () => await freeCount() === 6);
  await b.round();
  await c.round();
  t.same(counts(), [4, 3, 3]);
  t.equal(new Set([a, b, c].flatMap(({ worked }) => [...worked])).size, PARTITIONS, 'each partition once');
  t.equal(c.leases.liveCount(), 3);
  await a.leases.stop();
  await a.leases.stop();
  await b.round();
  await c.round();
  t.same(counts(), [0, 5, 5]);
  t.same(new Set(await owners()), new Set(['b', 'c']));
});

t.test('a partition is given up when nothing of it is under way any more, not before', async (t) => {
  const { member, owners, freeCount } = await openShares(t);
  const [a, b] = [member('a'), member('b')];
  await a.round();
  const sending = Promise.withResolvers<void>();
  a.underWay = sending.promise;
  await b.round();
  await a.round();
  await b.round();
  t.equal(b.worked.size, 0);
  t.same(new Set(await owners()), new Set(['a']));
  t.ok(a.leases.has(9), 'what is under way may end');
  await a.round();
  t.equal(b.worked.size, 0);
  sending.resolve();
  await awaitThat('five are free', async () => await freeCount() === 5);
  await b.round();
  t.same([a.worked.size, b.worked.size], [5, 5]);
});

t.test('a lease that was not renewed in time is lost at once, by one\'s own clock', async (t) => {
  const { redis, member, freeCount } = await openShares(t, { leaseMs: 150 });
  const [a, b] = [member('a'), member('b')];
  await a.round();
  t.equal(a.worked.size, PARTITIONS);
  await awaitThat('it does not count on them any more', () => !a.leases.has(0));
  await awaitThat('others can have them', async () => await freeCount() === PARTITIONS);
  await b.round();
  t.equal(b.worked.size, PARTITIONS);
  for (const p of b.worked) await redis.set(partitionKeys(p).relay, 'b');
  await a.round();
  await awaitThat('it ends its work on them', () => a.worked.size === 0);
  t.notOk(a.leases.has(0));
});

t.test('Redis answers late: nothing is sent meanwhile, and what nobody could have had goes on', async (t) => {
  const { redis, member } = await openShares(t, { leaseMs: 150 });
  const a = member('a');
  await a.round();
  // Whatever it would end it would not have again.
  a.underWay = new Promise(() => undefined);
  // As if Redis had renewed them much later than they were asked for.
  for (let p = 0; p < PARTITIONS; p++) await redis.pexpire(partitionKeys(p).relay, 60_000);
  await awaitThat('it sends nothing', () => a.leases.ownCount() === 0);
  t.equal(a.worked.size, PARTITIONS);
  await awaitThat('it sends again', async () => {
    await a.round();
    return a.leases.ownCount() > 0;
  });
  t.equal(a.worked.size, PARTITIONS, 'all of it has gone on');
});

t.test('what lapsed in Redis too somebody may have had: it is begun anew', async (t) => {
  const { redis, member } = await openShares(t, { leaseMs: 1_000 });
  const a = member('a');
  await a.round();
  await awaitThat('it does not count on them any more', () => a.leases.ownCount() === 0);
  for (let p = 0; p < PARTITIONS; p++) await redis.del(partitionKeys(p).relay);
  const ending = Promise.withResolvers<void>();
  a.underWay = ending.promise;
  await a.round();
  t.equal(a.leases.ownCount(), 0, 'what it did there is to end first');
  ending.resolve();
  await awaitThat('it has all of them again', async () => {
    await a.round();
    return a.worked.size === PARTITIONS && a.leases.ownCount() === PARTITIONS;
  });
});

t.test('a relay that cannot work leaves it to others, if there are any', async (t) => {
  const { member } = await openShares(t);
  const [a, b] = [member('a'), member('b')];
  await a.round();
  a.fit = false;
  await a.round();
  t.equal(a.worked.size, PARTITIONS, 'nobody else is there');
  await b.round();
  await a.round();
  await awaitThat('it has left it', () => a.worked.size === 0);
  await a.round();
  await awaitThat('all is b\'s', async () => {
    await b.round();
    return b.worked.size === PARTITIONS;
  });
  b.fit = false;
  await b.round();
  t.equal(b.worked.size, PARTITIONS);
});

t.test('it shares by itself until it is stopped, also past an error of Redis', async (t) => {
  const { redis, member } = await openShares(t, { leaseMs: 400 });
  const a = member('a');
  await redis.set('relays', 'not a list');
  await t.rejects(a.round(), /WRONGTYPE/);
  a.leases.start();
  a.leases.start();
  await redis.del('relays');
  await awaitThat('it has all', () => a.worked.size === PARTITIONS);
  await a.leases.stop();
  t.equal(a.worked.size, 0);
  t.equal(await redis.exists('relays'), 0);
});
