import { Type } from 'typebox';
import type { Static } from 'typebox';
import type { Row } from './events.ts';
import { plainText } from './plain-text.ts';

/**
 * Reads a seating plan in pretix' public format (zones > rows > seats, each seat with a position and a
 * category): https://github.com/pretix/pretix, src/pretix/static/seating/seating-plan.schema.json. Only what
 * selling needs is read; drawings (`areas`, colours) are allowed and passed by.
 */

const Position = Type.Object({ x: Type.Number(), y: Type.Number() });

export const SeatingPlan = Type.Object({
  name: plainText(200, 0),
  categories: Type.Array(Type.Object({ name: Type.String() })),
  zones: Type.Array(Type.Object({
    name: plainText(200),
    position: Type.Optional(Position),
    rows: Type.Array(Type.Object({
      row_number: plainText(32, 0),
      position: Type.Optional(Position),
      seats: Type.Array(Type.Object({
        seat_guid: plainText(64),
        seat_number: plainText(32, 0),
        position: Position,
        category: plainText(64),
      })),
    })),
  })),
});
export type SeatingPlan = Static<typeof SeatingPlan>;

export interface PlanArea {
  areaId: string;
  name: string;
  kind: 'seated';
  rows: Row[];
}

/**
 * The seated areas of a plan, one per zone that has rows, in the plan's order. Positions are made absolute
 * (zone + row + seat). `categoryId` is the seat's category name.
 */
export function readSeatingPlan(plan: SeatingPlan): PlanArea[] {
  return plan.zones.filter(hasRows).map(areaOf);
}

/** Where in the plan the zones stand that become areas, in the same order. */
export function zonesWithRows(plan: SeatingPlan): number[] {
  return [...plan.zones.keys()].filter((index) => hasRows(plan.zones[index]));
}

function hasRows(zone: SeatingPlan['zones'][number] | undefined): boolean {
  return zone !== undefined && zone.rows.length > 0;
}

function areaOf(zone: SeatingPlan['zones'][number]): PlanArea {
  return {
    areaId: areaIdOf(zone.name),
    name: zone.name,
    kind: 'seated',
    rows: zone.rows.map((row) => ({
      rowId: row.row_number,
      seats: row.seats.map((seat) => ({
        seatId: seat.seat_guid,
        label: seat.seat_number,
        x: (zone.position?.x ?? 0) + (row.position?.x ?? 0) + seat.position.x,
        y: (zone.position?.y ?? 0) + (row.position?.y ?? 0) + seat.position.y,
        categoryId: seat.category,
      })),
    })),
  };
}

/** A zone's name in lower case, runs of other characters than a-z and 0-9 as one `-`, none at the ends. */
export function areaIdOf(zoneName: string): string {
  return zoneName.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
}
