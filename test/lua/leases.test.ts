import t from 'tap';
import { partitionKeys, RELAYS_KEY } from '../../services/shared/contracts/keys.ts';
import { awaitThat } from '../harness/await-that.ts';
import { floorOf, openDesk, runRaw, saleOf } from '../harness/open-desk.ts';
import { setClockOf } from '../harness/set-clock.ts';

t.test('a lease is one relay\'s until it lapses or is given up', async (t) => {
  const { redis, partition } = await openDesk(t, saleOf([floorOf(5)]));
  const { relay } = partitionKeys(partition);
  const take = (owner: string, leaseMs = 60_000) => runRaw(redis, 'take-lease', [relay], [owner, leaseMs]);
  const giveUp = (owner: string) => runRaw(redis, 'give-up-lease', [relay], [owner]);
  t.same(await Promise.all(['a', 'b', 'c'].map((owner) => take(owner))), [1, 0, 0], 'the first one has it');
  t.equal(await giveUp('b'), 0, 'it is not b\'s to give');
  t.equal(await redis.get(relay), 'a');
  t.equal(await giveUp('a'), 1);
  t.equal(await giveUp('a'), 0, 'once');
  t.equal(await take('b', 50), 1);
  await awaitThat('it has lapsed', async () => await take('c') === 1);
  t.equal(await take('b'), 0, 'who comes too late has lost it');
  t.equal(await take('c', 1_000), 2, 'renewed');
  const leftMs = await redis.pttl(relay);
  t.ok(leftMs > 0 && leftMs <= 1_000, 'for as long as was asked for');
});

t.test('the list of relays has those that said so lately, in the order of their names', async (t) => {
  const { redis } = await openDesk(t, saleOf([floorOf(5)]));
  const join = (owner: string, leaseMs: number) =>
    runRaw(redis, 'join-relays', [RELAYS_KEY], [owner, leaseMs]);
  t.same(await join('b', 60_000), ['b']);
  t.same(await join('c', 1), ['b', 'c']);
  await awaitThat('c has lapsed, a is there', async () => String(await join('a', 60_000)) === 'a,b');
  t.same(await join('b', 0), ['a'], 'b has left');
  t.same(await join('nobody', 0), ['a'], 'to ask is not to join');
});

t.test('a relay is off the list in the millisecond in which it lapses', async (t) => {
  const { redis } = await openDesk(t, saleOf([floorOf(5)]));
  const join = (owner: string, leaseMs: number) =>
    runRaw(redis, 'join-relays', [RELAYS_KEY], [owner, leaseMs]);
  const at = setClockOf(redis);
  const nowMs = Date.UTC(2100, 0, 1) + 7;
  at(nowMs);
  await join('a', 1_000);
  t.equal(await redis.zscore(RELAYS_KEY, 'a'), String(nowMs + 1_000));
  at(nowMs + 999);
  t.same(await join('b', 1_000), ['a', 'b']);
  at(nowMs + 1_000);
  t.same(await join('b', 1_000), ['b']);
});
