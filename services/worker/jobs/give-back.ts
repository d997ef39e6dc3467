import { readPaymentId } from '../../shared/payments/payment-id.ts';
import { ProviderRefused } from '../../shared/payments/provider.ts';
import type { PaymentProvider, RefundReported } from '../../shared/payments/provider.ts';
import type { OrderJob } from './make-tickets.ts';
import type { ReportPayments } from './report-payments.ts';

/** Money that the log says is to be given back; ids as the log has them. */
export interface RefundJob extends OrderJob {
  refundId: string;
  paymentId: string;
  amountMinor: number;
  currency: string;
}

/**
 * Has a provider give money back, and tells selling what became of it, so that it ends in the log. The id of
 * the refund is the provider's idempotency key: done again, it is the same refund. A provider that has not
 * decided is asked again later; where people give money back, they tell of it.
 *
 * @throws Error while it is not known what became of it, or selling does not know of the refund
 */
export async function giveBack(
  { providers, report }: { providers: readonly PaymentProvider[]; report: ReportPayments },
  { saleId, orderId, refundId, paymentId, amountMinor, currency }: RefundJob,
): Promise<void> {
  const { method, providersId } = readPaymentId(paymentId);
  const provider = providers.find((one) => one.method === method);
  if (provider === undefined) throw new Error(`no provider for ${method}: settle refund ${refundId} by hand`);
  const refund = {
    reference: { saleId, orderId }, refundId, paymentId: providersId, amountMinor, currency,
  };
  const reported = await askFor(provider, refund);
  if (reported === undefined) return;
  const told = await report(method, reported);
  if (told !== 'known') throw new Error(`refund ${refundId} is ${reported.kind}, and selling says: ${told}`);
}

async function askFor(
  provider: PaymentProvider, refund: Omit<RefundReported, 'kind' | 'reason'>,
): Promise<RefundReported | undefined> {
  try {
    const outcome = await provider.refund(refund);
    if (outcome === 'by hand') return undefined;
    if (outcome === 'completed') return { kind: 'refunded', ...refund };
  } catch (error) {
    if (!(error instanceof ProviderRefused)) throw error;
    return { kind: 'refund-failed', reason: error.message, ...refund };
  }
  throw new Error(`${provider.method} has not decided on refund ${refund.refundId} yet`);
}
