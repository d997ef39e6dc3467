import tap from 'tap';
import { partitionKeys, saleKeys } from '../../services/shared/contracts/keys.ts';
import type { OutboxLimits } from '../../services/selling/pack-outbox-limits.ts';
import { floorOf, openDesk, redisUrlOf, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';
import { refuses } from '../harness/refuses.ts';
import { setClockOf } from '../harness/set-clock.ts';
import type { Teardown } from '../harness/teardown.ts';

type Asserts = Pick<typeof tap, 'same' | 'ok' | 'equal'>;
const one = [{ areaId: 'floor', quantity: 1 }];

/** Seven live holds in nine entries, and desks at the same sale whose process knows other limits. */
async function openHeldSale(t: Teardown) {
  const desk = await openDesk(t, saleOf([floorOf(50)]));
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await desk.place(id, one);
  const withLimits = (outboxLimits: Partial<OutboxLimits>) =>
    openDesk(t, saleOf([floorOf(50)]), { redisUrl: redisUrlOf(desk), outboxLimits });
  return { desk, withLimits };
}

async function bytesOf({ redis, partition }: Desk): Promise<number> {
  const entries = await redis.xrange(partitionKeys(partition).outbox, '-', '+');
  return entries.reduce((sum, [, [, block = '']]) => sum + Buffer.byteLength(block), 0);
}

/** As if its oldest entry had been written so long ago. */
async function age({ redis, partition }: Desk, ms: number): Promise<void> {
  const [seconds] = await redis.time();
  await redis.hset(partitionKeys(partition).standing, 'sinceMs', Number(seconds) * 1000 - ms);
}

/** What takes seats is refused; what is held can be ordered and given back. */
async function isInLastTenth(t: Asserts, desk: Desk): Promise<void> {
  await refuses(t, desk, () => desk.place('new', one), 'outbox_full');
  await refuses(t, desk, () => desk.extend('a', 'k'), 'outbox_full');
  t.ok((await desk.place('a', one)).ok, 'a repeat needs no room');
  t.ok((await desk.confirm('a', 'o1')).ok, 'orders go on');
  t.ok((await desk.release('b')).ok);
}

/** Orders are refused as well; seats still come back, and the operator is never kept out. */
async function isWhollyFull(t: Asserts, desk: Desk, roomy: Desk): Promise<void> {
  await refuses(t, desk, () => desk.place('new', one), 'outbox_full');
  await refuses(t, desk, () => desk.extend('c', 'k'), 'outbox_full');
  await refuses(t, desk, () => desk.confirm('c', 'o2'), 'outbox_full');
  t.ok((await desk.confirm('a', 'o1')).ok, 'a repeat needs no room');
  t.ok((await desk.release('d')).ok);
  await roomy.setHoldMs(10);
  t.ok((await roomy.place('short', one)).ok);
  await roomy.awaitLapse();
  t.equal(await desk.expire(), 1);
  t.equal(await desk.move('pause'), 'ok');
  t.equal(await desk.move('resume'), 'ok');
}

tap.test('entries: new holds end at nine tenths, orders at the whole, giving back never', async (t) => {
  const { desk, withLimits } = await openHeldSale(t);
  const roomy = await withLimits({ entriesMax: 12 });
  t.ok((await roomy.extend('g', 'k')).ok, '9 entries of 12 are less than nine tenths');
  const tight = await withLimits({ entriesMax: 11 });
  await isInLastTenth(t, tight);
  await isWhollyFull(t, tight, desk);
  await desk.check();
});

tap.test('bytes: the same, of the packed events', async (t) => {
  const { desk, withLimits } = await openHeldSale(t);
  const bytes = await bytesOf(desk);
  const roomy = await withLimits({ bytesMax: Math.ceil(bytes / 0.9) + 1 });
  t.ok((await roomy.extend('g', 'k')).ok, 'less than nine tenths');
  const more = await bytesOf(desk);
  t.ok(more > bytes);
  await isInLastTenth(t, await withLimits({ bytesMax: Math.floor(more / 0.9) }));
  await isWhollyFull(t, await withLimits({ bytesMax: await bytesOf(desk) }), desk);
  await desk.check();
});

tap.test('age: the same, of the oldest entry', async (t) => {
  const { desk, withLimits } = await openHeldSale(t);
  const tight = await withLimits({ ageMsMax: 1_000_000 });
  await age(desk, 880_000);
  t.ok((await tight.extend('g', 'k')).ok, 'less than nine tenths');
  await age(desk, 950_000);
  await isInLastTenth(t, tight);
  await age(desk, 1_000_000);
  await isWhollyFull(t, tight, desk);
});

tap.test('a limit is reached at exactly its nine tenths, and wholly at exactly the limit', async (t) => {
  const { desk, withLimits } = await openHeldSale(t);
  const { standing } = partitionKeys(desk.partition);
  t.equal(await desk.redis.xlen(partitionKeys(desk.partition).outbox), 9);
  await refuses(t, await withLimits({ entriesMax: 10 }), async () =>
    (await withLimits({ entriesMax: 10 })).place('new', one), 'outbox_full');
  await refuses(t, await withLimits({ entriesMax: 9 }), async () =>
    (await withLimits({ entriesMax: 9 })).confirm('a', 'o'), 'outbox_full');

  const tight = await withLimits({ bytesMax: 1_000 });
  const setBytes = (bytes: number) => desk.redis.hset(standing, { written: 5_000 + bytes, trimmed: 5_000 });
  await setBytes(900);
  await refuses(t, tight, () => tight.place('new', one), 'outbox_full');
  await setBytes(899);
  t.ok((await tight.place('new', one)).ok);
  await setBytes(1_000);
  await refuses(t, tight, () => tight.confirm('a', 'o'), 'outbox_full');
  await setBytes(999);
  t.ok((await tight.confirm('a', 'o')).ok);
});

tap.test('of an outbox that was never trimmed all that was written counts', async (t) => {
  const { desk, withLimits } = await openHeldSale(t);
  const { standing } = partitionKeys(desk.partition);
  const tight = await withLimits({ bytesMax: 1_000 });
  await desk.redis.hset(standing, 'written', 900);
  t.equal(await desk.redis.hexists(standing, 'trimmed'), 0);
  await refuses(t, tight, () => tight.place('new', one), 'outbox_full');
  await desk.redis.hset(standing, 'written', 899);
  t.ok((await tight.place('new', one)).ok);

  const tightest = await withLimits({ bytesMax: 1 });
  await desk.redis.del(standing);
  t.ok((await tightest.place('newer', one)).ok, 'of one of which nothing is known nothing is in the way');
});

tap.test('an outbox is too old in the very millisecond of its nine tenths, and of the whole', async (t) => {
  const { desk, withLimits } = await openHeldSale(t);
  const tight = await withLimits({ ageMsMax: 1_000 });
  const at = setClockOf(tight.redis);
  const [seconds] = await desk.redis.time();
  const sinceMs = Number(seconds) * 1000;
  await desk.redis.hset(partitionKeys(desk.partition).standing, 'sinceMs', sinceMs);
  at(sinceMs + 899);
  t.ok((await tight.place('new', one)).ok);
  at(sinceMs + 900);
  await refuses(t, tight, () => tight.place('newer', one), 'outbox_full');
  at(sinceMs + 999);
  t.ok((await tight.confirm('a', 'o1')).ok);
  at(sinceMs + 1_000);
  await refuses(t, tight, () => tight.confirm('b', 'o2'), 'outbox_full');
});

tap.test('an outbox without entries is empty, whatever was counted', async (t) => {
  const { desk, withLimits } = await openHeldSale(t);
  const { outbox } = partitionKeys(desk.partition);
  const tight = await withLimits({ bytesMax: 1, ageMsMax: 1 });
  await refuses(t, tight, () => tight.place('new', one), 'outbox_full');
  await desk.redis.del(outbox);
  t.ok((await tight.place('new', one)).ok);
});

tap.test('a call with more events than a block holds, and more values than a command takes', async (t) => {
  const nowMs = Date.UTC(2100, 0, 1);
  const desk = await openDesk(t, saleOf([floorOf(5_000)], { buyerLimit: 5_000, holdSeconds: 3 }),
    { outboxLimits: { ageMsMax: nowMs } });
  const at = setClockOf(desk.redis);
  at(nowMs);
  await Promise.all(Array.from({ length: 4_100 }, (_, i) => desk.place(`h${i}`, one)));
  at(nowMs + 3_000);
  const before = await desk.redis.xlen(partitionKeys(desk.partition).outbox);
  t.equal(await desk.expire(4_100), 4_100);
  t.equal(await desk.redis.xlen(partitionKeys(desk.partition).outbox), before + 5);
  const { events } = await desk.check();
  t.equal(events.filter(({ type }) => type === 'hold.expired').length, 4_100, 'each in its order, once');
  t.equal(await desk.redis.llen(saleKeys(desk.partition, desk.saleId).ended), 4_100);
});
