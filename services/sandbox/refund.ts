/** What can be asked to become of a refund. */
export const REFUND_OUTCOMES = ['success', 'fail'] as const;
export type RefundOutcome = (typeof REFUND_OUTCOMES)[number];

export const REFUND_STATUSES = ['pending', 'succeeded', 'failed'] as const;
export type RefundStatus = (typeof REFUND_STATUSES)[number];

/** A row of sandbox.refunds. */
export interface Refund {
  refund_id: string;
  payment_id: string;
  status: RefundStatus;
  amount_minor: number;
  currency: string;
  reference: string;
  outcome: RefundOutcome;
  created_at: Date;
  settle_at: Date;
  changed_at: Date;
}

/** What the API and webhooks show of a refund. */
export interface RefundView {
  refundId: string;
  paymentId: string;
  status: RefundStatus;
  amountMinor: number;
  currency: string;
  reference: string;
  createdAt: string;
  changedAt: string;
}

export function viewRefund(refund: Refund): RefundView {
  return {
    refundId: refund.refund_id,
    paymentId: refund.payment_id,
    status: refund.status,
    amountMinor: refund.amount_minor,
    currency: refund.currency,
    reference: refund.reference,
    createdAt: refund.created_at.toISOString(),
    changedAt: refund.changed_at.toISOString(),
  };
}

/** The refund as it ends. */
export function settleRefund(refund: Refund, now: Date): Refund {
  return { ...refund, status: refund.outcome === 'fail' ? 'failed' : 'succeeded', changed_at: now };
}
