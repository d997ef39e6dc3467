import { Type } from 'typebox';
import type { Static } from 'typebox';

/** What the row-locking way of selling answers. Money in minor units, times in ISO 8601. */

const Nullable = Type.Union([Type.String(), Type.Null()]);
const place = {
  areaId: Type.String(),
  seatId: Type.Optional(Type.String()),
  seatLabel: Type.Optional(Type.String()),
};

export const PlacedCartAnswer = Type.Object({
  cartId: Type.String(),
  items: Type.Array(Type.Object({
    ...place,
    ticketType: Type.String(),
    quantity: Type.Integer(),
    priceMinor: Type.Integer(),
  })),
  totalMinor: Type.Integer(),
  currency: Type.String(),
  expiresAt: Type.String(),
});
export type PlacedCartAnswer = Static<typeof PlacedCartAnswer>;

export const CartAnswer = Type.Object({
  cartId: Type.String(),
  status: Type.String(),
  currency: Type.String(),
  expiresAt: Type.String(),
  orderNumber: Nullable,
  items: Type.Array(Type.Object({
    areaId: Type.String(),
    seatId: Nullable,
    seatLabel: Nullable,
    ticketType: Type.String(),
    quantity: Type.Integer(),
    priceMinor: Type.Integer(),
  })),
});

export const OrderAnswer = Type.Object({
  orderNumber: Type.String(),
  status: Type.String(),
  paymentMethod: Type.String(),
  totalMinor: Type.Integer(),
  currency: Type.String(),
  createdAt: Type.String(),
  tickets: Type.Array(Type.Object({
    ticketId: Type.String(),
    code: Type.String(),
    ...place,
    ticketType: Type.String(),
  })),
});
export type OrderAnswer = Static<typeof OrderAnswer>;

export const ShowAnswer = Type.Object({
  slug: Type.String(),
  name: Type.String(),
  sellsVia: Type.String(),
  state: Type.String(),
  currency: Type.String(),
  areas: Type.Array(Type.Object({
    areaId: Type.String(),
    name: Type.String(),
    kind: Type.String(),
    capacity: Type.Integer(),
    held: Type.Integer(),
    sold: Type.Integer(),
    blocked: Type.Integer(),
  })),
});
