import { ticketTypesOf } from './sale-definition.ts';
import type { SaleArea, SaleDefinition } from './sale-definition.ts';
import type { Row, Seat } from './events.ts';

/**
 * The compiled form of a definition, shared by the API (ids → numbers), the relay (numbers → ids) and the
 * scripts. Every seat of the sale has an offset, in the order of the definition; a *segment* is a run of
 * seats with no aisle in between, the unit in which neighbours are sought. Inside an area segments stand in
 * order of preference: rows as listed, and within a row the segment nearest to its middle first.
 */
export interface Segment {
  offset: number;
  seats: number;
  /** middle of the whole row, in half seats from the segment's first seat (can be negative) */
  centreHalves: number;
}

export interface LayoutArea {
  index: number;
  area: SaleArea;
  /** the one category of all its places; -1 where seats have different ones */
  categoryIndex: number;
  /** first seat, and number of seats */
  offset: number;
  seats: number;
  /** first segment, and number of segments */
  segmentFirst: number;
  segments: number;
}

export interface SaleLayout {
  version: number;
  currency: string;
  areas: LayoutArea[];
  areaById: Map<string, LayoutArea>;
  segments: Segment[];
  /** by offset */
  seats: { seat: Seat; areaIndex: number; categoryIndex: number; segment: number }[];
  offsetBySeatId: Map<string, number>;
  categoryIds: string[];
  ticketTypes: string[];
  /** [category][ticket type] in minor units; undefined where the category does not sell that type */
  prices: (number | undefined)[][];
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
    segments: [],
    seats: [],
    offsetBySeatId: new Map(),
    categoryIds,
    ticketTypes,
    prices: definition.categories.map((c) => ticketTypes.map((t) => c.prices[t])),
  };
  for (const area of definition.areas) addArea(layout, area);
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
    offset: layout.seats.length,
    seats: 0,
    segmentFirst: layout.segments.length,
    segments: 0,
  };
  for (const row of area.rows ?? []) addRow(layout, index, row);
  entry.seats = layout.seats.length - entry.offset;
  entry.segments = layout.segments.length - entry.segmentFirst;
  if (area.kind === 'seated') {
    const categories = new Set(layout.seats.slice(entry.offset).map((seat) => seat.categoryIndex));
    entry.categoryIndex = categories.size === 1 ? [...categories][0] ?? -1 : -1;
  }
  layout.areas.push(entry);
  layout.areaById.set(area.areaId, entry);
}

function addRow(layout: SaleLayout, areaIndex: number, row: Row): void {
  const rowOffset = layout.seats.length;
  const middleHalves = row.seats.length - 1;
  const cuts = cutAtAisles(row.seats)
    .map(([first, count]) => ({ first, count, centreHalves: middleHalves - 2 * first }))
    .toSorted((a, b) => fromCentre(a) - fromCentre(b));
  const segmentOf = new Map<number, number>();
  for (const { first, count, centreHalves } of cuts) {
    for (let i = first; i < first + count; i++) segmentOf.set(i, layout.segments.length);
    layout.segments.push({ offset: rowOffset + first, seats: count, centreHalves });
  }
  for (const [i, seat] of row.seats.entries()) {
    layout.offsetBySeatId.set(seat.seatId, layout.seats.length);
    layout.seats.push({
      seat,
      areaIndex,
      categoryIndex: layout.categoryIds.indexOf(seat.categoryId),
      segment: segmentOf.get(i) ?? 0,
    });
  }
}

/** How far the row's middle lies outside the segment, in half seats; 0 when it is inside. */
function fromCentre({ count, centreHalves }: { count: number; centreHalves: number }): number {
  if (centreHalves < 0) return -centreHalves;
  return Math.max(0, centreHalves - 2 * (count - 1));
}

function distance(a: { x: number; y: number }, b: { x: number; y: number }): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
