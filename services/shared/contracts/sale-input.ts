import { Type } from 'typebox';
import type { Static } from 'typebox';
import { plainText } from './plain-text.ts';
import {
  Allocation, FeeRule, Group, Percent, Point, Preference, Promotion, RuleId, SaleRules, TaxRule,
  TicketTypeRule, TICKET_TYPE_PATTERN,
} from './sale-rules.ts';
import { SeatingPlan } from './seating-plan.ts';

/**
 * A sale as PUT /admin/v1/sales/{saleId} takes it. What is left out has a sensible default, which
 * contracts/sale-definition.ts fills in.
 */

export const SALE_ID_PATTERN = '^[a-z0-9][a-z0-9-]{0,62}$';
export const AREA_ID_PATTERN = '^[a-z0-9][a-z0-9-]{0,62}$';
export const AREAS_MAX = 500;
export const GROUPS_MAX = 100;
/** A channel is one letter of the alphabet in the seats' bytes. */
export const CHANNELS_MAX = 16;
/** What a segment's 16 bits and half seats leave room for. */
export const SEATS_PER_ROW_MAX = 10_000;
export const SEATS_MAX = 1_000_000;
export const CATEGORIES_MAX = 64;
export const TICKET_TYPES_MAX = 16;
export const CAPACITY_MAX = 10_000_000;
export const PRICE_MINOR_MAX = 1_000_000_000;
export const HOLD_SECONDS_MAX = 86_400;
export const BUYER_LIMIT_MAX = 1_000;
export const PARTITIONS_MAX = 1_024;
/** Methods this release can take money by. */
export const PAYMENT_METHODS = ['free', 'sandbox', 'stripe', 'offline', 'handover'] as const;

const closed = { additionalProperties: false };
const Id = plainText(64);
const Name = plainText(200);
const TimeOrNull = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);
const accessibility = {
  accessible: Type.Optional(Type.Boolean({ description: 'a place for a wheelchair: only for who asks' })),
  companion: Type.Optional(Type.Boolean({ description: 'a seat beside one: only for who asks' })),
};

const InputSeat = Type.Object({
  seatId: Id,
  label: plainText(32, 0),
  x: Type.Optional(Type.Number()),
  y: Type.Optional(Type.Number()),
  categoryId: Type.Optional(Id),
  ...accessibility,
}, closed);

export const InputArea = Type.Object({
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
export type InputArea = Static<typeof InputArea>;

const InputChannel = Type.Object({
  channelId: RuleId,
  name: Type.Optional(Name),
  returnsAt: Type.Optional({ ...TimeOrNull, description: 'when what is left goes back to public' }),
  allocations: Type.Optional(Type.Array(Allocation)),
}, closed);

const InputHoarding = Type.Object({
  holdSeconds: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  coolDownSeconds: Type.Integer({ minimum: 1, maximum: HOLD_SECONDS_MAX }),
  coolDownSecondsMax: Type.Optional(Type.Integer({ minimum: 1, maximum: HOLD_SECONDS_MAX })),
}, closed);

const InputTax = Type.Object({
  ...TaxRule.properties,
  percent: Percent,
  included: Type.Optional(Type.Boolean({ default: true })),
}, closed);

const Optional = Type.Partial(Type.Pick(SaleRules, ['liveHoldsMax', 'allowStrandedSeats', 'passRequired']));

export const SaleInput = Type.Object({
  name: Name,
  currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217' }),
  partition: Type.Optional(Type.Integer({
    minimum: 0, maximum: PARTITIONS_MAX - 1, description: 'pins a new sale; otherwise its id decides',
  })),
  opensAt: Type.Optional(TimeOrNull),
  closesAt: Type.Optional(TimeOrNull),
  holdSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: HOLD_SECONDS_MAX, default: 600 })),
  // No default here: without it a hold may live 1,800 s, or holdSeconds if that is longer.
  holdSecondsMax: Type.Optional(Type.Integer({ minimum: 1, maximum: HOLD_SECONDS_MAX })),
  buyerLimit: Type.Optional(Type.Integer({ minimum: 1, maximum: BUYER_LIMIT_MAX, default: 8 })),
  holdLimit: Type.Optional(Type.Integer({ minimum: 1, maximum: BUYER_LIMIT_MAX })),
  ...Optional.properties,
  hoarding: Type.Optional(Type.Union([InputHoarding, Type.Null()])),
  paymentMethods: Type.Optional(Type.Array(
    Type.Unsafe<(typeof PAYMENT_METHODS)[number]>(Type.String({ enum: [...PAYMENT_METHODS] })),
    { minItems: 1, uniqueItems: true })),
  categories: Type.Array(Type.Object({
    categoryId: Id,
    name: Type.Optional(Name),
    prices: Type.Record(Type.String({ pattern: TICKET_TYPE_PATTERN }), Type.Integer(), closed),
    ...accessibility,
  }, closed), { minItems: 1, maxItems: CATEGORIES_MAX }),
  ticketTypes: Type.Optional(Type.Array(TicketTypeRule, { maxItems: TICKET_TYPES_MAX })),
  layout: Type.Optional(SeatingPlan),
  areas: Type.Optional(Type.Array(InputArea, { maxItems: AREAS_MAX })),
  focalPoint: Type.Optional(Type.Union([Point, Type.Null()])),
  order: Type.Optional(Type.Array(Preference, { maxItems: 10_000 })),
  capacity: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: CAPACITY_MAX }), Type.Null()])),
  groups: Type.Optional(Type.Array(Group, { maxItems: GROUPS_MAX })),
  channels: Type.Optional(Type.Array(InputChannel, { maxItems: CHANNELS_MAX })),
  promotions: Type.Optional(Type.Array(Promotion, { maxItems: 1_000 })),
  fees: Type.Optional(Type.Array(FeeRule, { maxItems: 10 })),
  taxes: Type.Optional(Type.Array(InputTax, { maxItems: 10 })),
}, closed);
export type SaleInput = Static<typeof SaleInput>;
