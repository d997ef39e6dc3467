import { isDeepStrictEqual } from 'node:util';
import type { Redis } from 'ioredis';
import { evolve, initialSale } from '../../services/shared/contracts/evolve.ts';
import { definitionOf } from '../../services/shared/contracts/evolve-definition.ts';
import type { FoldedSale } from '../../services/shared/contracts/evolve.ts';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import { readHoldRecord } from '../../services/shared/contracts/hold-record.ts';
import { partitionKeys, saleKeys } from '../../services/shared/contracts/keys.ts';
import { compileLayout } from '../../services/shared/contracts/layout.ts';
import type { SaleLayout } from '../../services/shared/contracts/layout.ts';
import { judge } from '../../services/shared/contracts/log-rule.ts';
import { isPending, readOrderRecord } from '../../services/shared/contracts/order-record.ts';
import { readOutboxEntry, toSaleEvent } from '../../services/shared/contracts/outbox.ts';
import type { PackedEvent } from '../../services/shared/contracts/outbox.ts';
import { packSale } from '../../services/shared/contracts/pack-sale.ts';
import type { PackedSale } from '../../services/shared/contracts/pack-sale.ts';
import type { SaleDefinition } from '../../services/shared/contracts/sale-definition.ts';
import { packRuns } from '../../services/shared/hot-state/pack-definition.ts';
import { checkEvent } from './check-event.ts';

export interface CheckedSale {
  fold: FoldedSale;
  events: SaleEvent[];
  /** by area id */
  areas: Record<string, { free: number; held: number; sold: number; blocked?: number }>;
  /** one character per seat of the sale */
  seats: string;
}

/** An outbox that somebody has read and folded already: the entries of the partition, the sale's events. */
export interface FoldedOutbox {
  fold: FoldedSale;
  events: SaleEvent[];
  entries: Entries;
}

/**
 * Folds the whole outbox of a sale with `evolve`, which throws on an oversell, under the rule of the log,
 * and compares the result with every key that Redis keeps of the sale. Throws an Error that says where they
 * differ. One MULTI reads all, so that it may run while others sell. `accepted` are the events that are in
 * the log, and not in the outbox any more; with `folded` nobody may sell meanwhile.
 */
export async function checkAgainstFold(
  redis: Redis,
  partition: number,
  saleId: string,
  { accepted = [], folded }: { accepted?: readonly SaleEvent[]; folded?: FoldedOutbox } = {},
): Promise<CheckedSale> {
  const k = saleKeys(partition, saleId);
  const p = partitionKeys(partition);
  const answers = await redis.multi()
    .hgetall(k.sale).get(k.definition).hgetall(k.areas)
    .getBuffer(k.seats).getBuffer(k.homes).getBuffer(k.runs)
    .hgetall(k.holds).zrange(k.expiry, '0', '-1', 'WITHSCORES').lrange(k.ended, 0, -1).hgetall(k.buyers)
    .hgetall(k.orders).zscore(p.due, saleId).xrange(p.outbox, folded ? '+' : '-', '+').hgetall(p.unconfirmed)
    .hgetall(p.standing).hgetall(k.codes)
    .exec();
  const [sale, json, areas, seats, homes, runs, holds, expiry, ended, buyers, orders, due, read,
    unconfirmed, standing, codes] = (answers ?? []).map(([error, value]) => {
      if (error) throw error;
      return value;
    }) as [
      Hash, string, Hash, Buffer, Buffer, Buffer, Hash, unknown[], string[], Hash, Hash, string | null,
      Entries, Hash, Hash, Hash,
    ];
  const layout = compileLayout(JSON.parse(json) as SaleDefinition);
  const { fold, events, entries } = folded ?? foldOf(read, partition, saleId, layout, accepted);
  const definition = definitionOf(fold);
  expect('definition', JSON.parse(json), JSON.parse(JSON.stringify(definition)));
  const packed = packSale(fold, definition, layout);
  for (const [field, value] of Object.entries(packed.sale)) expect(field, sale[field], value);
  const counts = checkCounters(areas, packed, layout);
  expect('seats', seats.toString('latin1'), packed.seats);
  expect('homes', homes.toString('latin1'), packed.homes);
  checkRuns(packed.seats, runs, layout);
  checkHolds({ holds, expiry: pairs(expiry), ended, due }, packed);
  checkBuyers(buyers, packed.buyers);
  expect('codes', { ...codes }, packed.codes);
  checkOrders(orders, unconfirmed, packed, events, accepted);
  checkStanding(standing, entries);
  return { fold, events, areas: counts, seats: seats.toString('latin1') };
}

type Hash = Record<string, string>;
export type Entries = [id: string, fields: string[]][];

function foldOf(
  entries: Entries,
  partition: number,
  saleId: string,
  layout: SaleLayout,
  accepted: readonly SaleEvent[],
): FoldedOutbox {
  const fold = initialSale();
  const events: SaleEvent[] = [...accepted];
  for (const event of accepted) evolve(fold, event);
  for (const [, fields] of entries) {
    for (const packed of readOutboxEntry(fields)) {
      if (packed.saleId !== saleId) continue;
      events.push(foldEvent(fold, packed, partition, layout));
    }
  }
  return { fold, events, entries };
}

/** Applies the next event of a sale under the rules of the log and of time; throws when it breaks one. */
export function foldEvent(
  fold: FoldedSale,
  packed: PackedEvent,
  partition: number,
  layout: SaleLayout | undefined,
): SaleEvent {
  const { verdict, reason } = judge(fold.head, packed, false);
  if (verdict !== 'accepted') {
    throw new Error(`${packed.type} seq ${packed.seq} is ${verdict}: ${reason}`);
  }
  checkOrigin(packed);
  const event = toSaleEvent(packed, partition, layout);
  checkEvent(event);
  checkTime(fold, event);
  evolve(fold, event);
  return event;
}

/** The id holds the microsecond of the event's time, somebody made it, and its epoch is a number. */
function checkOrigin({ id, timeMs, epoch, context, type, seq }: PackedEvent): void {
  const [, micros] = /^[\w-]+-(\d{16})-\d+-\d+$/.exec(id) ?? [];
  if (micros === undefined || Math.floor(Number(micros) / 1000) !== timeMs) {
    throw new Error(`${type} seq ${seq} happened at ${timeMs} ms, but its id is ${id}`);
  }
  const [actor = '', trace = ''] = context.split(' ');
  if (actor === '' || (trace === '') !== (actor === 'system') || !Number.isInteger(epoch)) {
    throw new Error(`${type} seq ${seq} is by "${context}", in epoch ${epoch}`);
  }
}

const ENDS_IN_TIME = new Set<string>(['order.confirmed', 'order.expired', 'order.cancelled',
  'payment.started', 'payment.failed']);

/**
 * By the script's clock a hold is ordered, extended and released before its end, and expires after it; so do
 * orders before they are paid. What comes after the end of both has no time.
 */
function checkTime(fold: FoldedSale, event: SaleEvent): void {
  if (!('holdId' in event.data) || event.type === 'hold.placed') return;
  const { data } = event;
  const order = 'orderId' in data ? fold.orders.get(data.orderId) : undefined;
  // `payment.late` is the event before, and gave the places back to the order.
  const isTakenAgain = event.type === 'order.confirmed' && order?.eventId === fold.head.id
    && event.time >= new Date(order.deadlineMs).toISOString();
  if (order !== undefined && (!isPending(order) || isTakenAgain || !ENDS_IN_TIME.has(event.type))) return;
  const endsAt = order === undefined ? fold.holds.get(data.holdId)?.expiresAt ?? ''
    : new Date(order.deadlineMs).toISOString();
  const isLate = event.time >= endsAt;
  if (isLate !== event.type.endsWith('.expired')) {
    throw new Error(`${event.type} of ${data.holdId} at ${event.time}, but its end is ${endsAt}`);
  }
}

/** What counts the places: as the fold has it, and nothing set aside is what a channel without share has. */
function checkCounters(stored: Hash, packed: PackedSale, layout: SaleLayout): CheckedSale['areas'] {
  const present = Object.fromEntries(Object.entries(stored).filter(([field, value]) =>
    !(field.includes(':') && value === '0')));
  expect('counters', present, Object.fromEntries(Object.entries(packed.areas).filter(([field, value]) =>
    !(field.includes(':') && value === '0'))));
  const counts: CheckedSale['areas'] = {};
  for (const { id, capacity, kind } of layout.counters) {
    const index = layout.counters.findIndex((counter) => counter.id === id && counter.kind === kind);
    const [free = -1, held = -1, sold = -1, blocked = -1] = (stored[index] ?? '').split(' ').map(Number);
    expect(`free + held + sold + blocked of ${kind} ${id}`, free + held + sold + blocked, capacity);
    if (kind === 'area') counts[id] = { free, held, sold, ...(blocked > 0 && { blocked }) };
  }
  return counts;
}

/** A bound may be too high, which costs time; one too low would hide free seats. */
function checkRuns(seats: string, runs: Buffer, layout: SaleLayout): void {
  for (const [at, least] of packRuns(layout, seats).entries()) {
    const bound = runs[at] ?? 0;
    if (bound < least) {
      throw new Error(`runs: slot ${at} says ${bound - 128}, but ${least - 128} are free together`);
    }
  }
}

function checkHolds(
  { holds, expiry, ended, due }: {
    holds: Hash; expiry: [string, number][]; ended: string[]; due: string | null;
  },
  packed: PackedSale,
): void {
  const isLive = (record: string | undefined) => record?.startsWith('l') && record.endsWith('\t');
  for (const [id, record] of Object.entries(packed.holds)) {
    // What ended is forgotten after a day.
    if (isLive(record)) expect(`hold ${id} is there`, Object.hasOwn(holds, id), true);
  }
  for (const [id, record] of Object.entries(holds)) {
    expect(`hold ${id}`, readHoldRecord(record), readHoldRecord(packed.holds[id] ?? ''));
    expect(`end of hold ${id}`, record.slice(record.lastIndexOf('\t')), packed.holds[id]?.slice(
      packed.holds[id].lastIndexOf('\t')));
  }
  const expiries = new Map(expiry.flatMap(([member, ms]) =>
    member.split(' ').map((id) => [`${id} ${ms}`, ms])));
  const lapses = packed.expiry.map(({ member, expiresAtMs }) => {
    expect(`expiry of ${member}`, expiries.get(`${member} ${expiresAtMs}`), expiresAtMs);
    return expiresAtMs;
  });
  expect('ended', ended.toSorted(), Object.keys(holds).filter((id) => !isLive(holds[id])).toSorted());
  const earliestMs = Math.min(...lapses);
  // A sale that was just rebuilt is looked at once, also when a hold had lapsed before.
  if (lapses.length > 0 && (due === null || Number(due) > Math.max(earliestMs, Date.now()))) {
    throw new Error(`a hold lapses at ${earliestMs}, but the sale is looked at ${due ?? 'never'}`);
  }
}

/** Who only has a past is told apart from who has nothing when somebody looks, not before. */
function checkBuyers(stored: Hash, packed: Hash): void {
  const parse = (buyers: Hash) => Object.fromEntries(Object.entries(buyers).flatMap(([id, text]) => {
    const [tickets, holds, heldMs = '0', strikes = '0', cool = '0', returned = ''] = text.split(' ');
    const places = returned.split(',').filter(Boolean).toSorted();
    return [[id, [tickets, holds, heldMs, strikes, cool, ...places].join(' ')]];
  }));
  expect('buyers', parse(stored), parse(packed));
}

function checkOrders(
  stored: Hash,
  unconfirmed: Hash,
  packed: PackedSale,
  events: SaleEvent[],
  accepted: readonly SaleEvent[],
): void {
  expect('ids of orders', Object.keys(stored).toSorted(), Object.keys(packed.orders).toSorted());
  for (const [id, record] of Object.entries(stored)) {
    const order = readOrderRecord(record);
    expect(`order ${id}`, order, readOrderRecord(packed.orders[id] ?? ''));
    const event = events.find((one) => one.id === order.eventId);
    expect(`event of order ${id}`, event !== undefined && 'orderId' in event.data && event.data.orderId, id);
    // Nobody waits for an order to lapse.
    const isAccepted = event?.type === 'order.expired' || accepted.some(({ id }) => id === order.eventId);
    expect(`order ${id} waits for the log`, unconfirmed[order.eventId], isAccepted ? undefined : id);
  }
}

/** What is counted of the outbox is what stands in it. */
function checkStanding(standing: Hash, entries: Entries): void {
  const blocks = entries.flatMap(([, fields]) => fields.filter((_, i) => i % 2 === 1));
  const bytes = blocks.reduce((sum, block) => sum + Buffer.byteLength(block), 0);
  const [oldest] = readOutboxEntry(entries[0]?.[1] ?? []);
  expect('bytes of the outbox', Number(standing['written'] ?? 0) - Number(standing['trimmed'] ?? 0), bytes);
  expect('age of the outbox', standing['sinceMs'], oldest && String(oldest.timeMs));
}

/** ZRANGE WITHSCORES is flat in RESP2 and a list of pairs in RESP3. */
function pairs(answer: unknown[]): [string, number][] {
  const flat = answer.flat() as string[];
  return flat.flatMap((id, i) => (i % 2 === 0 ? [[id, Number(flat[i + 1])] as [string, number]] : []));
}

function expect(what: string, stored: unknown, folded: unknown): void {
  if (isDeepStrictEqual(stored, folded)) return;
  const [inRedis, inFold] = [JSON.stringify(stored), JSON.stringify(folded)];
  throw new Error(`${what}: Redis has ${inRedis}, the fold of the outbox ${inFold}`);
}
