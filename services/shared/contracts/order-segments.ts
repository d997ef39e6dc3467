import type { SaleLayout, Scope, Segment } from './layout.ts';
import type { SaleDefinition } from './sale-definition.ts';

/**
 * Puts the segments of a layout in order of preference and gives them their slots in `runs`: what the sale's
 * own order names comes first, in that order; then rows by their distance from the focal point, or as they
 * are listed where there is none; within a row the segment nearest to its middle first.
 *
 * `runs` has a slot per segment in each of up to three orders, one after the other: by area (the slot is the
 * segment's index), by category, and over the whole sale. Orders that are the same share their slots.
 */
export function orderSegments(layout: SaleLayout, definition: SaleDefinition): void {
  const ranked = rank(layout, definition);
  const byArea = ranked.toSorted((a, b) => a.segment.areaIndex - b.segment.areaIndex || compare(a, b));
  const anywhere = ranked.toSorted(compare);
  const byCategory = anywhere.toSorted((a, b) => a.segment.categoryIndex - b.segment.categoryIndex);
  layout.segments = byArea.map(({ segment }) => segment);
  for (const [index, { offset, seats }] of layout.segments.entries()) {
    for (let i = offset; i < offset + seats; i++) {
      const seat = layout.seats[i];
      if (seat !== undefined) seat.segment = index;
    }
  }
  const orders: Ranked[][] = [byArea];
  const firstOf = (order: Ranked[]) => {
    const same = orders.findIndex((other) => other.every((entry, i) => entry === order[i]));
    if (same >= 0) return same * order.length;
    return (orders.push(order) - 1) * order.length;
  };
  const categoryFirst = firstOf(byCategory);
  const anywhereFirst = firstOf(anywhere);
  for (const [i, { segment }] of byCategory.entries()) segment.categorySlot = categoryFirst + i;
  for (const [i, { segment }] of anywhere.entries()) segment.anywhereSlot = anywhereFirst + i;
  layout.anywhereScope = { first: anywhereFirst, count: anywhere.length };
  layout.categoryScopes = layout.categoryIds.map((_, category): Scope => {
    const first = byCategory.findIndex(({ segment }) => segment.categoryIndex === category);
    const count = byCategory.filter(({ segment }) => segment.categoryIndex === category).length;
    return { first: categoryFirst + Math.max(first, 0), count };
  });
  layout.slots = orders.length * layout.segments.length;
}

interface Ranked {
  segment: Segment;
  /** place in the sale's own order; Infinity when it is not named */
  own: number;
  /** of the row's middle from the focal point; 0 without one */
  distance: number;
  /** of the row, as listed */
  row: number;
  fromCentre: number;
}

function rank(layout: SaleLayout, { areas, order, focalPoint }: SaleDefinition): Ranked[] {
  const own = new Map(order.map(({ areaId, rowId }, i) => [rowKey(areaId, rowId), i]));
  const rowOf = rowsBySeat(areas);
  return layout.segments.map((segment) => {
    const row = rowOf[segment.offset];
    const areaId = row?.areaId ?? '';
    const middle = row?.middle;
    return {
      segment,
      own: own.get(rowKey(areaId, row?.rowId)) ?? own.get(rowKey(areaId)) ?? Infinity,
      distance: focalPoint === null || middle === undefined ? 0
        : Math.hypot(middle.x - focalPoint.x, middle.y - focalPoint.y),
      row: row?.index ?? 0,
      fromCentre: fromCentre(segment),
    };
  });
}

function compare(a: Ranked, b: Ranked): number {
  // Infinity minus Infinity is no number.
  const own = a.own === b.own ? 0 : a.own - b.own;
  return own || a.distance - b.distance || a.row - b.row || a.fromCentre - b.fromCentre
    || a.segment.offset - b.segment.offset;
}

interface RowOfSeat {
  areaId: string;
  rowId: string;
  index: number;
  middle: { x: number; y: number };
}

/** By seat offset. */
function rowsBySeat(areas: SaleDefinition['areas']): RowOfSeat[] {
  const rows: RowOfSeat[] = [];
  let index = 0;
  for (const { areaId, rows: ofArea = [] } of areas) {
    for (const { rowId, seats } of ofArea) {
      const mean = (axis: 'x' | 'y') => seats.reduce((sum, seat) => sum + seat[axis], 0) / seats.length;
      const row = { areaId, rowId, index: index++, middle: { x: mean('x'), y: mean('y') } };
      for (let i = 0; i < seats.length; i++) rows.push(row);
    }
  }
  return rows;
}

function rowKey(areaId: string, rowId?: string): string {
  return rowId === undefined ? areaId : `${areaId}\n${rowId}`;
}

/** How far the row's middle lies outside the segment, in half seats; 0 when it is inside. */
function fromCentre({ seats, centreHalves }: Segment): number {
  if (centreHalves < 0) return -centreHalves;
  return Math.max(0, centreHalves - 2 * (seats - 1));
}
