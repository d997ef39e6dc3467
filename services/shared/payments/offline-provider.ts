import { packReference, WebhookRefused } from './provider.ts';
import type { PaymentProvider } from './provider.ts';

/**
 * Paying at the box office before a deadline. Nobody is asked: people at the counter say what they took, and
 * what they gave back (services/selling/routes/register-counter.ts), each with the number of its receipt.
 */
export function openOfflineProvider(): PaymentProvider {
  return {
    method: 'offline',
    start: async ({ reference }) => ({ paymentId: packReference(reference) }),
    cancel: async () => undefined,
    refund: async () => 'by hand',
    readWebhook: () => Promise.reject(new WebhookRefused('a counter tells by the admin API')),
    list: async () => ({ reports: [], cursor: '', hasMore: false }),
  };
}
