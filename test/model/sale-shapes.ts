import * as fc from 'fast-check';
import type { SaleInput } from '../../services/shared/contracts/sale-input.ts';

/**
 * Sales of every shape, small enough that a few dozen claims reach all limits: seated and general areas,
 * aisles, rows of two categories, accessible places, nested groups, a venue capacity, channels, promotions,
 * fees, taxes, rules against hoarding, an own order of preference.
 */
export interface SaleShape {
  rows: { seats: number; aisleAfter: number; categoryFrom: number; accessibleAt: number }[];
  circle: number;
  floor: number;
  stand: number;
  groups: number;
  capacity: number;
  channels: boolean;
  returnsInMs: number | null;
  closesInMs: number | null;
  isPreferring: boolean;
  hasFocus: boolean;
  strands: boolean;
  hasMoneyRules: boolean;
  typeRule: number;
  limits: { buyer: number; hold: number; live: number; hoards: boolean; maxSeconds: number };
}

export const saleShapes: fc.Arbitrary<SaleShape> = fc.record({
  rows: fc.array(fc.record({
    seats: fc.integer({ min: 2, max: 10 }),
    aisleAfter: fc.nat(9),
    categoryFrom: fc.integer({ min: 0, max: 20 }),
    accessibleAt: fc.integer({ min: 0, max: 24 }),
  }), { minLength: 1, maxLength: 4, size: 'max' }),
  circle: fc.constantFrom(0, 0, 5, 7),
  floor: fc.integer({ min: 6, max: 16 }),
  stand: fc.constantFrom(0, 4, 8),
  groups: fc.nat(3),
  capacity: fc.constantFrom(0, 0, 9, 18),
  channels: fc.boolean(),
  returnsInMs: fc.constantFrom(null, null, -1000, 150),
  closesInMs: fc.constantFrom(null, null, null, null, null, 1500),
  isPreferring: fc.boolean(),
  hasFocus: fc.boolean(),
  strands: fc.boolean(),
  hasMoneyRules: fc.constantFrom(true, true, false),
  typeRule: fc.nat(3),
  limits: fc.record({
    buyer: fc.constantFrom(5, 12, 100), hold: fc.constantFrom(4, 6, 12), live: fc.constantFrom(0, 1, 2),
    hoards: fc.constantFrom(false, false, true), maxSeconds: fc.constantFrom(1, 2, 600),
  }),
});

/** The sale of a shape, from now on. `price` and `limit` are what may change once it is open. */
export function inputOf(shape: SaleShape, nowMs: number, price = 1000, extraLimit = 0): SaleInput {
  const { limits, channels, hasMoneyRules, typeRule } = shape;
  const later = (ms: number | null) => (ms === null ? null : new Date(nowMs + ms).toISOString());
  const buyerLimit = limits.buyer + extraLimit;
  const holdLimit = Math.min(limits.hold, buyerLimit);
  return {
    name: 'Hamlet', currency: 'EUR', buyerLimit, holdLimit, liveHoldsMax: limits.live,
    closesAt: later(shape.closesInMs), holdSeconds: 1, holdSecondsMax: limits.maxSeconds,
    hoarding: limits.hoards ? { holdSeconds: 1, coolDownSeconds: 1, coolDownSecondsMax: 2 } : null,
    allowStrandedSeats: shape.strands,
    categories: [
      { categoryId: 'C', prices: { adult: price, child: 500 } },
      { categoryId: 'D', prices: { child: 700, adult: 2 * price } },
      { categoryId: 'E', prices: { adult: 10 } },
    ],
    areas: areasOf(shape),
    ...(shape.capacity > 0 && { capacity: shape.capacity }),
    groups: groupsOf(shape),
    ...(channels && { channels: channelsOf(shape, later(shape.returnsInMs)) }),
    ...(shape.isPreferring && { order: [{ areaId: 'hall', rowId: `R${shape.rows.length - 1}` }] }),
    ...(shape.hasFocus && { focalPoint: { x: 2, y: 1 } }),
    ...(typeRule === 1 && { ticketTypes: [{ ticketType: 'child', maxPerHold: 2 }] }),
    ...(typeRule === 2 && { ticketTypes: [{ ticketType: 'adult', minPerHold: 2 }] }),
    ...(hasMoneyRules && {
      promotions: [
        { promotionId: 'half', code: 'HALF', percent: 50, usesMax: 2, usesPerBuyerMax: 1 },
        { promotionId: 'flat', code: 'FLAT', amount: 300, categoryIds: ['C'] },
      ],
      fees: [{ feeId: 'service', per: 'order', amount: 150 }, { feeId: 'door', per: 'ticket', percent: 2.5 }],
      taxes: [{ taxId: 'vat', percent: 19, included: true }, { taxId: 'city', percent: 3, included: false }],
    }),
  };
}

function areasOf(shape: SaleShape): NonNullable<SaleInput['areas']> {
  const areas: NonNullable<SaleInput['areas']> = [{
    areaId: 'hall', kind: 'seated', rows: shape.rows.map((row, y) => ({
      rowId: `R${y}`,
      seats: Array.from({ length: row.seats }, (_, i) => ({
        seatId: `R${y}-${i}`, label: String(i), x: i + (i > row.aisleAfter ? 2 : 0), y,
        categoryId: i >= row.categoryFrom ? 'D' : 'C',
        ...(i === row.accessibleAt && { accessible: true }),
        ...(i === row.accessibleAt + 1 && { companion: true }),
      })),
    })),
  }];
  if (shape.circle > 0) {
    areas.push({ areaId: 'circle', kind: 'seated', categoryId: 'C', rows: [0, 1].map((y) => ({
      rowId: `K${y}`, seats: Array.from({ length: shape.circle }, (_, i) =>
        ({ seatId: `K${y}-${i}`, label: String(i), x: i, y: y + 9 })),
    })) });
  }
  areas.push({ areaId: 'floor', kind: 'general', capacity: shape.floor, categoryId: 'E' });
  if (shape.stand > 0) areas.push(
    { areaId: 'stand', kind: 'general', capacity: shape.stand, categoryId: 'D' });
  return areas;
}

function groupsOf({ groups, floor, stand, circle }: SaleShape): NonNullable<SaleInput['groups']> {
  if (groups === 0) return [];
  const low = { groupId: 'low', capacity: floor - 2, areaIds: ['floor', ...(circle > 0 ? ['circle'] : [])] };
  if (groups === 1) return [low];
  const hall = { groupId: 'seats', capacity: 8, areaIds: ['hall'], ...(groups === 3 && { parentId: 'all' }) };
  const all = { groupId: 'all', capacity: floor + 1, areaIds: stand > 0 ? ['stand'] : [] };
  return [{ ...low, parentId: 'all' }, hall, all];
}

function channelsOf({ rows, floor, stand }: SaleShape,
  returnsAt: string | null): NonNullable<SaleInput['channels']> {
  const [first] = rows;
  const seatIds = Array.from({ length: Math.min(3, first?.seats ?? 0) }, (_, i) => i)
    .filter((i) => i !== first?.accessibleAt && i !== (first?.accessibleAt ?? 0) + 1).map((i) => `R0-${i}`);
  return [
    { channelId: 'club', allocations: [{ areaId: 'floor', quantity: Math.floor(floor / 3) },
      ...(seatIds.length > 0 ? [{ seatIds }] : [])] },
    { channelId: 'press', returnsAt, allocations: [{ areaId: 'floor', quantity: 2 },
      ...(stand > 0 ? [{ areaId: 'stand', quantity: 2 }] : [])] },
  ];
}
