import type { LayoutArea } from '../shared/contracts/layout.ts';
import type { Counts, SaleSnapshot } from './read-snapshot.ts';
import { countsOf } from './sale-copy.ts';

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
    blocked: number;
    /** only when that changed: what is set aside for channels */
    reserved?: number;
    /** runs of seats: position in the area's `states`, and what stands there now */
    seats?: [at: number, states: string][];
  }[];
  /** only groups, and the venue, in which something changed */
  groups?: ({ groupId: string } & Counts)[];
  venue?: Counts;
}

/**
 * The difference between two snapshots of a sale with the same layout. Pure. A gap of one unchanged seat is
 * written along: a run of its own would be longer.
 */
export function describeChange(before: SaleSnapshot, after: SaleSnapshot): SaleChange {
  const areas = after.sale.layout.areas.flatMap((area) => {
    const was = countsOf(before, area.index);
    const is = countsOf(after, area.index);
    const reserved = after.reserved[area.index] ?? 0;
    const isMoved = reserved !== (before.reserved[area.index] ?? 0);
    const seats = area.seats > 0 ? runsOf(before.seats, after.seats, area) : [];
    if (isSame(was, is) && !isMoved && seats.length === 0) return [];
    const areaId = area.area.areaId;
    return [{ areaId, ...is, ...isMoved && { reserved }, ...seats.length > 0 && { seats } }];
  });
  const groups = after.sale.layout.counters.flatMap(({ kind, id }, index) =>
    (kind === 'group' && !isSame(countsOf(before, index), countsOf(after, index))
      ? [{ groupId: id, ...countsOf(after, index) }] : []));
  const venue = after.sale.layout.counters.findIndex(({ kind }) => kind === 'venue');
  return {
    seq: after.seq, prev: before.seq, state: after.state, areas, ...groups.length > 0 && { groups },
    ...venue >= 0 && !isSame(countsOf(before, venue), countsOf(after, venue))
      && { venue: countsOf(after, venue) },
  };
}

function isSame(a: Counts, b: Counts): boolean {
  return a.free === b.free && a.held === b.held && a.sold === b.sold && a.blocked === b.blocked;
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
