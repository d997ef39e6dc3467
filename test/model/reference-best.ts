import type { ItemRequest } from '../../services/shared/contracts/http-schemas.ts';
import type { KnownSale } from '../../services/selling/sale-directory.ts';
import { chainsOf } from './reference-claim.ts';
import type { Chain, ChainSeat, Trial } from './reference-claim.ts';

/**
 * Best available, by brute force over every seat. What is promised of n seats, in the order in which it is
 * looked at:
 *
 * 1. If n free seats side by side exist in one chain (no aisle between), for a counter that has room, the
 *    answer is such a block; through the channels that a claim opens one after the other, each with what is
 *    free for everybody, then through all of them together.
 * 2. A block inside one category comes before one over several. Where stranded seats are allowed it is in the
 *    first segment by the sale's order of preference that has room, as near to the middle of its row as any
 *    there. Where they are not: a block that strands nothing, and no later in that order than the first
 *    segment whose longest run has two seats more than n; if there is no such segment and the block strands
 *    a seat, it is in the first segment with room at all. (A run of exactly n may be passed over, when what
 *    is remembered of its segment says n + 1.) In a small sale where another category or channel goes on
 *    beside a segment's seats: the first that strands nothing, if there is any.
 * 3. `required`: otherwise `no_adjacent_seats` with the largest block there is, `sold_out` if that is 0.
 * 4. `preferred`: otherwise two blocks in neighbouring segments of an area, at most three apart, if any are.
 * 5. Otherwise any seats, the first block as large as there is; `sold_out` says how many there were.
 *
 * Accessible places: one with n - 1 seats beside it in one segment, the first that has them, with as many
 * companion seats as possible; else `no_adjacent_seats` with the most there are, `sold_out` if that is 0.
 */
export interface BestWish {
  n: number;
  item: ItemRequest;
  /** categories that sell the ticket type wished */
  categoryIds: string[];
}

/** The channels that are looked through at a time. */
type Look = readonly string[];

/** n seats side by side; segment -1 when they are in several. */
interface Block {
  chain: Chain;
  from: number;
  segment: number;
}

/** What a wish must be refused with, or undefined: then it must be granted. */
export function refusalOfBest(trial: Trial, wish: BestWish): { reason: string; detail: string } | undefined {
  const { n, item } = wish;
  const scope = scopeName(trial.sale.known, item);
  if (item.accessible) {
    if (accessibleBlocks(trial, wish, n).length > 0) return undefined;
    let largest = n - 1;
    while (largest > 0 && accessibleBlocks(trial, wish, largest).length === 0) largest -= 1;
    return { reason: largest > 0 ? 'no_adjacent_seats' : 'sold_out', detail: `${scope}.${largest}` };
  }
  if (looksOf(trial).some((look) => blocksOf(trial, wish, look, n).length > 0)) return undefined;
  if ((item.adjacent ?? 'required') !== 'required') {
    const most = mostScattered(trial, wish);
    return most >= n ? undefined : { reason: 'sold_out', detail: `${scope}.${most}` };
  }
  for (let size = n - 1; size > 0; size--) {
    if (looksOf(trial).some((look) => blocksOf(trial, wish, look, size).length > 0)) {
      return { reason: 'no_adjacent_seats', detail: `${scope}.${size}` };
    }
  }
  return { reason: 'sold_out', detail: `${scope}.0` };
}

/** Throws an Error that says what is wrong with the seats that a wish was granted with. */
export function checkBest(trial: Trial, wish: BestWish, seatIds: string[]): void {
  const { n, item } = wish;
  const fail = (what: string): never => {
    throw new Error(`best available ${JSON.stringify(item)} got ${seatIds.join(' ')}: ${what}`);
  };
  if (new Set(seatIds).size !== n) fail(`not ${n} seats`);
  if (refusalOfBest(trial, wish) !== undefined) fail('there was nothing to be had');
  if (item.accessible) return checkAccessible(trial, wish, seatIds, fail);
  for (const look of looksOf(trial)) {
    const blocks = blocksOf(trial, wish, look, n);
    if (blocks.length > 0) return checkTogether(trial, wish, { look, blocks, seatIds }, fail);
  }
  const free = new Set(looksOf(trial).flatMap((look) => usableSeats(trial, wish, look, 1)));
  for (const seatId of seatIds) if (!free.has(seatId)) fail(`${seatId} was not to be had`);
  const parts = partsOf(trial.sale.known, seatIds);
  if (item.adjacent === 'preferred') {
    const [one, other] = parts;
    const apart = Math.abs((one?.segment ?? 0) - (other?.segment ?? 0));
    const isPair = parts.length === 2 && one?.areaId === other?.areaId && apart <= NEIGHBOURS;
    // In a larger sale a pair may be found or not; one that was found comes before a larger block.
    if (isPair && trial.sale.known.layout.segments.length > ANCHORS) return;
    if (hasNeighbours(trial, wish)) return isPair ? undefined : fail('neighbouring rows had two blocks');
  }
  const largest = largestInSegment(trial, wish);
  if (Math.max(...parts.map(({ seats }) => seats)) < Math.min(largest, n)) fail(`${largest} were together`);
}

type Fail = (what: string) => never;
const NEIGHBOURS = 3;
/** In a sale with more segments than this not all are looked at as the larger part. */
const ANCHORS = 8;
/** In a sale with more segments not all may be looked at that have one seat more than asked for. */
const LOOKS = 16;

function checkTogether(
  trial: Trial,
  wish: BestWish,
  { look, blocks, seatIds }: { look: Look; blocks: Block[]; seatIds: string[] },
  fail: Fail,
): void {
  const { known } = trial.sale;
  const got = blocks.find(({ chain, from }) =>
    chain.slice(from, from + wish.n).every(({ seatId }) => seatIds.includes(seatId)));
  if (got === undefined) return fail(`they are not together, as ${wish.n} were to be had`);
  const inSegments = blocks.filter(({ segment }) => segment >= 0);
  const rankOf = rankIn(known, wish.item);
  const doesStrand = (block: Block) => strands(trial, wish, look, block);
  if (inSegments.length === 0) {
    const fine = known.definition.allowStrandedSeats ? [] : blocks.filter((block) => !doesStrand(block));
    if (fine.length > 0 && doesStrand(got)) fail('a seat is stranded, as need not be');
    const best = Math.min(...(fine.length > 0 ? fine : blocks).map(({ chain }) => chainRank(known, chain)));
    if (chainRank(known, got.chain) !== best) fail('another row comes first');
    return;
  }
  if (got.segment < 0) fail('they are in several categories, as one would have done');
  const distance = ({ chain, from }: Block) => {
    const first = chain[from] as ChainSeat;
    return Math.abs(2 * first.position + wish.n - first.rowSeats);
  };
  const isStranding = !known.definition.allowStrandedSeats && doesStrand(got);
  const isFree = known.definition.allowStrandedSeats || isStranding;
  const sure = known.definition.allowStrandedSeats ? inSegments : inSegments.filter((block) =>
    (isAllLookedAt(known) ? !doesStrand(block) : longestIn(trial, wish, look, block.segment) >= wish.n + 2));
  if (isStranding && sure.length > 0) fail('a seat is stranded, as need not be');
  const before = (isStranding ? inSegments : sure).find(
    ({ segment }) => rankOf(segment) < rankOf(got.segment));
  if (before !== undefined) fail(`${before.chain[before.from]?.seatId ?? ''} would have come first`);
  const nearest = Math.min(...inSegments.filter((block) => block.segment === got.segment
    && (isFree || !doesStrand(block))).map(distance));
  if (distance(got) !== nearest) fail('others are nearer to the middle');
}

/** Whether runs of one more than are asked for are looked at as well, and there are not too many of them. */
function isAllLookedAt({ layout, definition }: KnownSale): boolean {
  const isJoined = layout.segments.some(({ joinsLeft, joinsRight }) => joinsLeft || joinsRight);
  return layout.segments.length <= LOOKS && (isJoined || definition.channels.length > 0);
}

/** Ways of looking at the seats: through each channel that is opened, then all; or as everybody. */
function looksOf({ opened }: Trial): Look[] {
  if (opened.length <= 1) return [opened];
  return [...opened.map((channelId) => [channelId]), opened];
}

function isOpen(trial: Trial, look: Look, seatId: string): boolean {
  const home = trial.homeOf(seatId);
  return home === 'public' || look.some((channelId) => home === `channel:${channelId}`);
}

function isWished({ item, categoryIds }: BestWish, seat: ChainSeat): boolean {
  return categoryIds.includes(seat.categoryId)
    && (item.areaId === undefined || seat.areaId === item.areaId)
    && (item.categoryId === undefined || seat.categoryId === item.categoryId);
}

function blocksOf(trial: Trial, wish: BestWish, look: Look, n: number): Block[] {
  const blocks: Block[] = [];
  for (const chain of chainsOf(trial.sale.known)) {
    if (chain[0] === undefined || trial.room(chain[0].areaId) < n) continue;
    let run = 0;
    for (const [i, seat] of chain.entries()) {
      run = isWished(wish, seat) && isOpen(trial, look, seat.seatId) ? run + 1 : 0;
      if (run < n) continue;
      const from = i - n + 1;
      blocks.push({ chain, from, segment: chain[from]?.segment === seat.segment ? seat.segment : -1 });
    }
  }
  return blocks;
}

function usableSeats(trial: Trial, wish: BestWish, look: Look, size: number): string[] {
  return blocksOf(trial, wish, look, size).map(({ chain, from }) => chain[from]?.seatId ?? '');
}

function longestIn(trial: Trial, wish: BestWish, look: Look, segment: number): number {
  let longest = 0;
  for (let n = 1; blocksOf(trial, wish, look, n).some((block) => block.segment === segment); n++) longest = n;
  return longest;
}

function largestInSegment(trial: Trial, wish: BestWish): number {
  let largest = 0;
  const isThere = (n: number) => looksOf(trial).some((look) =>
    blocksOf(trial, wish, look, n).some(({ segment }) => segment >= 0));
  while (isThere(largest + 1)) largest += 1;
  return largest;
}

/** Groups nest, so taking one place after the other where there is room gets the most there is. */
function mostScattered(trial: Trial, wish: BestWish): number {
  const free = new Set(looksOf(trial).flatMap((look) => usableSeats(trial, wish, look, 1)));
  const left = new Map<number, number>();
  let most = 0;
  for (const { seatId, areaId } of chainsOf(trial.sale.known).flat()) {
    if (!free.has(seatId)) continue;
    const counters = trial.countersOver(areaId);
    for (const index of counters) if (!left.has(index)) left.set(index, trial.left(index));
    if (counters.some((index) => (left.get(index) ?? 0) < 1)) continue;
    for (const index of counters) left.set(index, (left.get(index) ?? 0) - 1);
    most += 1;
  }
  return most;
}

/** A seat beside the block that was to be had with it is alone now, and nothing free is beyond it. */
function strands(trial: Trial, wish: BestWish, look: Look, { chain, from, segment }: Block): boolean {
  const isAlone = (beside: number, beyond: number) => {
    const seat = chain[beside];
    if (seat === undefined || !isOpen(trial, look, seat.seatId)) return false;
    if (segment < 0 ? !isWished(wish, seat) : seat.segment !== segment) return false;
    const next = chain[beyond];
    return next === undefined || trial.homeOf(next.seatId) === undefined;
  };
  return isAlone(from - 1, from - 2) || isAlone(from + wish.n, from + wish.n + 1);
}

function rankIn({ layout }: KnownSale, { areaId, categoryId }: ItemRequest): (segment: number) => number {
  return (index) => {
    if (areaId !== undefined) return index;
    const segment = layout.segments[index];
    return (categoryId === undefined ? segment?.anywhereSlot : segment?.categorySlot) ?? -1;
  };
}

function chainRank({ layout }: KnownSale, chain: Chain): number {
  return Math.min(...chain.map(({ segment }) => layout.segments[segment]?.anywhereSlot ?? Infinity));
}

/** Seats of a hold by segment. */
function partsOf({ layout }: KnownSale,
  seatIds: string[]): { segment: number; areaId: string; seats: number }[] {
  const parts = new Map<number, { segment: number; areaId: string; seats: number }>();
  for (const seatId of seatIds) {
    const seat = layout.seats[layout.offsetBySeatId.get(seatId) ?? -1];
    const segment = seat?.segment ?? -1;
    const part = parts.get(segment)
      ?? { segment, areaId: layout.areas[seat?.areaIndex ?? -1]?.area.areaId ?? '', seats: 0 };
    part.seats += 1;
    parts.set(segment, part);
  }
  return [...parts.values()];
}

function hasNeighbours(trial: Trial, wish: BestWish): boolean {
  const { n } = wish;
  const { layout } = trial.sale.known;
  if (layout.segments.length > ANCHORS) return false;
  return looksOf(trial).some((look) => {
    const longest = layout.segments.map((_, i) => longestIn(trial, wish, look, i));
    return layout.segments.some(({ areaIndex }, one) => layout.segments.some((other, two) => {
      if (one === two || other.areaIndex !== areaIndex || Math.abs(one - two) > NEIGHBOURS) return false;
      if (trial.room(layout.areas[areaIndex]?.area.areaId ?? '') < n) return false;
      return (longest[one] ?? 0) > 0 && (longest[two] ?? 0) > 0
        && (longest[one] ?? 0) + (longest[two] ?? 0) >= n;
    }));
  });
}

function accessibleBlocks(trial: Trial, wish: BestWish, n: number): Block[] {
  const blocks: Block[] = [];
  for (const chain of chainsOf(trial.sale.known)) {
    if (chain[0] === undefined || trial.room(chain[0].areaId) < n) continue;
    for (let from = 0; from + n <= chain.length; from++) {
      const seats = chain.slice(from, from + n);
      const homes = seats.map(({ seatId }) => trial.homeOf(seatId));
      const segment = seats[0]?.segment ?? -1;
      const isFit = seats.every((seat) => seat.segment === segment && isWished(wish, seat))
        && homes.every((home) => home !== undefined && !home.startsWith('channel:'))
        && homes.includes('accessible');
      if (isFit) blocks.push({ chain, from, segment });
    }
  }
  return blocks;
}

function checkAccessible(trial: Trial, wish: BestWish, seatIds: string[], fail: Fail): void {
  const { layout } = trial.sale.known;
  const blocks = accessibleBlocks(trial, wish, wish.n);
  const rankOf = ({ segment }: Block) => layout.segments[segment]?.anywhereSlot ?? Infinity;
  const companions = ({ chain, from }: Block) => chain.slice(from, from + wish.n)
    .map(({ seatId }) => trial.homeOf(seatId)).filter((home) => home === 'companion').length;
  const got = blocks.find(({ chain, from }) =>
    chain.slice(from, from + wish.n).every(({ seatId }) => seatIds.includes(seatId)));
  if (got === undefined) return fail('they are no accessible place with seats beside it');
  if (rankOf(got) !== Math.min(...blocks.map(rankOf))) fail('another row comes first');
  const inRow = blocks.filter(({ segment }) => segment === got.segment);
  if (companions(got) < Math.max(...inRow.map(companions)) && onlyOnePlace(trial, inRow, wish.n)) {
    fail('more companion seats were to be had');
  }
}

/** With several accessible places in reach, sparing them counts as well: only then is that all. */
function onlyOnePlace(trial: Trial, blocks: Block[], n: number): boolean {
  return blocks.every(({ chain, from }) => chain.slice(from, from + n)
    .filter(({ seatId }) => trial.homeOf(seatId) === 'accessible').length === 1);
}

function scopeName({ layout }: KnownSale, { areaId, categoryId }: ItemRequest): string {
  if (areaId !== undefined) return `a${layout.areaById.get(areaId)?.index ?? ''}`;
  return categoryId === undefined ? 'v' : `c${layout.categoryIds.indexOf(categoryId)}`;
}
