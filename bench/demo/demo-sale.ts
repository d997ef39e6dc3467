import { readFileSync } from 'node:fs';
import { readSeatingPlan } from '../../services/shared/contracts/seating-plan.ts';
import type { SeatingPlan } from '../../services/shared/contracts/seating-plan.ts';

const PLAN = new URL('../../services/legacy/venues/old-theatre.json', import.meta.url);
export const SEATS = 400;
export const STANDING = 100;
/** Short, so that what is abandoned comes back while the others wait for it. */
const HOLD_SECONDS = 4;
const PRICES: Record<string, number> = { Stalls: 6_500, Wheelchair: 3_000 };

/**
 * The demo's sale, as PUT /admin/v1/sales takes it: the first 400 seats of the Old Theatre's stalls and 100
 * standing places. `rows` are the seat ids of each row, in their order; `categoryId` that of the first.
 */
export function createDemoSale(): DemoSale {
  const plan = JSON.parse(readFileSync(PLAN, 'utf8')) as SeatingPlan;
  const stalls = readSeatingPlan(plan)[0];
  if (stalls === undefined) throw new Error('the plan of the Old Theatre has no seats');
  let left = SEATS;
  const rows = stalls.rows.map((row) => {
    const seats = row.seats.slice(0, left);
    left -= seats.length;
    return { ...row, seats };
  }).filter(({ seats }) => seats.length > 0);
  const categories = [...new Set(rows.flatMap(({ seats }) => seats.map(({ categoryId }) => categoryId)))];
  const { areaId, name, kind } = stalls;
  return {
    input: {
      name: 'Demo: one night at the Old Theatre',
      currency: 'EUR',
      holdSeconds: HOLD_SECONDS,
      holdSecondsMax: HOLD_SECONDS,
      buyerLimit: 4,
      categories: [
        ...categories.map((categoryId) => ({ categoryId, prices: { adult: PRICES[categoryId] ?? 4_500 } })),
        { categoryId: 'Standing', prices: { adult: 2_500 } },
      ],
      areas: [
        { areaId, name, kind, rows },
        { areaId: 'standing', name: 'Standing', kind: 'general', capacity: STANDING, categoryId: 'Standing' },
      ],
    },
    areas: [{ areaId, kind, capacity: SEATS }, { areaId: 'standing', kind: 'general', capacity: STANDING }],
    rows: rows.map(({ seats }) => seats.map(({ seatId }) => seatId)),
    categoryId: stalls.rows[0]?.seats[0]?.categoryId ?? '',
  };
}

export interface DemoSale {
  input: Record<string, unknown>;
  areas: DemoArea[];
  rows: string[][];
  categoryId: string;
}

export interface DemoArea {
  areaId: string;
  kind: 'seated' | 'general';
  capacity: number;
}
