import t from 'tap';
import { partitionKeys, saleKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, openDesk, runRaw, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';

/** An entry with one event of that id for each letter, as events.lua writes it. */
async function addEntry({ redis, partition }: Desk, entryId: string, ids: string, atMs = 1000) {
  const { outbox, standing } = partitionKeys(partition);
  const fields = [...ids].flatMap((id, i) =>
    [`s${i}`, `1\t0\t0\t${atMs}\t${id}-\t1\nsale.paused\tc\t{"ü":"${'x'.repeat(i)}"}`]);
  const blocks = fields.filter((_, i) => i % 2 === 1);
  await redis.xadd(outbox, entryId, ...fields);
  await redis.hincrby(standing, 'written', Buffer.byteLength(blocks.join('')));
  await redis.hsetnx(standing, 'sinceMs', atMs);
}

/** What is counted, and what really stands there. */
async function standingOf({ redis, partition }: Desk) {
  const { outbox, standing } = partitionKeys(partition);
  const { written, trimmed = 0, sinceMs } = await redis.hgetall(standing);
  const blocks = (await redis.xrange(outbox, '-', '+')).flatMap(([, f]) => f.filter((_, i) => i % 2 === 1));
  return { counted: Number(written) - Number(trimmed), real: Buffer.byteLength(blocks.join('')), sinceMs };
}

t.test('the outbox is trimmed only up to the very entry that the caller has read', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  const { redis, partition } = desk;
  const { generation, accepted, unconfirmed, outbox, standing } = partitionKeys(partition);
  const keys = [generation, accepted, unconfirmed, outbox, standing];
  await redis.del(outbox, standing);
  await redis.hset(unconfirmed, 'a', 'o1', 'b', 'o2');
  for (const [n, id] of ['a', 'bx', 'c'].entries()) await addEntry(desk, `${n + 1}-0`, id, 1000 + n);
  const accept = (ids: string, through = '', event = '', expected = 'g1') =>
    runRaw(redis, 'accept-events', keys, [expected, ids, through, event, '']);
  const ids = async () => (await redis.xrange(outbox, '-', '+')).map(([id]) => id);

  t.equal(await accept('a', '1-0', 'a-1', 'another'), 'recovering');
  t.same([await redis.hlen(unconfirmed), await redis.xlen(accepted)], [2, 0], 'nothing is done then');
  t.equal(await accept('a', '2-0', 'x-1'), 'ok');
  t.same(await ids(), ['1-0', '2-0', '3-0'], 'another entry stands there: not the outbox that was read');
  t.equal(await accept('', '2-0', 'b-'), 'ok');
  t.equal(await accept('', '5-0', 'e-1'), 'ok');
  t.same(await ids(), ['1-0', '2-0', '3-0'], 'no entry stands there');
  t.equal(await accept('b', '2-0', 'b-1'), 'ok');
  t.same(await ids(), ['3-0']);
  t.same(await redis.hgetall(unconfirmed), {});
  t.same((await redis.xrange(accepted, '-', '+')).map(([, fields]) => fields), [['ids', 'a'], ['ids', 'b']]);
});

t.test('what is counted of the outbox is what stands in it, however it is trimmed', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  const { redis, partition } = desk;
  const { generation, accepted, unconfirmed, outbox, standing } = partitionKeys(partition);
  const accept = (through: string, event: string, spared = '') => runRaw(redis, 'accept-events',
    [generation, accepted, unconfirmed, outbox, standing], ['g1', '', through, event, spared]);
  const agrees = async (sinceMs: string | undefined, message: string) => {
    const found = await standingOf(desk);
    t.equal(found.counted, found.real, message);
    t.equal(found.sinceMs, sinceMs, message);
    return found.counted;
  };
  await redis.del(outbox, standing);
  // More entries than are read at a time, and exactly as many.
  for (let n = 1; n <= 160; n++) await addEntry(desk, `${n}-0`, 'abc'.slice(n % 3), 1000 + n);
  t.ok(await agrees('1001', 'nothing was trimmed') > 160 * 50);
  for (const through of [1, 1, 51, 51, 40]) await accept(`${through}-0`, `${'abc'[through % 3]}-1`);
  await agrees('1052', 'a repeat takes nothing off twice');
  await accept('152-0', 'c-1');
  t.equal(await redis.xlen(outbox), 8);
  await agrees('1153', 'several readings');
  await accept('160-0', 'b-1');
  t.equal(await agrees(undefined, 'all is trimmed'), 0);

  await addEntry(desk, '161-0', 'a', 2000);
  await addEntry(desk, '162-0', 'b', 2001);
  await redis.xdel(outbox, '161-0');
  await accept('162-0', 'b-1');
  t.equal(await agrees(undefined, 'also what somebody took out by hand'), 0);
  await addEntry(desk, '163-0', 'abc', 3000);
  t.ok(await agrees('3000', 'and it goes on from there') > 0);

  for (const n of [164, 165, 166]) await addEntry(desk, `${n}-0`, 'ab', 3000 + n);
  await accept('', '', '163-0 165-0');
  await agrees('3164', 'what is spared says nothing about the age');
  await accept('164-0', 'a-1', '163-0 165-0');
  await agrees('3166', 'and is not trimmed');
  await redis.hset(standing, 'sinceMs', '3000');
  await accept('166-0', 'x-1', '163-0 165-0');
  await agrees('3000', 'another entry stands there: nothing is known of any');
  await accept('166-0', 'a-1', '163-0 165-0');
  t.same((await redis.xrange(outbox, '-', '+')).map(([id]) => id), ['163-0', '165-0']);
  await agrees(undefined, 'nothing else is left');
  await addEntry(desk, '167-0', 'a', 4000);
  await accept('163-0', 'a-1', '165-0');
  await agrees('4000', 'what was spared can go later');
  await accept('167-0', 'a-1', '');
  t.equal(await redis.xlen(outbox), 0);
});

t.test('thousands of ids are announced together, and none of them waits any more', async (t) => {
  const { redis, partition } = await openDesk(t, saleOf([floorOf(5)]));
  const { generation, accepted, unconfirmed, outbox, standing } = partitionKeys(partition);
  const keys = [generation, accepted, unconfirmed, outbox, standing];
  for (const count of [1_000, 1_001, 2_500]) {
    const ids = Array.from({ length: count }, (_, i) => `e${i}`);
    await redis.hset(unconfirmed, Object.fromEntries([...ids, 'later'].map((id) => [id, `order of ${id}`])));
    t.equal(await runRaw(redis, 'accept-events', keys, ['g1', ids.join(' '), '', '', '']), 'ok');
    t.same(await redis.hgetall(unconfirmed), { later: 'order of later' });
    const [[, fields] = []] = await redis.xrevrange(accepted, '+', '-', 'COUNT', 1);
    t.same(fields, ['ids', ids.join(' ')]);
  }
  t.equal(await redis.xlen(accepted), 3);
});

t.test('events are set aside once, however often it is said', async (t) => {
  const { redis, partition } = await openDesk(t, saleOf([floorOf(5)]));
  const { generation, accepted } = partitionKeys(partition);
  const keys = [generation, saleKeys(partition, 'hamlet').contradicted, accepted];
  const events = Array.from({ length: 500 }, (_, i) => [`e${i}`, `sale.paused\thamlet\t${i}`]).flat();
  t.equal(await runRaw(redis, 'set-aside-events', keys, ['another', 'e7', ...events]), 'recovering');
  t.equal(await redis.exists(keys[1] ?? ''), 0);
  t.equal(await redis.exists(accepted), 0);
  for (const lost of ['e7 e8', '']) {
    t.equal(await runRaw(redis, 'set-aside-events', keys, ['g1', lost, ...events]), 'ok');
  }
  t.same((await redis.xrange(accepted, '-', '+')).map(([, fields]) => fields), [['lost', 'e7 e8']]);
  t.equal(await redis.hlen(keys[1] ?? ''), 500);
  t.equal(await redis.hget(keys[1] ?? '', 'e7'), 'sale.paused\thamlet\t7');
});
