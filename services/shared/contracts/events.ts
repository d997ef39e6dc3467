import { Type } from 'typebox';
import type { Static, TSchema } from 'typebox';
import { SaleRules } from './sale-rules.ts';

/**
 * The language of the log: CloudEvents 1.0 in JSON, one schema per type. What is written here is what is on
 * the bus and in the event store; an event carries all that a reader needs to apply it, so that nobody has to
 * look older events up. Times are ISO 8601, money is in minor units.
 */

const closed = { additionalProperties: false };
const Money = Type.Integer({ minimum: 0, maximum: 1_000_000_000 });
const Time = Type.String({ format: 'date-time' });
const Prices = Type.Record(Type.String(), Money);

/** A fee as sold: per ticket in an item, of the whole in a hold or an order. */
export const Fee = Type.Object({ feeId: Type.String(), amount: Type.Integer({ minimum: 0 }) }, closed);
export type Fee = Static<typeof Fee>;
/** A tax as sold; `included` says that the amount is part of price and fees and not added to them. */
export const Tax = Type.Object({
  taxId: Type.String(),
  amount: Type.Integer({ minimum: 0 }),
  included: Type.Boolean(),
}, closed);
export type Tax = Static<typeof Tax>;

export const Item = Type.Object({
  areaId: Type.String(),
  categoryId: Type.String(),
  ticketType: Type.String(),
  price: Type.Integer({ minimum: 0, description: 'per ticket, minor units' }),
  fees: Type.Optional(Type.Array(Fee, { description: 'per ticket' })),
  taxes: Type.Optional(Type.Array(Tax, { description: 'per ticket, on price and fees' })),
  channelId: Type.Optional(Type.String({ description: 'whose allocation it was drawn from; none: public' })),
  quantity: Type.Integer({ minimum: 1 }),
  seatIds: Type.Optional(Type.Array(Type.String(), { description: 'seated areas: `quantity` ids' })),
}, closed);
export type Item = Static<typeof Item>;

export const Seat = Type.Object({
  seatId: Type.String(),
  label: Type.String(),
  x: Type.Number(),
  y: Type.Number(),
  categoryId: Type.String(),
  accessible: Type.Optional(Type.Literal(true, { description: 'a place for a wheelchair' })),
  companion: Type.Optional(Type.Literal(true, { description: 'beside an accessible place' })),
}, closed);
export type Seat = Static<typeof Seat>;

export const Row = Type.Object({ rowId: Type.String(), seats: Type.Array(Seat) }, closed);
export type Row = Static<typeof Row>;

export const AREA_KINDS = ['seated', 'general'] as const;

const ended = Type.Object({
  holdId: Type.String(),
  buyerId: Type.String(),
  items: Type.Array(Item),
}, closed);

const empty = Type.Object({}, closed);

const Count = Type.Integer({ minimum: 1 });
const Version = Type.Integer({ minimum: 1 });

/** Of everything that has a price: the fees of the whole, all its taxes, and the rules they came from. */
const sums = {
  total: Type.Integer(),
  currency: Type.String(),
  fees: Type.Optional(Type.Array(Fee, { description: 'of the whole, not of single tickets' })),
  taxes: Type.Optional(Type.Array(Tax, { description: 'of all items and fees together' })),
  terms: Type.Optional(Type.String({ description: 'rules of the fees of the whole; contracts/pricing.ts' })),
};

/** Seats by id, or a quantity of a general area. */
const places = {
  areaId: Type.String(),
  seatIds: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
  quantity: Type.Optional(Count),
};
const Reason = Type.String({ description: 'in the words of the operator' });

/** Whose money a refund gives back: of a payment that made no order, or of an order that was made. */
export const REFUND_REASONS = ['late', 'duplicate', 'mismatched', 'cancelled'] as const;
export type RefundReason = (typeof REFUND_REASONS)[number];

const ofOrder = { orderId: Type.String(), holdId: Type.String(), buyerId: Type.String() };
const moneyId = (description: string) => Type.String({ pattern: '^[\\w:./-]{1,200}$', description });
const PaymentId = moneyId('what the provider took: by it one that is told twice is known');
const RefundId = moneyId('of one refund, also its idempotency key at the provider');
const Attempt = Type.Integer({ minimum: 1, description: 'of paying for the order: 1, 2, 3 …' });
const amount = {
  amount: Type.Integer({ minimum: 0, description: 'minor units' }),
  currency: Type.String({ pattern: '^[A-Z]{3}$' }),
};

/** The schema of `data`, by event type. */
export const EVENT_DATA = {
  'sale.defined': Type.Object({
    version: Version,
    name: Type.String(),
    currency: Type.String(),
    opensAt: Type.Union([Time, Type.Null()]),
    closesAt: Type.Union([Time, Type.Null()]),
    holdSeconds: Type.Integer(),
    holdSecondsMax: Type.Integer(),
    buyerLimit: Type.Integer(),
    paymentMethods: Type.Array(Type.String()),
    categories: Type.Array(Type.Object({
      categoryId: Type.String(),
      name: Type.String(),
      prices: Prices,
      accessible: Type.Optional(Type.Literal(true, { description: 'so are all its seats' })),
      companion: Type.Optional(Type.Literal(true)),
    }, closed)),
    areas: Type.Array(Type.Object({
      areaId: Type.String(),
      name: Type.String(),
      kind: Type.Union([Type.Literal('seated'), Type.Literal('general')]),
      capacity: Type.Integer({ minimum: 0 }),
      categoryId: Type.Union([Type.String(), Type.Null()]),
    }, closed)),
    ...Type.Partial(SaleRules).properties,
  }, closed),
  'area.defined': Type.Object({
    version: Version,
    areaId: Type.String(),
    rows: Type.Array(Row),
  }, closed),
  'sale.opened': empty,
  'sale.paused': empty,
  'sale.resumed': empty,
  'sale.closed': empty,
  'sale.reopened': empty,
  'sale.archived': empty,
  'sale.revived': empty,
  'sale.recovered': Type.Object({
    lostMs: Type.Integer({ minimum: 0, description: 'the time that every live hold gets back' }),
  }, closed),
  'stock.blocked': Type.Object({ ...places, reason: Reason }, closed),
  'stock.unblocked': Type.Object({ ...places, reason: Reason }, closed),
  'capacity.changed': Type.Object({
    version: Version,
    areaId: Type.Optional(Type.String({ description: 'a general area' })),
    groupId: Type.Optional(Type.String({ description: 'neither this nor areaId: the whole venue' })),
    capacity: Type.Integer({ minimum: 0 }),
  }, closed),
  'price.changed': Type.Object({
    version: Version,
    categoryId: Type.String(),
    ticketType: Type.String(),
    price: Money,
  }, closed),
  'allocation.changed': Type.Object({
    areaId: Type.String(),
    channelId: Type.Union([Type.String(), Type.Null()], { description: 'null: public' }),
    quantity: Type.Optional(Type.Integer({
      minimum: 0, description: 'general areas: what the channel may still draw from now on',
    })),
    seatIds: Type.Optional(Type.Array(Type.String(), { description: 'these belong to it from now on' })),
  }, closed),
  'allocation.returned': Type.Object({ channelId: Type.String() }, closed),
  'places.released': Type.Object({
    areaId: Type.String(),
    seatIds: Type.Array(Type.String(), { minItems: 1, description: 'for everybody from now on' }),
  }, closed),
  'codes.added': Type.Object({
    codes: Type.Array(Type.Object({
      digest: Type.String({ description: 'keyed; the code itself is not in the log' }),
      channelIds: Type.Array(Type.String()),
      usesMax: Type.Integer({ minimum: 0, description: 'holds placed or ordered with it; 0: any number' }),
      usesPerBuyerMax: Type.Integer({ minimum: 0, description: '0: any number' }),
    }, closed)),
  }, closed),
  'hold.placed': Type.Object({
    holdId: Type.String(),
    buyerId: Type.String(),
    items: Type.Array(Item),
    ...sums,
    codes: Type.Optional(Type.Array(Type.String(), {
      description: 'used up by this hold: digests of access codes, `p:` and id of promotions',
    })),
    expiresAt: Time,
    expiresAtMax: Time,
    digest: Type.String({
      description: 'of the request, so that another payload under the same key is found',
    }),
  }, closed),
  'hold.extended': Type.Object({
    holdId: Type.String(),
    buyerId: Type.String(),
    expiresAt: Time,
    key: Type.String({ description: 'digest of the Idempotency-Key' }),
  }, closed),
  'hold.changed': Type.Object({
    holdId: Type.String(),
    buyerId: Type.String(),
    removed: Type.Array(Item),
    added: Type.Array(Item),
    items: Type.Array(Item, { description: 'what the hold has now' }),
    ...sums,
    codes: Type.Optional(Type.Array(Type.String(), { description: 'used up by the hold, all' })),
    key: Type.String({ description: 'digest of the Idempotency-Key' }),
    digest: Type.String({ description: 'of the request' }),
  }, closed),
  'hold.released': ended,
  'hold.expired': ended,
  'order.confirmed': Type.Object({
    orderId: Type.String(),
    holdId: Type.String(),
    buyerId: Type.String(),
    items: Type.Array(Item),
    ...sums,
    paymentMethod: Type.String(),
    contact: Type.String({ description: 'name and e-mail, sealed (JWE, A256GCM)' }),
    ticketSeed: Type.String({ description: 'ticket codes derive from it' }),
    digest: Type.String(),
    paymentId: Type.Optional(PaymentId),
    attempt: Type.Optional(Attempt),
  }, closed),
  'order.expired': Type.Object({ ...ofOrder, items: Type.Array(Item) }, closed),
  'order.cancelled': Type.Object({
    ...ofOrder,
    items: Type.Array(Item, { minItems: 1, description: 'the places of these tickets' }),
    tickets: Type.Array(Count, { minItems: 1, description: 'numbers of the tickets, from 1 on' }),
    from: Type.Union([Type.Literal('pending'), Type.Literal('confirmed')]),
    returned: Type.Boolean({ description: 'the places are on sale again; else they are blocked' }),
    reason: Type.String(),
  }, closed),
  'payment.started': Type.Object({
    ...ofOrder,
    items: Type.Array(Item),
    ...sums,
    attempt: Attempt,
    paymentMethod: Type.String(),
    deadline: Type.String({ format: 'date-time', description: 'until then the order owns its places' }),
    contact: Type.String({ description: 'name and e-mail, sealed (JWE, A256GCM)' }),
    ticketSeed: Type.String({ description: 'ticket codes derive from it' }),
    digest: Type.String({ description: 'of the request for the order' }),
  }, closed),
  'payment.failed': Type.Object({
    ...ofOrder,
    attempt: Attempt,
    reason: Type.String({ description: 'in the words of the provider' }),
    deadline: Type.String({ format: 'date-time', description: 'later than it was if little time was left' }),
  }, closed),
  'payment.late': Type.Object({ ...ofOrder, items: Type.Array(Item), paymentId: PaymentId }, closed),
  'payment.mismatched': Type.Object({ ...ofOrder, paymentId: PaymentId, ...amount }, closed),
  'refund.requested': Type.Object({
    ...ofOrder,
    refundId: RefundId,
    paymentId: PaymentId,
    ...amount,
    reason: Type.Unsafe<RefundReason>(Type.Union(REFUND_REASONS.map((reason) => Type.Literal(reason)))),
  }, closed),
  'refund.completed': Type.Object({ ...ofOrder, refundId: RefundId, ...amount }, closed),
  'refund.failed': Type.Object({ ...ofOrder, refundId: RefundId, ...amount, reason: Type.String() }, closed),
} as const satisfies Record<string, TSchema>;

export const EVENT_TYPES = Object.keys(EVENT_DATA) as EventType[];
export type EventType = keyof typeof EVENT_DATA;
/** False for a type that is unknown here. */
export function isEventType(type: string): type is EventType {
  return Object.hasOwn(EVENT_DATA, type);
}
export type EventData<T extends EventType> = Static<(typeof EVENT_DATA)[T]>;

/** One event of a sale; contracts/event-schemas.ts says what each attribute is. */
export interface SaleEventOf<T extends EventType> {
  specversion: '1.0';
  id: string;
  source: string;
  type: T;
  subject: string;
  time: string;
  datacontenttype: 'application/json';
  dataschema: string;
  sequence: string;
  prev: string;
  epoch: number;
  actor: string;
  actorrole?: string;
  actorfrom?: string;
  actorwhy?: string;
  traceparent?: string;
  correlationid: string;
  causationid?: string;
  data: EventData<T>;
}

/** Any event of a sale; `switch (event.type)` narrows `event.data`. */
export type SaleEvent = { [T in EventType]: SaleEventOf<T> }[EventType];
