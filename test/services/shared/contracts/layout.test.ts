import { readFileSync } from 'node:fs';
import t from 'tap';
import { compileLayout, cutAtAisles } from '../../../../services/shared/contracts/layout.ts';
import { defineSale } from '../../../../services/shared/contracts/define-sale.ts';
import type { SaleDefinition } from '../../../../services/shared/contracts/sale-definition.ts';
import type { SaleInput } from '../../../../services/shared/contracts/sale-input.ts';
import { areaIdOf } from '../../../../services/shared/contracts/seating-plan.ts';
import type { SeatingPlan } from '../../../../services/shared/contracts/seating-plan.ts';
import { floorOf, hallOf, rowOf, saleOf } from '../../../harness/open-desk.ts';

function planOf(name: string): SeatingPlan {
  const file = new URL(`../../../../services/legacy/venues/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as SeatingPlan;
}

function definitionOf(input: SaleInput): SaleDefinition {
  const defined = defineSale(input, 1);
  if ('faults' in defined) throw new Error(JSON.stringify(defined.faults));
  return defined.definition;
}

function saleWithPlan(name: string): SaleInput {
  const layout = planOf(name);
  const categories = layout.categories.map((c) => ({ categoryId: c.name, prices: { adult: 100 } }));
  return { name, currency: 'EUR', categories, layout };
}

/** Seat labels of each segment of a row, in the order of the row. */
function segmentsOfRow(definition: SaleDefinition, areaId: string, rowId: string): string[][] {
  const layout = compileLayout(definition);
  const row = definition.areas.find((area) => area.areaId === areaId)?.rows?.find((one) =>
    one.rowId === rowId);
  const groups: string[][] = [];
  let before = -1;
  for (const { seatId, label } of row?.seats ?? []) {
    const segment = layout.seats[layout.offsetBySeatId.get(seatId) ?? -1]?.segment ?? -1;
    // Another category is no aisle.
    if (segment !== before && layout.segments[segment]?.joinsLeft !== true) groups.push([]);
    groups.at(-1)?.push(label);
    before = segment;
  }
  return groups;
}

t.test('an aisle is a gap of more than 1.5 seat widths', (t) => {
  const row = (...xs: number[]) => xs.map((x) => ({ x, y: 0 }));
  t.same(cutAtAisles(row(0, 1, 2, 3)), [[0, 4]]);
  t.same(cutAtAisles(row(0, 1, 2.5, 3.5)), [[0, 4]], 'exactly 1.5 is none');
  t.same(cutAtAisles(row(0, 1, 2.51, 3.51)), [[0, 2], [2, 2]]);
  t.same(cutAtAisles(row(0, 30, 60, 180, 210, 400)), [[0, 3], [3, 2], [5, 1]]);
  t.same(cutAtAisles([{ x: 0, y: 0 }, { x: 3, y: 4 }, { x: 6, y: 8 }, { x: 16, y: 8 }]), [[0, 3], [3, 1]],
    'distances are measured in both directions');
  t.same(cutAtAisles(row(3, 2, 1)), [[0, 3]], 'rows may run either way');
  t.same(cutAtAisles(row(7)), [[0, 1]]);
  t.same(cutAtAisles(row(1, 1, 1)), [[0, 3]], 'seats without positions are neighbours');
  t.same(cutAtAisles([]), []);
  t.end();
});

t.test('old-theatre: neighbours are physical, not by number, and not over an aisle', (t) => {
  const definition = definitionOf(saleWithPlan('old-theatre'));
  const stalls = (rowId: string) => segmentsOfRow(definition, 'stalls', rowId);
  t.same(stalls('A'), [['17', '15', '13', '11', '9', '7', '5', '3', '1',
    '2', '4', '6', '8', '10', '12', '14', '16', '18']], 'row A has no aisle: 1 and 2 are neighbours');
  t.same(stalls('D'), [['21', '19', '17', '15', '13', '11', '9', '7', '5', '3', '1'],
    ['2', '4', '6', '8', '10', '12', '14', '16', '18', '20', '22']], 'in row D the aisle is between 1 and 2');
  t.same(stalls('R').map((segment) => segment.length), [20, 20]);
  t.same(definition.areas.map(({ areaId, name, kind, capacity }) => [areaId, name, kind, capacity]),
    [['stalls', 'Stalls', 'seated', 451], ['circle', 'Circle', 'seated', 335]]);
  t.end();
});

t.test('northern-arena is read as a whole', (t) => {
  const definition = definitionOf(saleWithPlan('northern-arena'));
  const layout = compileLayout(definition);
  t.equal(definition.areas.length, 40);
  t.equal(definition.areas[0]?.areaId, 'block-101');
  t.equal(layout.seats.length, 20_000);
  t.equal(layout.offsetBySeatId.size, 20_000);
  const lengths = layout.segments.reduce((sum, segment) => sum + segment.seats, 0);
  t.equal(lengths, 20_000, 'every seat is in one segment');
  t.end();
});

t.test('the numbers of a layout', (t) => {
  const layout = compileLayout(definitionOf(saleOf(
    [hallOf([rowOf('A', 9, { aisleAfter: [2, 7] }), rowOf('B', 2)]), floorOf(5)],
  )));
  t.match(layout.segments, [
    { offset: 2, seats: 5, centreHalves: 4 },
    { offset: 0, seats: 2, centreHalves: 8 },
    { offset: 7, seats: 2, centreHalves: -6 },
    { offset: 9, seats: 2, centreHalves: 1 },
  ], 'the segment in the middle of a row comes first; centres are the row\'s');
  t.match(layout.areaById.get('hall'), { index: 0, offset: 0, seats: 11, segmentFirst: 0, segments: 4 });
  t.match(layout.areaById.get('floor'), { index: 1, offset: 11, seats: 0, segments: 0, categoryIndex: 0 });
  t.same(layout.ticketTypes, ['adult', 'child']);
  t.same(layout.prices, [[1000, 500]]);
  t.end();
});

t.test('an area id is the zone\'s name in lower case with single dashes', (t) => {
  t.equal(areaIdOf('Block 101'), 'block-101');
  t.equal(areaIdOf('  Große  Bühne (links)! '), 'gro-e-b-hne-links');
  t.equal(areaIdOf('---'), '');
  t.end();
});

t.test('positions of zone, row and seat add up; zones without rows are no areas', (t) => {
  const seat = (x: number) =>
    ({ seat_guid: `s${x}`, seat_number: `${x}`, position: { x, y: 1 }, category: 'C' });
  const definition = definitionOf(saleOf([], { layout: {
    name: 'plan', categories: [{ name: 'C' }], zones: [
      { name: 'Stage', rows: [] },
      { name: 'Pit', position: { x: 100, y: 200 },
        rows: [{ row_number: 'A', position: { x: 10, y: 20 }, seats: [seat(1), seat(2)] }] },
    ],
  } }));
  t.same(definition.areas.map(({ areaId }) => areaId), ['pit']);
  t.same(definition.areas[0]?.rows?.[0]?.seats[0],
    { seatId: 's1', label: '1', x: 111, y: 221, categoryId: 'C' });
  t.end();
});
