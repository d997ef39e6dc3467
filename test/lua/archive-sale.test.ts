import t from 'tap';
import { partitionKeys, saleKeyList, saleKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, hallOf, openDesk, rowOf, runRaw, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';
import { refuses } from '../harness/refuses.ts';
import { setClockOf } from '../harness/set-clock.ts';
import type { Teardown } from '../harness/teardown.ts';

const CLOSED_MS = Date.UTC(2100, 0, 1);
const NOW_MS = CLOSED_MS + 60_007;
const context = 'operator:ann 0';

const archive = ({ stock, partition, saleId }: Desk, version: number | string = 1) => {
  const { unconfirmed, due } = partitionKeys(partition);
  return stock.call(partition, 'archive-sale', [unconfirmed, due, ...saleKeyList(partition, saleId)],
    [context, saleId, version, 'summary']);
};
const drop = ({ stock, partition, saleId }: Desk) => {
  const { unconfirmed, sales, due } = partitionKeys(partition);
  return stock.callSilent(partition, 'drop-archived',
    [unconfirmed, sales, due, ...saleKeyList(partition, saleId)], [saleId]);
};

/** A sale closed at CLOSED_MS with one order, of which the log has all: nothing is in the outbox. */
async function openClosed(t: Teardown): Promise<Desk> {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 4)]), floorOf(5)], {
    channels: [{ channelId: 'club', allocations: [{ areaId: 'floor', quantity: 2 }] }],
  }), { outboxLimits: { ageMsMax: NOW_MS } });
  const at = setClockOf(desk.redis);
  at(CLOSED_MS);
  await desk.place('a', [{ seatIds: ['A1'] }, { areaId: 'floor', quantity: 1 }]);
  await desk.confirm('a', 'o');
  await desk.move('close');
  await emptyOutbox(desk);
  at(NOW_MS);
  return desk;
}

async function emptyOutbox({ redis, partition }: Desk): Promise<void> {
  const { outbox, standing, unconfirmed } = partitionKeys(partition);
  await redis.del(outbox, standing, unconfirmed);
}

/** As if this were the oldest entry of the outbox. */
async function setOldest({ redis, partition }: Desk, block: string): Promise<void> {
  const { outbox } = partitionKeys(partition);
  await redis.del(outbox);
  await redis.xadd(outbox, '1-0', 'another', block);
}

const blockAt = (ms: number) => `1\t0\t0\t${ms}\tid-\t1\nsale.paused\tc\t{}`;

t.test('a closed sale whose events the log has is archived once', async (t) => {
  const desk = await openClosed(t);
  const { redis, partition, saleId } = desk;
  const hash = saleKeys(partition, saleId).sale;
  const { generation, outbox, standing, due, unconfirmed } = partitionKeys(partition);
  const { head: before, ...fields } = await redis.hgetall(hash);
  const answer = await runRaw(redis, 'archive-sale',
    [generation, outbox, standing, unconfirmed, due, ...saleKeyList(partition, saleId)],
    ['g1', 'nonce', context, saleId, 1, 'summary']);
  const { head = '', ...after } = await redis.hgetall(hash);
  t.equal(head, `nonce-${NOW_MS}000-1-1`);
  t.equal(answer, `ok\t${head}`);
  t.match((await redis.xrange(outbox, '-', '+'))[0]?.[1], [saleId,
    `${after['seq']}\t${before}\t0\t${NOW_MS}\tnonce-${NOW_MS}000-1-\t1\nsale.archived\t${context}\t{}`]);
  t.same(after, { ...fields, state: 'archived', summary: 'summary', seq: String(Number(fields['seq']) + 1) });
  t.same(await redis.hgetall(unconfirmed), { [head]: saleId });
  t.equal(await redis.zscore(due, saleId), String(NOW_MS + 1_000), 'a sweeper looks whether the log has it');
  t.equal(await redis.xlen(outbox), 1);
  const all = await desk.dump();
  t.equal(await archive(desk), answer, 'also with what is of it in the outbox');
  t.same(await desk.dump(), all);
  t.match(await desk.release('a'), { ok: false, reason: 'sale_archived' });
});

t.test('a sale that is not closed, is held, or has another definition is not archived', async (t) => {
  const desk = await openClosed(t);
  await refuses(t, desk, () => archive(desk, 2), 'stale\t');
  await desk.move('reopen');
  await emptyOutbox(desk);
  await refuses(t, desk, () => archive(desk), 'sale_not_closed\t');
  await desk.place('b', [{ areaId: 'floor', quantity: 1 }]);
  await desk.move('close');
  await emptyOutbox(desk);
  await refuses(t, desk, () => archive(desk), 'sale_busy\t');
  await desk.release('b');
  await emptyOutbox(desk);
  await desk.stock.suspend(desk.partition, desk.saleId, 'operator');
  await refuses(t, desk, () => archive(desk), 'recovering\t');
});

t.test('while its last event may be in the outbox a sale is not archived', async (t) => {
  const desk = await openClosed(t);
  await setOldest(desk, blockAt(CLOSED_MS - 1));
  await refuses(t, desk, () => archive(desk), 'sale_busy\t');
  await setOldest(desk, blockAt(CLOSED_MS));
  await refuses(t, desk, () => archive(desk), 'sale_busy\t');
  await setOldest(desk, 'nothing that one could read');
  await refuses(t, desk, () => archive(desk), 'sale_busy\t');
  await setOldest(desk, blockAt(CLOSED_MS + 1));
  const hash = saleKeys(desk.partition, desk.saleId).sale;
  const head = await desk.redis.hget(hash, 'head') ?? '';
  await desk.redis.hset(hash, 'head', 'no time in it');
  await refuses(t, desk, () => archive(desk), 'sale_busy\t');
  await desk.redis.hset(hash, 'head', head);
  t.match(await archive(desk), /^ok\t/, 'younger than what the sale wrote last');
});

t.test('the keys of an archived sale go when the log has it, and not before', async (t) => {
  const desk = await openClosed(t);
  const { redis, partition, saleId } = desk;
  const { due, sales, unconfirmed } = partitionKeys(partition);
  await refuses(t, desk, () => drop(desk), 'no');
  await archive(desk);
  await redis.zrem(due, saleId);
  const before = await desk.dump();
  t.equal(await drop(desk), 'waiting');
  t.equal(await redis.zscore(due, saleId), String(NOW_MS + 1_000));
  await redis.zrem(due, saleId);
  t.same(await desk.dump(), before);
  const { state, seq, head, epoch, version, summary } = await redis.hgetall(saleKeys(partition, saleId).sale);

  await redis.hdel(unconfirmed, head ?? '');
  await redis.zadd(due, 1, saleId);
  for (let i = 0; i < 2; i++) {
    t.equal(await drop(desk), 'ok', 'however often it is said');
    t.same(await redis.hgetall(saleKeys(partition, saleId).sale),
      { state, seq, head, epoch, version, summary });
    t.equal(await redis.exists(...saleKeyList(partition, saleId).slice(1)), 0);
    t.equal(await redis.sismember(sales, saleId), 0);
    t.equal(await redis.zscore(due, saleId), null);
  }
});

t.test('neither is done in a Redis of another generation', async (t) => {
  const desk = await openClosed(t);
  const { redis, partition, saleId } = desk;
  const { generation, outbox, standing, unconfirmed, due, sales } = partitionKeys(partition);
  const own = saleKeyList(partition, saleId);
  await refuses(t, desk, () => runRaw(redis, 'archive-sale', [generation, outbox, standing, unconfirmed, due,
    ...own], ['another', 'nonce', context, saleId, 1, 'summary']), 'recovering\t');
  t.match(await archive(desk), /^ok\t/);
  await redis.del(unconfirmed);
  await refuses(t, desk, () => runRaw(redis, 'drop-archived', [generation, unconfirmed, sales, due, ...own],
    ['another', saleId]), 'recovering');
  t.equal(await drop(desk), 'ok');
});
