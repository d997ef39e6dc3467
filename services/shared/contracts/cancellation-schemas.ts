import { Type } from 'typebox';
import type { Static } from 'typebox';
import { OrderParams } from './http-schemas.ts';
import { ORDER_STATUSES, PAYMENT_KINDS, REFUND_STATUSES } from './order-record.ts';
import { plainText } from './plain-text.ts';

/** Bodies of what operators see of orders, and do about them (docs/payments.md). */

const closed = { additionalProperties: false };
const literals = <T extends string>(values: readonly T[]) =>
  Type.Unsafe<T>(Type.String({ enum: [...values] }));
const Minor = Type.Integer({ minimum: 0, description: 'minor units' });

export const CancelRequest = Type.Object({
  tickets: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
    minItems: 1, maxItems: 1_000, uniqueItems: true, description: 'ticketIds; all that are left if not given',
  })),
  places: literals(['return', 'block'] as const),
  refund: literals(['all', 'withoutFees', 'none'] as const),
  reason: plainText(200),
}, closed);
export type CancelRequest = Static<typeof CancelRequest>;

export const RefundParams = Type.Object({
  ...OrderParams.properties, refundId: Type.String({ pattern: '^[A-Za-z0-9_.:-]{1,64}$' }),
});

export const GiveBackRequest = Type.Object({
  paymentId: Type.String({ minLength: 1, maxLength: 160 }),
  amountMinor: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
}, closed);
export type GiveBackRequest = Static<typeof GiveBackRequest>;

export const CounterPayment = Type.Object({
  receipt: Type.String({ pattern: '^[A-Za-z0-9_.:-]{1,64}$', description: 'its number: one per payment' }),
  amountMinor: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  currency: Type.String({ pattern: '^[A-Z]{3}$' }),
}, closed);
export type CounterPayment = Static<typeof CounterPayment>;

export const OrderAdminView = Type.Object({
  orderId: Type.String(),
  holdId: Type.String(),
  buyerId: Type.String(),
  status: literals(ORDER_STATUSES),
  isInLog: Type.Boolean({ description: 'the log has accepted what this says' }),
  totalMinor: Minor,
  currency: Type.String(),
  method: Type.String({ description: 'of the last attempt to pay' }),
  attempt: Type.Integer(),
  confirmedAt: Type.Optional(Type.String({ format: 'date-time' })),
  tickets: Type.Array(Type.Object({
    ticketId: Type.String(),
    areaId: Type.String(),
    seatId: Type.Optional(Type.String()),
    ticketType: Type.String(),
    priceMinor: Minor,
    isCancelled: Type.Boolean(),
  })),
  payments: Type.Array(Type.Object({
    paymentId: Type.String(),
    amountMinor: Minor,
    currency: Type.String(),
    kind: literals(PAYMENT_KINDS),
    leftMinor: { ...Minor, description: 'neither given back nor about to be' },
  })),
  refunds: Type.Array(Type.Object({
    refundId: Type.String(), paymentId: Type.String(), amountMinor: Minor, status: literals(REFUND_STATUSES),
  })),
});
export type OrderAdminView = Static<typeof OrderAdminView>;
