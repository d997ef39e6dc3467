import { Type } from 'typebox';
import type { Static } from 'typebox';
import { plainText } from './plain-text.ts';

/**
 * What a sale rules beside its areas and prices: limits against hoarding, capacities above single areas,
 * channels, promotions, fees and taxes. One schema for the definition and for the event `sale.defined`, with
 * everything filled in; contracts/sale-input.ts says what may be left out.
 */

const closed = { additionalProperties: false };

export const RULE_ID_PATTERN = '^[a-z0-9][a-z0-9-]{0,31}$';
export const RuleId = Type.String({ pattern: RULE_ID_PATTERN });
export const TICKET_TYPE_PATTERN = '^[a-z][a-z0-9_-]{0,31}$';
export const TicketTypeId = Type.String({ pattern: TICKET_TYPE_PATTERN });

const Name = plainText(200);
const Id = plainText(64);
const Minor = Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: 'minor units' });
export const Percent = Type.Number({ minimum: 0, maximum: 100, description: 'at most four decimals' });
const TimeOrNull = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);
const Scope = {
  categoryIds: Type.Optional(Type.Array(Id, { minItems: 1 })),
  ticketTypes: Type.Optional(Type.Array(TicketTypeId, { minItems: 1 })),
};

/** A count over several areas that is smaller than their sum, such as a fire limit. Groups form trees. */
export const Group = Type.Object({
  groupId: RuleId,
  name: Type.Optional(Name),
  capacity: Type.Integer({ minimum: 1 }),
  areaIds: Type.Array(Type.String(), { description: 'areas that are in no smaller group' }),
  parentId: Type.Optional(RuleId),
}, closed);
export type Group = Static<typeof Group>;

/** How many of one ticket type a hold may have, if it has any. */
export const TicketTypeRule = Type.Object({
  ticketType: TicketTypeId,
  minPerHold: Type.Optional(Type.Integer({ minimum: 1 })),
  maxPerHold: Type.Optional(Type.Integer({ minimum: 1 })),
}, closed);
export type TicketTypeRule = Static<typeof TicketTypeRule>;

/** A share set aside: `areaId` with `quantity` in a general area, `seatIds` in seated ones. */
export const Allocation = Type.Object({
  areaId: Type.Optional(Type.String()),
  quantity: Type.Optional(Type.Integer({ minimum: 1 })),
  seatIds: Type.Optional(Type.Array(Id, { minItems: 1 })),
}, closed);
export type Allocation = Static<typeof Allocation>;

export const Channel = Type.Object({
  channelId: RuleId,
  name: Type.Optional(Name),
  returnsAt: TimeOrNull,
  allocations: Type.Array(Allocation),
}, closed);
export type Channel = Static<typeof Channel>;

/** A code that changes the price: `percent` or `amount` off each ticket. */
export const Promotion = Type.Object({
  promotionId: RuleId,
  code: plainText(64),
  percent: Type.Optional(Percent),
  amount: Type.Optional(Minor),
  ...Scope,
  usesMax: Type.Optional(Type.Integer({ minimum: 1, description: 'holds placed or ordered with it' })),
  usesPerBuyerMax: Type.Optional(Type.Integer({ minimum: 1 })),
}, closed);
export type Promotion = Static<typeof Promotion>;

export const FeeRule = Type.Object({
  feeId: RuleId,
  name: Type.Optional(Name),
  per: Type.Union([Type.Literal('ticket'), Type.Literal('order')]),
  amount: Type.Optional(Minor),
  percent: Type.Optional(Percent),
  ...Scope,
}, closed);
export type FeeRule = Static<typeof FeeRule>;

export const TaxRule = Type.Object({
  taxId: RuleId,
  name: Type.Optional(Name),
  percent: Percent,
  included: Type.Boolean({ description: 'contained in prices and fees; false: added to them' }),
  categoryIds: Type.Optional(Type.Array(Id, { minItems: 1 })),
}, closed);
export type TaxRule = Static<typeof TaxRule>;

/** Against holding without buying (OWASP OAT-021, Denial of Inventory). */
export const Hoarding = Type.Object({
  holdSeconds: Type.Integer({
    minimum: 1, description: 'time a buyer may hold without buying before a cool-down begins',
  }),
  coolDownSeconds: Type.Integer({ minimum: 1, description: 'the first; each one after it is twice as long' }),
  coolDownSecondsMax: Type.Integer({ minimum: 1 }),
}, closed);
export type Hoarding = Static<typeof Hoarding>;

export const Point = Type.Object({ x: Type.Number(), y: Type.Number() }, closed);

export const Preference = Type.Object({
  areaId: Type.String(),
  rowId: Type.Optional(Type.String()),
}, closed);

export const SaleRules = Type.Object({
  holdLimit: Type.Integer({ minimum: 1, description: 'tickets in one hold' }),
  liveHoldsMax: Type.Integer({ minimum: 0, description: 'per buyer at a time; 0: any number' }),
  hoarding: Type.Union([Hoarding, Type.Null()]),
  allowStrandedSeats: Type.Boolean(),
  passRequired: Type.Boolean(),
  focalPoint: Type.Union([Point, Type.Null()]),
  order: Type.Array(Preference, { description: 'best first; what is not named follows by distance' }),
  capacity: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], { description: 'of the whole venue' }),
  groups: Type.Array(Group),
  ticketTypes: Type.Array(TicketTypeRule),
  channels: Type.Array(Channel),
  promotions: Type.Array(Promotion),
  fees: Type.Array(FeeRule),
  taxes: Type.Array(TaxRule),
}, closed);
export type SaleRules = Static<typeof SaleRules>;
