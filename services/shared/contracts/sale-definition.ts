import { Type } from 'typebox';
import type { Static } from 'typebox';
import { Row } from './events.ts';
import { plainText } from './plain-text.ts';
import { readSeatingPlan, SeatingPlan, zonesWithRows } from './seating-plan.ts';

/**
 * A sale as PUT /admin/v1/sales/{saleId} takes it, and as it is kept. `defineSale` is the only way from the
 * one to the other: it fills the defaults in and finds every fault that a schema cannot say, naming the
 * field.
 */

export const SALE_ID_PATTERN = '^[a-z0-9][a-z0-9-]{0,62}$';
export const AREA_ID_PATTERN = '^[a-z0-9][a-z0-9-]{0,62}$';
export const AREAS_MAX = 500;
/** What a segment's 16 bits and half seats leave room for. */
export const SEATS_PER_ROW_MAX = 10_000;
export const SEATS_MAX = 1_000_000;
export const CATEGORIES_MAX = 64;
export const TICKET_TYPES_MAX = 16;
export const CAPACITY_MAX = 10_000_000;
export const PRICE_MINOR_MAX = 1_000_000_000;
export const HOLD_SECONDS_MAX = 86_400;
export const BUYER_LIMIT_MAX = 1_000;
/** Methods this release can take money by. */
export const PAYMENT_METHODS = ['free'] as const;

const closed = { additionalProperties: false };
const Id = plainText(64);
const Name = plainText(200);

const InputSeat = Type.Object({
  seatId: Id,
  label: plainText(32, 0),
  x: Type.Optional(Type.Number()),
  y: Type.Optional(Type.Number()),
  categoryId: Type.Optional(Id),
}, closed);

const InputArea = Type.Object({
  areaId: Type.String({ pattern: AREA_ID_PATTERN }),
  name: Type.Optional(Name),
  kind: Type.Union([Type.Literal('seated'), Type.Literal('general')]),
  capacity: Type.Optional(Type.Integer()),
  categoryId: Type.Optional(Id),
  rows: Type.Optional(Type.Array(
    Type.Object({
      rowId: plainText(32),
      seats: Type.Array(InputSeat),
    }, closed),
  )),
}, closed);

export const SaleInput = Type.Object({
  name: Name,
  currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217' }),
  opensAt: Type.Optional(Type.Union([Type.String({ format: 'date-time' }), Type.Null()])),
  closesAt: Type.Optional(Type.Union([Type.String({ format: 'date-time' }), Type.Null()])),
  holdSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: HOLD_SECONDS_MAX, default: 600 })),
  // No default here: without it a hold may live 1,800 s, or holdSeconds if that is longer.
  holdSecondsMax: Type.Optional(Type.Integer({ minimum: 1, maximum: HOLD_SECONDS_MAX })),
  buyerLimit: Type.Optional(Type.Integer({ minimum: 1, maximum: BUYER_LIMIT_MAX, default: 8 })),
  paymentMethods: Type.Optional(Type.Array(Type.Union(PAYMENT_METHODS.map((m) => Type.Literal(m))),
    { minItems: 1, uniqueItems: true })),
  categories: Type.Array(Type.Object({
    categoryId: Id,
    name: Type.Optional(Name),
    prices: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_-]{0,31}$' }), Type.Integer(), closed),
  }, closed), { minItems: 1, maxItems: CATEGORIES_MAX }),
  layout: Type.Optional(SeatingPlan),
  areas: Type.Optional(Type.Array(InputArea, { maxItems: AREAS_MAX })),
}, closed);
export type SaleInput = Static<typeof SaleInput>;

export const SaleCategory = Type.Object({
  categoryId: Type.String(),
  name: Type.String(),
  prices: Type.Record(Type.String(), Type.Integer()),
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
}, closed);
export type SaleDefinition = Static<typeof SaleDefinition>;

/** A fault of a definition, with the JSON pointer of the field. */
export interface DefinitionFault {
  field: string;
  message: string;
}

/**
 * Makes the definition from the input, or says every fault (at most 20). `version` is the one it would get.
 * The input has passed the `SaleInput` schema.
 */
export function defineSale(
  input: SaleInput,
  version: number,
): { definition: SaleDefinition } | { faults: DefinitionFault[] } {
  const faults: DefinitionFault[] = [];
  const holdSeconds = input.holdSeconds ?? 600;
  const definition: SaleDefinition = {
    version,
    name: input.name,
    currency: input.currency,
    opensAt: isoOrNull(input.opensAt, '/opensAt', faults),
    closesAt: isoOrNull(input.closesAt, '/closesAt', faults),
    holdSeconds,
    holdSecondsMax: input.holdSecondsMax ?? Math.max(1800, holdSeconds),
    buyerLimit: input.buyerLimit ?? 8,
    paymentMethods: [...(input.paymentMethods ?? ['free'])],
    categories: input.categories.map((c) => ({
      categoryId: c.categoryId,
      name: c.name ?? c.categoryId,
      prices: c.prices,
    })),
    areas: [...planAreas(input), ...listedAreas(input)],
  };
  checkTimes(definition, faults);
  checkCategories(definition.categories, faults);
  checkAreas(definition, input, faults);
  return faults.length > 0 ? { faults: faults.slice(0, 20) } : { definition };
}

/**
 * True if two definitions agree in all that is fixed once a sale has opened: areas, rows and seats, the
 * categories and ticket types they are sold by, the currency. Prices and names may differ.
 */
export function sameAreas(a: SaleDefinition, b: SaleDefinition): boolean {
  return fixedPart(a) === fixedPart(b);
}

function fixedPart(definition: SaleDefinition): string {
  const { areas, categories, currency } = definition;
  return JSON.stringify([areas, ticketTypesOf(definition), categories.map((c) => c.categoryId), currency]);
}

/** All ticket types of a sale, in order of first mention. */
export function ticketTypesOf(definition: { categories: SaleCategory[] }): string[] {
  return [...new Set(definition.categories.flatMap((c) => Object.keys(c.prices)))];
}

/**
 * Where the operator wrote the area of that index in the definition: `/layout/zones/N` or `/areas/N`.
 */
export function areaFieldOf(input: SaleInput, index: number): string {
  return fieldOf(zonesOf(input), index);
}

function zonesOf(input: SaleInput): number[] {
  return input.layout === undefined ? [] : zonesWithRows(input.layout);
}

function fieldOf(zones: number[], index: number): string {
  const zone = zones[index];
  return zone === undefined ? `/areas/${index - zones.length}` : `/layout/zones/${zone}`;
}

function isoOrNull(time: string | null | undefined, field: string, faults: DefinitionFault[]): string | null {
  if (time === null || time === undefined) return null;
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) {
    faults.push({ field, message: 'is not a date and time' });
    return null;
  }
  return new Date(ms).toISOString();
}

function planAreas(input: SaleInput): SaleArea[] {
  if (input.layout === undefined) return [];
  return readSeatingPlan(input.layout).map((area) => ({
    ...area,
    capacity: area.rows.reduce((sum, row) => sum + row.seats.length, 0),
  }));
}

function listedAreas(input: SaleInput): SaleArea[] {
  return (input.areas ?? []).map((area) => {
    const base = { areaId: area.areaId, name: area.name ?? area.areaId, kind: area.kind };
    const category = area.categoryId === undefined ? {} : { categoryId: area.categoryId };
    if (area.kind === 'general') return { ...base, capacity: area.capacity ?? 0, ...category };
    const rows = (area.rows ?? []).map((row, rowIndex) => ({
      rowId: row.rowId,
      seats: row.seats.map((seat, seatIndex) => ({
        seatId: seat.seatId,
        label: seat.label,
        x: seat.x ?? seatIndex,
        y: seat.y ?? rowIndex,
        categoryId: seat.categoryId ?? area.categoryId ?? '',
      })),
    }));
    return { ...base, capacity: rows.reduce((sum, row) => sum + row.seats.length, 0), ...category, rows };
  });
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
  input: Static<typeof InputArea> | undefined,
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
  input: Static<typeof InputArea> | undefined,
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
