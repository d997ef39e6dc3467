import { Type } from 'typebox';
import type { Static } from 'typebox';
import { Row } from './events.ts';
import { SaleRules } from './sale-rules.ts';

/** A sale as it is kept; contracts/define-sale.ts makes it from what an operator sends. */

const closed = { additionalProperties: false };

export const SaleCategory = Type.Object({
  categoryId: Type.String(),
  name: Type.String(),
  prices: Type.Record(Type.String(), Type.Integer()),
  accessible: Type.Optional(Type.Literal(true)),
  companion: Type.Optional(Type.Literal(true)),
}, closed);
export type SaleCategory = Static<typeof SaleCategory>;

export const SaleArea = Type.Object({
  areaId: Type.String(),
  name: Type.String(),
  kind: Type.Union([Type.Literal('seated'), Type.Literal('general')]),
  capacity: Type.Integer(),
  categoryId: Type.Optional(Type.String()),
  rows: Type.Optional(Type.Array(Row)),
}, closed);
export type SaleArea = Static<typeof SaleArea>;

const TimeOrNull = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);

/** The definition in force: what `{pNN}:S:definition` holds, with all defaults filled in. */
export const SaleDefinition = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  name: Type.String(),
  currency: Type.String(),
  opensAt: TimeOrNull,
  closesAt: TimeOrNull,
  holdSeconds: Type.Integer(),
  holdSecondsMax: Type.Integer(),
  buyerLimit: Type.Integer(),
  paymentMethods: Type.Array(Type.String()),
  categories: Type.Array(SaleCategory),
  areas: Type.Array(SaleArea),
  ...SaleRules.properties,
}, closed);
export type SaleDefinition = Static<typeof SaleDefinition>;

/**
 * True if two definitions agree in all that is fixed once a sale has opened: areas, rows and seats, groups
 * and capacities, channels, the categories and ticket types they are sold by, the currency. Prices, limits
 * and names may differ; the stock of an open sale is changed through POST …/inventory.
 */
export function sameAreas(a: SaleDefinition, b: SaleDefinition): boolean {
  return fixedPart(a) === fixedPart(b);
}

function fixedPart(definition: SaleDefinition): string {
  const { areas, categories, currency, capacity, groups, channels, order, focalPoint } = definition;
  return JSON.stringify([areas, ticketTypesOf(definition), categories.map((c) => c.categoryId), currency,
    capacity, groups, channels, order, focalPoint]);
}

/** All ticket types of a sale, in order of first mention. */
export function ticketTypesOf(definition: { categories: SaleCategory[] }): string[] {
  return [...new Set(definition.categories.flatMap((c) => Object.keys(c.prices)))];
}
