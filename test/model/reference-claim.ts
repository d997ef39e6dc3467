import type { KnownSale } from '../../services/selling/sale-directory.ts';
import type { FoldedSale } from '../../services/shared/contracts/folded-sale.ts';
import { cutAtAisles } from '../../services/shared/contracts/layout.ts';
import type { SaleLayout } from '../../services/shared/contracts/layout.ts';

/** A sale as the reference knows it: what `evolve` says of it, and what no event says. */
export interface ReferenceSale {
  fold: FoldedSale;
  /** the definition in force, compiled */
  known: KnownSale;
  /** what a hold placed now gets */
  holdMs: number;
  /** holds whose records were let go */
  forgotten: Set<string>;
}

/** One seat with its place in the hall. */
export interface ChainSeat {
  seatId: string;
  offset: number;
  areaId: string;
  categoryId: string;
  segment: number;
  /** position in the whole row, and how many seats that has */
  position: number;
  rowSeats: number;
}

/** Seats side by side, no aisle between: in such a chain a seat has neighbours. */
export type Chain = ChainSeat[];

const chainsByLayout = new WeakMap<SaleLayout, Chain[]>();

/** All chains of a sale, cut at the aisles. */
export function chainsOf({ definition, layout }: KnownSale): Chain[] {
  const made = chainsByLayout.get(layout);
  if (made !== undefined) return made;
  const chains = definition.areas.flatMap(({ areaId, rows = [] }) => rows.flatMap(({ seats }) =>
    cutAtAisles(seats).map(([first, count]) => seats.slice(first, first + count).map((seat, i): ChainSeat => {
      const offset = layout.offsetBySeatId.get(seat.seatId) ?? -1;
      return {
        seatId: seat.seatId, offset, areaId, categoryId: seat.categoryId,
        segment: layout.seats[offset]?.segment ?? -1, position: first + i, rowSeats: seats.length,
      };
    }))));
  chainsByLayout.set(layout, chains);
  return chains;
}

/**
 * One claim on its way through a sale: what it has taken so far is not free for its next item, and nothing of
 * it is in the fold yet.
 */
export class Trial {
  readonly sale: ReferenceSale;
  /** channelIds, in the order in which the claim draws on them */
  readonly opened: string[];
  readonly taken = new Set<string>();
  #used = new Map<number, number>();
  #drawn = new Map<string, number>();

  constructor(sale: ReferenceSale, opened: string[]) {
    this.sale = sale;
    this.opened = opened;
  }

  /** Indexes of the counters over an area, itself first. */
  countersOver(areaId: string): number[] {
    const { definition, layout } = this.sale.known;
    const indexOf = (kind: string, id: string) =>
      layout.counters.findIndex((counter) => counter.kind === kind && counter.id === id);
    const indexes = [indexOf('area', areaId)];
    let group = definition.groups.find(({ areaIds }) => areaIds.includes(areaId));
    while (group !== undefined) {
      const { parentId } = group;
      indexes.push(indexOf('group', group.groupId));
      group = parentId === undefined ? undefined : definition.groups.find((g) => g.groupId === parentId);
    }
    if (definition.capacity !== null) indexes.push(indexOf('venue', ''));
    return indexes;
  }

  /** What is free of a counter; `isBefore`: before this claim took anything. */
  left(index: number, isBefore = false): number {
    const { fold, known } = this.sale;
    const counter = known.layout.counters[index];
    if (counter === undefined) throw new Error(`there is no counter ${index}`);
    const area = counter.kind === 'area' ? fold.areas.get(counter.id) : undefined;
    const state = area ?? (counter.kind === 'group' ? fold.groups.get(counter.id) : fold.venue);
    if (state === undefined) throw new Error(`the fold has no ${counter.kind} ${counter.id}`);
    const free = (state.capacity ?? Infinity) - state.held - state.sold - (area?.blocked ?? 0);
    return isBefore ? free : free - (this.#used.get(index) ?? 0);
  }

  /** What this claim may have of a counter: not what is set aside for channels that it does not open. */
  openLeft(index: number, isBefore = false): number {
    const counter = this.sale.known.layout.counters[index];
    let left = this.left(index, isBefore);
    if (counter?.kind !== 'area') return left;
    for (const [channelId, allotted] of this.sale.fold.areas.get(counter.id)?.allotted ?? []) {
      if (!this.opened.includes(channelId)) left -= allotted;
    }
    return left;
  }

  /** What a channel has left in a general area. */
  allotted(areaId: string, channelId: string): number {
    const left = this.sale.fold.areas.get(areaId)?.allotted.get(channelId) ?? 0;
    return left - (this.#drawn.get(`${areaId} ${channelId}`) ?? 0);
  }

  draw(areaId: string, channelId: string, quantity: number): void {
    const key = `${areaId} ${channelId}`;
    this.#drawn.set(key, (this.#drawn.get(key) ?? 0) + quantity);
  }

  /** Counts places of an area as taken by this claim. */
  use(areaId: string, quantity: number): void {
    for (const index of this.countersOver(areaId)) {
      this.#used.set(index, (this.#used.get(index) ?? 0) + quantity);
    }
  }

  /** How many more all counters over an area have room for. */
  room(areaId: string): number {
    return Math.min(...this.countersOver(areaId).map((index) => this.left(index)));
  }

  /** Whom a free seat is for; undefined when somebody has it. */
  homeOf(seatId: string): string | undefined {
    const seat = this.sale.fold.seats.get(seatId);
    if (seat === undefined) throw new Error(`the fold has no seat ${seatId}`);
    const isFree = seat.holder === undefined && !seat.blocked && !this.taken.has(seatId);
    return isFree ? seat.home : undefined;
  }
}
