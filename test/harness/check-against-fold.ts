import { isDeepStrictEqual } from 'node:util';
import type { Redis } from 'ioredis';
import { evolve, initialSale } from '../../services/shared/contracts/evolve.ts';
import type { FoldedSale } from '../../services/shared/contracts/evolve.ts';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import { nameItems, readHoldRecord } from '../../services/shared/contracts/hold-record.ts';
import { partitionKeys, saleKeys } from '../../services/shared/contracts/keys.ts';
import { compileLayout } from '../../services/shared/contracts/layout.ts';
import type { SaleLayout } from '../../services/shared/contracts/layout.ts';
import { judge } from '../../services/shared/contracts/log-rule.ts';
import { readOrderRecord } from '../../services/shared/contracts/order-record.ts';
import { readOutboxEntry, toSaleEvent } from '../../services/shared/contracts/outbox.ts';
import type { SaleDefinition } from '../../services/shared/contracts/sale-definition.ts';

export interface CheckedSale {
  fold: FoldedSale;
  events: SaleEvent[];
  /** by area id */
  areas: Record<string, { free: number; held: number; sold: number }>;
  /** one character per seat of the sale */
  seats: string;
}

/**
 * Folds the whole outbox of a sale with `evolve`, which throws on an oversell, under the rule of the log,
 * and compares the result with every key that Redis keeps of the sale. Throws an Error that says where they
 * differ. One MULTI reads all, so that it may run while others sell.
 */
export async function checkAgainstFold(
  redis: Redis,
  partition: number,
  saleId: string,
): Promise<CheckedSale> {
  const k = saleKeys(partition, saleId);
  const p = partitionKeys(partition);
  const answers = await redis.multi()
    .hgetall(k.sale).get(k.definition).hgetall(k.areas).getBuffer(k.seats).getBuffer(k.runs)
    .hgetall(k.holds).zrange(k.expiry, '0', '-1', 'WITHSCORES').lrange(k.ended, 0, -1).hgetall(k.buyers)
    .hgetall(k.orders).zscore(p.due, saleId).xrange(p.outbox, '-', '+').hgetall(p.unconfirmed)
    .hgetall(p.standing)
    .exec();
  const [sale, json, areas, seats, runs, holds, expiry, ended, buyers, orders, due, entries, unconfirmed,
    standing] = (answers ?? []).map(([error, value]) => {
      if (error) throw error;
      return value;
    }) as [
      Hash, string, Hash, Buffer, Buffer, Hash, unknown[], string[], Hash, Hash, string | null, Entries, Hash,
      Hash,
    ];
  const layout = compileLayout(JSON.parse(json) as SaleDefinition);
  const { fold, events } = foldOf(entries, partition, saleId, layout);
  expect('state', sale['state'], fold.state);
  expect('seq', sale['seq'], String(fold.head.seq));
  expect('head', sale['head'], fold.head.id);
  const counts = checkAreas(areas, fold, layout);
  checkSeats(seats.toString('latin1'), runs, fold, layout);
  checkHolds({ holds, expiry: pairs(expiry), ended, due }, fold, layout);
  expect('buyers', { ...buyers }, Object.fromEntries([...fold.buyers].map(([id, n]) => [id, String(n)])));
  checkOrders(orders, unconfirmed, fold, events, layout);
  checkStanding(standing, entries);
  return { fold, events, areas: counts, seats: seats.toString('latin1') };
}

type Hash = Record<string, string>;
type Entries = [id: string, fields: string[]][];

function foldOf(entries: Entries, partition: number, saleId: string, layout: SaleLayout) {
  const fold = initialSale();
  const events: SaleEvent[] = [];
  for (const [, fields] of entries) {
    for (const packed of readOutboxEntry(fields)) {
      if (packed.saleId !== saleId) continue;
      const { verdict, reason } = judge(fold.head, packed, false);
      if (verdict !== 'accepted') {
        throw new Error(`${packed.type} seq ${packed.seq} is ${verdict}: ${reason}`);
      }
      const event = toSaleEvent(packed, partition, layout);
      checkTime(fold, event);
      evolve(fold, event);
      events.push(event);
    }
  }
  return { fold, events };
}

/** A hold is ordered, extended and released before its end, and expires after it, by the script's clock. */
function checkTime(fold: FoldedSale, event: SaleEvent): void {
  if (!('holdId' in event.data) || event.type === 'hold.placed') return;
  const endsAt = fold.holds.get(event.data.holdId)?.expiresAt ?? '';
  const isLate = event.time >= endsAt;
  if (isLate !== (event.type === 'hold.expired')) {
    throw new Error(`${event.type} of ${event.data.holdId} at ${event.time}, but its end is ${endsAt}`);
  }
}

function checkAreas(stored: Hash, fold: FoldedSale, layout: SaleLayout): CheckedSale['areas'] {
  const counts: CheckedSale['areas'] = {};
  expect('number of areas', Object.keys(stored).length, layout.areas.length);
  for (const { area, index } of layout.areas) {
    const [free = -1, held = -1, sold = -1] = (stored[index] ?? '').split(' ').map(Number);
    const folded = fold.areas.get(area.areaId);
    expect(`held and sold of ${area.areaId}`, [held, sold], [folded?.held, folded?.sold]);
    expect(`held + sold + free of ${area.areaId}`, held + sold + free, area.capacity);
    counts[area.areaId] = { free, held, sold };
  }
  return counts;
}

function checkSeats(stored: string, runs: Buffer, fold: FoldedSale, layout: SaleLayout): void {
  const folded = layout.seats.map(({ seat }) => {
    const state = fold.seats.get(seat.seatId);
    return state === undefined ? '?' : state.sold ? 's' : state.holder === undefined ? '0' : 'h';
  }).join('');
  expect('seats', stored, folded);
  expect('seats of the fold', fold.seats.size, layout.seats.length);
  const longest = layout.segments.map(({ offset, seats }) =>
    Math.max(0, ...(stored.slice(offset, offset + seats).match(/0+/g) ?? []).map((run) => run.length)));
  expect('runs', [...runs].map((byte) => byte - 128), longest.map((length) => Math.min(length, 127)));
}

function checkHolds(
  { holds, expiry, ended, due }: {
    holds: Hash; expiry: [string, number][]; ended: string[]; due: string | null;
  },
  fold: FoldedSale,
  layout: SaleLayout,
): void {
  const live = [...fold.holds].filter(([, hold]) => hold.status === 'live');
  const byId = (a: [string, number], b: [string, number]) => (a[0] < b[0] ? -1 : 1);
  expect('expiry', expiry.toSorted(byId),
    live.map(([id, hold]): [string, number] => [id, Date.parse(hold.expiresAt)]).toSorted(byId));
  for (const [id] of live) expect(`hold ${id} is there`, Object.hasOwn(holds, id), true);
  for (const [id, record] of Object.entries(holds)) {
    const { status, buyerId, items, expiresAtMs } = readHoldRecord(record);
    const folded = fold.holds.get(id);
    expect(`hold ${id}`, { status, buyerId, items: nameItems(items, layout), expiresAtMs },
      { status: folded?.status, buyerId: folded?.buyerId, items: folded?.items,
        expiresAtMs: Date.parse(folded?.expiresAt ?? '') });
  }
  const recorded = Object.keys(holds).filter((id) => fold.holds.get(id)?.status !== 'live');
  expect('ended', ended.toSorted(), recorded.toSorted());
  const earliestMs = Math.min(...expiry.map(([, ms]) => ms));
  if (expiry.length > 0 && (due === null || Number(due) > earliestMs)) {
    throw new Error(`a hold lapses at ${earliestMs}, but the sale is looked at ${due ?? 'never'}`);
  }
}

function checkOrders(
  stored: Hash,
  unconfirmed: Hash,
  fold: FoldedSale,
  events: SaleEvent[],
  layout: SaleLayout,
): void {
  expect('ids of orders', Object.keys(stored).toSorted(), [...fold.orders.keys()].toSorted());
  for (const [id, record] of Object.entries(stored)) {
    const { buyerId, holdId, items, totalMinor, eventId } = readOrderRecord(record);
    const order = { buyerId, holdId, items: nameItems(items, layout), totalMinor };
    expect(`order ${id}`, order, fold.orders.get(id));
    const event = events.find((one) => one.id === eventId);
    expect(`event of order ${id}`, event?.type === 'order.confirmed' && event.data.orderId, id);
    expect(`order ${id} waits for the log`, unconfirmed[eventId], id);
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
