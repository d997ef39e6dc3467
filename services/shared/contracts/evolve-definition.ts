import type { EventData, Seat } from './events.ts';
import { check, definedBy } from './folded-sale.ts';
import type { AreaState, FoldedSale, SeatHome } from './folded-sale.ts';
import { ticketTypesOf } from './sale-definition.ts';
import type { SaleArea, SaleDefinition } from './sale-definition.ts';

type Defined = EventData<'sale.defined'>;

/**
 * How a sale comes to its areas, seats, groups and prices, and what its definition is by now. A draft that is
 * defined otherwise begins anew; once a sale has opened, everything that stock is counted by is fixed.
 */

/** Applies `sale.defined`. Throws when the sale is over, or when an opened one would get other areas. */
export function define(sale: FoldedSale, data: Defined): void {
  check(sale.state !== 'closed' && sale.state !== 'archived', `the sale is ${sale.state}`);
  const isSame = sale.definition !== undefined && fixedPart(sale.definition) === fixedPart(data);
  check(isSame || sale.state === 'draft', 'the areas are fixed');
  sale.definition = data;
  if (isSame) return;
  sale.areas = new Map(data.areas.map((area) => [area.areaId, freshArea(data, area)]));
  sale.groups = groupsOf(data);
  sale.venue = { capacity: data.capacity ?? null, held: 0, sold: 0 };
  sale.returned = new Set();
  sale.areasVersion = data.version;
  const channelIds = (data.channels ?? []).map((channel) => channel.channelId);
  for (const code of sale.codes.values()) {
    code.channelIds = channelIds.filter((channelId) => code.channelIds.includes(channelId));
  }
  const isSeated = (areaId: string) => sale.areas.get(areaId)?.kind === 'seated';
  for (const areaId of sale.rows.keys()) if (!isSeated(areaId)) sale.rows.delete(areaId);
  for (const [seatId, seat] of sale.seats) if (!isSeated(seat.areaId)) sale.seats.delete(seatId);
}

/**
 * Applies `area.defined`. The areas of a draft are all written anew when one of them changes, so what was
 * blocked or moved to a channel anywhere is as defined again.
 */
export function defineArea(sale: FoldedSale, data: EventData<'area.defined'>): void {
  const { areaId, rows, version } = data;
  check(sale.state === 'draft', 'the areas are fixed');
  const definition = definedBy(sale);
  check(definition.areas.some((a) => a.areaId === areaId && a.kind === 'seated'), `${areaId} is not seated`);
  const isFirst = sale.areasVersion !== version;
  for (const area of definition.areas) {
    if (isFirst || area.areaId === areaId) sale.areas.set(area.areaId, freshArea(definition, area));
  }
  if (isFirst) sale.returned = new Set();
  sale.areasVersion = version;
  for (const row of sale.rows.get(areaId) ?? []) for (const seat of row.seats) sale.seats.delete(seat.seatId);
  sale.rows.set(areaId, rows);
  const channelOf = channelsBySeat(definition);
  for (const seat of rows.flatMap((row) => row.seats)) {
    check(!sale.seats.has(seat.seatId), `seat ${seat.seatId} is there twice`);
    const home = homeOf(seat, channelOf.get(seat.seatId));
    sale.seats.set(seat.seatId, { areaId, holder: undefined, sold: false, blocked: false, home });
  }
}

/** Applies `price.changed`: what is placed from now on; the items of a hold carry their own prices. */
export function changePrice(sale: FoldedSale, data: EventData<'price.changed'>): void {
  const { categoryId, ticketType, price, version } = data;
  const definition = definedBy(sale);
  const before = definition.categories.find((category) => category.categoryId === categoryId);
  check(before?.prices[ticketType] !== undefined, `${categoryId} does not sell ${ticketType}`);
  const categories = definition.categories.map((category) => (category === before
    ? { ...category, prices: { ...category.prices, [ticketType]: price } } : category));
  sale.definition = { ...definition, version, categories };
}

/**
 * The definition in force, as it is kept in Redis: what contracts/define-sale.ts made of the operator's
 * input, with the prices and capacities that were changed since. What events of an earlier release do not
 * say has its default. Throws while the sale is not defined.
 */
export function definitionOf(sale: FoldedSale): SaleDefinition {
  const data = definedBy(sale);
  return {
    version: data.version,
    name: data.name,
    currency: data.currency,
    opensAt: data.opensAt,
    closesAt: data.closesAt,
    holdSeconds: data.holdSeconds,
    holdSecondsMax: data.holdSecondsMax,
    buyerLimit: data.buyerLimit,
    paymentMethods: data.paymentMethods,
    categories: data.categories,
    areas: data.areas.map((area): SaleArea => ({
      areaId: area.areaId,
      name: area.name,
      kind: area.kind,
      capacity: area.capacity,
      ...area.categoryId !== null && { categoryId: area.categoryId },
      ...area.kind === 'seated' && { rows: sale.rows.get(area.areaId) ?? [] },
    })),
    holdLimit: data.holdLimit ?? data.buyerLimit,
    liveHoldsMax: data.liveHoldsMax ?? 0,
    hoarding: data.hoarding ?? null,
    allowStrandedSeats: data.allowStrandedSeats ?? false,
    passRequired: data.passRequired ?? false,
    focalPoint: data.focalPoint ?? null,
    order: data.order ?? [],
    capacity: data.capacity ?? null,
    groups: data.groups ?? [],
    ticketTypes: data.ticketTypes ?? [],
    channels: data.channels ?? [],
    promotions: data.promotions ?? [],
    fees: data.fees ?? [],
    taxes: data.taxes ?? [],
  };
}

/** What an opened sale keeps; the twin of `sameAreas` in contracts/sale-definition.ts. */
function fixedPart(data: Defined): string {
  return JSON.stringify([
    data.areas.map((a) => [a.areaId, a.name, a.kind, a.capacity, a.categoryId]), ticketTypesOf(data),
    data.categories.map((c) => c.categoryId), data.currency, data.capacity ?? null, data.groups ?? [],
    data.channels ?? [], data.order ?? [], data.focalPoint ?? null,
  ]);
}

function freshArea({ channels = [] }: Defined, area: Defined['areas'][number]): AreaState {
  const { areaId, kind, capacity } = area;
  const allotted = new Map<string, number>();
  for (const { channelId, allocations } of channels) {
    for (const allocation of allocations) {
      if (allocation.areaId !== areaId) continue;
      allotted.set(channelId, (allotted.get(channelId) ?? 0) + (allocation.quantity ?? 0));
    }
  }
  return { kind, capacity, held: 0, sold: 0, blocked: 0, allotted };
}

function groupsOf({ groups = [] }: Defined): FoldedSale['groups'] {
  const areasBeneath = (groupId: string): string[] => groups.flatMap((group) => {
    if (group.groupId === groupId) return group.areaIds;
    return group.parentId === groupId ? areasBeneath(group.groupId) : [];
  });
  return new Map(groups.map(({ groupId, capacity }) =>
    [groupId, { capacity, held: 0, sold: 0, areaIds: new Set(areasBeneath(groupId)) }]));
}

/** Asked for each area of a definition: remembered, since a sale can have 500 areas and a million seats. */
const channelsRead = new WeakMap<object, Map<string, string>>();

function channelsBySeat({ channels = [] }: Defined): Map<string, string> {
  let channelOf = channelsRead.get(channels);
  if (channelOf !== undefined) return channelOf;
  channelOf = new Map();
  for (const { channelId, allocations } of channels) {
    for (const { seatIds = [] } of allocations) for (const id of seatIds) channelOf.set(id, channelId);
  }
  channelsRead.set(channels, channelOf);
  return channelOf;
}

function homeOf(seat: Seat, channelId: string | undefined): SeatHome {
  if (seat.accessible) return 'accessible';
  if (seat.companion) return 'companion';
  return channelId === undefined ? 'public' : `channel:${channelId}`;
}
