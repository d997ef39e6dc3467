import t from 'tap';
import { partitionKeys, saleKeyList, saleKeys } from '../../services/shared/contracts/keys.ts';
import type { ScriptArg } from '../../services/shared/platform/scripts.ts';
import { floorOf, hallOf, openDesk, rowOf, runRaw, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';
import { setClockOf } from '../harness/set-clock.ts';
import type { Teardown } from '../harness/teardown.ts';

const NOW_MS = Date.UTC(2100, 0, 1);
const context = 'operator:ann 0';
const nothing = '0'.repeat(12);

interface Call {
  from?: string;
  since?: string;
  to?: string;
  type?: string;
  seq?: number | string;
  head?: string;
  /** one digit per staged key */
  digits?: string;
  fields?: string[];
}

const ownKeys = ({ partition, saleId }: Desk) => saleKeyList(partition, saleId).slice(1);
const stagedKeys = (desk: Desk) => ownKeys(desk).map((key) => `${key}:staged`);

/** The keys of the script behind generation, outbox and standing. */
function keysOf(desk: Desk): string[] {
  const { partition, saleId } = desk;
  const { sales, due, suspended, accepted, unconfirmed } = partitionKeys(partition);
  return [sales, due, suspended, accepted, unconfirmed, saleKeys(partition, saleId).contradicted,
    ...saleKeyList(partition, saleId), ...stagedKeys(desk)];
}

/** Its arguments behind generation and nonce. */
function argsOf(
  { saleId }: Desk,
  { from = 'recovering', since = '', to = 'open', type = '', digits = nothing, ...more }: Call,
): ScriptArg[] {
  return [context, saleId, from, since, to, type, '{"some":"data"}', more.seq ?? 40, more.head ?? 'head-40',
    3, digits, ...more.fields ?? ['version', '1']];
}

/** The script as services/shared/hot-state/restore-sale.ts calls it. */
const restore = (desk: Desk, call: Call) =>
  desk.stock.call(desk.partition, 'restore-sale', keysOf(desk), argsOf(desk, call));

/** Stages what the sale has now; returns which of its keys there are. */
async function stage(desk: Desk): Promise<string> {
  const staged = stagedKeys(desk);
  const digits = [];
  for (const [i, key] of ownKeys(desk).entries()) {
    digits.push(await desk.redis.copy(key, staged[i] ?? ''));
    await desk.redis.pexpire(staged[i] ?? '', 600_000);
  }
  return digits.join('');
}

/** Every key that Redis keeps of the sale beside its hash, or nil. */
async function stockOf(desk: Desk): Promise<(string | undefined)[]> {
  const all = await desk.dump();
  return ownKeys(desk).map((key) => all[key]);
}

/** What the partition knows of the sale, and what it says of it. */
async function placeOf({ redis, partition, saleId }: Desk) {
  const { sales, due, suspended, accepted, unconfirmed, outbox } = partitionKeys(partition);
  const { contradicted } = saleKeys(partition, saleId);
  return {
    isListed: await redis.sismember(sales, saleId) === 1,
    dueMs: await redis.zscore(due, saleId),
    isSuspended: await redis.hexists(suspended, saleId) === 1,
    said: (await redis.xrange(accepted, '-', '+')).map(([, fields]) => fields.join(' ')),
    waiting: Object.keys(await redis.hgetall(unconfirmed)),
    contradicted: await redis.exists(contradicted),
    entries: await redis.xlen(outbox),
  };
}

/** A sale with a hold, an order and one that was released; the clock stands. */
async function open(t: Teardown) {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 4)]), floorOf(5)]),
    { outboxLimits: { ageMsMax: NOW_MS } });
  setClockOf(desk.redis)(NOW_MS);
  for (const [i, id] of ['live', 'sold', 'released'].entries()) {
    await desk.place(id, [{ seatIds: [`A${i + 1}`] }, { areaId: 'floor', quantity: 1 }]);
  }
  await desk.confirm('sold', 'o');
  await desk.release('released');
  return { desk, hash: saleKeys(desk.partition, desk.saleId).sale };
}

/** As `open`, suspended, with one order that contradicts the log. */
async function openSuspended(t: Teardown) {
  const { desk, hash } = await open(t);
  const { suspended, unconfirmed } = partitionKeys(desk.partition);
  await desk.stock.suspend(desk.partition, desk.saleId, 'operator');
  const [waits = ''] = Object.keys(await desk.redis.hgetall(unconfirmed));
  await desk.redis.hset(unconfirmed, 'e-lost', 'o-lost');
  const { contradicted } = saleKeys(desk.partition, desk.saleId);
  await desk.redis.hset(contradicted, 'e-lost', 'event', 'e-2', 'event');
  const since = await desk.redis.hget(suspended, desk.saleId) ?? '';
  return { desk, hash, since, waits };
}

t.test('a sale that recovers has what was staged for it and nothing else, at once', async (t) => {
  const { desk, hash, since, waits } = await openSuspended(t);
  const { redis, saleId } = desk;
  const { sales, due } = partitionKeys(desk.partition);
  const before = await stockOf(desk);
  const digits = await stage(desk);
  t.equal(digits, '111111111110', 'it has no codes');
  const own = ownKeys(desk);
  // What the log does not know: in what will be replaced, and in what will be gone.
  for (const i of [1, 6, 9, 10, 11]) await redis.hset(own[i] ?? '', 'ghost', '1');
  await redis.srem(sales, saleId);
  await redis.zrem(due, saleId);
  await redis.hset(hash, 'ghost', '1');
  const { entries } = await placeOf(desk);

  t.equal(await restore(desk, { since, type: 'sale.recovered', digits, fields: ['version', '8', 'a', 'b'] }),
    'ok');
  t.same(await stockOf(desk), before);
  t.same(await Promise.all(own.slice(0, 11).map((key) => redis.pttl(key))), Array(11).fill(-1));
  t.equal(await redis.exists(...stagedKeys(desk)), 0);
  const { head, ...fields } = await redis.hgetall(hash);
  t.same(fields, { version: '8', a: 'b', state: 'open', epoch: '3', seq: '41' });
  t.match(head, new RegExp(`^[^\t]+-${NOW_MS}000-1-1$`));
  const said = [`recovered ${saleId}`];
  t.same(await placeOf(desk), { isListed: true, dueMs: String(NOW_MS), isSuspended: false, said,
    waiting: [waits], contradicted: 0, entries: entries + 1 });
  const [[, block] = []] = await redis.xrevrange(partitionKeys(desk.partition).outbox, '+', '-',
    'COUNT', 1);
  t.match(block?.[1], new RegExp(`^41\thead-40\t3\t.*\nsale.recovered\t${context}\t\\{"some":"data"\\}$`));
});

t.test('nothing changes for a caller who is too late, or of another generation', async (t) => {
  const { desk, since } = await openSuspended(t);
  const digits = await stage(desk);
  const before = await desk.dump();
  const calls: [answer: string, call: Call][] = [
    ['moved', { since, digits, from: 'open' }],
    ['moved', { since, digits, from: '' }],
    ['moved', { digits }],
    ['moved', { since: `1${since}`, digits }],
    ['lapsed', { since, digits: `${digits.slice(0, -1)}1` }],
    ['lapsed', { since, digits: `0${digits.slice(1)}` }],
  ];
  for (const [answer, call] of calls) t.equal(await restore(desk, call), answer, JSON.stringify(call));
  const { generation, outbox, standing } = partitionKeys(desk.partition);
  t.equal(await runRaw(desk.redis, 'restore-sale', [generation, outbox, standing, ...keysOf(desk)],
    ['another', 'nonce', ...argsOf(desk, { since, digits })]), 'recovering');
  t.same(await desk.dump(), before);
});

t.test('a sale that does not recover is only replaced at the event that was folded', async (t) => {
  const { desk, hash } = await open(t);
  await desk.move('close');
  const digits = await stage(desk);
  const { seq = '', head = '' } = await desk.redis.hgetall(hash);
  const fields = Object.entries(await desk.redis.hgetall(hash))
    .filter(([name]) => !['state', 'seq', 'head', 'epoch'].includes(name)).flat();
  const call = { from: 'closed', to: 'paused', digits, fields };
  const before = await desk.dump();
  t.equal(await restore(desk, { ...call, seq: Number(seq) + 1, head }), 'moved');
  t.equal(await restore(desk, { ...call, seq, head: 'another' }), 'moved');
  t.equal(await restore(desk, { ...call, from: 'paused', seq, head }), 'moved');
  t.equal(await restore(desk, { ...call, from: '', seq, head }), 'moved');
  t.same(await desk.dump(), before);
  const place = await placeOf(desk);
  t.equal(await restore(desk, { ...call, seq, head }), 'ok');
  const after = { ...await desk.dump(), [hash]: before[hash], [partitionKeys(desk.partition).due]: '' };
  for (const key of stagedKeys(desk)) delete before[key];
  t.same(after, { ...before, [partitionKeys(desk.partition).due]: '' });
  t.match(await desk.redis.hgetall(hash), { state: 'paused', seq, head, epoch: '3' });
  t.same(await placeOf(desk), { ...place, dueMs: String(NOW_MS) }, 'no event, and nobody is told');
});

t.test('of a sale that was archived or never was no stock is left', async (t) => {
  for (const to of ['archived', '']) {
    const { desk, hash, since, waits } = await openSuspended(t);
    const { entries } = await placeOf(desk);
    t.equal(await restore(desk, { since, to, fields: ['version', '8', 'summary', 'S'] }), 'ok');
    t.same(await stockOf(desk), Array(12).fill(undefined));
    t.same(await desk.redis.hgetall(hash), to === '' ? {}
      : { state: 'archived', version: '8', summary: 'S', seq: '40', head: 'head-40', epoch: '3' });
    t.same(await placeOf(desk), { isListed: false, dueMs: null, isSuspended: false,
      said: [`recovered ${desk.saleId}`], waiting: [waits], contradicted: 0, entries });
  }
});

t.test('a sale of which this Redis knows nothing can be put into it', async (t) => {
  const { desk, hash } = await open(t);
  const before = await stockOf(desk);
  const digits = await stage(desk);
  await desk.redis.del(hash, ...ownKeys(desk));
  t.equal(await restore(desk, { from: '', to: 'closed', digits }), 'ok');
  t.same(await stockOf(desk), before);
  t.match(await desk.redis.hgetall(hash), { state: 'closed', seq: '40', head: 'head-40', epoch: '3' });
});
