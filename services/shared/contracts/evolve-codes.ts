import type { EventData } from './events.ts';
import { check, definedBy } from './folded-sale.ts';
import type { FoldedSale, UseState } from './folded-sale.ts';

/**
 * Uses of access codes (by the digest of the code) and of promotions (`p:` and their id). A hold that is
 * placed uses its codes up, one that is released or lapses gives them back, an order keeps them.
 */

/** Adds access codes; one that is there already gets the new limits and keeps its uses. */
export function addCodes(sale: FoldedSale, { codes }: EventData<'codes.added'>): void {
  for (const { digest, channelIds, usesMax, usesPerBuyerMax } of codes) {
    const { uses, usesByBuyer } = sale.codes.get(digest) ?? unused();
    sale.codes.set(digest, { channelIds, usesMax, usesPerBuyerMax, uses, usesByBuyer });
  }
}

/** Uses codes up, each once. Throws when one is unknown, or would be used more often than it may. */
export function useCodes(sale: FoldedSale, buyerId: string, codes: readonly string[]): void {
  for (const code of codes) {
    const { state, usesMax, usesPerBuyerMax } = ruleOf(sale, code);
    const byBuyer = (state.usesByBuyer.get(buyerId) ?? 0) + 1;
    state.uses += 1;
    state.usesByBuyer.set(buyerId, byBuyer);
    check(usesMax === 0 || state.uses <= usesMax, `code ${code} is used up`);
    check(usesPerBuyerMax === 0 || byBuyer <= usesPerBuyerMax, `code ${code} is used up by ${buyerId}`);
  }
}

/**
 * Uses codes up again for an order that had them and was paid late: its price was agreed with them, so their
 * limits are not asked.
 */
export function useCodesAgain(sale: FoldedSale, buyerId: string, codes: readonly string[]): void {
  for (const code of codes) {
    const isPromotion = code.startsWith(PROMOTION);
    const state = isPromotion ? sale.promotions.get(promotionIdOf(code)) : sale.codes.get(code);
    if (state === undefined) throw new Error(`code ${code} is unknown`);
    state.uses += 1;
    state.usesByBuyer.set(buyerId, (state.usesByBuyer.get(buyerId) ?? 0) + 1);
  }
}

/** Takes back one use of each code. */
export function giveBackCodes(sale: FoldedSale, buyerId: string, codes: readonly string[]): void {
  for (const code of codes) {
    const isPromotion = code.startsWith(PROMOTION);
    const state = isPromotion ? sale.promotions.get(promotionIdOf(code)) : sale.codes.get(code);
    const byBuyer = (state?.usesByBuyer.get(buyerId) ?? 0) - 1;
    if (state === undefined || byBuyer < 0) throw new Error(`code ${code} was not used by ${buyerId}`);
    state.uses -= 1;
    if (byBuyer === 0) state.usesByBuyer.delete(buyerId);
    else state.usesByBuyer.set(buyerId, byBuyer);
  }
}

/** A hold has other codes now: what it had and has no more comes back, what it has in addition is used up. */
export function exchangeCodes(sale: FoldedSale, buyerId: string, from: string[], to: string[]): void {
  const more = [...to];
  const less: string[] = [];
  for (const code of from) {
    const at = more.indexOf(code);
    if (at < 0) less.push(code);
    else more.splice(at, 1);
  }
  giveBackCodes(sale, buyerId, less);
  useCodes(sale, buyerId, more);
}

const PROMOTION = 'p:';

function promotionIdOf(code: string): string {
  return code.slice(PROMOTION.length);
}

function ruleOf(
  sale: FoldedSale,
  code: string,
): { state: UseState; usesMax: number; usesPerBuyerMax: number } {
  if (!code.startsWith(PROMOTION)) {
    const state = sale.codes.get(code);
    if (state === undefined) throw new Error(`code ${code} is unknown`);
    return { state, usesMax: state.usesMax, usesPerBuyerMax: state.usesPerBuyerMax };
  }
  const id = promotionIdOf(code);
  const promotion = definedBy(sale).promotions?.find(({ promotionId }) => promotionId === id);
  if (promotion === undefined) throw new Error(`promotion ${id} is unknown`);
  const state = sale.promotions.get(id) ?? unused();
  sale.promotions.set(id, state);
  return { state, usesMax: promotion.usesMax ?? 0, usesPerBuyerMax: promotion.usesPerBuyerMax ?? 0 };
}

function unused(): UseState {
  return { uses: 0, usesByBuyer: new Map() };
}
