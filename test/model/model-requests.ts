import * as fc from 'fast-check';
import type { ItemRequest } from '../../services/shared/contracts/http-schemas.ts';
import type { KnownSale } from '../../services/selling/sale-directory.ts';
import { accessDigestOf } from '../../services/selling/derive-id.ts';
import { countOf } from './reference-limits.ts';
import { typeOf } from './reference-sale.ts';
import type { Asked } from './reference-limits.ts';

/**
 * What clients ask for. The numbers are picks: they are turned into ids of the sale at hand, so that one list
 * of commands means something in every shape of sale, and clients meet.
 */
export interface ItemPick {
  kind: 'quantity' | 'seats' | 'best' | 'accessible';
  area: number;
  n: number;
  ticketType: string | undefined;
  seats: number[];
  isRun: boolean;
  scope: 'area' | 'category' | 'both' | 'anywhere';
  adjacent: 'required' | 'preferred' | 'any' | undefined;
  isAccessible: boolean;
}

export interface ClaimPick {
  sale: number;
  hold: number;
  digest: string;
  items: ItemPick[];
  accessCode: string | undefined;
  promotionCode: string | undefined;
  opened: number[];
  isOutdated: boolean;
}

export const HOLDS = 40;
export const BUYERS = 6;
export const ID_SECRET = 'i'.repeat(32);
/** Of access codes that a sale may have. */
export const CODE_NAMES = ['x1', 'x2', 'x3', 'x4'];

const itemPicks: fc.Arbitrary<ItemPick> = fc.record({
  kind: fc.constantFrom('quantity' as const, 'seats' as const, 'seats' as const, 'best' as const,
    'best' as const,
    'best' as const, 'accessible' as const),
  area: fc.nat(3),
  n: fc.constantFrom(1, 1, 2, 2, 2, 3, 3, 4, 5, 7),
  ticketType: fc.constantFrom(undefined, undefined, undefined, 'adult', 'adult', 'child'),
  seats: fc.array(fc.nat(60), { minLength: 1, maxLength: 3 }),
  isRun: fc.boolean(),
  scope: fc.constantFrom('area' as const, 'area' as const, 'category' as const, 'both' as const,
    'anywhere' as const),
  adjacent: fc.constantFrom(undefined, 'required' as const, 'preferred' as const, 'any' as const),
  isAccessible: fc.boolean(),
});

/** Most claims show nothing: else half of all would fail by their codes. */
const rarely = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) }, { weight: 2, arbitrary: value });

export const claimPicks: fc.Arbitrary<ClaimPick> = fc.record({
  sale: fc.nat(1),
  hold: fc.nat(HOLDS - 1),
  digest: fc.constantFrom('d', 'd', 'd', 'd', 'e'),
  items: fc.oneof(
    { weight: 3, arbitrary: fc.array(itemPicks, { minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.array(itemPicks, { minLength: 2, maxLength: 3 }) },
  ),
  accessCode: rarely(fc.constantFrom('x1', 'x1', 'x2', 'x3', 'x3', 'x4', 'x9')),
  promotionCode: rarely(fc.constantFrom('HALF', 'HALF', 'HALF', 'FLAT', 'NONE')),
  opened: rarely(fc.constantFrom<number[][]>([0], [1], [1, 0])).map((opened) => opened ?? []),
  isOutdated: fc.constantFrom(...Array.from({ length: 11 }, () => false), true),
});

/** Which buyer a hold's id belongs to: the service derives it from buyer and key. */
export function buyerOf(hold: number): string {
  return `b${hold % BUYERS}`;
}

/** The claim that a pick means for a sale. */
export function askFor(pick: ClaimPick, known: KnownSale): Asked {
  const { channelIds } = known.layout;
  const { accessCode } = pick;
  return {
    holdId: `h${pick.hold}`, buyerId: buyerOf(pick.hold), digest: pick.digest,
      version: known.definition.version,
    items: pick.items.map((item) => itemOf(item, known)),
    // Where there are no promotions, every code is unknown: that needs no repetition.
    accessDigest: channelIds.length > 0 && accessCode !== undefined
      ? accessDigestOf(ID_SECRET, known.saleId, accessCode) : undefined,
    promotionCode: known.definition.promotions.length > 0 ? pick.promotionCode : undefined,
    opened: pick.opened.flatMap((at) => channelIds[at] ?? []),
  };
}

function itemOf(pick: ItemPick, { definition, layout }: KnownSale): ItemRequest {
  const { n, adjacent, isAccessible } = pick;
  const type = pick.ticketType === undefined ? {} : { ticketType: pick.ticketType };
  const areasOf = (kind: string) => definition.areas.filter((area) => area.kind === kind);
  const among = <T>(list: T[]) => list[pick.area % list.length] as T;
  if (pick.kind === 'quantity') return { areaId: among(areasOf('general')).areaId, quantity: n, ...type };
  if (pick.kind === 'seats') {
    const [first = 0] = pick.seats;
    const offsets = pick.isRun ? Array.from({ length: n }, (_, i) => first + i) : pick.seats;
    const seatIds = new Set(offsets.map((at) => layout.seats[at % layout.seats.length]?.seat.seatId ?? ''));
    return { seatIds: [...seatIds], ...(isAccessible && { accessible: true }), ...type };
  }
  if (pick.kind === 'accessible') return { bestAvailable: Math.min(n, 3), accessible: true, ...type };
  const hasCategory = pick.scope === 'category' || pick.scope === 'both';
  const category = layout.seats[pick.area % layout.seats.length]?.seat.categoryId ?? 'C';
  return {
    bestAvailable: n,
    ...((pick.scope === 'area' || pick.scope === 'both') && { areaId: among(areasOf('seated')).areaId }),
    ...(hasCategory && { categoryId: category }),
    ...(adjacent !== undefined && { adjacent }), ...type,
  };
}

/** The reason for which a claim is refused before any script sees it; undefined: it goes to one. */
export function faultOf(asked: Asked, { definition, layout }: KnownSale): string | undefined {
  const { items, promotionCode } = asked;
  const seatIds = items.flatMap((item) => item.seatIds ?? []);
  if (new Set(seatIds).size < seatIds.length) return 'request_invalid';
  const isKnown = definition.promotions.some(({ code }) => code === promotionCode);
  if (promotionCode !== undefined && !isKnown) return 'promotion_code_unknown';
  const count = items.reduce((sum, item) => sum + countOf(item), 0);
  if (count > Math.min(definition.buyerLimit, definition.holdLimit)) return undefined;
  const counts = new Map<string, number>();
  for (const item of items) {
    const groups = item.seatIds === undefined ? [scopeOf(item, { definition, layout })]
      : item.seatIds.map((seatId) =>
        [layout.seats[layout.offsetBySeatId.get(seatId) ?? -1]?.seat.categoryId]);
    for (const categoryIds of groups) {
      const type = typeOf({ definition, layout } as KnownSale, item, categoryIds[0]);
      const isSold = categoryIds.some((id) => definition.categories.some(({ categoryId, prices }) =>
        categoryId === id && Object.hasOwn(prices, type)));
      if (!isSold) return 'ticket_type_unknown';
      counts.set(type, (counts.get(type) ?? 0) + (item.seatIds === undefined ? countOf(item) : 1));
    }
  }
  for (const { ticketType, minPerHold = 0, maxPerHold = Infinity } of definition.ticketTypes) {
    const of = counts.get(ticketType) ?? 0;
    if (of > 0 && of < minPerHold) return 'ticket_type_minimum';
    if (of > maxPerHold) return 'ticket_type_maximum';
  }
  return undefined;
}

/** The categories where an item may come from. */
function scopeOf(item: ItemRequest, { definition }: Pick<KnownSale, 'definition' | 'layout'>): (
  string | undefined)[] {
  const area = definition.areas.find(({ areaId }) => areaId === item.areaId);
  if (item.quantity !== undefined) return [area?.categoryId];
  const inArea = area?.rows?.flatMap(({ seats }) => seats.map(({ categoryId }) => categoryId));
  const all = inArea ?? definition.categories.map(({ categoryId }) => categoryId);
  return item.categoryId === undefined ? all : all.filter((id) => id === item.categoryId);
}
