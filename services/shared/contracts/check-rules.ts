import type { DefinitionFault } from './definition-fault.ts';
import { pricingFaults } from './pricing-faults.ts';
import { ticketTypesOf } from './sale-definition.ts';
import type { SaleArea, SaleDefinition } from './sale-definition.ts';
import type { Allocation, Channel, Group } from './sale-rules.ts';

/** The faults of limits, groups, channels, promotions, fees and taxes; the areas have been checked. */
export function checkRules(definition: SaleDefinition, faults: DefinitionFault[]): void {
  const names: Names = {
    areas: new Map(definition.areas.map((area) => [area.areaId, area])),
    categoryIds: new Set(definition.categories.map((c) => c.categoryId)),
    ticketTypes: new Set(ticketTypesOf(definition)),
  };
  checkLimits(definition, faults);
  checkGroups(definition.groups, names, faults);
  checkChannels(definition.channels, names, faults);
  checkOrder(definition, names, faults);
  checkTicketTypes(definition, names, faults);
  checkMoneyRules(definition, names, faults);
}

interface Names {
  areas: Map<string, SaleArea>;
  categoryIds: Set<string>;
  ticketTypes: Set<string>;
}

function checkLimits({ holdLimit, buyerLimit, hoarding }: SaleDefinition, faults: DefinitionFault[]): void {
  if (holdLimit > buyerLimit) {
    faults.push({ field: '/holdLimit', message: `must not be more than buyerLimit, ${buyerLimit}` });
  }
  if (hoarding !== null && hoarding.coolDownSecondsMax < hoarding.coolDownSeconds) {
    const field = '/hoarding/coolDownSecondsMax';
    faults.push({ field, message: 'must not be less than coolDownSeconds' });
  }
}

function checkGroups(groups: Group[], { areas }: Names, faults: DefinitionFault[]): void {
  checkTwice(groups.map((g) => g.groupId), (i) => `/groups/${i}/groupId`, faults);
  const parents = new Map(groups.map((g) => [g.groupId, g.parentId]));
  const groupOf = new Map<string, string>();
  for (const [i, group] of groups.entries()) {
    for (const [a, areaId] of group.areaIds.entries()) {
      const field = `/groups/${i}/areaIds/${a}`;
      const other = groupOf.get(areaId);
      if (!areas.has(areaId)) faults.push({ field, message: `there is no area "${areaId}"` });
      else if (other !== undefined) faults.push({ field, message: `"${areaId}" is in "${other}" already` });
      groupOf.set(areaId, group.groupId);
    }
    if (group.parentId === undefined) continue;
    const field = `/groups/${i}/parentId`;
    if (!parents.has(group.parentId)) {
      faults.push({ field, message: `there is no group "${group.parentId}"` });
    }
    const seen = new Set<string>();
    for (let at: string | undefined = group.groupId; at !== undefined; at = parents.get(at)) {
      if (seen.has(at)) {
        faults.push({ field, message: `"${group.groupId}" is inside itself` });
        break;
      }
      seen.add(at);
    }
  }
}

function checkChannels(channels: Channel[], { areas }: Names, faults: DefinitionFault[]): void {
  checkTwice(channels.map((c) => c.channelId), (i) => `/channels/${i}/channelId`, faults);
  const seats = new Map([...areas.values()].flatMap(({ rows }) =>
    (rows ?? []).flatMap((row) => row.seats.map((seat) => [seat.seatId, seat] as const))));
  const taken = new Set<string>();
  const left = new Map([...areas.values()].map((area) => [area.areaId, area.capacity]));
  for (const [c, channel] of channels.entries()) {
    for (const [a, allocation] of channel.allocations.entries()) {
      const field = `/channels/${c}/allocations/${a}`;
      const form = formFault(allocation, areas);
      if (form !== undefined) faults.push({ field, message: form });
      else if (allocation.seatIds === undefined) {
        const { areaId = '', quantity = 0 } = allocation;
        const free = (left.get(areaId) ?? 0) - quantity;
        left.set(areaId, free);
        if (free < 0) faults.push({ field: `${field}/quantity`, message: `"${areaId}" has ${-free} less` });
      }
      for (const [s, seatId] of (allocation.seatIds ?? []).entries()) {
        const seat = seats.get(seatId);
        const message = seat === undefined ? `there is no seat "${seatId}"`
          : taken.has(seatId) ? `"${seatId}" is in an allocation already`
          : seat.accessible || seat.companion ? `"${seatId}" is kept for who needs an accessible place`
          : undefined;
        if (message !== undefined) faults.push({ field: `${field}/seatIds/${s}`, message });
        taken.add(seatId);
      }
    }
  }
}

function formFault(
  { areaId, quantity, seatIds }: Allocation,
  areas: Map<string, SaleArea>,
): string | undefined {
  if (seatIds !== undefined) {
    return areaId !== undefined || quantity !== undefined ? 'seatIds stand alone' : undefined;
  }
  if (areaId === undefined || quantity === undefined) return 'needs areaId and quantity, or seatIds';
  const kind = areas.get(areaId)?.kind;
  if (kind === undefined) return `there is no area "${areaId}"`;
  return kind === 'general' ? undefined : `"${areaId}" is seated: name its seats by seatIds`;
}

function checkOrder({ order }: SaleDefinition, { areas }: Names, faults: DefinitionFault[]): void {
  for (const [i, { areaId, rowId }] of order.entries()) {
    const area = areas.get(areaId);
    if (area === undefined) faults.push({ field: `/order/${i}`, message: `there is no area "${areaId}"` });
    else if (rowId !== undefined && !area.rows?.some((row) => row.rowId === rowId)) {
      faults.push({ field: `/order/${i}`, message: `"${areaId}" has no row "${rowId}"` });
    }
  }
}

function checkTicketTypes(
  { ticketTypes, holdLimit }: SaleDefinition,
  names: Names,
  faults: DefinitionFault[],
): void {
  checkTwice(ticketTypes.map((t) => t.ticketType), (i) => `/ticketTypes/${i}/ticketType`, faults);
  for (const [i, { ticketType, minPerHold = 1, maxPerHold = holdLimit }] of ticketTypes.entries()) {
    const field = `/ticketTypes/${i}`;
    if (!names.ticketTypes.has(ticketType)) faults.push({ field, message: `"${ticketType}" has no price` });
    if (minPerHold > maxPerHold) {
      faults.push({ field, message: 'minPerHold must not be more than maxPerHold' });
    }
    if (minPerHold > holdLimit) {
      faults.push({ field, message: `minPerHold must not be more than holdLimit, ${holdLimit}` });
    }
  }
}

function checkMoneyRules(definition: SaleDefinition, names: Names, faults: DefinitionFault[]): void {
  const { promotions } = definition;
  checkTwice(promotions.map((p) => p.code), (i) => `/promotions/${i}/code`, faults);
  faults.push(...pricingFaults(definition,
    { categoryIds: [...names.categoryIds], ticketTypes: [...names.ticketTypes] }));
}

function checkTwice(ids: string[], fieldOf: (index: number) => string, faults: DefinitionFault[]): void {
  const seen = new Set<string>();
  for (const [i, id] of ids.entries()) {
    if (seen.has(id)) faults.push({ field: fieldOf(i), message: `"${id}" is there twice` });
    seen.add(id);
  }
}
