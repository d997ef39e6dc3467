import { ticketTypesOf } from './sale-definition.ts';
import type { SaleArea, SaleDefinition } from './sale-definition.ts';
import type { Row, Seat } from './events.ts';
import { orderSegments } from './order-segments.ts';

/**
 * The compiled form of a definition, shared by the API (ids → numbers), the relay (numbers → ids) and the
 * scripts. Every seat of the sale has an offset, in the order of the definition; a *segment* is a run of
 * seats of one category with no aisle in between, the unit in which neighbours are sought. Inside an area
 * segments are numbered in order of preference.
 */
export interface Segment {
  offset: number;
  seats: number;
  /** middle of the whole row, in half seats from the segment's first seat (can be negative) */
  centreHalves: number;
  areaIndex: number;
  categoryIndex: number;
  /** no aisle, only another category, parts its first seat from the one before */
  joinsLeft: boolean;
  joinsRight: boolean;
  /** its places in `runs` beside its index, which is the one among its area's: for its category, for all */
  categorySlot: number;
  anywhereSlot: number;
}

/** A part of `runs`: segments in order of preference. */
export interface Scope {
  first: number;
  count: number;
}

/** Something that counts: an area, a group of areas, or the whole venue. */
export interface Counter {
  kind: 'area' | 'group' | 'venue';
  /** '' for the venue */
  id: string;
  capacity: number;
}

export interface LayoutArea {
  index: number;
  area: SaleArea;
  /** the one category of all its places; -1 where seats have different ones */
  categoryIndex: number;
  /** of all its places, in the order of the seats */
  categories: number[];
  /** first seat, and number of seats */
  offset: number;
  seats: number;
  /** first segment, and number of segments */
  segmentFirst: number;
  segments: number;
  /** indexes of the counters above it, the innermost first */
  above: number[];
}

export interface LayoutSeat {
  seat: Seat;
  areaIndex: number;
  categoryIndex: number;
  segment: number;
}

export interface SaleLayout {
  version: number;
  currency: string;
  areas: LayoutArea[];
  areaById: Map<string, LayoutArea>;
  /** areas first, by their index; then groups; then the venue, if it has a capacity */
  counters: Counter[];
  segments: Segment[];
  categoryScopes: Scope[];
  anywhereScope: Scope;
  /** slots in `runs` for one way of looking at the seats: public, and each channel */
  slots: number;
  /** segments with accessible places, in order of preference */
  accessibleSegments: number[];
  /** by offset */
  seats: LayoutSeat[];
  offsetBySeatId: Map<string, number>;
  /** by offset: what a seat is when nobody has it; HOME bytes */
  homes: string;
  categoryIds: string[];
  ticketTypes: string[];
  /** channel n of a record is channelIds[n - 1]; 0 is public */
  channelIds: string[];
  /** of general areas: what is set aside for channel n (1 …) */
  allotments: { areaIndex: number; channel: number; quantity: number }[];
  /** [category][ticket type] in minor units; undefined where the category does not sell that type */
  prices: (number | undefined)[][];
}

/** What a free seat is, by byte: for everybody, a place for a wheelchair, a seat beside one. */
export const HOME = { public: '0', accessible: 'w', companion: 'c' } as const;

/** The byte of a free seat of channel n (1 …): `A` and on. */
export function channelByte(channel: number): string {
  return String.fromCharCode(64 + channel);
}

/** An aisle is a gap of more than this many seat widths. */
const AISLE_SEAT_WIDTHS = 1.5;

/** Compiles a definition. Pure; costs about a millisecond per 1,000 seats, so callers keep the result. */
export function compileLayout(definition: SaleDefinition): SaleLayout {
  const categoryIds = definition.categories.map((c) => c.categoryId);
  const ticketTypes = ticketTypesOf(definition);
  const layout: SaleLayout = {
    version: definition.version,
    currency: definition.currency,
    areas: [],
    areaById: new Map(),
    counters: [],
    segments: [],
    categoryScopes: [],
    anywhereScope: { first: 0, count: 0 },
    slots: 0,
    accessibleSegments: [],
    seats: [],
    offsetBySeatId: new Map(),
    homes: '',
    categoryIds,
    ticketTypes,
    channelIds: definition.channels.map((c) => c.channelId),
    allotments: [],
    prices: definition.categories.map((c) => ticketTypes.map((t) => c.prices[t])),
  };
  for (const area of definition.areas) addArea(layout, area);
  orderSegments(layout, definition);
  addCounters(layout, definition);
  addHomes(layout, definition);
  return layout;
}

/**
 * The segments of one row: it is cut wherever two seats that follow each other stand further apart than 1.5
 * times the row's usual distance (its median). Seats are neighbours by their order in the row, not by number.
 *
 * @returns [first, count] pairs of positions in the row
 */
export function cutAtAisles(seats: { x: number; y: number }[]): [number, number][] {
  const gaps = seats.slice(1).map((seat, i) => distance(seat, seats[i] ?? seat));
  const usual = gaps.toSorted((a, b) => a - b)[Math.floor((gaps.length - 1) / 2)] ?? 0;
  const cuts: [number, number][] = [];
  let first = 0;
  for (const [i, gap] of gaps.entries()) {
    if (usual > 0 && gap > usual * AISLE_SEAT_WIDTHS) {
      cuts.push([first, i + 1 - first]);
      first = i + 1;
    }
  }
  if (seats.length > 0) cuts.push([first, seats.length - first]);
  return cuts;
}

function addArea(layout: SaleLayout, area: SaleArea): void {
  const index = layout.areas.length;
  const entry: LayoutArea = {
    index,
    area,
    categoryIndex: area.kind === 'general' ? layout.categoryIds.indexOf(area.categoryId ?? '') : -1,
    categories: [],
    offset: layout.seats.length,
    seats: 0,
    segmentFirst: layout.segments.length,
    segments: 0,
    above: [],
  };
  for (const row of area.rows ?? []) addRow(layout, index, row);
  entry.seats = layout.seats.length - entry.offset;
  entry.segments = layout.segments.length - entry.segmentFirst;
  if (area.kind === 'general') entry.categories.push(entry.categoryIndex);
  else {
    entry.categories.push(...new Set(layout.seats.slice(entry.offset).map((seat) => seat.categoryIndex)));
    if (entry.categories.length === 1) entry.categoryIndex = entry.categories[0] ?? -1;
  }
  layout.areas.push(entry);
  layout.areaById.set(area.areaId, entry);
}

/** The segments of a row in the order of its seats; `orderSegments` numbers them. */
function addRow(layout: SaleLayout, areaIndex: number, row: Row): void {
  const rowOffset = layout.seats.length;
  for (const seat of row.seats) {
    layout.offsetBySeatId.set(seat.seatId, layout.seats.length);
    const categoryIndex = layout.categoryIds.indexOf(seat.categoryId);
    layout.seats.push({ seat, areaIndex, categoryIndex, segment: 0 });
  }
  for (const [first, count] of cutAtAisles(row.seats)) {
    let from = first;
    for (let i = first; i < first + count; i++) {
      const isLast = i + 1 === first + count;
      const categoryId = row.seats[i]?.categoryId ?? '';
      if (!isLast && row.seats[i + 1]?.categoryId === categoryId) continue;
      layout.segments.push({
        offset: rowOffset + from,
        seats: i + 1 - from,
        centreHalves: row.seats.length - 1 - 2 * from,
        areaIndex,
        categoryIndex: layout.categoryIds.indexOf(categoryId),
        joinsLeft: from > first,
        joinsRight: !isLast,
        categorySlot: 0,
        anywhereSlot: 0,
      });
      from = i + 1;
    }
  }
}

function addCounters(layout: SaleLayout, { groups, capacity }: SaleDefinition): void {
  layout.counters = layout.areas.map(({ area }) =>
    ({ kind: 'area', id: area.areaId, capacity: area.capacity }));
  const indexOf = new Map<string, number>();
  for (const group of groups) {
    indexOf.set(group.groupId, layout.counters.length);
    layout.counters.push({ kind: 'group', id: group.groupId, capacity: group.capacity });
  }
  const venue = capacity === null ? [] : [layout.counters.length];
  if (capacity !== null) layout.counters.push({ kind: 'venue', id: '', capacity });
  const groupById = new Map(groups.map((group) => [group.groupId, group]));
  for (const entry of layout.areas) {
    let group = groups.find(({ areaIds }) => areaIds.includes(entry.area.areaId));
    while (group !== undefined) {
      entry.above.push(indexOf.get(group.groupId) ?? 0);
      group = groupById.get(group.parentId ?? '');
    }
    entry.above.push(...venue);
  }
}

function addHomes(layout: SaleLayout, { channels }: SaleDefinition): void {
  const homes = layout.seats.map(({ seat }) =>
    (seat.accessible ? HOME.accessible : seat.companion ? HOME.companion : HOME.public) as string);
  for (const [i, { allocations }] of channels.entries()) {
    for (const { areaId = '', quantity = 0, seatIds = [] } of allocations) {
      const area = layout.areaById.get(areaId);
      if (area !== undefined) {
        layout.allotments.push({ areaIndex: area.index, channel: i + 1, quantity });
      }
      for (const seatId of seatIds) homes[layout.offsetBySeatId.get(seatId) ?? -1] = channelByte(i + 1);
    }
  }
  layout.homes = homes.join('');
  const accessible = new Set<number>();
  for (const { seat, segment } of layout.seats) if (seat.accessible) accessible.add(segment);
  const slotOf = (index: number) => layout.segments[index]?.anywhereSlot ?? 0;
  layout.accessibleSegments = [...accessible].toSorted((a, b) => slotOf(a) - slotOf(b));
}

function distance(a: { x: number; y: number }, b: { x: number; y: number }): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
