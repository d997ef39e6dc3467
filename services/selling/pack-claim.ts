import type { ItemRequest } from '../shared/contracts/http-schemas.ts';
import type { SaleLayout } from '../shared/contracts/layout.ts';
import type { ReasonCode } from '../shared/contracts/reasons.ts';

/** A claim in the form lua/place-holds.lua takes it: seven arguments per item. */
export interface PackedClaim {
  itemCount: number;
  args: (string | number)[];
}

export interface ClaimFault {
  reason: ReasonCode;
  extra: Record<string, unknown>;
}

const KIND_BY_POLICY = { required: 'r', preferred: 'p', any: 'a' } as const;

/**
 * Turns the items of a request into numbers of the layout, or says what is wrong with them. Chosen seats
 * become one item per segment and category.
 *
 * @param ticketsMax the sale's `buyerLimit`: of a claim past it only the count is packed. The script refuses
 * it by the count in any case, and one buyer's 5,000 seats must not take the room of a thousand buyers.
 */
export function packClaim(
  items: ItemRequest[],
  layout: SaleLayout,
  ticketsMax: number,
): PackedClaim | ClaimFault {
  const claim: PackedClaim = { itemCount: 0, args: [] };
  if (items.reduce((count, item) => count + ticketsOf(item), 0) > ticketsMax) {
    return packCount(items);
  }
  for (const [i, item] of items.entries()) {
    const fault = formFault(item) ?? (item.seatIds === undefined
      ? packArea(claim, item, layout)
      : packSeats(claim, item, item.seatIds, layout));
    if (fault !== undefined) return { reason: fault.reason, extra: { field: `/items/${i}`, ...fault.extra } };
  }
  return claim;
}

function ticketsOf({ quantity, bestAvailable, seatIds }: ItemRequest): number {
  return (quantity ?? 0) + (bestAvailable ?? 0) + (seatIds?.length ?? 0);
}

/** One item that stands for all: place-holds.lua counts before it looks at areas and seats. */
function packCount(items: ItemRequest[]): PackedClaim | ClaimFault {
  for (const [i, item] of items.entries()) {
    const fault = formFault(item);
    if (fault !== undefined) return { ...fault, extra: { field: `/items/${i}`, ...fault.extra } };
  }
  const count = items.reduce((sum, item) => sum + ticketsOf(item), 0);
  return { itemCount: 1, args: ['q', 0, count, 0, 0, 0, 0] };
}

function formFault(item: ItemRequest): ClaimFault | undefined {
  const ways = [item.quantity, item.bestAvailable, item.seatIds].filter((way) => way !== undefined).length;
  const detail = ways !== 1 ? 'an item has exactly one of quantity, bestAvailable and seatIds'
    : item.seatIds === undefined && item.areaId === undefined ? 'quantity and bestAvailable need an areaId'
    : item.seatIds !== undefined && item.areaId !== undefined ? 'seatIds say their area themselves'
    : item.adjacent !== undefined && item.bestAvailable === undefined ? 'adjacent goes with bestAvailable'
    : undefined;
  return detail === undefined ? undefined : { reason: 'request_invalid', extra: { detail } };
}

function packArea(claim: PackedClaim, item: ItemRequest, layout: SaleLayout): ClaimFault | undefined {
  const area = layout.areaById.get(item.areaId ?? '');
  if (area === undefined) return { reason: 'area_unknown', extra: { areaId: item.areaId } };
  const kindNeeded = item.quantity === undefined ? 'seated' : 'general';
  if (area.area.kind !== kindNeeded) {
    const detail = `area ${area.area.areaId} is ${area.area.kind}: ask for ${
      area.area.kind === 'general' ? 'a quantity' : 'bestAvailable or seatIds'}`;
    return { reason: 'item_unsuitable', extra: { areaId: item.areaId, detail } };
  }
  const category = area.categoryIndex >= 0
    ? area.categoryIndex
    : layout.seats[area.offset]?.categoryIndex ?? 0;
  const ticketType = ticketTypeOf(item, category, layout);
  if (ticketType === undefined) return unknownType(item);
  const kind = item.quantity === undefined ? KIND_BY_POLICY[item.adjacent ?? 'required'] : 'q';
  const n = item.quantity ?? item.bestAvailable ?? 0;
  claim.args.push(kind, area.index, n, ticketType, area.categoryIndex, area.segmentFirst, area.segments);
  claim.itemCount += 1;
  return undefined;
}

function packSeats(
  claim: PackedClaim,
  item: ItemRequest,
  seatIds: string[],
  layout: SaleLayout,
): ClaimFault | undefined {
  const groups = new Map<string, { args: (string | number)[]; offsets: number[] }>();
  for (const seatId of seatIds) {
    const offset = layout.offsetBySeatId.get(seatId);
    const seat = offset === undefined ? undefined : layout.seats[offset];
    if (offset === undefined || seat === undefined) return { reason: 'seat_unknown', extra: { seatId } };
    const ticketType = ticketTypeOf(item, seat.categoryIndex, layout);
    if (ticketType === undefined) return unknownType(item);
    const key = `${seat.segment},${seat.categoryIndex}`;
    const group = groups.get(key);
    if (group !== undefined) group.offsets.push(offset);
    else {
      const args = [seat.areaIndex, ticketType, seat.categoryIndex, seat.segment];
      groups.set(key, { args, offsets: [offset] });
    }
  }
  for (const { args: [area = 0, ticketType = 0, category = 0, segment = 0], offsets } of groups.values()) {
    claim.args.push('s', area, offsets.length, ticketType, category, segment, offsets.join('.'));
    claim.itemCount += 1;
  }
  return undefined;
}

/** Index of the ticket type asked for, by default the category's first; undefined if it is not sold there. */
function ticketTypeOf(item: ItemRequest, category: number, layout: SaleLayout): number | undefined {
  const prices = layout.prices[category] ?? [];
  const index = item.ticketType === undefined
    ? prices.findIndex((price) => price !== undefined)
    : layout.ticketTypes.indexOf(item.ticketType);
  return prices[index] === undefined ? undefined : index;
}

function unknownType(item: ItemRequest): ClaimFault {
  return { reason: 'ticket_type_unknown', extra: { ticketType: item.ticketType } };
}
