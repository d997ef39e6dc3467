import { Type } from 'typebox';
import type { Static } from 'typebox';
import { SALE_STATES } from './evolve.ts';
import { HOLD_STATUSES } from './hold-record.ts';
import { plainText } from './plain-text.ts';
import { SaleArea, SaleCategory, SALE_ID_PATTERN } from './sale-definition.ts';

/**
 * The bodies of the selling API (DESIGN, section 7): validation, serialisation and OpenAPI come from these.
 */

export const ITEMS_MAX = 50;
export const TICKETS_PER_ITEM_MAX = 100;
export const BUYER_ID_PATTERN = '^[A-Za-z0-9_.:@-]{1,64}$';

const closed = { additionalProperties: false };
const TicketType = Type.Optional(Type.String({ minLength: 1, maxLength: 32 }));
const AreaId = Type.String({ minLength: 1, maxLength: 64 });
const Time = Type.String({ format: 'date-time' });
const TimeOrNull = Type.Union([Time, Type.Null()]);
const Money = Type.Integer({ description: 'minor units' });
const literals = <T extends string>(values: readonly T[]) =>
  Type.Unsafe<T>(Type.String({ enum: [...values] }));

/** Of a write that says all in its address; `{}` is let pass for clients that always send a body. */
export const NoBody = Type.Union([Type.Null(), Type.Object({}, closed)]);

export const BuyerId = Type.String({ pattern: BUYER_ID_PATTERN });

export const ItemRequest = Type.Object({
  areaId: Type.Optional(AreaId),
  quantity: Type.Optional(Type.Integer({ minimum: 1, maximum: TICKETS_PER_ITEM_MAX })),
  bestAvailable: Type.Optional(Type.Integer({ minimum: 1, maximum: TICKETS_PER_ITEM_MAX })),
  adjacent: Type.Optional(literals(['required', 'preferred', 'any'])),
  seatIds: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 64 }),
    { minItems: 1, maxItems: TICKETS_PER_ITEM_MAX })),
  ticketType: TicketType,
}, { ...closed, description: 'one of: areaId and quantity; areaId and bestAvailable; seatIds' });
export type ItemRequest = Static<typeof ItemRequest>;

export const HoldRequest = Type.Object({
  buyerId: Type.Optional(BuyerId),
  items: Type.Array(ItemRequest, { minItems: 1, maxItems: ITEMS_MAX }),
}, closed);
export type HoldRequest = Static<typeof HoldRequest>;

export const HoldItem = Type.Object({
  areaId: Type.String(),
  seatId: Type.Optional(Type.String()),
  seatLabel: Type.Optional(Type.String()),
  ticketType: Type.String(),
  price: Money,
});
export type HoldItem = Static<typeof HoldItem>;

const holdFields = {
  holdId: Type.String(),
  items: Type.Array(HoldItem),
  total: Money,
  currency: Type.String(),
  expiresAt: Time,
  expiresAtMax: Time,
};
export const HoldAnswer = Type.Object(holdFields);
export type HoldAnswer = Static<typeof HoldAnswer>;
export const HoldView = Type.Object({ ...holdFields, status: literals(HOLD_STATUSES) });

export const OrderRequest = Type.Object({
  buyerId: Type.Optional(BuyerId),
  holdId: Type.String({ minLength: 1, maxLength: 64 }),
  contact: Type.Object({
    name: plainText(200),
    email: Type.String({ format: 'email', maxLength: 254 }),
  }, closed),
  payment: Type.Object({ method: Type.String({ minLength: 1, maxLength: 32 }) }, closed),
}, closed);
export type OrderRequest = Static<typeof OrderRequest>;

export const OrderAnswer = Type.Object({
  orderId: Type.String(),
  holdId: Type.String(),
  status: literals(['confirmed', 'pending']),
  waitingFor: Type.Optional(Type.String({
    description: '`log`: the order is made and is being written down',
  })),
  items: Type.Array(HoldItem),
  tickets: Type.Array(Type.Object({
    ticketId: Type.String(),
    code: Type.String({ description: 'what the QR code carries' }),
    areaId: Type.String(),
    seatId: Type.Optional(Type.String()),
    seatLabel: Type.Optional(Type.String()),
    ticketType: Type.String(),
  })),
  total: Money,
  currency: Type.String(),
  confirmedAt: Type.Optional(Time),
});
export type OrderAnswer = Static<typeof OrderAnswer>;

export const SessionAnswer = Type.Object({ buyerId: Type.String(), token: Type.String(), expiresAt: Time });

export const SaleParams = Type.Object({ saleId: Type.String({ pattern: SALE_ID_PATTERN }) });
export const HoldParams = Type.Object({ ...SaleParams.properties, holdId: Type.String({ maxLength: 64 }) });
export const OrderParams = Type.Object({ ...SaleParams.properties, orderId: Type.String({ maxLength: 64 }) });

/** GET of a sale, public and admin; `version` tells a change. */
export const SaleView = Type.Object({
  saleId: Type.String(),
  state: literals(SALE_STATES),
  version: Type.Integer(),
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
});

export const AvailabilityView = Type.Object({
  saleId: Type.String(),
  state: literals(SALE_STATES),
  seq: Type.Integer(),
  areas: Type.Array(Type.Object({
    areaId: Type.String(),
    kind: literals(['seated', 'general']),
    capacity: Type.Integer(),
    free: Type.Integer(),
    held: Type.Integer(),
    sold: Type.Integer(),
  })),
});

export const SeatsView = Type.Object({
  saleId: Type.String(),
  seq: Type.Integer(),
  areas: Type.Array(Type.Object({
    areaId: Type.String(),
    states: Type.String({
      description: 'one character per seat in the order of the sale: 0 free, h held, s sold, b blocked',
    }),
  })),
});

/** A refusal, as a response of a route. */
export const ProblemView = {
  description: 'application/problem+json, RFC 9457',
  content: {
    'application/problem+json': {
      schema: Type.Object({
        type: Type.String(),
        title: Type.String(),
        status: Type.Integer(),
        code: Type.String(),
        detail: Type.Optional(Type.String()),
      }, { additionalProperties: true }),
    },
  },
};
