import * as fc from 'fast-check';
import type { SaleInput } from '../../../services/shared/contracts/sale-input.ts';
import { existing } from './generate-json.ts';

/** A sale of every kind of area, small enough that it gets crowded. */
export const EXAMPLE_SALE: SaleInput = {
  name: 'Hamlet',
  currency: 'EUR',
  holdSeconds: 3_600,
  holdSecondsMax: 7_200,
  buyerLimit: 1_000,
  categories: [
    { categoryId: 'C', name: 'Stalls', prices: { adult: 1_000, child: 500 } },
    { categoryId: 'D', prices: { adult: 2_000 } },
  ],
  areas: [
    { areaId: 'floor', kind: 'general', capacity: 1_000_000, categoryId: 'C' },
    { areaId: 'box', kind: 'general', capacity: 40, categoryId: 'D' },
    { areaId: 'hall', kind: 'seated', categoryId: 'C', rows: ['A', 'B', 'C'].map((rowId) => ({
      rowId,
      seats: Array.from({ length: 8 }, (_, i) => ({ seatId: `${rowId}${i + 1}`, label: String(i + 1) })),
    })) },
  ],
};

/** The same with all that a sale can have: what is refused or counted otherwise there. */
export const RICH_SALE: SaleInput = {
  ...EXAMPLE_SALE,
  areas: EXAMPLE_SALE.areas?.map((area) => ({
    ...area,
    ...area.rows && { rows: area.rows.map((row) => ({
      ...row,
      seats: row.seats.map((seat) => ({
        ...seat,
        ...seat.seatId === 'C1' && { accessible: true },
        ...seat.seatId === 'C2' && { companion: true },
      })),
    })) },
  })) ?? [],
  groups: [{ groupId: 'ground', capacity: 500_000, areaIds: ['floor', 'box'] }],
  capacity: 900_000,
  ticketTypes: [{ ticketType: 'child', minPerHold: 1, maxPerHold: 6 }],
  channels: [
    { channelId: 'fans', allocations: [{ areaId: 'box', quantity: 10 }, { seatIds: ['A1', 'A2'] }] },
    { channelId: 'office' },
  ],
  promotions: [{ promotionId: 'friends', code: 'FRIENDS', percent: 20, usesMax: 50 }],
  fees: [{ feeId: 'service', per: 'ticket', percent: 5 }, { feeId: 'post', per: 'order', amount: 250 }],
  taxes: [{ taxId: 'vat', percent: 7, included: true }],
};

const holdItem = fc.oneof(
  { weight: 8, arbitrary: fc.record({
    areaId: fc.constantFrom('floor', 'floor', 'floor', 'box'),
    quantity: fc.integer({ min: 1, max: 4 }),
    ticketType: fc.constantFrom('adult', 'child'),
  }, { requiredKeys: ['areaId', 'quantity'] }) },
  { weight: 1, arbitrary: fc.record({
    seatIds: fc.array(existing('seatId'), { minLength: 1, maxLength: 2 }),
  }) },
  { weight: 1, arbitrary: fc.record({
    areaId: fc.constant('hall'), bestAvailable: fc.integer({ min: 1, max: 3 }),
    adjacent: fc.constantFrom('required', 'preferred', 'any'), ticketType: fc.constantFrom('adult', 'child'),
  }, { requiredKeys: ['areaId', 'bestAvailable'] }) },
);
const holdItems = fc.array(holdItem, { minLength: 1, maxLength: 3 });
const counted = fc.record({ areaId: fc.constantFrom('floor', 'box'), quantity: fc.nat(20) });
const seated = fc.record({ seatIds: fc.array(existing('seatId'), { minLength: 1, maxLength: 3 }) });
const places = fc.oneof(counted, seated);
const reason = fc.constantFrom('camera', 'flood');

/**
 * Bodies that a schema alone would hardly ever hit upon, since fields have to fit together. What is not
 * listed is generated from its schema and the ids that exist.
 */
export const EXAMPLE_BODIES: Record<string, fc.Arbitrary<unknown>> = {
  'POST /v1/sales/{saleId}/holds': fc.record({
    buyerId: fc.nat(500).map((n) => `buyer-${n}`),
    items: holdItems,
  }),
  'POST /v1/sales/{saleId}/holds/{holdId}/change': fc.record({
    items: holdItems, promotionCode: fc.constantFrom('FRIENDS'),
  }, { requiredKeys: ['items'] }),
  'POST /v1/sales/{saleId}/holds/{holdId}/release': fc.record({
    items: fc.array(fc.oneof(
      fc.record({ areaId: fc.constant('floor'), quantity: fc.constant(1) }), seated,
    ), { minLength: 1, maxLength: 2 }),
  }),
  'POST /admin/v1/sales/{saleId}/inventory': fc.oneof(
    fc.record({ block: places, reason }),
    fc.record({ unblock: places, reason }),
    fc.record({ capacity: fc.integer({ min: 1, max: 60 }), areaId: fc.constant('box') }),
    fc.record({ capacity: fc.integer({ min: 1, max: 600_000 }), groupId: fc.constant('ground') }),
    fc.record({ capacity: fc.integer({ min: 1, max: 1_000_000 }) }),
    fc.record({ allocate: fc.tuple(fc.constantFrom('fans', 'office', null), places)
      .map(([channelId, what]) => ({ channelId, ...what })) }),
    fc.record({
      price: fc.nat(5_000),
      categoryId: fc.constantFrom('C', 'D'),
      ticketType: fc.constantFrom('adult', 'child'),
    }),
    fc.record({ release: fc.oneof(seated, fc.constant({ all: true }), fc.constant({ areaId: 'hall' })) }),
    fc.record({ returnAllocation: fc.constantFrom('fans', 'office') }),
  ),
  'POST /admin/v1/sales/{saleId}/access-codes': fc.record({
    channelIds: fc.constantFrom(['fans'], ['office'], ['fans', 'office']),
    codes: fc.array(fc.nat(200).map((n) => `CODE${n}`), { minLength: 1, maxLength: 4 }),
    usesMax: fc.nat(2),
  }, { requiredKeys: ['channelIds', 'codes'] }),
  'PUT /admin/v1/sales/{saleId}': fc.record({
    name: fc.constantFrom('Hamlet', 'Macbeth', 'Lear'),
    buyerLimit: fc.integer({ min: 900, max: 1_000 }),
  }).map((change) => ({ ...EXAMPLE_SALE, ...change })),
};
