import { Type } from 'typebox';
import type { Static, TSchema } from 'typebox';

/**
 * The language of the log: CloudEvents 1.0 in JSON, one schema per type. What is written here is what is on
 * the bus and in the event store; an event carries all that a reader needs to apply it, so that nobody has to
 * look older events up. Times are ISO 8601, money is in minor units.
 */

const closed = { additionalProperties: false };
const Money = Type.Integer({ minimum: 0, maximum: 1_000_000_000 });
const Time = Type.String({ format: 'date-time' });
const Prices = Type.Record(Type.String(), Money);

export const Item = Type.Object({
  areaId: Type.String(),
  categoryId: Type.String(),
  ticketType: Type.String(),
  price: Type.Integer({ minimum: 0, description: 'per ticket, minor units' }),
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

/** The schema of `data`, by event type. */
export const EVENT_DATA = {
  'sale.defined': Type.Object({
    version: Type.Integer({ minimum: 1 }),
    name: Type.String(),
    currency: Type.String(),
    opensAt: Type.Union([Time, Type.Null()]),
    closesAt: Type.Union([Time, Type.Null()]),
    holdSeconds: Type.Integer(),
    holdSecondsMax: Type.Integer(),
    buyerLimit: Type.Integer(),
    paymentMethods: Type.Array(Type.String()),
    categories: Type.Array(
      Type.Object({ categoryId: Type.String(), name: Type.String(), prices: Prices }, closed),
    ),
    areas: Type.Array(Type.Object({
      areaId: Type.String(),
      name: Type.String(),
      kind: Type.Union([Type.Literal('seated'), Type.Literal('general')]),
      capacity: Type.Integer({ minimum: 0 }),
      categoryId: Type.Union([Type.String(), Type.Null()]),
    }, closed)),
  }, closed),
  'area.defined': Type.Object({
    version: Type.Integer({ minimum: 1 }),
    areaId: Type.String(),
    rows: Type.Array(Row),
  }, closed),
  'sale.opened': empty,
  'sale.paused': empty,
  'sale.resumed': empty,
  'sale.closed': empty,
  'hold.placed': Type.Object({
    holdId: Type.String(),
    buyerId: Type.String(),
    items: Type.Array(Item),
    total: Type.Integer(),
    currency: Type.String(),
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
  'hold.released': ended,
  'hold.expired': ended,
  'order.confirmed': Type.Object({
    orderId: Type.String(),
    holdId: Type.String(),
    buyerId: Type.String(),
    items: Type.Array(Item),
    total: Type.Integer(),
    currency: Type.String(),
    paymentMethod: Type.String(),
    contact: Type.String({ description: 'name and e-mail, sealed (JWE, A256GCM)' }),
    ticketSeed: Type.String({ description: 'ticket codes derive from it' }),
    digest: Type.String(),
  }, closed),
} as const satisfies Record<string, TSchema>;

export const EVENT_TYPES = Object.keys(EVENT_DATA) as EventType[];
export type EventType = keyof typeof EVENT_DATA;
export type EventData<T extends EventType> = Static<(typeof EVENT_DATA)[T]>;

/**
 * One event of a sale. `sequence` is its seq as a decimal string, `prev` the id of the sale's event before.
 */
export interface SaleEventOf<T extends EventType> {
  specversion: '1.0';
  id: string;
  source: string;
  type: T;
  subject: string;
  time: string;
  datacontenttype: 'application/json';
  sequence: string;
  prev: string;
  epoch: number;
  actor?: string;
  traceid?: string;
  data: EventData<T>;
}

/** Any event of a sale; `switch (event.type)` narrows `event.data`. */
export type SaleEvent = { [T in EventType]: SaleEventOf<T> }[EventType];
