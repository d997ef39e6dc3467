import { array, assert, nat, property, record } from 'fast-check';
import t from 'tap';
import type { EventType, Item, SaleEvent } from '../../../../services/shared/contracts/events.ts';
import { evolve, initialSale } from '../../../../services/shared/contracts/evolve.ts';
import type { FoldedSale, SaleState } from '../../../../services/shared/contracts/evolve.ts';
import { openRuledSale, seats, tickets } from '../../../harness/ruled-sale.ts';
import type { Teller } from '../../../harness/sale-teller.ts';

/**
 * Anybody tells anything, in any order; the fold takes some of it and throws on the rest. After everything
 * that it took, its counters are what one gets by counting anew, from the events alone.
 */
interface Telling { what: number; who: number; which: number; much: number; where: number; waitMs: number }

const SEATS = ['A1', 'A2', 'A3', 'A4', 'B1', 'B2', 'W', 'N'];
const CHANNELS = [undefined, 'club', 'press'];
const BUYERS = ['ann', 'bob', 'cid', 'dot'];
const CODES = [[], ['x1'], ['p:half']];

const MOVES: Partial<Record<SaleState, (EventType & `sale.${string}`)[]>> = {
  open: ['sale.paused', 'sale.closed', 'sale.paused'],
  paused: ['sale.resumed', 'sale.closed', 'sale.resumed'],
  closed: ['sale.reopened', 'sale.archived', 'sale.reopened'],
  archived: ['sale.revived', 'sale.revived', 'sale.closed'],
};

function itemsOf({ which, much, where }: Telling): Item[] {
  const channelId = CHANNELS[where % 3];
  const first = seats([SEATS[which % 8] ?? ''], channelId);
  const floor = tickets('floor', 1 + much % 3, CHANNELS[much % 3]);
  return [[first], [floor], [tickets('stand', 1 + much % 2)], [first, floor]][where % 4] ?? [];
}

/** Mostly sensible: of the holds that there are, mostly one that lives. */
function tell(teller: Teller, telling: Telling): void {
  const { what, who, which, much, where } = telling;
  const quantity = much % 4;
  const areaId = where % 2 === 0 ? 'floor' : 'stand';
  const seatIds = [SEATS[which % 8] ?? ''];
  const live = [...teller.sale.holds].filter(([, { status }]) => status === 'live');
  const [holdId = 'none', hold] = live[which % Math.max(1, live.length)] ?? [];
  const items = itemsOf(telling);
  const codes = CODES[who % 3] ?? [];
  const acts: (() => void)[] = [
    () => teller.place(`h${teller.events.length}`, items, { buyerId: BUYERS[who % 4] ?? '', codes }),
    () => teller.confirm(holdId),
    () => teller.end(holdId, 'hold.released'),
    () => teller.end(holdId, 'hold.expired'),
    () => {
      const removed = (hold?.items ?? []).slice(0, much % 2);
      const kept = (hold?.items ?? []).slice(removed.length);
      teller.change(holdId, removed, items, [...kept, ...items], { codes });
    },
    () => teller.tell('hold.extended', { holdId, buyerId: hold?.buyerId ?? '', key: 'k',
      expiresAt: hold?.expiresAtMax ?? new Date(teller.nowMs).toISOString() }),
    () => teller.tell('stock.blocked', where % 3 === 0 ? { areaId: 'hall', seatIds, reason: '' }
      : { areaId, quantity, reason: '' }),
    () => teller.tell('stock.unblocked', where % 3 === 0 ? { areaId: 'hall', seatIds, reason: '' }
      : { areaId, quantity, reason: '' }),
    () => teller.tell('allocation.changed', where % 3 === 0
      ? { areaId: 'hall', channelId: CHANNELS[much % 3] ?? null, seatIds }
      : { areaId, channelId: CHANNELS[1 + much % 2] ?? null, quantity }),
    () => teller.tell('allocation.returned', { channelId: CHANNELS[1 + much % 2] ?? '' }),
    () => teller.tell('places.released', { areaId: 'hall', seatIds }),
    () => teller.tell('capacity.changed', [{ version: 2, areaId, capacity: 4 + which % 8 },
      { version: 2, groupId: 'low', capacity: 4 + which % 8 },
      { version: 2, capacity: 8 + which % 8 }][where % 3]
      ?? { version: 2, capacity: 9 }),
    () => teller.tell(MOVES[teller.sale.state]?.[which % 3] ?? 'sale.opened', {}),
  ];
  // Holds are told of more often than everything else, and a sale that is not open soon moves on.
  const act = what < 20 ? Math.floor(what / 4) : what - 15;
  acts[teller.sale.state === 'open' || what % 3 > 0 ? act : acts.length - 1]?.();
}

/** What the events say was done, without any rule. */
class Ledger {
  holds = new Map<string, { buyerId: string; items: Item[]; codes: string[] }>();
  sold: { buyerId: string; items: Item[]; codes: string[] }[] = [];
  blockedSeats = new Set<string>();
  blocked = new Map<string, number>();

  note({ type, data }: SaleEvent): void {
    switch (type) {
      case 'hold.placed':
      case 'hold.changed':
        this.holds.set(data.holdId, { buyerId: data.buyerId, items: data.items, codes: data.codes ?? [] });
        return;
      case 'order.confirmed': {
        const hold = this.holds.get(data.holdId);
        if (hold !== undefined) this.sold.push(hold);
        this.holds.delete(data.holdId);
        return;
      }
      case 'hold.released':
      case 'hold.expired':
        this.holds.delete(data.holdId);
        return;
      case 'stock.blocked':
      case 'stock.unblocked': {
        const sign = type === 'stock.blocked' ? 1 : -1;
        for (const seatId of data.seatIds ?? []) {
          if (sign > 0) this.blockedSeats.add(seatId);
          else this.blockedSeats.delete(seatId);
        }
        const much = data.seatIds?.length ?? data.quantity ?? 0;
        this.blocked.set(data.areaId, (this.blocked.get(data.areaId) ?? 0) + sign * much);
        return;
      }
      default:
    }
  }

  /** Throws a sentence where the fold says something else, or more is taken than there is. */
  check({ areas, groups, venue, seats: folded, buyers, codes, promotions, definition }: FoldedSale): void {
    const held = [...this.holds.values()].flatMap(({ items }) => items);
    const sold = this.sold.flatMap(({ items }) => items);
    const owned = [...held, ...sold].flatMap(({ seatIds = [] }) => seatIds);
    same('owners per seat', owned.length, new Set(owned).size);
    for (const [seatId, { holder, blocked }] of folded) {
      same(`owner of ${seatId}`, holder !== undefined, owned.includes(seatId));
      same(`block of ${seatId}`, blocked, this.blockedSeats.has(seatId));
      if (blocked && holder !== undefined) throw new Error(`${seatId} is blocked and owned`);
    }
    for (const [areaId, area] of areas) {
      const isHere = (item: Item) => item.areaId === areaId;
      const blocked = this.blocked.get(areaId) ?? 0;
      same(`counts of ${areaId}`, [area.held, area.sold, area.blocked],
        [countOf(held.filter(isHere)), countOf(sold.filter(isHere)), blocked]);
      const kept = [...area.allotted.values()];
      const free = area.kind === 'general' ? area.capacity - area.held - area.sold - area.blocked
        : [...folded.values()].filter((s) => s.areaId === areaId && !s.holder && !s.blocked).length;
      same(`places of ${areaId}`, area.held + area.sold + area.blocked + free, area.capacity);
      if (Math.min(free, ...kept) < 0 || kept.reduce((sum, n) => sum + n, 0) > free) {
        throw new Error(`${areaId} has ${free} free and ${kept.join()} set aside`);
      }
    }
    for (const group of [...groups.values(), { ...venue, areaIds: new Set(areas.keys()) }]) {
      const isHere = (item: Item) => group.areaIds.has(item.areaId);
      same('counts above areas', [group.held, group.sold],
        [held, sold].map((all) => countOf(all.filter(isHere))));
      if (group.held + group.sold > (group.capacity ?? Infinity)) {
        throw new Error('past a counter above areas');
      }
    }
    const owners = [...this.holds.values(), ...this.sold];
    for (const [buyerId, { tickets: counted, holds }] of buyers) {
      const own = owners.filter((one) => one.buyerId === buyerId);
      same(`tickets of ${buyerId}`, counted, countOf(own.flatMap(({ items }) => items)));
      same(`holds of ${buyerId}`, holds,
        [...this.holds.values()].filter((hold) => hold.buyerId === buyerId).length);
      if (counted > (definition?.buyerLimit ?? 0) || holds > 3) throw new Error(`${buyerId} is past a limit`);
    }
    const uses = (code: string) => owners.filter((one) => one.codes.includes(code)).length;
    same('uses', [codes.get('x1')?.uses, promotions.get('half')?.uses ?? 0], [uses('x1'), uses('p:half')]);
    if (uses('x1') > 2 || uses('p:half') > 2) throw new Error('a code was used too often');
  }
}

function countOf(items: Item[]): number {
  return items.reduce((sum, { quantity }) => sum + quantity, 0);
}

function same(what: string, fold: unknown, counted: unknown): void {
  const [a, b] = [JSON.stringify(fold), JSON.stringify(counted)];
  if (a !== b) throw new Error(`${what}: the fold has ${a}, counted anew it is ${b}`);
}

const HISTORY_LENGTH_MAX = 80;
const telling = record({
  what: nat(27), who: nat(11), which: nat(23), much: nat(11), where: nat(11), waitMs: nat(60_000),
});

t.test('after every event the fold has what one counts', (t) => {
  const taken = new Set<EventType>();
  assert(property(array(telling, { maxLength: HISTORY_LENGTH_MAX, size: 'max' }), (tellings) => {
    const teller = openRuledSale();
    const ledger = new Ledger();
    for (const one of tellings) {
      const before = teller.events.length;
      teller.nowMs += one.waitMs;
      try {
        tell(teller, one);
      } catch {
        // A fold that has thrown is of no use; what it had taken before is.
        teller.sale = teller.events.reduce(evolve, initialSale());
      }
      for (const event of teller.events.slice(before)) {
        taken.add(event.type);
        ledger.note(event);
      }
      ledger.check(teller.sale);
    }
  }), { numRuns: 200 });
  t.equal(taken.size, 18, `all kinds of events were taken: ${[...taken].join(' ')}`);
  t.end();
});
