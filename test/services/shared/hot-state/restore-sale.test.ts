import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import t from 'tap';
import type { Test } from 'tap';
import { AcceptedFollower } from '../../../../services/selling/accepted-follower.ts';
import { addCodes } from '../../../../services/selling/add-codes.ts';
import { adjustStock } from '../../../../services/selling/adjust-stock.ts';
import { archiveSale, dropArchived } from '../../../../services/selling/archive-sale.ts';
import { accessDigestOf } from '../../../../services/selling/derive-id.ts';
import { packRuns } from '../../../../services/shared/hot-state/pack-definition.ts';
import { restoreSale } from '../../../../services/shared/hot-state/restore-sale.ts';
import { Generations } from '../../../../services/selling/generations.ts';
import { Stock } from '../../../../services/selling/stock.ts';
import type { InventoryRequest } from '../../../../services/shared/contracts/inventory-schemas.ts';
import type { ItemRequest } from '../../../../services/shared/contracts/http-schemas.ts';
import { sequenceOf } from '../../../../services/shared/contracts/event-schemas.ts';
import { definitionOf } from '../../../../services/shared/contracts/evolve-definition.ts';
import type { SaleEvent } from '../../../../services/shared/contracts/events.ts';
import type { FoldedSale } from '../../../../services/shared/contracts/evolve.ts';
import { partitionKeys, saleKeys } from '../../../../services/shared/contracts/keys.ts';
import { compileLayout } from '../../../../services/shared/contracts/layout.ts';
import type { SaleInput } from '../../../../services/shared/contracts/sale-input.ts';
import { acceptOutbox, foldOf } from '../../../harness/accept-outbox.ts';
import { checkAgainstFold } from '../../../harness/check-against-fold.ts';
import { openDesk, redisUrlOf } from '../../../harness/open-desk.ts';
import type { Desk } from '../../../harness/open-desk.ts';
import { openRuledSale, RULED, seats, tickets } from '../../../harness/ruled-sale.ts';

/**
 * A sale that was archived, deleted and revived from its events is, key by key, what it was: after random
 * histories, whatever dies between two commands, and whoever does the same at the same time. A failure prints
 * its seed; `MODEL_SEED=… npm test -- test/services/shared/hot-state/restore-sale.test.ts` runs it again.
 */
const SECRET = 'a secret of at least thirty-two characters';
const first = await openDesk(t, RULED, { saleId: 'unused' });
const redisUrl = redisUrlOf(first);
const accepted = new AcceptedFollower(first.redis, 64, pino({ level: 'silent' }));
const context = 'operator:ann 0';

/** Closed, as a random history left it, and all of it in the log. */
interface Played {
  desk: Desk;
  events: SaleEvent[];
}

const archive = (desk: Desk) => archiveSale({ ...desk, accepted }, desk.saleId, context, 0);
const drop = ({ stock, partition, saleId }: Desk) => dropArchived(stock, partition, saleId);
const revive = (desk: Desk, fold: FoldedSale, parts: { redis: Redis; stock: Stock } = desk) =>
  restoreSale(parts, fold, { partition: desk.partition, saleId: desk.saleId, from: 'archived', to: 'closed',
    type: 'sale.revived', context });

/** All keys of the sale, hashes sorted, and none of its partition's. */
async function keysOf(desk: Desk): Promise<Record<string, string>> {
  const all = Object.entries(await desk.dump());
  return Object.fromEntries(all.filter(([key]) => key.includes(`:${desk.saleId}:`)));
}

/** Archives a sale whose events are all in the log; returns the events with the new one. */
async function archived({ desk, events }: Played): Promise<SaleEvent[]> {
  const before = await archive(desk);
  if (!('dropped' in before) || before.dropped) throw new Error(`archived: ${JSON.stringify(before)}`);
  const more = await acceptOutbox(desk);
  const after = await archive(desk);
  if (!('dropped' in after) || !after.dropped) throw new Error(`archived: ${JSON.stringify(after)}`);
  return [...events, ...more];
}

type Command =
  | { do: 'place'; hold: number; items: ItemRequest[]; code: boolean; promotion: boolean; lapses: boolean }
  | { do: 'extend' | 'release' | 'confirm'; hold: number }
  | { do: 'change'; hold: number; items: ItemRequest[] }
  | { do: 'adjust'; request: InventoryRequest }
  | { do: 'expire' | 'lapse' | 'pause' | 'resume' };

const HOLDS = 12;
const seatId = fc.constantFrom('A1', 'A2', 'A3', 'A4', 'B1', 'B2', 'W', 'N');
const channelId = fc.constantFrom('club', 'press');
const item: fc.Arbitrary<ItemRequest> = fc.oneof(
  fc.record({ areaId: fc.constantFrom('floor', 'stand'), quantity: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ areaId: fc.constant('stand'), quantity: fc.constant(1), ticketType: fc.constant('child') }),
  fc.record({ bestAvailable: fc.integer({ min: 1, max: 3 }), areaId: fc.constant('hall') }),
  fc.record({ seatIds: fc.uniqueArray(seatId, { minLength: 1, maxLength: 2 }), accessible: fc.boolean() }),
);
const request: fc.Arbitrary<InventoryRequest> = fc.oneof(
  fc.record({ block: fc.record({ seatIds: fc.uniqueArray(seatId, { minLength: 1, maxLength: 2 }) }),
    reason: fc.constant('camera') }),
  fc.record({ block: fc.record({ areaId: fc.constant('floor'), quantity: fc.integer({ min: 0, max: 2 }) }),
    reason: fc.constant('bar') }),
  fc.record({ unblock: fc.record({ seatIds: fc.uniqueArray(seatId, { minLength: 1, maxLength: 2 }) }),
    reason: fc.constant('camera') }),
  fc.record({ allocate: fc.record({ channelId: fc.constant('club'),
    areaId: fc.constant('floor'), quantity: fc.integer({ min: 0, max: 3 }) }) }),
  fc.record({ allocate: fc.record({ channelId: fc.option(fc.constant('club')),
    seatIds: fc.uniqueArray(seatId, { minLength: 1, maxLength: 2 }) }) }),
  fc.record({ capacity: fc.integer({ min: 5, max: 9 }), areaId: fc.constant('floor') }),
  fc.record({ capacity: fc.integer({ min: 9, max: 14 }) }),
  fc.record({ price: fc.integer({ min: 1, max: 3000 }), categoryId: fc.constant('C'),
    ticketType: fc.constantFrom('adult', 'child') }),
  fc.record({ release: fc.record({ seatIds: fc.constantFrom('W', 'N').map((id) => [id]) }) }),
  fc.record({ returnAllocation: channelId }),
);
const items = fc.array(item, { minLength: 1, maxLength: 2 }).filter((several) => {
  const seatIds = several.flatMap((one) => one.seatIds ?? []);
  return new Set(seatIds).size === seatIds.length;
});
const hold = fc.nat(HOLDS - 1);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('place' as const), hold,
    items, code: fc.boolean(), promotion: fc.boolean(),
    lapses: fc.constantFrom(true, false, false) }) },
  { weight: 5, arbitrary: fc.record({
    do: fc.constantFrom('extend' as const, 'release' as const, 'confirm' as const, 'confirm' as const),
    hold }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('change' as const), hold,
    items }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('adjust' as const), request }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('expire' as const, 'lapse' as const,
    'pause' as const, 'resume' as const) }) },
);
const SALE: SaleInput = {
  ...RULED, buyerLimit: 12, holdLimit: 5, allowStrandedSeats: true, holdSecondsMax: 600,
  hoarding: { holdSeconds: 60, coolDownSeconds: 1, coolDownSecondsMax: 1 },
  taxes: [{ taxId: 'vat', name: 'VAT', percent: 7, included: true }],
  channels: [...RULED.channels ?? []].map(({ returnsAt: _, ...channel }) => channel),
};

async function run(desk: Desk, one: Command): Promise<unknown> {
  const buyerId = 'hold' in one ? `b${one.hold % 5}` : '';
  switch (one.do) {
    case 'place': {
      await desk.redis.hset(saleKeys(desk.partition, desk.saleId).sale, { holdMs: one.lapses ? 10 : 60_000 });
      const accessDigest = one.code ? accessDigestOf(SECRET, desk.saleId, 'CLUB') : undefined;
      return desk.place(`h${one.hold}`, one.items,
        { buyerId, accessDigest, promotionCode: one.promotion ? 'HALF' : undefined });
    }
    case 'extend': return desk.extend(`h${one.hold}`, 'k', buyerId);
    case 'release': return desk.release(`h${one.hold}`, buyerId);
    case 'confirm': return desk.confirm(`h${one.hold}`, `o${one.hold}`, { buyerId });
    case 'change': return desk.change(`h${one.hold}`, { items: one.items }, { buyerId }).catch(unplanned);
    case 'adjust': return adjustStock(desk, desk.saleId, one.request, context);
    case 'expire': return desk.expire();
    case 'lapse': return desk.awaitLapse();
    case 'pause': case 'resume': return desk.move(one.do);
    default: throw new Error(`no such command: ${JSON.stringify(one satisfies never)}`);
  }
}

/** What a change of nothing, or one that cannot be, comes to. */
function unplanned(error: Error): { ok: false } {
  if (!error.message.startsWith('no such change')) throw error;
  return { ok: false };
}

/** Plays a history to its end: what is still held is ordered, given back or lapses; the sale closes. */
async function play(desk: Desk, commands: Command[], seen: Map<string, number>): Promise<Played> {
  await addCodes({ ...desk, idSecret: SECRET }, desk.saleId,
    { codes: ['CLUB'], channelIds: ['club'], usesMax: 5, usesPerBuyerMax: 3 }, context);
  for (const one of commands) {
    const answer = await run(desk, one) as { ok?: boolean } | undefined;
    if (answer?.ok === true) seen.set(one.do, (seen.get(one.do) ?? 0) + 1);
  }
  for (let i = 0; i < HOLDS; i++) {
    const buyerId = `b${i % 5}`;
    if (i % 2 === 0) await desk.confirm(`h${i}`, `o${i}`, { buyerId });
    await desk.release(`h${i}`, buyerId);
  }
  await desk.awaitLapse();
  await desk.expire();
  await desk.move('close');
  await desk.redis.hset(saleKeys(desk.partition, desk.saleId).sale, { holdMs: 600_000 });
  await desk.directory.reload(desk.saleId);
  return { desk, events: await acceptOutbox(desk) };
}

/** A client whose connection breaks for good after so many commands. */
function dyingAfter(t: Test, commands: number): { redis: Redis; stock: Stock } {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 0, retryStrategy: () => null });
  redis.on('error', () => undefined);
  t.teardown(() => redis.disconnect());
  const send = redis.sendCommand.bind(redis);
  let sent = 0;
  redis.sendCommand = (...args) => {
    sent += 1;
    const answer = send(...args);
    if (sent === commands) redis.disconnect();
    return answer;
  };
  return { redis, stock: new Stock(redis, new Generations(redis), NO_LIMITS) };
}

const NO_LIMITS = { entriesMax: 1_000_000, bytesMax: 2 ** 40, ageMsMax: 24 * 3_600_000 };

/** What may be written in other words is read; everything else is compared to the byte. */
async function compare(t: Test, desk: Desk, before: Record<string, string>, fold: FoldedSale): Promise<void> {
  const k = saleKeys(desk.partition, desk.saleId);
  const after = await keysOf(desk);
  const hash = (keys: Record<string, string>, key: string) =>
    Object.fromEntries(JSON.parse(keys[key] ?? '[]') as [string, string][]);
  for (const key of [k.definition, k.seats, k.homes, k.segments, k.ended, k.codes]) {
    t.equal(after[key], before[key], `${key} is the same to the byte`);
  }
  t.equal(after[k.expiry], undefined, 'nothing is held');
  const layout = compileLayout(definitionOf(fold));
  const seatBytes = await desk.redis.get(k.seats) ?? '';
  t.same(await desk.redis.getBuffer(k.runs), packRuns(layout, seatBytes), 'bounds are exact');
  const given = ({ homes: _, ...sale }: Record<string, string>) => sale;
  t.same(given(hash(after, k.sale)), { ...given(hash(before, k.sale)), state: 'closed',
    seq: String(fold.head.seq + 1), head: await desk.redis.hget(k.sale, 'head') });
  const set = (areas: Record<string, string>) =>
    Object.fromEntries(Object.entries(areas).filter(([field, left]) => !field.includes(':') || left !== '0'));
  t.same(set(hash(after, k.areas)), set(hash(before, k.areas)));
  // `3.4` and `3+2` are the same seats.
  const inRuns = (records: Record<string, string>) => Object.fromEntries(Object.entries(records)
    .map(([id, record]) => [id, record.replace(/(?<=,)[\d.+]+(?=[;\t])/g, spelled)]));
  t.same(inRuns(hash(after, k.holds)), inRuns(hash(before, k.holds)));
  t.same(inRuns(hash(after, k.orders)), inRuns(hash(before, k.orders)));
  const words = (text: string) => text.split(/[ ,]/).map((word, i) => (i < 5 ? `${i} ${word}` : word));
  const sorted = (buyers: Record<string, string>) =>
    Object.fromEntries(Object.entries(buyers).map(([id, text]) => [id, words(text).toSorted()]));
  t.same(sorted(hash(after, k.buyers)), sorted(hash(before, k.buyers)));
  t.equal(Object.keys(after).some((key) => key.includes('staged')), false, 'nothing staged is left');
}

/** Offsets one by one. */
function spelled(offsets: string): string {
  return offsets.split('.').flatMap((run) => {
    const [from = 0, count = 1] = run.split('+').map(Number);
    return Array.from({ length: count }, (_, i) => from + i);
  }).join('.');
}

t.test('whatever happened in a sale, it comes back as it was', async (t) => {
  const seed = Number(process.env['MODEL_SEED'] ?? Date.now() % 2 ** 31);
  t.comment(`MODEL_SEED=${seed}`);
  const seen = new Map<string, number>();
  let n = 0;
  await fc.assert(fc.asyncProperty(fc.array(command, { minLength: 20, maxLength: 60 }), async (commands) => {
    const desk = await openDesk(t, SALE, { saleId: `random-${n += 1}`, redisUrl });
    const played = await play(desk, commands, seen);
    const before = await keysOf(desk);
    const events = await archived(played);
    const stub = await keysOf(desk);
    const { sale } = saleKeys(desk.partition, desk.saleId);
    if (Object.keys(stub).join() !== sale) throw new Error(`left: ${Object.keys(stub).join()}`);
    const fold = foldOf(events);
    if (await revive(desk, fold) !== 'ok') throw new Error('it is not revived');
    await t.test(`history ${n}`, (t) => compare(t, desk, before, fold));
    await desk.expire();
    await checkAgainstFold(desk.redis, desk.partition, desk.saleId, { accepted: events });
    await desk.move('reopen');
    await desk.place('new', [{ areaId: 'stand', quantity: 1 }], { buyerId: 'new' });
    await checkAgainstFold(desk.redis, desk.partition, desk.saleId, { accepted: events });
  }), { seed, numRuns: Number(process.env['MODEL_RUNS'] ?? 25), endOnFailure: true });
  t.comment(JSON.stringify([...seen]));
  const all = ['place', 'extend', 'change', 'release', 'confirm', 'adjust'];
  for (const what of all) t.ok(seen.has(what), what);
});

/** A short history that has some of everything. */
async function someSale(t: Test, saleId: string): Promise<Played> {
  const desk = await openDesk(t, SALE, { saleId, redisUrl });
  const plain = { do: 'place', code: false, promotion: false, lapses: false } as const;
  return play(desk, [
    { ...plain, hold: 0, items: [{ areaId: 'hall', bestAvailable: 2 }], code: true, promotion: true },
    { ...plain, hold: 1, items: [{ areaId: 'floor', quantity: 2 }] },
    { do: 'extend', hold: 0 }, { do: 'confirm', hold: 0 }, { do: 'release', hold: 1 },
  ], new Map());
}

t.test('repeats of what was asked before the archive get their answers after it', async (t) => {
  const played = await someSale(t, 'repeats');
  const { desk } = played;
  const ask = async () => [
    await desk.confirm('h0', 'o0', { buyerId: 'b0' }), await desk.release('h1', 'b1'),
    await desk.extend('h0', 'k', 'b0'), await desk.confirm('h1', 'o1', { buyerId: 'b1' }),
  ];
  const before = await ask();
  t.match(before, [{ ok: true }, { ok: true }, { ok: true }, { reason: 'hold_released' }]);
  const events = await archived(played);
  t.same(await ask(), before.map(() => ({ ok: false, reason: 'sale_archived', detail: '' })));
  t.same([await desk.move('close'), await desk.move('reopen'), await desk.expire()],
    ['sale_archived', 'sale_archived', 'sale_archived']);
  t.match(await desk.define({ ...SALE, name: 'Again' }), { reason: 'sale_archived' });
  t.match(await adjustStock(desk, 'repeats', { returnAllocation: 'club' }, context),
    { reason: 'sale_unknown' });
  t.equal(await revive(desk, foldOf(events)), 'ok');
  t.same(await ask(), before);
});

t.test('a sale with something under way is not archived', async (t) => {
  const desk = await openDesk(t, SALE, { saleId: 'busy', redisUrl });
  t.same(await archive({ ...desk, saleId: 'nothing' }), { reason: 'sale_unknown' });
  t.same(await archive(desk), { reason: 'sale_not_closed' });
  await desk.place('a', [{ areaId: 'stand', quantity: 1 }]);
  await desk.move('close');
  t.same(await archive(desk), { reason: 'sale_busy' });
  await desk.directory.reload('busy');
  const events = await acceptOutbox(desk);
  const before = await desk.dump();
  t.same(await archive(desk), { reason: 'sale_busy' }, 'a hold lives');
  t.same(await desk.dump(), before, 'nothing has changed');
  await desk.release('a');
  t.same(await archive(desk), { reason: 'sale_busy' }, 'the log does not have all of it');
  events.push(...await acceptOutbox(desk));
  await archived({ desk, events });
  await desk.redis.hset(saleKeys(desk.partition, 'busy').sale, 'state', 'recovering');
  await t.rejects(archive(desk), /is being restored/);
  t.equal(await drop(desk), false);
});

t.test('nothing is deleted that the log does not have, whoever has cut the outbox', async (t) => {
  const { desk } = await someSale(t, 'cut');
  t.same(await archive(desk), { dropped: false });
  const before = await keysOf(desk);
  await desk.redis.del(partitionKeys(desk.partition).outbox);
  t.same(await archive(desk), { dropped: false });
  t.same(await keysOf(desk), before);
  const dueMs = await desk.redis.zscore(partitionKeys(desk.partition).due, 'cut');
  t.ok(Number(dueMs) > Date.now(), 'it is looked at again later');
});

t.test('a sale in which orders wait for the log is revived only at the event that Redis has', async (t) => {
  const played = await someSale(t, 'behind');
  const { desk } = played;
  const events = await archived(played);
  t.equal(await revive(desk, foldOf(events.slice(0, -1))), 'moved');
  const rival = [...events.slice(0, -1), { ...events.at(-1) as SaleEvent, id: 'another' }];
  t.equal(await revive(desk, foldOf(rival)), 'moved');
  const { sale } = saleKeys(desk.partition, 'behind');
  t.same(Object.keys(await keysOf(desk)), [sale], 'nothing staged is left');
  t.equal(await revive(desk, foldOf(events)), 'ok');
  t.equal(await revive(desk, foldOf(events)), 'moved');
  t.equal(await drop(desk), false, 'what is revived is not deleted');
  await checkAgainstFold(desk.redis, desk.partition, 'behind', { accepted: events });
});

t.test('whoever does the same at the same time, it happens once', async (t) => {
  const played = await someSale(t, 'together');
  const { desk, events } = played;
  t.same(await Promise.all([archive(desk), archive(desk), archive(desk)]),
    [1, 2, 3].map(() => ({ dropped: false })));
  events.push(...await acceptOutbox(desk));
  t.same(events.filter(({ type }) => type === 'sale.archived').length, 1);
  const fold = foldOf(events);
  const answers = await Promise.all(
    [revive(desk, fold), drop(desk), revive(desk, fold), archive(desk), drop(desk)]);
  t.same([answers[0], answers[2]].toSorted(), ['moved', 'ok']);
  const { state, more } = { state: await desk.redis.hget(saleKeys(desk.partition, 'together').sale, 'state'),
    more: await acceptOutbox(desk) };
  t.same([state, more.map(({ type }) => type)], ['closed', ['sale.revived']]);
  await checkAgainstFold(desk.redis, desk.partition, 'together', { accepted: [...events, ...more] });
});

t.test('who dies on the way leaves a sale archived or revived; a repeat does the rest', async (t) => {
  let isWhole = false;
  for (let commands = 1; !isWhole && commands < 60; commands++) {
    const played = await someSale(t, `death-${commands}`);
    const { desk } = played;
    const fold = foldOf(await archived(played));
    const stub = await keysOf(desk);
    const mortal = dyingAfter(t, commands);
    const answer = await revive(desk, fold, mortal).catch(() => 'died');
    isWhole = answer === 'ok';
    const { sale, orders } = saleKeys(desk.partition, desk.saleId);
    if (await desk.redis.hget(sale, 'state') === 'archived') {
      const left = await keysOf(desk);
      t.equal(left[sale], stub[sale], `dead after ${commands} commands`);
      const staged = Object.keys(left).filter((key) => key !== sale);
      t.ok(staged.every((key) => key.includes(':staged:')));
      const lives = await Promise.all(staged.map((key) => desk.redis.pttl(key)));
      t.ok(lives.every((ms) => ms > 0), 'what is staged lapses');
      t.equal(await revive(desk, fold), 'ok');
    }
    t.equal(await desk.redis.hget(sale, 'state'), 'closed');
    t.equal(await desk.redis.pttl(orders), -1, 'and what came back stays');
  }
  t.ok(isWhole);
});

t.test('a sale that this Redis knows nothing of is written down with its live holds', async (t) => {
  const desk = await openDesk(t, SALE, { saleId: 'elsewhere', redisUrl });
  const teller = openRuledSale();
  const nowMs = Date.now();
  teller.nowMs = nowMs - 25 * 3_600_000;
  teller.place('old', [seats(['A1'])], { buyerId: 'gone' });
  teller.end('old');
  teller.nowMs = nowMs - 3_600_000;
  teller.place('late', [seats(['A2'])]);
  teller.end('late');
  teller.nowMs = nowMs - 1_000;
  teller.place('live', [seats(['A3']), tickets('floor', 2)]);
  teller.tell('sale.paused', {});
  const { partition } = desk;
  const into = { partition, saleId: 'hamlet', from: '', to: 'open', type: 'sale.resumed' } as const;
  t.equal(await restoreSale(desk, teller.sale, { ...into, context }), 'ok');
  const k = saleKeys(desk.partition, 'hamlet');
  t.same((await desk.redis.hkeys(k.holds)).toSorted(), ['late', 'live'], 'a day later nobody repeats');
  t.same(await desk.redis.lrange(k.ended, 0, -1), ['late']);
  t.same(await desk.redis.hkeys(k.buyers), ['ann'], 'and who has nothing any more is not known');
  t.equal(await desk.redis.sismember(partitionKeys(desk.partition).sales, 'hamlet'), 1);
  const hamlet = { ...desk, saleId: 'hamlet' };
  await desk.directory.reload('hamlet');
  const [resumed] = await acceptOutbox(hamlet);
  t.match(resumed, { type: 'sale.resumed', sequence: sequenceOf(teller.sale.head.seq + 1) });
  t.same(await desk.redis.zrange(k.expiry, '0', '-1'), ['live']);
  t.equal(await restoreSale(desk, teller.sale, { ...into, context }), 'moved', 'once');
});
