import type { SaleLayout } from '../shared/contracts/layout.ts';
import { packMoney, packTerms, priceTicket } from '../shared/contracts/pricing.ts';
import type { SaleDefinition } from '../shared/contracts/sale-definition.ts';
import type { Promotion } from '../shared/contracts/sale-rules.ts';

/**
 * What tickets of one version of a sale cost, fees and taxes in it, as the text that a hold keeps
 * (contracts/pricing.ts). A claim is packed with it, and the script refuses the claim if the sale has another
 * version by then. Each price is worked out once.
 */
export class PriceList {
  #definition: SaleDefinition;
  #layout: SaleLayout;
  #moneys = new Map<string, string | undefined>();
  /** order-level fees in force, as text */
  readonly terms: string;

  constructor(definition: SaleDefinition, layout: SaleLayout) {
    this.#definition = definition;
    this.#layout = layout;
    this.terms = packTerms(definition);
  }

  /** Of one ticket; undefined where the category does not sell that type. */
  money(categoryIndex: number, ticketTypeIndex: number, promotion?: Promotion): string | undefined {
    const key = `${categoryIndex} ${ticketTypeIndex} ${promotion?.promotionId ?? ''}`;
    let money = this.#moneys.get(key);
    if (money === undefined && !this.#moneys.has(key)) {
      money = this.#workOut(categoryIndex, ticketTypeIndex, promotion);
      this.#moneys.set(key, money);
    }
    return money;
  }

  /** The promotion of a code. */
  promotionOf(code: string): Promotion | undefined {
    return this.#definition.promotions.find((promotion) => promotion.code === code);
  }

  #workOut(categoryIndex: number, ticketTypeIndex: number, promotion?: Promotion): string | undefined {
    const { prices, categoryIds, ticketTypes } = this.#layout;
    const priceMinor = prices[categoryIndex]?.[ticketTypeIndex];
    if (priceMinor === undefined) return undefined;
    const base = {
      priceMinor,
      categoryId: categoryIds[categoryIndex] ?? '',
      ticketType: ticketTypes[ticketTypeIndex] ?? '',
    };
    return packMoney(priceTicket(this.#definition, base, promotion));
  }
}
