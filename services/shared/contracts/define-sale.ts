import { checkRules } from './check-rules.ts';
import { checkSale } from './check-sale.ts';
import type { DefinitionFault } from './definition-fault.ts';
import type { SaleArea, SaleDefinition } from './sale-definition.ts';
import type { SaleInput } from './sale-input.ts';
import type { SaleRules } from './sale-rules.ts';
import { readSeatingPlan } from './seating-plan.ts';

/**
 * The only way from what an operator sends to the sale that is kept: fills the defaults in and finds every
 * fault that a schema cannot say, naming the field.
 */

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
  const buyerLimit = input.buyerLimit ?? 8;
  const definition: SaleDefinition = {
    version,
    name: input.name,
    currency: input.currency,
    opensAt: isoOrNull(input.opensAt, '/opensAt', faults),
    closesAt: isoOrNull(input.closesAt, '/closesAt', faults),
    holdSeconds,
    holdSecondsMax: input.holdSecondsMax ?? Math.max(1800, holdSeconds),
    buyerLimit,
    paymentMethods: [...(input.paymentMethods ?? ['free'])],
    categories: input.categories.map((c) => ({
      categoryId: c.categoryId,
      name: c.name ?? c.categoryId,
      prices: c.prices,
      ...flagsOf(c),
    })),
    areas: [...planAreas(input), ...listedAreas(input)].map((area) => flagSeats(area, input.categories)),
    ...rulesOf(input, buyerLimit, faults),
  };
  checkSale(definition, input, faults);
  checkRules(definition, faults);
  return faults.length > 0 ? { faults: faults.slice(0, 20) } : { definition };
}

function rulesOf(input: SaleInput, buyerLimit: number, faults: DefinitionFault[]): SaleRules {
  const { hoarding } = input;
  return {
    holdLimit: input.holdLimit ?? buyerLimit,
    liveHoldsMax: input.liveHoldsMax ?? 0,
    hoarding: hoarding === undefined || hoarding === null ? null : {
      ...hoarding,
      coolDownSecondsMax: hoarding.coolDownSecondsMax ?? Math.max(3600, hoarding.coolDownSeconds),
    },
    allowStrandedSeats: input.allowStrandedSeats ?? false,
    passRequired: input.passRequired ?? false,
    focalPoint: input.focalPoint ?? null,
    order: input.order ?? [],
    capacity: input.capacity ?? null,
    groups: input.groups ?? [],
    ticketTypes: input.ticketTypes ?? [],
    channels: (input.channels ?? []).map((channel, i) => ({
      ...channel,
      returnsAt: isoOrNull(channel.returnsAt, `/channels/${i}/returnsAt`, faults),
      allocations: channel.allocations ?? [],
    })),
    promotions: input.promotions ?? [],
    fees: input.fees ?? [],
    taxes: (input.taxes ?? []).map((tax) => ({ ...tax, included: tax.included ?? true })),
  };
}

function flagsOf({ accessible, companion }: { accessible?: boolean; companion?: boolean }) {
  return { ...accessible === true && { accessible }, ...companion === true && { companion } };
}

/** A category may say for all its seats what they are: seating plans have no other place for it. */
function flagSeats(area: SaleArea, categories: SaleInput['categories']): SaleArea {
  const flags = new Map(categories.map((c) => [c.categoryId, flagsOf(c)]));
  if (area.rows === undefined || categories.every((c) => !c.accessible && !c.companion)) return area;
  const rows = area.rows.map(({ rowId, seats }) =>
    ({ rowId, seats: seats.map((seat) => ({ ...seat, ...flags.get(seat.categoryId) })) }));
  return { ...area, rows };
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
  // Members in the order of listed areas: definitionOf gives them back so, and JSON is what is compared.
  return readSeatingPlan(input.layout).map(({ rows, ...area }) => ({
    ...area,
    capacity: rows.reduce((sum, row) => sum + row.seats.length, 0),
    rows,
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
        ...flagsOf(seat),
      })),
    }));
    return { ...base, capacity: rows.reduce((sum, row) => sum + row.seats.length, 0), ...category, rows };
  });
}
