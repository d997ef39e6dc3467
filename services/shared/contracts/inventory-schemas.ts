import { Type } from 'typebox';
import type { Static } from 'typebox';
import { plainText } from './plain-text.ts';
import { CAPACITY_MAX, CHANNELS_MAX, PRICE_MINOR_MAX } from './sale-input.ts';
import { RuleId, TicketTypeId } from './sale-rules.ts';

/**
 * The bodies by which operators change the stock of a sale while it sells. They all say how things shall be,
 * not by how much they change: whoever repeats one changes nothing.
 */

/**
 * All of them or none: one script call, of some 6 ms with so many, and one event per area, which fits a
 * record of the bus.
 */
export const SEATS_PER_ADJUSTMENT_MAX = 2_000;
export const CODES_PER_REQUEST_MAX = 5_000;

const closed = { additionalProperties: false };
const Id = Type.String({ minLength: 1, maxLength: 64 });
const SeatIds = Type.Array(Id, { minItems: 1, maxItems: SEATS_PER_ADJUSTMENT_MAX });
const Quantity = Type.Integer({ minimum: 0, maximum: CAPACITY_MAX });

const Places = Type.Object({
  areaId: Type.Optional(Id),
  quantity: Type.Optional({ ...Quantity, description: 'how many of a general area shall be blocked in all' }),
  seatIds: Type.Optional(SeatIds),
}, { ...closed, description: 'areaId and quantity, or seatIds' });

/** Exactly one of block, unblock, capacity, allocate, price, release and returnAllocation. */
export const InventoryRequest = Type.Object({
  block: Type.Optional(Places),
  unblock: Type.Optional(Places),
  reason: Type.Optional({ ...plainText(200), description: 'of block and unblock, in your words' }),
  capacity: Type.Optional(Type.Integer({
    minimum: 1,
    maximum: CAPACITY_MAX,
    description: 'of the areaId or the groupId; of the venue without either',
  })),
  allocate: Type.Optional(Type.Object({
    channelId: Type.Union([RuleId, Type.Null()], { description: 'null: for everybody' }),
    fromChannelId: Type.Optional({
      ...RuleId,
      description: 'with areaId and quantity: what channelId gets comes from the share of this channel, and '
        + 'what it gives goes there; at no time is it for everybody',
    }),
    areaId: Type.Optional(Id),
    quantity: Type.Optional({ ...Quantity, description: 'what the channel may draw from now on' }),
    seatIds: Type.Optional(SeatIds),
  }, { ...closed, description: 'areaId and quantity, or seatIds' })),
  price: Type.Optional(Type.Integer({
    minimum: 0, maximum: PRICE_MINOR_MAX, description: 'of the categoryId and ticketType, minor units',
  })),
  release: Type.Optional(Type.Object({
    seatIds: Type.Optional(SeatIds),
    areaId: Type.Optional(Id),
    all: Type.Optional(Type.Literal(true)),
  }, { ...closed, description: 'which accessible places and companion seats shall be for everybody' })),
  returnAllocation: Type.Optional({ ...RuleId, description: 'channelId; what is left is for everybody' }),
  areaId: Type.Optional(Id),
  groupId: Type.Optional(RuleId),
  categoryId: Type.Optional(Id),
  ticketType: Type.Optional(TicketTypeId),
}, closed);
export type InventoryRequest = Static<typeof InventoryRequest>;

/** Access codes of one kind: given, or to be made. */
export const AccessCodesRequest = Type.Object({
  channelIds: Type.Array(RuleId, { minItems: 1, maxItems: CHANNELS_MAX, description: 'each code opens all' }),
  usesMax: Type.Optional(Type.Integer({
    minimum: 0,
    maximum: CAPACITY_MAX,
    default: 1,
    description: 'holds placed or ordered with it; 0: any number',
  })),
  usesPerBuyerMax: Type.Optional(Type.Integer({ minimum: 0, maximum: CAPACITY_MAX, default: 0 })),
  codes: Type.Optional(Type.Array(plainText(64), { minItems: 1, maxItems: CODES_PER_REQUEST_MAX })),
  generate: Type.Optional(Type.Integer({ minimum: 1, maximum: CODES_PER_REQUEST_MAX })),
}, { ...closed, description: 'codes or generate' });
export type AccessCodesRequest = Static<typeof AccessCodesRequest>;

/** The codes in clear text: they are kept nowhere. */
export const AccessCodesAnswer = Type.Object({ codes: Type.Array(Type.String()) });
export type AccessCodesAnswer = Static<typeof AccessCodesAnswer>;
