import type { ItemRequest } from '../../services/shared/contracts/http-schemas.ts';
import type { Promotion } from '../../services/shared/contracts/sale-rules.ts';
import type { KnownSale } from '../../services/selling/sale-directory.ts';
import type { ReferenceSale } from './reference-claim.ts';

/** A claim as somebody makes it. */
export interface Asked {
  holdId: string;
  buyerId: string;
  digest: string;
  /** version of the sale it was packed for */
  version: number;
  items: ItemRequest[];
  /** digests, parted by spaces */
  accessDigest?: string | undefined;
  promotionCode?: string | undefined;
  /** codes that the hold has used up already: they are not judged again */
  usedCodes?: readonly string[];
  /** channels that a pass opens */
  opened: string[];
}

export interface Expected {
  reason: string;
  /** the only one; undefined: any */
  detail: string | undefined;
}

/** Why a claim is refused whatever the stock is: by the sale's state, the buyer's limits, its codes. */
export function refusalBefore(sale: ReferenceSale, asked: Asked, nowMs: number): Expected | undefined {
  return stateRefusal(sale, asked, nowMs) ?? limitRefusal(sale, asked, nowMs) ?? codeRefusal(sale, asked);
}

/** The promotion that a claim shows. */
export function promotionOf({ definition }: KnownSale, { promotionCode }: Asked): Promotion | undefined {
  return definition.promotions.find(({ code }) => code === promotionCode);
}

/** Tickets of an item. */
export function countOf({ quantity = 0, bestAvailable = 0, seatIds = [] }: ItemRequest): number {
  return quantity + bestAvailable + seatIds.length;
}

/** A change as somebody makes it: what it adds to a hold, what goes, how many stay. */
export interface AskedChange {
  buyerId: string;
  version: number;
  added: number;
  removed: number;
  kept: number;
}

/** Why a change that adds something is refused, whatever the stock is and whatever it shows. */
export function refusalOfChange(
  sale: ReferenceSale,
  asked: AskedChange,
  nowMs: number,
): Expected | undefined {
  const { buyerId, added, removed, kept } = asked;
  if (added === 0) return undefined;
  const state = stateRefusal(sale, asked, nowMs);
  if (state !== undefined) return state;
  const { buyerLimit, holdLimit } = sale.known.definition;
  const { tickets = 0, coolUntilMs = 0 } = sale.fold.buyers.get(buyerId) ?? {};
  if (coolUntilMs > nowMs) return { reason: 'buyer_cooling_down', detail: String(coolUntilMs) };
  const grows = added > removed;
  const most = Math.max(buyerLimit - tickets + removed, Math.min(removed, buyerLimit));
  if (added > most) return { reason: 'buyer_limit', detail: String(most) };
  const isTooMany = added > holdLimit || (grows && kept + added > holdLimit);
  return isTooMany ? { reason: 'hold_limit', detail: String(holdLimit) } : undefined;
}

function stateRefusal(
  { fold, known }: ReferenceSale,
  asked: { version: number },
  nowMs: number,
): Expected | undefined {
  const { opensAt, closesAt, version } = known.definition;
  const reason = fold.state === 'paused' ? 'sale_paused'
    : fold.state === 'closed' || (closesAt !== null && Date.parse(closesAt) <= nowMs) ? 'sale_closed'
    : fold.state !== 'open' || (opensAt !== null && nowMs < Date.parse(opensAt)) ? 'sale_not_open'
    : asked.version !== version ? 'stale' : undefined;
  return reason === undefined ? undefined : { reason, detail: '' };
}

function limitRefusal({ fold, known }: ReferenceSale, asked: Asked, nowMs: number): Expected | undefined {
  const { buyerLimit, holdLimit, liveHoldsMax } = known.definition;
  const { tickets = 0, holds = 0, coolUntilMs = 0 } = fold.buyers.get(asked.buyerId) ?? {};
  const count = asked.items.reduce((sum, item) => sum + countOf(item), 0);
  if (coolUntilMs > nowMs) return { reason: 'buyer_cooling_down', detail: String(coolUntilMs) };
  if (tickets + count > buyerLimit) {
    return { reason: 'buyer_limit', detail: String(Math.max(0, buyerLimit - tickets)) };
  }
  if (liveHoldsMax > 0 && holds >= liveHoldsMax) {
    return { reason: 'live_holds_limit', detail: String(liveHoldsMax) };
  }
  return count > holdLimit ? { reason: 'hold_limit', detail: String(holdLimit) } : undefined;
}

/** Why what a claim shows is refused. */
export function codeRefusal({ fold, known }: ReferenceSale, asked: Asked): Expected | undefined {
  const { buyerId, usedCodes = [] } = asked;
  const spent = (reason: string, isCode: boolean) => ({ reason, detail: isCode ? 'c' : 'b' });
  for (const digest of digestsOf(asked)) {
    const code = fold.codes.get(digest);
    if (code === undefined) return { reason: 'access_code_unknown', detail: '' };
    if (usedCodes.includes(digest)) continue;
    const mine = code.usesByBuyer.get(buyerId) ?? 0;
    const isUsed = code.usesMax > 0 && code.uses >= code.usesMax;
    if (isUsed || (code.usesPerBuyerMax > 0 && mine >= code.usesPerBuyerMax)) {
      return spent('access_code_used', isUsed);
    }
  }
  const promotion = promotionOf(known, asked);
  if (promotion === undefined || usedCodes.includes(`p:${promotion.promotionId}`)) return undefined;
  const used = fold.promotions.get(promotion.promotionId);
  const isUsed = (used?.uses ?? 0) >= (promotion.usesMax ?? Infinity);
  const mine = used?.usesByBuyer.get(buyerId) ?? 0;
  if (!isUsed && mine < (promotion.usesPerBuyerMax ?? Infinity)) return undefined;
  return spent('promotion_code_used', isUsed);
}

/** The access codes that a claim shows. */
export function digestsOf({ accessDigest = '' }: Asked): string[] {
  return accessDigest.split(' ').filter(Boolean);
}
