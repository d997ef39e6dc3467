import t from 'tap';
import { defineSale } from '../../../../services/shared/contracts/define-sale.ts';
import { sameAreas } from '../../../../services/shared/contracts/sale-definition.ts';
import type { SaleInput } from '../../../../services/shared/contracts/sale-input.ts';
import { floorOf, hallOf, rowOf, saleOf } from '../../../harness/open-desk.ts';

/** The fields that a definition is refused for. */
function fieldsOf(input: SaleInput): string[] {
  const defined = defineSale(input, 1);
  return 'faults' in defined ? defined.faults.map(({ field }) => field) : [];
}

const base = saleOf([floorOf(5)]);
const zone = (name: string, guids: string[], category = 'C') => ({ name, rows: [{
  row_number: 'A',
  seats: guids.map((guid, x) => ({ seat_guid: guid, seat_number: guid, position: { x, y: 0 }, category })),
}] });
const plan = (...zones: ReturnType<typeof zone>[]) => ({ name: 'p', categories: [{ name: 'C' }], zones });

const FAULTS: [what: string, input: SaleInput, fields: string[]][] = [
  ['no area', saleOf([]), ['/areas']],
  ['an area without rows', saleOf([{ areaId: 'a', kind: 'seated', categoryId: 'C' }]), ['/areas/0/rows']],
  ['an area without seats', saleOf([hallOf([rowOf('A', 0)])]), ['/areas/0/rows']],
  ['a negative capacity', saleOf([floorOf(-1)]), ['/areas/0/capacity']],
  ['no capacity', saleOf([{ areaId: 'a', kind: 'general', categoryId: 'C' }]), ['/areas/0/capacity']],
  ['a capacity past the limit', saleOf([floorOf(10_000_001)]), ['/areas/0/capacity']],
  ['another capacity than seats', saleOf([{ ...hallOf([rowOf('A', 3)]), capacity: 4 }]),
    ['/areas/0/capacity']],
  ['rows in a general area', saleOf([{ ...floorOf(5), rows: [rowOf('A', 2)] }]), ['/areas/0/rows']],
  ['a general area without category', saleOf([{ areaId: 'a', kind: 'general', capacity: 3 }]),
    ['/areas/0/categoryId']],
  ['an unknown category', saleOf([{ ...floorOf(5), categoryId: 'D' }]), ['/areas/0/categoryId']],
  ['an unknown category of a seat', saleOf([hallOf([rowOf('A', 2, { categoryIds: ['C', 'D'] })])]),
    ['/areas/0/rows/0/seats/1/categoryId']],
  ['an area twice', saleOf([floorOf(5), floorOf(6)]), ['/areas/1/areaId']],
  ['a seat twice in a row',
    saleOf([hallOf([{ rowId: 'A', seats: [...rowOf('A', 2).seats, ...rowOf('A', 1).seats] }])]),
    ['/areas/0/rows/0/seats/2/seatId']],
  ['a seat in two areas', saleOf([hallOf([rowOf('A', 2)]), hallOf([rowOf('A', 1)], 'other')]),
    ['/areas/1/rows/0/seats/0/seatId']],
  ['a row too long', saleOf([hallOf([rowOf('A', 10_001)])]), ['/areas/0/rows/0/seats']],
  ['a category twice', { ...base, categories: [...base.categories, ...base.categories] },
    ['/categories/1/categoryId']],
  ['a category without price', { ...base, categories: [{ categoryId: 'C', prices: {} }] },
    ['/categories/0/prices']],
  ['a negative price', { ...base, categories: [{ categoryId: 'C', prices: { adult: -1 } }] },
    ['/categories/0/prices/adult']],
  ['a price past the limit', { ...base, categories: [{ categoryId: 'C', prices: { adult: 1_000_000_001 } }] },
    ['/categories/0/prices/adult']],
  ['too many ticket types', { ...base, categories: [{ categoryId: 'C',
    prices: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`t${i}`, 1])) }] }, ['/categories']],
  ['an end before the beginning',
    { ...base, opensAt: '2026-01-02T00:00:00Z', closesAt: '2026-01-02T00:30:00+01:00' },
    ['/closesAt']],
  ['a date that is none', { ...base, opensAt: 'tomorrow' }, ['/opensAt']],
  ['a cap below the hold time', { ...base, holdSeconds: 60, holdSecondsMax: 59 }, ['/holdSecondsMax']],
  ['a seat twice in a plan', saleOf([], { layout: plan(zone('A', ['x', 'x'])) }),
    ['/layout/zones/0/rows/0/seats/1/seat_guid']],
  ['a zone twice', saleOf([], { layout: plan(zone('A b', ['x']), zone('a B', ['y'])) }),
    ['/layout/zones/1/name']],
  ['a zone without a usable name', saleOf([], { layout: plan(zone('***', ['x'])) }),
    ['/layout/zones/0/name']],
  ['a plan\'s category without price', saleOf([], { layout: plan(zone('A', ['x'], 'D')) }),
    ['/layout/zones/0/rows/0/seats/0/category']],
  ['an area that is in the plan as well', saleOf([floorOf(5, 'a')], { layout: plan(zone('A', ['x'])) }),
    ['/areas/0/areaId']],
  ['more areas than a sale may have', saleOf([floorOf(5)],
    { layout: plan(...Array.from({ length: 500 }, (_, i) => zone(`z${i}`, [`s${i}`]))) }), ['/areas']],
];

for (const [what, input, fields] of FAULTS) {
  t.test(`${what} is refused by the name of its field`, (t) => {
    t.same(fieldsOf(input), fields);
    t.end();
  });
}

t.test('all faults are told at once, at most 20', (t) => {
  t.same(fieldsOf({ ...saleOf([floorOf(-1), floorOf(0)]), opensAt: 'x' }),
    ['/opensAt', '/areas/0/capacity', '/areas/1/areaId', '/areas/1/capacity']);
  t.equal(fieldsOf(saleOf(Array.from({ length: 30 }, () => floorOf(-1)))).length, 20);
  t.end();
});

t.test('what is not said gets a sensible default', (t) => {
  t.same(defineSale({ name: 'Hamlet', currency: 'EUR', categories: base.categories, areas: [floorOf(5)] },
    3), {
    definition: {
      version: 3, name: 'Hamlet', currency: 'EUR', opensAt: null, closesAt: null, holdSeconds: 600,
      holdSecondsMax: 1800, buyerLimit: 8, paymentMethods: ['free'],
      categories: [{ categoryId: 'C', name: 'C', prices: { adult: 1000, child: 500 } }],
      areas: [{ areaId: 'floor', name: 'floor', kind: 'general', capacity: 5, categoryId: 'C' }],
      holdLimit: 8, liveHoldsMax: 0, hoarding: null, allowStrandedSeats: false, passRequired: false,
      focalPoint: null, order: [], capacity: null, groups: [], ticketTypes: [], channels: [], promotions: [],
      fees: [], taxes: [],
    },
  });
  t.match(defineSale({ ...base, holdSeconds: 3600 }, 1), { definition: { holdSecondsMax: 3600 } });
  t.match(defineSale({ ...base, opensAt: '2026-12-01T10:00:00+01:00' }, 1),
    { definition: { opensAt: '2026-12-01T09:00:00.000Z' } });
  t.end();
});

t.test('seats without positions stand side by side', (t) => {
  const seats = ['x', 'y'].map((seatId) => ({ seatId, label: seatId }));
  const areas = [{ areaId: 'a', kind: 'seated' as const, categoryId: 'C',
    rows: [{ rowId: 'A', seats: [] }, { rowId: 'B', seats }] }];
  const defined = defineSale(saleOf(areas), 1);
  t.match(defined, { definition: { areas: [{ rows: [{}, { seats: [{ x: 0, y: 1 }, { x: 1, y: 1 }] }] }] } });
  t.end();
});

t.test('what is fixed once a sale is open', (t) => {
  const of = (input: SaleInput) => {
    const defined = defineSale(input, 1);
    if ('faults' in defined) throw new Error('not valid');
    return defined.definition;
  };
  const same = (input: SaleInput) => sameAreas(of(base), of(input));
  t.ok(same({ ...base, name: 'Other', buyerLimit: 1, opensAt: '2026-01-01T00:00:00Z' }));
  t.ok(same({ ...base, categories: [{ categoryId: 'C', name: 'N', prices: { adult: 7, child: 8 } }] }));
  t.notOk(same({ ...base, currency: 'CHF' }));
  t.notOk(same({ ...base, areas: [floorOf(6)] }));
  t.notOk(same({ ...base, categories: [{ categoryId: 'C', prices: { adult: 7 } }] }));
  t.end();
});
