import { readFileSync } from 'node:fs';
import t from 'tap';
import { readSeatingPlan } from '../../../../services/shared/contracts/seating-plan.ts';
import type { SeatingPlan } from '../../../../services/shared/contracts/seating-plan.ts';
import { loadBrowserModule } from '../load-browser-module.ts';

interface PlanSeat {
  seatId: string;
  indexInArea: number;
  x: number;
  y: number;
}
interface Geometry {
  areas: { areaId: string; seats: PlanSeat[] }[];
  seatById: Map<string, PlanSeat>;
  pitch: number;
  radius: number;
  nearest(x: number, y: number, within: number): PlanSeat | undefined;
  inBox(box: { x: number; y: number; width: number; height: number }): PlanSeat[];
}
interface Geometries {
  createPlanGeometry(sale: unknown): Geometry | undefined;
}

const { createPlanGeometry } = await loadBrowserModule<Geometries>('plan-geometry.js');

function planOf(venue: string): Geometry {
  const path = new URL(`../../../../services/legacy/venues/${venue}.json`, import.meta.url);
  const areas = readSeatingPlan(JSON.parse(readFileSync(path, 'utf8')) as SeatingPlan);
  const geometry = createPlanGeometry({ categories: [], areas });
  if (geometry === undefined) throw new Error('the plan has no seats');
  return geometry;
}

t.test('a sale without seats has no plan', async (t) => {
  t.equal(createPlanGeometry({ categories: [], areas: [{ areaId: 'floor', kind: 'general' }] }), undefined);
});

for (const venue of ['old-theatre', 'northern-arena']) {
  t.test(`every seat of ${venue} is found where it is drawn, in the order of its area`, async (t) => {
    const plan = planOf(venue);
    const seats = plan.areas.flatMap((area) => area.seats);
    t.equal(plan.seatById.size, seats.length);
    const lost = seats.filter((seat) => plan.nearest(seat.x + 1, seat.y - 1, plan.pitch * 0.7) !== seat);
    t.same(lost.map((seat) => seat.seatId), []);
    for (const area of plan.areas) t.ok(area.seats.every((seat, i) => seat.indexInArea === i));
    t.equal(plan.nearest(-10_000, -10_000, plan.pitch), undefined);
  });

  t.test(`few dots of ${venue} touch`, async (t) => {
    const plan = planOf(venue);
    const seats = plan.areas.flatMap((area) => area.seats);
    const sample = seats.filter((_seat, i) => i % 20 === 0);
    const touching = sample.filter((seat) => {
      const reach = plan.radius * 2;
      const box = { x: seat.x - reach, y: seat.y - reach, width: reach * 2, height: reach * 2 };
      return plan.inBox(box).some((other) => other !== seat
        && Math.hypot(other.x - seat.x, other.y - seat.y) < plan.radius * 2);
    });
    t.ok(touching.length <= sample.length * 0.05, `${touching.length} of ${sample.length}`);
  });
}

t.test('areas that give no positions are stacked, not drawn over each other', async (t) => {
  const row = (prefix: string) => ({
    rowId: 'A',
    seats: [0, 1, 2].map((x) => ({ seatId: prefix + String(x), label: String(x), x, y: 0, categoryId: 'C' })),
  });
  const areas = ['a', 'b'].map((areaId) => ({ areaId, name: areaId, kind: 'seated', rows: [row(areaId)] }));
  const plan = createPlanGeometry({ categories: [], areas });
  const places = new Set([...plan?.seatById.values() ?? []].map(({ x, y }) => `${x}/${y}`));
  t.equal(places.size, 6);
});
