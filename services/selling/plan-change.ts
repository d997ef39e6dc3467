import type { ItemRequest, ReleaseRequest } from '../shared/contracts/http-schemas.ts';
import { allOf, countTypes, divide, placesKey, readParts } from './item-parts.ts';
import type { ItemPart, Staying } from './item-parts.ts';
import { itemsFault, packClaim, ticketTypeOf } from './pack-claim.ts';
import type { ClaimFault, ClaimPlan, SaleOffer } from './pack-claim.ts';

/** What a change does to a hold, in the form lua/change-hold.lua takes it. */
export interface ChangePlan {
  /** of what is added; without steps if nothing is */
  plan: ClaimPlan;
  expected: string;
  removed: string;
  kept: string;
}

/** A hold as its record has it. */
export interface HeldItems {
  items: string;
  codes: string[];
}

/** What a hold shall have, and what was shown for it. */
export interface ChangeWish {
  items: ItemRequest[];
  accessDigest?: string | undefined;
  promotionCode?: string | undefined;
  opened?: string;
}

type Fault = ClaimFault | undefined;
type ReleaseItem = ReleaseRequest['items'][number];

const NOTHING_LEFT: ClaimFault = {
  reason: 'request_invalid',
  extra: { field: '/items', detail: 'a part of a hold must stay: DELETE gives all of it back' },
};

/**
 * Plans a hold's change to other items: seats and quantities that it has already stay, with their prices;
 * everything else is given back and claimed. The hold's codes hold for what is claimed as well.
 */
export function planChange(wish: ChangeWish, held: HeldItems, offer: SaleOffer): ChangePlan | ClaimFault {
  const invalid = itemsFault(wish.items);
  if (invalid !== undefined) return invalid;
  const parts = readParts(held.items);
  const staying: Staying = { seats: new Set(), places: new Map() };
  const added: ItemRequest[] = [];
  const origins: number[] = [];
  for (const [i, item] of wish.items.entries()) {
    const rest = keepWhatIsHeld(item, parts, staying, offer);
    if (rest === undefined) continue;
    added.push(rest);
    origins.push(i);
  }
  const divided = divide(parts, staying);
  if (divided.kept === '' && added.length === 0) return NOTHING_LEFT;
  const shown = added.length === 0 ? {} : withCodesOf(held, wish, offer);
  const plan = packClaim(
    { items: added, ...shown, had: countTypes(held.items), kept: countTypes(divided.kept) }, offer);
  if ('reason' in plan) return { ...plan, extra: originalField(plan.extra, origins) };
  return { plan, expected: held.items, ...divided };
}

/** Plans that a part of a hold is given back; a part of it must stay. */
export function planRelease(
  items: ReleaseItem[],
  held: HeldItems,
  offer: SaleOffer,
): ChangePlan | ClaimFault {
  const invalid = itemsFault(items);
  if (invalid !== undefined) return invalid;
  const parts = readParts(held.items);
  const staying = allOf(parts);
  for (const [i, item] of items.entries()) {
    const fault = takeOut(item, staying, offer);
    if (fault !== undefined) return { ...fault, extra: { field: `/items/${i}`, ...fault.extra } };
  }
  const divided = divide(parts, staying);
  if (divided.kept === '') return NOTHING_LEFT;
  const plan = packClaim({ items: [], had: countTypes(held.items), kept: countTypes(divided.kept) }, offer);
  return 'reason' in plan ? plan : { plan, expected: held.items, ...divided };
}

/** Lets stay what the item asks for and the hold has; returns what must be claimed, if anything. */
function keepWhatIsHeld(
  item: ItemRequest,
  parts: ItemPart[],
  staying: Staying,
  { layout }: SaleOffer,
): ItemRequest | undefined {
  if (item.quantity !== undefined) {
    const area = layout.areaById.get(item.areaId ?? '');
    if (area?.area.kind !== 'general') return item;
    const key = placesKey(area.index, ticketTypeOf(item, area.categoryIndex, layout));
    const stays = staying.places.get(key) ?? 0;
    const more = Math.min(item.quantity, (allOf(parts).places.get(key) ?? 0) - stays);
    staying.places.set(key, stays + more);
    return more === item.quantity ? undefined : { ...item, quantity: item.quantity - more };
  }
  if (item.seatIds === undefined) return item;
  const rest = item.seatIds.filter((seatId) => {
    const offset = layout.offsetBySeatId.get(seatId);
    const seat = offset === undefined ? undefined : layout.seats[offset];
    if (offset === undefined || seat === undefined || staying.seats.has(offset)) return true;
    const type = ticketTypeOf(item, seat.categoryIndex, layout);
    if (!parts.some((part) => part.typeIndex === type && part.offsets.includes(offset))) return true;
    staying.seats.add(offset);
    return false;
  });
  return rest.length === 0 ? undefined : { ...item, seatIds: rest };
}

/** Takes an item out of what stays. */
function takeOut(item: ReleaseItem, staying: Staying, { layout }: SaleOffer): Fault {
  const { areaId, quantity, seatIds = [] } = item;
  if (quantity === undefined) {
    const missing: string[] = [];
    for (const seatId of seatIds) {
      const offset = layout.offsetBySeatId.get(seatId);
      if (offset === undefined) return { reason: 'seat_unknown', extra: { seatId } };
      if (!staying.seats.delete(offset)) missing.push(seatId);
    }
    return missing.length === 0 ? undefined : { reason: 'not_in_hold', extra: { seatIds: missing } };
  }
  const area = layout.areaById.get(areaId ?? '');
  if (area === undefined) return { reason: 'area_unknown', extra: { areaId } };
  if (area.area.kind !== 'general') {
    const detail = `area ${areaId} is seated: name the seatIds`;
    return { reason: 'item_unsuitable', extra: { areaId, detail } };
  }
  const type = ticketTypeOf(item, area.categoryIndex, layout);
  const key = placesKey(area.index, type);
  const have = staying.places.get(key) ?? 0;
  if (have < quantity) {
    return { reason: 'not_in_hold', extra: { areaId, ticketType: layout.ticketTypes[type], held: have } };
  }
  staying.places.set(key, have - quantity);
  return undefined;
}

/** The hold's access codes and those shown; the promotion shown, or else the hold's if there is still one. */
function withCodesOf(
  { codes }: HeldItems,
  wish: ChangeWish,
  { definition }: SaleOffer,
): Omit<ChangeWish, 'items'> {
  const access = codes.filter((code) => !code.startsWith('p:'));
  if (wish.accessDigest !== undefined) access.push(wish.accessDigest);
  const heldId = codes.findLast((code) => code.startsWith('p:'))?.slice(2);
  const held = definition.promotions.find(({ promotionId }) => promotionId === heldId);
  return {
    accessDigest: access.length === 0 ? undefined : [...new Set(access)].join(' '),
    promotionCode: wish.promotionCode ?? held?.code,
    opened: wish.opened ?? '',
  };
}

/** Only items that must be claimed were packed: names the one of the request. */
function originalField(extra: ClaimFault['extra'], origins: number[]): ClaimFault['extra'] {
  const { field } = extra;
  if (typeof field !== 'string') return extra;
  return { ...extra, field: field.replace(/\d+/, (at) => String(origins[Number(at)] ?? at)) };
}
