import { Type } from 'typebox';
import type { Static } from 'typebox';
import { Fee, Tax } from './events.ts';
import { SALE_STATES } from './evolve.ts';
import { HOLD_STATUSES } from './hold-record.ts';
import { plainText } from './plain-text.ts';
import { SaleArea, SaleCategory } from './sale-definition.ts';
import { ORDER_STATUSES } from './order-record.ts';
import { SALE_ID_PATTERN } from './sale-input.ts';
import { SaleRules } from './sale-rules.ts';

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
  categoryId: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  quantity: Type.Optional(Type.Integer({ minimum: 1, maximum: TICKETS_PER_ITEM_MAX })),
  bestAvailable: Type.Optional(Type.Integer({ minimum: 1, maximum: TICKETS_PER_ITEM_MAX })),
  adjacent: Type.Optional(literals(['required', 'preferred', 'any'])),
  seatIds: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 64 }),
    { minItems: 1, maxItems: TICKETS_PER_ITEM_MAX })),
  accessible: Type.Optional(Type.Boolean({
    description: 'best available: one accessible place and its companions; chosen: they may be such places',
  })),
  ticketType: TicketType,
}, {
  ...closed,
  description: 'areaId and quantity; bestAvailable in an areaId, a categoryId or anywhere; seatIds',
});
export type ItemRequest = Static<typeof ItemRequest>;

const Code = Type.Optional(plainText(64));

export const HoldRequest = Type.Object({
  buyerId: Type.Optional(BuyerId),
  items: Type.Array(ItemRequest, { minItems: 1, maxItems: ITEMS_MAX }),
  accessCode: Code,
  promotionCode: Code,
  pass: Type.Optional(Type.String({ minLength: 1, maxLength: 2_048 })),
}, closed);
export type HoldRequest = Static<typeof HoldRequest>;

/** The items a hold shall have from now on. */
export const ChangeRequest = HoldRequest;
export type ChangeRequest = HoldRequest;

/** The part of a hold to give back: a quantity of an area and ticket type, or seats. */
export const ReleaseRequest = Type.Object({
  items: Type.Array(Type.Object({
    areaId: Type.Optional(AreaId),
    quantity: Type.Optional(Type.Integer({ minimum: 1, maximum: TICKETS_PER_ITEM_MAX })),
    seatIds: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 64 }),
      { minItems: 1, maxItems: TICKETS_PER_ITEM_MAX })),
    ticketType: TicketType,
  }, closed), { minItems: 1, maxItems: ITEMS_MAX }),
}, closed);
export type ReleaseRequest = Static<typeof ReleaseRequest>;

export const HoldItem = Type.Object({
  areaId: Type.String(),
  seatId: Type.Optional(Type.String()),
  seatLabel: Type.Optional(Type.String()),
  ticketType: Type.String(),
  price: Money,
  fees: Type.Optional(Type.Array(Fee)),
  taxes: Type.Optional(Type.Array(Tax)),
});
export type HoldItem = Static<typeof HoldItem>;

const holdFields = {
  holdId: Type.String(),
  items: Type.Array(HoldItem),
  fees: Type.Optional(Type.Array(Fee, { description: 'of the whole' })),
  taxes: Type.Optional(Type.Array(Tax, { description: 'of all items and fees together' })),
  total: Money,
  currency: Type.String(),
  together: Type.Optional(Type.Boolean({ description: 'all seats of the hold are next to each other' })),
  expiresAt: Time,
  expiresAtMax: Time,
};
export const HoldAnswer = Type.Object(holdFields);
export type HoldAnswer = Static<typeof HoldAnswer>;
export const HoldView = Type.Object({ ...holdFields, status: literals(HOLD_STATUSES) });

/** How to pay. */
export const PaymentChoice = Type.Object({
  method: Type.String({ minLength: 1, maxLength: 32 }),
  outcome: Type.Optional(Type.String({
    pattern: '^[a-z-]{1,32}$', description: 'what the sandbox is to do; no other method knows of it',
  })),
}, closed);
export type PaymentChoice = Static<typeof PaymentChoice>;

export const OrderRequest = Type.Object({
  buyerId: Type.Optional(BuyerId),
  holdId: Type.String({ minLength: 1, maxLength: 64 }),
  contact: Type.Object({
    name: plainText(200),
    email: Type.String({ format: 'email', maxLength: 254 }),
  }, closed),
  payment: PaymentChoice,
}, closed);
export type OrderRequest = Static<typeof OrderRequest>;

export const OrderAnswer = Type.Object({
  orderId: Type.String(),
  holdId: Type.String(),
  status: literals(ORDER_STATUSES),
  waitingFor: Type.Optional(Type.String({
    description: '`log`: what became of the order is being written down; `payment`: the buyer is to pay',
  })),
  payment: Type.Optional(Type.Object({
    method: Type.String(),
    attempt: Type.Integer(),
    deadline: Type.Optional({ ...Time, description: 'until then the order owns its places' }),
    redirectUrl: Type.Optional(Type.String({ description: 'the page on which the buyer pays' })),
    clientSecret: Type.Optional(Type.String({ description: 'for a form of the provider' })),
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
  fees: Type.Optional(Type.Array(Fee)),
  taxes: Type.Optional(Type.Array(Tax)),
  total: Money,
  currency: Type.String(),
  confirmedAt: Type.Optional(Time),
});
export type OrderAnswer = Static<typeof OrderAnswer>;

export const SessionAnswer = Type.Object({ buyerId: Type.String(), token: Type.String(), expiresAt: Time });

export const SaleParams = Type.Object({ saleId: Type.String({ pattern: SALE_ID_PATTERN }) });
export const HoldParams = Type.Object({ ...SaleParams.properties, holdId: Type.String({ maxLength: 64 }) });
export const AttemptParams = Type.Object({
  ...SaleParams.properties,
  orderId: Type.String({ maxLength: 64 }),
  attempt: Type.String({ pattern: '^[1-9][0-9]{0,2}$' }),
});
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
  ...Type.Omit(SaleRules, ['promotions']).properties,
});

/** What operators see as well: `promotions` have the codes in them. */
export const SaleAdminView = Type.Object({
  ...SaleView.properties,
  promotions: SaleRules.properties.promotions,
  partition: Type.Integer(),
});

/** A sale that was stopped to be rebuilt from the log. */
export const RecoveryView = Type.Object({ saleId: Type.String(), state: Type.Literal('recovering') });

const counts = {
  capacity: Type.Integer(),
  free: Type.Integer(),
  held: Type.Integer(),
  sold: Type.Integer(),
  blocked: Type.Integer(),
};

export const AvailabilityView = Type.Object({
  saleId: Type.String(),
  state: literals(SALE_STATES),
  seq: Type.Integer(),
  areas: Type.Array(Type.Object({
    areaId: Type.String(),
    kind: literals(['seated', 'general']),
    ...counts,
    reserved: Type.Optional(Type.Integer({ description: 'of `free`, what is set aside for channels' })),
  })),
  groups: Type.Optional(Type.Array(Type.Object({ groupId: Type.String(), ...counts }))),
  venue: Type.Optional(Type.Object(counts, { description: 'when the venue as a whole has a capacity' })),
});

export const SeatsView = Type.Object({
  saleId: Type.String(),
  seq: Type.Integer(),
  areas: Type.Array(Type.Object({
    areaId: Type.String(),
    states: Type.String({
      description: 'one character per seat in the order of the sale: 0 free, h held, s sold, b blocked; free '
        + 'only for some: w accessible place, c companion seat, A and on: set aside for the first channel '
        + 'and on',
    }),
  })),
});

const BUS_OUTAGE = literals(['refuse', 'accept']);
export const PoliciesInput = Type.Object({ busOutage: BUS_OUTAGE }, closed);
export type PoliciesInput = Static<typeof PoliciesInput>;
export const PoliciesView = Type.Object({
  busOutage: BUS_OUTAGE,
  since: TimeOrNull,
  by: Type.Union([Type.String(), Type.Null()], { description: 'null: nobody set it, the default holds' }),
  confirmAck: literals(['bus', 'redis']),
  partitionsOut: Type.Array(Type.String(), { description: 'for which the bus accepts nothing' }),
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
