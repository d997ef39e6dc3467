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

/**
 * Bodies that a schema alone would hardly ever hit upon, since fields have to fit together. What is not
 * listed is generated from its schema and the ids that exist.
 */
export const EXAMPLE_BODIES: Record<string, fc.Arbitrary<unknown>> = {
  'POST /v1/sales/{saleId}/holds': fc.record({
    buyerId: fc.nat(500).map((n) => `buyer-${n}`),
    items: fc.array(holdItem, { minLength: 1, maxLength: 3 }),
  }),
  'PUT /admin/v1/sales/{saleId}': fc.record({
    name: fc.constantFrom('Hamlet', 'Macbeth', 'Lear'),
    buyerLimit: fc.integer({ min: 900, max: 1_000 }),
  }).map((change) => ({ ...EXAMPLE_SALE, ...change })),
};
