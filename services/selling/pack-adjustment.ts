import { SEATS_PER_ADJUSTMENT_MAX } from '../shared/contracts/inventory-schemas.ts';
import type { InventoryRequest } from '../shared/contracts/inventory-schemas.ts';
import { channelByte, HOME } from '../shared/contracts/layout.ts';
import type { LayoutArea, SaleLayout } from '../shared/contracts/layout.ts';
import type { ReasonCode } from '../shared/contracts/reasons.ts';
import type { SaleDefinition } from '../shared/contracts/sale-definition.ts';
import type { ScriptArg } from '../shared/platform/scripts.ts';

/** Why an adjustment fits no state of the sale. */
export interface AdjustmentFault {
  reason: ReasonCode;
  extra: Record<string, unknown>;
}

/** The script that does it, and its arguments after context, saleId and version. */
export interface PackedAdjustment {
  script: 'adjust-seats' | 'adjust-counts' | 'amend-sale' | 'return-allocation';
  args: ScriptArg[];
}

interface AdjustedSale {
  definition: SaleDefinition;
  layout: SaleLayout;
}

type Packed = PackedAdjustment | AdjustmentFault;
type Counted = { areaId?: string | undefined; quantity?: number | undefined };

const VERBS = ['block', 'unblock', 'capacity', 'allocate', 'price', 'release', 'returnAllocation'] as const;

/** What goes with each verb, beside itself. */
const COMPANIONS: Record<(typeof VERBS)[number], readonly (keyof InventoryRequest)[]> = {
  block: ['reason'],
  unblock: ['reason'],
  capacity: ['areaId', 'groupId'],
  allocate: [],
  price: ['categoryId', 'ticketType'],
  release: [],
  returnAllocation: [],
};

/** Turns what an operator asks for into a script call, or says what of it the sale does not have. Pure. */
export function packAdjustment(request: InventoryRequest, sale: AdjustedSale): Packed {
  const verbs = VERBS.filter((verb) => request[verb] !== undefined);
  const [verb] = verbs;
  if (verb === undefined || verbs.length > 1) return invalid(`exactly one of ${VERBS.join(', ')} is needed`);
  const allowed = [verb, ...COMPANIONS[verb]];
  const odd = Object.keys(request).find((name) => !allowed.includes(name as keyof InventoryRequest));
  if (odd !== undefined) return invalid(`${odd} does not go with ${verb}`);
  switch (verb) {
    case 'block':
    case 'unblock': return packBlock(verb, request, sale);
    case 'capacity': return packCapacity(request, sale);
    case 'allocate': return packAllocation(request, sale);
    case 'price': return packPrice(request, sale);
    case 'release': return packRelease(request, sale);
    default: return packReturn(request.returnAllocation ?? '', sale);
  }
}

function packBlock(mode: 'block' | 'unblock', request: InventoryRequest, { layout }: AdjustedSale): Packed {
  const { reason } = request;
  const places = request[mode] ?? {};
  if (reason === undefined) return invalid(`${mode} needs a reason`);
  const { areaId, quantity, seatIds } = places;
  if (seatIds !== undefined && isAlone(places)) return packSeats(mode, '', { seatIds }, { reason }, layout);
  if (areaId === undefined || quantity === undefined || seatIds !== undefined) return placesNeeded(mode);
  const area = generalArea(areaId, layout);
  if ('reason' in area) return area;
  return { script: 'adjust-counts', args: [area.index, '', quantity, headOf({ areaId, reason }), '', ''] };
}

function packAllocation({ allocate }: InventoryRequest, { layout }: AdjustedSale): Packed {
  const { channelId = null, fromChannelId, areaId, quantity, seatIds } = allocate ?? {};
  const channel = channelId === null ? 0 : layout.channelIds.indexOf(channelId) + 1;
  if (channelId !== null && channel === 0) return { reason: 'channel_unknown', extra: { channelId } };
  const target = channel === 0 ? HOME.public : channelByte(channel);
  const from = fromChannelId === undefined ? 0 : layout.channelIds.indexOf(fromChannelId) + 1;
  if (fromChannelId !== undefined && from === 0) {
    return { reason: 'channel_unknown', extra: { channelId: fromChannelId } };
  }
  if (from > 0 && from === channel) return invalid('fromChannelId is another channel than channelId');
  if (from > 0 && seatIds !== undefined) return invalid('seats go from one channel to another by themselves');
  if (seatIds !== undefined && isAlone({ areaId, quantity })) {
    return packSeats('allocate', target, { seatIds }, { channelId }, layout);
  }
  const isCounted = areaId !== undefined && quantity !== undefined && seatIds === undefined;
  if (!isCounted) return placesNeeded('allocate');
  const area = generalArea(areaId, layout);
  if ('reason' in area) return area;
  if (channel === 0) return invalid('what is for everybody is what no channel has: say what a channel has');
  const other = from === 0 ? ['', ''] : [channelByte(from), headOf({ areaId, channelId: fromChannelId })];
  return {
    script: 'adjust-counts', args: [area.index, target, quantity, headOf({ areaId, channelId }), ...other],
  };
}

function packRelease({ release = {} }: InventoryRequest, { layout }: AdjustedSale): Packed {
  const { seatIds, areaId, all } = release;
  if ([seatIds, areaId, all].filter((way) => way !== undefined).length !== 1) {
    return invalid('release needs exactly one of seatIds, areaId and all');
  }
  if (seatIds !== undefined) return packSeats('release', '', { seatIds }, {}, layout);
  const index = layout.areaById.get(areaId ?? '')?.index;
  if (areaId !== undefined && index === undefined) return { reason: 'area_unknown', extra: { areaId } };
  const offsets = [...layout.seats.entries()].flatMap(([offset, { seat, areaIndex }]) =>
    ((seat.accessible || seat.companion) && (index === undefined || areaIndex === index) ? [offset] : []));
  return packSeats('release', '', { offsets }, {}, layout);
}

function packReturn(channelId: string, { layout }: AdjustedSale): Packed {
  const channel = layout.channelIds.indexOf(channelId) + 1;
  if (channel === 0) return { reason: 'channel_unknown', extra: { channelId } };
  return { script: 'return-allocation', args: [channelByte(channel)] };
}

function packCapacity(request: InventoryRequest, { definition, layout }: AdjustedSale): Packed {
  const { capacity = 0, areaId, groupId } = request;
  if (areaId !== undefined && groupId !== undefined) return invalid('areaId and groupId do not go together');
  const area = areaId === undefined ? undefined : generalArea(areaId, layout);
  if (area !== undefined && 'reason' in area) return area;
  const index = area?.index ?? layout.counters.findIndex(({ kind, id }) =>
    (groupId === undefined ? kind === 'venue' : kind === 'group' && id === groupId));
  if (index < 0) {
    return groupId === undefined
      ? { reason: 'item_unsuitable', extra: { detail: 'the sale has no capacity above its areas' } }
      : { reason: 'group_unknown', extra: { groupId } };
  }
  const version = definition.version + 1;
  const next = { ...definition, version };
  if (areaId !== undefined) {
    next.areas = definition.areas.map((one) => (one.areaId === areaId ? { ...one, capacity } : one));
  } else if (groupId !== undefined) {
    next.groups = definition.groups.map((one) => (one.groupId === groupId ? { ...one, capacity } : one));
  } else {
    next.capacity = capacity;
  }
  const isSame = layout.counters[index]?.capacity === capacity;
  const of = { ...areaId !== undefined && { areaId }, ...groupId !== undefined && { groupId } };
  const data = { version, ...of, capacity };
  return amend(isSame ? undefined : next, [index, capacity], 'capacity.changed', data);
}

function packPrice(request: InventoryRequest, { definition }: AdjustedSale): Packed {
  const { price = 0, categoryId, ticketType } = request;
  if (categoryId === undefined || ticketType === undefined) {
    return invalid('price needs categoryId and ticketType');
  }
  const category = definition.categories.find((one) => one.categoryId === categoryId);
  if (category === undefined) return { reason: 'category_unknown', extra: { categoryId } };
  const before = category.prices[ticketType];
  if (before === undefined) {
    const extra = { ticketType, ticketTypes: Object.keys(category.prices) };
    return { reason: 'ticket_type_unknown', extra };
  }
  const version = definition.version + 1;
  const categories = definition.categories.map((one) =>
    (one === category ? { ...one, prices: { ...one.prices, [ticketType]: price } } : one));
  const next = before === price ? undefined : { ...definition, version, categories };
  return amend(next, ['', 0], 'price.changed', { version, categoryId, ticketType, price });
}

function amend(
  next: SaleDefinition | undefined,
  counter: [index: number | '', capacity: number],
  type: 'capacity.changed' | 'price.changed',
  data: object,
): PackedAdjustment {
  const definition = next === undefined ? '' : JSON.stringify(next);
  return { script: 'amend-sale', args: [definition, ...counter, type, JSON.stringify(data)] };
}

/** Each seat once, by area. */
function packSeats(
  mode: 'block' | 'unblock' | 'allocate' | 'release',
  target: string,
  { seatIds = [], offsets = [] }: { seatIds?: string[]; offsets?: number[] },
  said: object,
  layout: SaleLayout,
): Packed {
  const byArea = new Map<number, number[]>();
  const unknown = seatIds.find((seatId) => !layout.offsetBySeatId.has(seatId));
  if (unknown !== undefined) return { reason: 'seat_unknown', extra: { seatId: unknown } };
  const named = new Set([...offsets, ...seatIds.map((seatId) => layout.offsetBySeatId.get(seatId) ?? -1)]);
  if (named.size > SEATS_PER_ADJUSTMENT_MAX) {
    return invalid(`these are ${named.size} seats: name ${SEATS_PER_ADJUSTMENT_MAX} seatIds at a time`);
  }
  for (const offset of named) {
    const areaIndex = layout.seats[offset]?.areaIndex ?? -1;
    const list = byArea.get(areaIndex);
    if (list === undefined) byArea.set(areaIndex, [offset]);
    else list.push(offset);
  }
  const args: ScriptArg[] = [mode, target];
  for (const [areaIndex, all] of byArea) {
    const areaId = layout.areas[areaIndex]?.area.areaId ?? '';
    args.push(areaIndex, headOf({ areaId, ...said }), all.length);
    for (const offset of all) {
      const { segment = 0, seat } = layout.seats[offset] ?? {};
      args.push(segment, offset, JSON.stringify(seat?.seatId));
    }
  }
  return { script: 'adjust-seats', args };
}

/** JSON that another member can follow. */
function headOf(members: object): string {
  return `${JSON.stringify(members).slice(0, -1)},`;
}

function isAlone({ areaId, quantity }: Counted): boolean {
  return areaId === undefined && quantity === undefined;
}

function generalArea(areaId: string, layout: SaleLayout): LayoutArea | AdjustmentFault {
  const area = layout.areaById.get(areaId);
  if (area === undefined) return { reason: 'area_unknown', extra: { areaId } };
  if (area.area.kind === 'general') return area;
  return { reason: 'item_unsuitable', extra: { areaId, detail: `area ${areaId} is seated: name its seats` } };
}

function placesNeeded(verb: string): AdjustmentFault {
  return invalid(`${verb} needs areaId and quantity, or seatIds alone`);
}

function invalid(detail: string): AdjustmentFault {
  return { reason: 'request_invalid', extra: { detail } };
}
