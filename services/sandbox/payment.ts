/** What can be asked to become of a payment; docs/sandbox.md says what each does. */
export const OUTCOMES = [
  'ask', 'success', 'decline', 'slow', 'never', 'webhook-twice', 'webhook-before-redirect', 'out-of-order',
  'wrong-amount', 'provider-down',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Those that a person can choose on the page. */
export const CHOICES = [
  'success', 'decline', 'slow', 'never', 'webhook-twice', 'webhook-before-redirect', 'out-of-order',
  'wrong-amount',
] as const satisfies Outcome[];
export type Choice = (typeof CHOICES)[number];

export const PAYMENT_STATUSES = [
  'requires_action', 'processing', 'captured', 'declined', 'expired', 'canceled',
] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/** A row of sandbox.payments. */
export interface Payment {
  payment_id: string;
  status: PaymentStatus;
  amount_minor: number;
  captured_minor: number;
  currency: string;
  reference: string;
  return_url: string;
  webhook_url: string;
  outcome: Outcome;
  delay_ms: number;
  created_at: Date;
  expires_at: Date;
  decide_at: Date | null;
  capture_at: Date | null;
  captured_at: Date | null;
  changed_at: Date;
  change_xid: string;
  change_no: number;
}

/** What the API and webhooks show of a payment; `refundedMinor` counts refunds that are pending as well. */
export interface PaymentView {
  paymentId: string;
  status: PaymentStatus;
  amountMinor: number;
  capturedMinor: number;
  refundedMinor: number;
  currency: string;
  reference: string;
  outcome: Outcome;
  createdAt: string;
  expiresAt: string;
  capturedAt: string | null;
  changedAt: string;
}

/** @param refundedMinor 0 unless it was captured */
export function viewPayment(
  payment: Omit<Payment, 'change_xid' | 'change_no'>, refundedMinor = 0,
): PaymentView {
  return {
    paymentId: payment.payment_id,
    status: payment.status,
    amountMinor: payment.amount_minor,
    capturedMinor: payment.captured_minor,
    refundedMinor,
    currency: payment.currency,
    reference: payment.reference,
    outcome: payment.outcome,
    createdAt: payment.created_at.toISOString(),
    expiresAt: payment.expires_at.toISOString(),
    capturedAt: payment.captured_at?.toISOString() ?? null,
    changedAt: payment.changed_at.toISOString(),
  };
}
