import { Type } from 'typebox';
import { OUTAGE_MODES } from './outage.ts';
import { OUTCOMES, PAYMENT_STATUSES } from './payment.ts';
import { REFUND_OUTCOMES, REFUND_STATUSES } from './refund.ts';

/** The provider's API: validation and serialisation come from these. */

export const PAGE_MAX = 500;
const AMOUNT_MAX = 100_000_000_000;
const DELAY_MS_MAX = 24 * 3_600_000;
const OUTAGE_SECONDS_MAX = 3_600;
const OUTAGE_DELAY_MS_MAX = 30_000;
const TIME = '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)$';

const closed = { additionalProperties: false };
const Amount = Type.Integer({ minimum: 1, maximum: AMOUNT_MAX });
const Reference = Type.String({ minLength: 1, maxLength: 200, description: 'the merchant\'s own' });
const Address = Type.String({ maxLength: 2_000, pattern: '^https?://' });
const TimeOrNull = Type.Union([Type.String(), Type.Null()]);
const oneOf = <T extends string>(values: readonly T[]) =>
  Type.Unsafe<T>(Type.String({ enum: [...values] }));

export const PaymentParams = Type.Object({
  paymentId: Type.String({ pattern: '^pay_[\\w-]{22}$' }),
}, closed);

export const RefundParams = Type.Object({
  refundId: Type.String({ pattern: '^ref_[\\w-]{22}$' }),
}, closed);

export const PaymentInput = Type.Object({
  amountMinor: Amount,
  currency: Type.String({ pattern: '^[A-Z]{3}$' }),
  reference: Reference,
  returnUrl: Address,
  webhookUrl: Address,
  expiresAt: Type.String({ pattern: TIME, format: 'date-time' }),
  outcome: Type.Unsafe<(typeof OUTCOMES)[number]>(
    Type.String({ enum: [...OUTCOMES], default: 'ask' })),
  delayMs: Type.Optional(Type.Integer({ minimum: 0, maximum: DELAY_MS_MAX })),
}, closed);

export const PaymentAnswer = Type.Object({
  paymentId: Type.String(),
  pageUrl: Type.String(),
  status: oneOf(PAYMENT_STATUSES),
  amountMinor: Type.Integer(),
  capturedMinor: Type.Integer(),
  refundedMinor: Type.Integer({ description: 'pending refunds included' }),
  currency: Type.String(),
  reference: Type.String(),
  outcome: oneOf(OUTCOMES),
  createdAt: Type.String(),
  expiresAt: Type.String(),
  capturedAt: TimeOrNull,
  changedAt: Type.String(),
});

export const RefundInput = Type.Object({
  paymentId: PaymentParams.properties.paymentId,
  amountMinor: Type.Optional(Type.Integer({
    minimum: 1, maximum: AMOUNT_MAX, description: 'absent: all that is left',
  })),
  reference: Type.String({ default: '', maxLength: 200 }),
  outcome: Type.Unsafe<(typeof REFUND_OUTCOMES)[number]>(
    Type.String({ enum: [...REFUND_OUTCOMES], default: 'success' })),
  delayMs: Type.Integer({ default: 0, minimum: 0, maximum: DELAY_MS_MAX }),
}, closed);

export const RefundAnswer = Type.Object({
  refundId: Type.String(),
  paymentId: Type.String(),
  status: oneOf(REFUND_STATUSES),
  amountMinor: Type.Integer(),
  currency: Type.String(),
  reference: Type.String(),
  createdAt: Type.String(),
  changedAt: Type.String(),
});

const list = {
  since: Type.String({ default: '1970-01-01T00:00:00Z', pattern: TIME, format: 'date-time' }),
  after: Type.String({ default: '0-0', pattern: '^\\d{1,18}-\\d{1,18}$' }),
  limit: Type.String({ default: '100', pattern: '^[1-9]\\d{0,2}$' }),
};
export const PaymentsQuery = Type.Object({ ...list, status: Type.Optional(oneOf(PAYMENT_STATUSES)) }, closed);
export const RefundsQuery = Type.Object({ ...list, status: Type.Optional(oneOf(REFUND_STATUSES)) }, closed);
export const PaymentsAnswer = Type.Object({ payments: Type.Array(PaymentAnswer), next: Type.String() });
export const RefundsAnswer = Type.Object({ refunds: Type.Array(RefundAnswer), next: Type.String() });

export const DeliveriesAnswer = Type.Object({
  webhooks: Type.Array(Type.Object({
    messageId: Type.String(),
    type: Type.String(),
    state: Type.String(),
    attempts: Type.Integer(),
    lastStatus: Type.Union([Type.Integer(), Type.Null()]),
    lastFault: TimeOrNull,
  })),
});
export const RedeliverAnswer = Type.Object({ queued: Type.Integer() });

export const OutageInput = Type.Object({
  mode: oneOf(OUTAGE_MODES),
  seconds: Type.Integer({ minimum: 0, maximum: OUTAGE_SECONDS_MAX }),
  delayMs: Type.Integer({ default: 2_000, minimum: 1, maximum: OUTAGE_DELAY_MS_MAX }),
}, closed);
export const OutageAnswer = Type.Object({
  mode: oneOf(OUTAGE_MODES), delayMs: Type.Integer(), untilAt: Type.String(),
});
