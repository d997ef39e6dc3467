import type { ItemRequest } from '../shared/contracts/http-schemas.ts';
import type { SaleLayout, Scope } from '../shared/contracts/layout.ts';
import type { ReasonCode } from '../shared/contracts/reasons.ts';
import type { SaleDefinition } from '../shared/contracts/sale-definition.ts';
import type { Promotion } from '../shared/contracts/sale-rules.ts';
import type { PriceList } from './price-list.ts';

/** What a claim asks for, as lua/include/plan.lua reads it; claims that ask alike have equal plans. */
export interface ClaimPlan {
  head: string;
  steps: string;
  /** the items it makes, when that is certain before it is judged; '' otherwise */
  items: string;
  /** order-level fees, as the hold keeps them */
  terms: string;
  /** whether codes are judged with it, so that another claim with the same plan may be answered otherwise */
  hasCodes: boolean;
}

export interface ClaimFault {
  reason: ReasonCode;
  extra: Record<string, unknown>;
}

export interface ClaimRequest {
  items: ItemRequest[];
  /** digests of the access codes shown, parted by spaces */
  accessDigest?: string | undefined;
  promotionCode?: string | undefined;
  /** letters of the channels that a pass opens */
  opened?: string;
  /** of a hold that is changed: how many tickets it had of each type, and how many of these stay, by index */
  had?: ReadonlyMap<number, number>;
  kept?: ReadonlyMap<number, number>;
}

export interface SaleOffer {
  definition: SaleDefinition;
  layout: SaleLayout;
  prices: PriceList;
}

const NONE: ReadonlyMap<number, number> = new Map();
const LETTER_BY_POLICY = { required: 'r', preferred: 'p', any: 'a' } as const;

/** Places only for those who ask for them, as bytes (contracts/layout.ts). */
const ACCESSIBLE_BYTES = 'wc';

/**
 * Turns a request into numbers of the layout and texts of money, or says what is wrong with it. Chosen seats
 * become one step per segment.
 */
export function packClaim(request: ClaimRequest, offer: SaleOffer): ClaimPlan | ClaimFault {
  const { items, accessDigest, promotionCode, opened = '', had = NONE, kept = NONE } = request;
  const { definition, prices } = offer;
  const invalid = itemsFault(items);
  if (invalid !== undefined) return invalid;
  const promotion = promotionCode === undefined ? undefined : prices.promotionOf(promotionCode);
  if (promotionCode !== undefined && promotion === undefined) {
    return { reason: 'promotion_code_unknown', extra: {} };
  }
  const count = items.reduce((sum, item) => sum + ticketsOf(item), 0);
  const codes = [accessDigest, promotion && usesOf(promotion)].filter((code) => code !== undefined).join(' ');
  const head = `${definition.version}\t${count}\t${opened}\t${codes}\t${prices.terms}`;
  const plan = { head, items: '', terms: prices.terms, hasCodes: codes !== '' };
  // The script refuses what is past the limits by its count, and one buyer's 5,000 seats must not take the
  // room of a thousand buyers.
  if (count > Math.min(definition.buyerLimit, definition.holdLimit)) return { ...plan, steps: '' };
  const types = new Map(kept);
  const steps: string[] = [];
  for (const [i, item] of items.entries()) {
    const fault = packItem({ item, offer, promotion, steps, types });
    if (fault !== undefined) return { ...fault, extra: { field: `/items/${i}`, ...fault.extra } };
  }
  const fault = countFault(types, had, offer);
  if (fault !== undefined) return fault;
  const isPlain = codes === '' && opened === '' && items.every((item) => item.quantity !== undefined);
  return { ...plan, steps: steps.join(';'), items: isPlain ? itemsOf(steps) : '' };
}

interface Packing {
  item: ItemRequest;
  offer: SaleOffer;
  promotion: Promotion | undefined;
  steps: string[];
  /** tickets by type */
  types: Map<number, number>;
}

function ticketsOf({ quantity, bestAvailable, seatIds }: ItemRequest): number {
  return (quantity ?? 0) + (bestAvailable ?? 0) + (seatIds?.length ?? 0);
}

function usesOf({ promotionId, usesMax = 0, usesPerBuyerMax = 0 }: Promotion): string {
  return `p:${promotionId}=${usesMax}=${usesPerBuyerMax}`;
}

/** Of a plan of quantities: what the script makes of `q,area,type,category,money,n`. */
function itemsOf(steps: string[]): string {
  return steps.map((step) => `${step.slice(2)},0,-1,`).join(';');
}

/** Why items do not have the form of some, or undefined. A seat is named once, by one of them. */
export function itemsFault(items: ItemRequest[]): ClaimFault | undefined {
  const named = new Set<string>();
  for (const [i, item] of items.entries()) {
    const field = `/items/${i}`;
    const detail = formFault(item);
    if (detail !== undefined) return { reason: 'request_invalid', extra: { field, detail } };
    for (const seatId of item.seatIds ?? []) {
      if (named.has(seatId)) {
        const said = { field, seatIds: [seatId], detail: `seat ${seatId} is named twice` };
        return { reason: 'request_invalid', extra: said };
      }
      named.add(seatId);
    }
  }
  return undefined;
}

/** Why an item does not have the form of one, or undefined. */
function formFault(item: ItemRequest): string | undefined {
  const { areaId, categoryId, quantity, bestAvailable, seatIds, adjacent, accessible } = item;
  const ways = [quantity, bestAvailable, seatIds].filter((way) => way !== undefined).length;
  if (ways !== 1) return 'an item has exactly one of quantity, bestAvailable and seatIds';
  if (quantity !== undefined && areaId === undefined) return 'quantity needs an areaId';
  if (seatIds !== undefined && areaId !== undefined) return 'seatIds say their area themselves';
  if (categoryId !== undefined && bestAvailable === undefined) return 'categoryId goes with bestAvailable';
  if (adjacent !== undefined && bestAvailable === undefined) return 'adjacent goes with bestAvailable';
  if (accessible && quantity !== undefined) return 'accessible goes with bestAvailable or seatIds';
  return undefined;
}

function packItem(packing: Packing): ClaimFault | undefined {
  const { seatIds, quantity } = packing.item;
  if (seatIds !== undefined) return packSeats(packing, seatIds);
  return quantity !== undefined ? packQuantity(packing, quantity) : packBest(packing);
}

function packQuantity({ item, offer, promotion, steps, types }: Packing, n: number): ClaimFault | undefined {
  const { layout, prices } = offer;
  const area = layout.areaById.get(item.areaId ?? '');
  if (area === undefined) return { reason: 'area_unknown', extra: { areaId: item.areaId } };
  if (area.area.kind !== 'general') {
    const detail = `area ${area.area.areaId} is seated: ask for bestAvailable or seatIds`;
    return { reason: 'item_unsuitable', extra: { areaId: item.areaId, detail } };
  }
  const type = ticketTypeOf(item, area.categoryIndex, layout);
  const money = prices.money(area.categoryIndex, type, promotion);
  if (money === undefined) return unknownType(item, [area.categoryIndex], layout);
  types.set(type, (types.get(type) ?? 0) + n);
  steps.push(`q,${area.index},${type},${area.categoryIndex},${money},${n}`);
  return undefined;
}

function packBest({ item, offer, promotion, steps, types }: Packing): ClaimFault | undefined {
  const { layout, prices } = offer;
  const { bestAvailable: n = 0, adjacent = 'required', accessible = false } = item;
  const found = scopeOf(item, layout);
  if ('reason' in found) return found;
  // Unless it is named, each place has the first type of its category, as chosen seats have.
  const kinds = new Set<number>();
  const moneys = found.categories.flatMap((category) => {
    const type = ticketTypeOf(item, category, layout);
    const money = prices.money(category, type, promotion);
    if (money === undefined) return [];
    kinds.add(type);
    return [`${category}:${type},${money}`];
  });
  const [type] = kinds;
  if (type === undefined) return unknownType(item, found.categories, layout);
  if (kinds.size === 1) types.set(type, (types.get(type) ?? 0) + n);
  else if (isAnyLimited(kinds, offer)) return unnamedType(kinds, layout);
  const { name, scope: { first, count } } = found;
  const policy = LETTER_BY_POLICY[adjacent];
  steps.push(`b,${name},${first},${count},${n},${policy},${accessible ? 1 : 0},${moneys.join('/')}`);
  return undefined;
}

/** How many tickets of each type there will be is known after the search only: too late for these. */
function isAnyLimited(types: ReadonlySet<number>, { definition, layout }: SaleOffer): boolean {
  return definition.ticketTypes.some(({ ticketType }) => types.has(layout.ticketTypes.indexOf(ticketType)));
}

function unnamedType(types: ReadonlySet<number>, { ticketTypes }: SaleLayout): ClaimFault {
  const names = [...types].map((type) => ticketTypes[type]).join(', ');
  return { reason: 'request_invalid', extra: { detail: `name a ticketType: the seats there have ${names}` } };
}

/** Where best available is looked for, and the categories there. */
function scopeOf(
  { areaId, categoryId }: ItemRequest,
  layout: SaleLayout,
): { name: string; scope: Scope; categories: number[] } | ClaimFault {
  const category = categoryId === undefined ? -1 : layout.categoryIds.indexOf(categoryId);
  if (categoryId !== undefined && category < 0) return { reason: 'category_unknown', extra: { categoryId } };
  if (areaId !== undefined) {
    const area = layout.areaById.get(areaId);
    if (area === undefined) return { reason: 'area_unknown', extra: { areaId } };
    if (area.area.kind === 'general') {
      const detail = `area ${areaId} is general: ask for a quantity`;
      return { reason: 'item_unsuitable', extra: { areaId, detail } };
    }
    const scope = { first: area.segmentFirst, count: area.segments };
    const { categories: there } = area;
    const categories = category < 0 ? there : there.filter((one) => one === category);
    return { name: `a${area.index}`, scope, categories };
  }
  const scope = category < 0 ? layout.anywhereScope : layout.categoryScopes[category];
  if (scope === undefined || scope.count === 0) {
    return { reason: 'item_unsuitable', extra: { detail: 'there are no numbered seats' } };
  }
  if (category >= 0) return { name: `c${category}`, scope, categories: [category] };
  // Without those of general areas, whose first ticket type is none that the seats have.
  const seated = [...layout.categoryIds.keys()].filter((one) => (layout.categoryScopes[one]?.count ?? 0) > 0);
  return { name: 'v', scope, categories: seated };
}

function packSeats(
  { item, offer, promotion, steps, types }: Packing, seatIds: string[],
): ClaimFault | undefined {
  const { layout, prices } = offer;
  const groups = new Map<number, { front: string; offsets: number[] }>();
  for (const seatId of seatIds) {
    const offset = layout.offsetBySeatId.get(seatId);
    const seat = offset === undefined ? undefined : layout.seats[offset];
    if (offset === undefined || seat === undefined) return { reason: 'seat_unknown', extra: { seatId } };
    const { areaIndex, categoryIndex, segment } = seat;
    const type = ticketTypeOf(item, categoryIndex, layout);
    const money = prices.money(categoryIndex, type, promotion);
    if (money === undefined) return unknownType(item, [categoryIndex], layout);
    types.set(type, (types.get(type) ?? 0) + 1);
    const group = groups.get(segment);
    const front = `s,${areaIndex},${type},${categoryIndex},${money}`;
    if (group === undefined) groups.set(segment, { front, offsets: [offset] });
    else group.offsets.push(offset);
  }
  const allowed = item.accessible ? ACCESSIBLE_BYTES : '';
  for (const [segment, { front, offsets }] of groups) {
    steps.push(`${front},${segment},${offsets.join('.')},${allowed}`);
  }
  return undefined;
}

/**
 * Why so many tickets of one type cannot be in one hold that had others before. What does not change is not
 * judged again, and less is never too much.
 */
function countFault(
  types: ReadonlyMap<number, number>,
  had: ReadonlyMap<number, number>,
  { definition, layout }: SaleOffer,
): ClaimFault | undefined {
  for (const { ticketType, minPerHold = 0, maxPerHold = Infinity } of definition.ticketTypes) {
    const index = layout.ticketTypes.indexOf(ticketType);
    const [count, before] = [types.get(index) ?? 0, had.get(index) ?? 0];
    if (count === 0 || count === before) continue;
    if (count < minPerHold) {
      return { reason: 'ticket_type_minimum', extra: { ticketType, minimum: minPerHold } };
    }
    if (count > before && count > maxPerHold) {
      return { reason: 'ticket_type_maximum', extra: { ticketType, maximum: maxPerHold } };
    }
  }
  return undefined;
}

/** Index of the ticket type asked for, by default the category's first; -1 where there is none. */
export function ticketTypeOf(
  item: Pick<ItemRequest, 'ticketType'>,
  category: number,
  layout: SaleLayout,
): number {
  if (item.ticketType !== undefined) return layout.ticketTypes.indexOf(item.ticketType);
  return (layout.prices[category] ?? []).findIndex((price) => price !== undefined);
}

function unknownType({ ticketType }: ItemRequest, categories: number[], layout: SaleLayout): ClaimFault {
  const ticketTypes = layout.ticketTypes.filter((_, type) =>
    categories.some((category) => layout.prices[category]?.[type] !== undefined));
  return { reason: 'ticket_type_unknown', extra: { ticketType, ticketTypes } };
}
