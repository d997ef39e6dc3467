import type { Handover, HandoverRefund } from './handover-table.ts';

/** A handover as its API and its webhooks show it. */
export interface HandoverView {
  paymentId: string;
  status: string;
  amountMinor: number;
  capturedMinor: number;
  currency: string;
  reference: string;
  paymentMethod: string | null;
  changedAt: string;
}

export function viewHandover(handover: Handover): HandoverView {
  return {
    paymentId: handover.handover_id, status: handover.status, reference: handover.reference,
    amountMinor: handover.amount_minor, capturedMinor: handover.captured_minor, currency: handover.currency,
    paymentMethod: handover.payment_method, changedAt: handover.changed_at.toISOString(),
  };
}

/** What is given back here is given back at once. */
export function viewRefund(refund: HandoverRefund): Record<string, unknown> {
  return {
    paymentId: refund.handover_id, status: 'succeeded', amountMinor: refund.amount_minor,
    currency: refund.currency, reference: refund.reference, changedAt: refund.changed_at.toISOString(),
  };
}
