import { randomBytes } from 'node:crypto';
import type { Decided } from './decide-payment.ts';
import { viewPayment } from './payment.ts';
import { viewRefund } from './refund.ts';
import type { Refund } from './refund.ts';

/** What sandbox.webhooks is given of a message. */
export interface WebhookRow {
  payment_id: string;
  message_id: string;
  type: string;
  url: string;
  body: string;
}

/** The messages about a payment that was decided, in their order; what is told twice has one id. */
export function paymentWebhooks({ told }: Decided): WebhookRow[] {
  return told.flatMap(({ type, payment, times }) => {
    const { webhook_url: url, changed_at: at } = payment;
    const row = rowOf(payment.payment_id, url, type, at, viewPayment(payment));
    return Array.from({ length: times }, () => row);
  });
}

/** The message about a refund that has come to its end. */
export function refundWebhook(refund: Refund, webhookUrl: string): WebhookRow {
  const type = `refund.${refund.status}`;
  return rowOf(refund.payment_id, webhookUrl, type, refund.changed_at, viewRefund(refund));
}

function rowOf(paymentId: string, url: string, type: string, at: Date, data: object): WebhookRow {
  return {
    payment_id: paymentId, message_id: `msg_${randomBytes(18).toString('base64url')}`, type, url,
    body: JSON.stringify({ type, timestamp: at.toISOString(), data }),
  };
}
