import type { LayoutArea } from '../shared/contracts/layout.ts';
import type { SaleSnapshot } from './read-snapshot.ts';

/** What the stream's event `change` says: how to make the sale at `prev` into the sale at `seq`. */
export interface SaleChange {
  seq: number;
  prev: number;
  state: string;
  /** only areas in which something changed */
  areas: {
    areaId: string;
    free: number;
    held: number;
    sold: number;
    /** runs of seats: position in the area's `states`, and what stands there now */
    seats?: [at: number, states: string][];
  }[];
}

/**
 * The difference between two snapshots of a sale with the same layout. Pure. A gap of one unchanged seat is
 * written along: a run of its own would be longer.
 */
export function describeChange(before: SaleSnapshot, after: SaleSnapshot): SaleChange {
  const areas = after.sale.layout.areas.flatMap((area) => {
    const was = before.areas[area.index];
    const is = after.areas[area.index] ?? { free: 0, held: 0, sold: 0 };
    const seats = area.seats > 0 ? runsOf(before.seats, after.seats, area) : [];
    const isSame = was?.free === is.free && was.held === is.held && was.sold === is.sold;
    if (isSame && seats.length === 0) return [];
    return [{ areaId: area.area.areaId, ...is, ...seats.length > 0 && { seats } }];
  });
  return { seq: after.seq, prev: before.seq, state: after.state, areas };
}

function runsOf(before: string, after: string, area: LayoutArea): [number, string][] {
  const { offset } = area;
  const end = offset + area.seats;
  const runs: [number, string][] = [];
  if (before.slice(offset, end) === after.slice(offset, end)) return runs;
  const differs = (i: number) => i < end && before.charCodeAt(i) !== after.charCodeAt(i);
  for (let i = offset; i < end; i++) {
    if (!differs(i)) continue;
    const first = i;
    while (differs(i + 1) || differs(i + 2)) i += 1;
    runs.push([first - offset, after.slice(first, i + 1)]);
  }
  return runs;
}
