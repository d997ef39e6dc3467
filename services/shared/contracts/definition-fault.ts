import type { SaleInput } from './sale-input.ts';
import { zonesWithRows } from './seating-plan.ts';

/** A fault of a definition, with the JSON pointer of the field in what the operator sent. */
export interface DefinitionFault {
  field: string;
  message: string;
}

/**
 * Where the operator wrote the area of that index in the definition: `/layout/zones/N` or `/areas/N`.
 */
export function areaFieldOf(input: SaleInput, index: number): string {
  return fieldOf(zonesOf(input), index);
}

/** Indexes of the zones of the seating plan that are areas. */
export function zonesOf(input: SaleInput): number[] {
  return input.layout === undefined ? [] : zonesWithRows(input.layout);
}

/** As `areaFieldOf`, for who has the zones already. */
export function fieldOf(zones: number[], index: number): string {
  const zone = zones[index];
  return zone === undefined ? `/areas/${index - zones.length}` : `/layout/zones/${zone}`;
}
