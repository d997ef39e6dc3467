import type { Item } from '../../services/shared/contracts/events.ts';
import type { SaleInput } from '../../services/shared/contracts/sale-input.ts';
import { createTeller, definitionFrom } from './sale-teller.ts';
import type { Teller } from './sale-teller.ts';

/** A sale that uses every rule there is, small enough to reach all of its limits. */
export const RULED: SaleInput = {
  name: 'Hamlet', currency: 'EUR', buyerLimit: 6, holdLimit: 5, liveHoldsMax: 3, capacity: 13,
  hoarding: { holdSeconds: 900, coolDownSeconds: 60, coolDownSecondsMax: 150 },
  categories: [{ categoryId: 'C', prices: { adult: 1000, child: 500 } },
    { categoryId: 'D', prices: { adult: 2000 } }],
  areas: [
    { areaId: 'hall', kind: 'seated', rows: [
      { rowId: 'A', seats: ['A1', 'A2', 'A3', 'A4'].map((seatId) =>
        ({ seatId, label: seatId, categoryId: 'C' })) },
      { rowId: 'B', seats: [
        { seatId: 'B1', label: '1', categoryId: 'C' },
        { seatId: 'B2', label: '2', categoryId: 'C' },
        { seatId: 'W', label: 'W', categoryId: 'C', accessible: true },
        { seatId: 'N', label: 'N', categoryId: 'C', companion: true }] },
    ] },
    { areaId: 'floor', kind: 'general', capacity: 8, categoryId: 'D' },
    { areaId: 'stand', kind: 'general', capacity: 4, categoryId: 'C' },
  ],
  groups: [{ groupId: 'all', capacity: 9, areaIds: ['stand'] },
    { groupId: 'low', capacity: 7, areaIds: ['floor'], parentId: 'all' }],
  channels: [
    { channelId: 'club', allocations: [{ areaId: 'floor', quantity: 3 }, { seatIds: ['B1', 'B2'] }] },
    { channelId: 'press', returnsAt: '2026-11-23T10:00:00Z',
      allocations: [{ areaId: 'floor', quantity: 1 }] },
  ],
  promotions: [{ promotionId: 'half', code: 'HALF', percent: 50, usesMax: 2, usesPerBuyerMax: 1 }],
  fees: [{ feeId: 'service', per: 'order', amount: 150 }],
};

/** The sale above, open, with the access code `x1` for the club: two uses, one per buyer. */
export function openRuledSale(more: Partial<SaleInput> = {}): Teller {
  const teller = createTeller();
  teller.define(definitionFrom({ ...RULED, ...more }));
  teller.tell('sale.opened', {});
  const code = { digest: 'x1', channelIds: ['club'], usesMax: 2, usesPerBuyerMax: 1 };
  teller.tell('codes.added', { codes: [code] });
  return teller;
}

/** Tickets in a general area. */
export function tickets(areaId: 'floor' | 'stand', quantity: number, channelId?: string): Item {
  const [categoryId, price] = areaId === 'floor' ? ['D', 2000] : ['C', 1000];
  return { areaId, categoryId, ticketType: 'adult', price, quantity, ...channelId && { channelId } };
}

/** Seats in the hall. */
export function seats(seatIds: string[], channelId?: string): Item {
  return { areaId: 'hall', categoryId: 'C', ticketType: 'adult', price: 1000,
    quantity: seatIds.length, seatIds,
    ...channelId && { channelId } };
}
