import { readFileSync } from 'node:fs';
import { cutAtAisles } from '../shared/contracts/layout.ts';
import { readSeatingPlan } from '../shared/contracts/seating-plan.ts';
import type { PlanArea, SeatingPlan } from '../shared/contracts/seating-plan.ts';
import { loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';
import { SEED_SHOWS } from './seed-shows.ts';
import type { SeedShow } from './seed-shows.ts';

const LOCK_SEEDING = loadSql(import.meta.url, './sql/lock-seeding.sql');
const LIST_SLUGS = loadSql(import.meta.url, './sql/list-slugs.sql');
const INSERT_SHOW = loadSql(import.meta.url, './sql/insert-show.sql');

/**
 * Puts shows into a migrated database. A show that is there already stays as it is, whatever was sold of it,
 * so this can be called at every start, also by several processes at once. About a second for the 20,000
 * seats of the arena.
 *
 * @returns the slugs of the shows that this call added
 * @throws when the database refuses a show (a plan with a category that has no price, say); then none is
 *   added
 */
export async function seed(pool: Pool, shows: SeedShow[] = SEED_SHOWS): Promise<string[]> {
  return withTransaction(pool, async (client) => {
    await client.query(LOCK_SEEDING);
    const { rows } = await client.query<{ slug: string }>(LIST_SLUGS, [shows.map((show) => show.slug)]);
    const missing = shows.filter((show) => !rows.some((row) => row.slug === show.slug));
    for (const show of missing) await client.query(INSERT_SHOW, showParameters(show));
    return missing.map((show) => show.slug);
  });
}

function showParameters(show: SeedShow): unknown[] {
  const plan = show.planFile === undefined ? undefined : readPlan(show.planFile);
  const seated = plan === undefined ? [] : readSeatingPlan(plan);
  const prices = Object.entries(show.prices).flatMap(([category, byType]) =>
    Object.entries(byType).map(([ticketType, priceMinor]) => ({ category, ticketType, priceMinor })));
  const areas = [
    ...show.standing.map((area) => ({ ...area, kind: 'general' })),
    ...seated.map((area) => ({ ...area, kind: 'seated', category: null, capacity: seatsOf(area).length })),
  ];
  const seats = seated.flatMap(seatsOf);
  const unpriced = seats.find((seat) => show.prices[seat.categoryId] === undefined);
  if (unpriced !== undefined) throw new Error(`${show.slug}: category "${unpriced.categoryId}" has no price`);
  return [
    show.slug, show.name, show.venue, plan?.name ?? null, show.daysAhead, show.startsAtTime, show.currency,
    prices.map((p) => p.category), prices.map((p) => p.ticketType), prices.map((p) => p.priceMinor),
    areas.map((a) => a.areaId), areas.map((a) => a.name), areas.map((a) => a.kind),
    areas.map((a) => a.capacity), areas.map((a) => a.category),
    seats.map((s) => s.areaId), seats.map((s) => s.seatId), seats.map((s) => s.rowId),
    seats.map((s) => s.label), seats.map((s) => s.x), seats.map((s) => s.y), seats.map((s) => s.segment),
    seats.map((s) => s.categoryId),
  ];
}

function readPlan(file: string): SeatingPlan {
  return JSON.parse(readFileSync(new URL(`./venues/${file}`, import.meta.url), 'utf8')) as SeatingPlan;
}

interface SeedSeat {
  areaId: string;
  rowId: string;
  seatId: string;
  label: string;
  x: number;
  y: number;
  categoryId: string;
  /** number of the run of neighbours within the area; a new one begins at each aisle and in each row */
  segment: number;
}

function seatsOf(area: PlanArea): SeedSeat[] {
  const segments = area.rows.flatMap((row) => cutAtAisles(row.seats)
    .map(([first, count]) => ({ rowId: row.rowId, seats: row.seats.slice(first, first + count) })));
  return segments.flatMap(({ rowId, seats }, segment) =>
    seats.map((seat) => ({ ...seat, areaId: area.areaId, rowId, segment })));
}
