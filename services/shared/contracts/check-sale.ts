import { fieldOf, zonesOf } from './definition-fault.ts';
import type { DefinitionFault } from './definition-fault.ts';
import { ticketTypesOf } from './sale-definition.ts';
import type { SaleArea, SaleCategory, SaleDefinition } from './sale-definition.ts';
import {
  AREA_ID_PATTERN, AREAS_MAX, CAPACITY_MAX, PRICE_MINOR_MAX, SEATS_MAX, SEATS_PER_ROW_MAX, TICKET_TYPES_MAX,
} from './sale-input.ts';
import type { InputArea, SaleInput } from './sale-input.ts';

/** The faults of times, categories, areas and seats. */
export function checkSale(definition: SaleDefinition, input: SaleInput, faults: DefinitionFault[]): void {
  checkTimes(definition, faults);
  checkCategories(definition.categories, faults);
  checkAreas(definition, input, faults);
}

function checkTimes(definition: SaleDefinition, faults: DefinitionFault[]): void {
  const { opensAt, closesAt, holdSeconds, holdSecondsMax } = definition;
  if (opensAt !== null && closesAt !== null && closesAt <= opensAt) {
    faults.push({ field: '/closesAt', message: 'must be after opensAt' });
  }
  if (holdSecondsMax < holdSeconds) {
    faults.push({ field: '/holdSecondsMax', message: 'must not be less than holdSeconds' });
  }
}

function checkCategories(categories: SaleCategory[], faults: DefinitionFault[]): void {
  const seen = new Set<string>();
  for (const [i, category] of categories.entries()) {
    if (seen.has(category.categoryId)) {
      const message = `"${category.categoryId}" is there twice`;
      faults.push({ field: `/categories/${i}/categoryId`, message });
    }
    seen.add(category.categoryId);
    const prices = Object.entries(category.prices);
    if (prices.length === 0) {
      faults.push({ field: `/categories/${i}/prices`, message: `"${category.categoryId}" has no price` });
    }
    for (const [ticketType, price] of prices) {
      if (price < 0 || price > PRICE_MINOR_MAX) {
        faults.push({
          field: `/categories/${i}/prices/${ticketType}`,
          message: `must be from 0 to ${PRICE_MINOR_MAX} minor units`,
        });
      }
    }
  }
  if (ticketTypesOf({ categories }).length > TICKET_TYPES_MAX) {
    faults.push({ field: '/categories', message: `more than ${TICKET_TYPES_MAX} ticket types` });
  }
}

function checkAreas(definition: SaleDefinition, input: SaleInput, faults: DefinitionFault[]): void {
  const check = {
    categoryIds: new Set(definition.categories.map((c) => c.categoryId)), seatIds: new Set<string>(), faults,
  };
  const areaIds = new Set<string>();
  const zones = zonesOf(input);
  if (definition.areas.length === 0) faults.push({ field: '/areas', message: 'the sale has no area' });
  if (definition.areas.length > AREAS_MAX) {
    faults.push({ field: '/areas', message: `more than ${AREAS_MAX} areas` });
  }
  for (const [i, area] of definition.areas.entries()) {
    const zone = zones[i];
    const names = { ...zone === undefined ? AREA_NAMES : ZONE_NAMES, area: fieldOf(zones, i) };
    if (!AREA_ID.test(area.areaId)) {
      const message = `"${area.areaId}" is not 1 to 63 of a-z, 0-9 and "-"`;
      faults.push({ field: `${names.area}/${names.areaId}`, message });
    } else if (areaIds.has(area.areaId)) {
      faults.push({ field: `${names.area}/${names.areaId}`, message: `"${area.areaId}" is there twice` });
    }
    areaIds.add(area.areaId);
    const listed = input.areas?.[i - zones.length];
    if (area.kind === 'general') checkGeneral(area, listed, names.area, check);
    else checkSeated(area, listed, names, check);
  }
  if (check.seatIds.size > SEATS_MAX) {
    faults.push({ field: '/areas', message: `more than ${SEATS_MAX} seats` });
  }
}

const AREA_ID = new RegExp(AREA_ID_PATTERN);

/** What the fields are called where the operator wrote them: in `areas`, or in a seating plan. */
const AREA_NAMES = { areaId: 'areaId', seatId: 'seatId', categoryId: 'categoryId' };
const ZONE_NAMES = { areaId: 'name', seatId: 'seat_guid', categoryId: 'category' };
type FieldNames = typeof AREA_NAMES & { area: string };

interface AreaCheck {
  categoryIds: Set<string>;
  seatIds: Set<string>;
  faults: DefinitionFault[];
}

function checkGeneral(
  area: SaleArea,
  input: InputArea | undefined,
  field: string,
  { categoryIds, faults }: AreaCheck,
): void {
  if (input?.rows !== undefined) {
    faults.push({ field: `${field}/rows`, message: 'a general area has no rows' });
  }
  if (area.capacity < 1 || area.capacity > CAPACITY_MAX) {
    faults.push({ field: `${field}/capacity`, message: `must be from 1 to ${CAPACITY_MAX}` });
  }
  if (area.categoryId === undefined || !categoryIds.has(area.categoryId)) {
    faults.push({ field: `${field}/categoryId`, message: `"${area.categoryId ?? ''}" has no prices` });
  }
}

function checkSeated(
  area: SaleArea,
  input: InputArea | undefined,
  names: FieldNames,
  { categoryIds, seatIds, faults }: AreaCheck,
): void {
  if (area.capacity === 0) faults.push({ field: `${names.area}/rows`, message: 'the area has no seats' });
  if (input?.capacity !== undefined && input.capacity !== area.capacity) {
    faults.push({ field: `${names.area}/capacity`, message: `the area has ${area.capacity} seats` });
  }
  for (const [r, row] of (area.rows ?? []).entries()) {
    const rowField = `${names.area}/rows/${r}`;
    if (row.seats.length > SEATS_PER_ROW_MAX) {
      faults.push({ field: `${rowField}/seats`, message: `more than ${SEATS_PER_ROW_MAX} seats in a row` });
    }
    for (const [s, seat] of row.seats.entries()) {
      if (seatIds.has(seat.seatId)) {
        const field = `${rowField}/seats/${s}/${names.seatId}`;
        faults.push({ field, message: `"${seat.seatId}" is there twice` });
      }
      seatIds.add(seat.seatId);
      if (!categoryIds.has(seat.categoryId)) {
        const field = `${rowField}/seats/${s}/${names.categoryId}`;
        faults.push({ field, message: `"${seat.categoryId}" has no prices` });
      }
    }
  }
}
