import { keyOfSecret } from '../platform/webhooks/sign-webhook.ts';
import { isWebhookOf } from '../platform/webhooks/verify-webhook.ts';
import {
  packReference, packRefund, ProviderRefused, readReference, readRefund, WebhookRefused,
} from './provider.ts';
import type { PaymentProvider, PaymentReported, PaymentStart, RefundReported } from './provider.ts';

export interface HostedOptions {
  /** the method that it is known by */
  method: 'sandbox' | 'handover';
  /** of the provider's API (docs/sandbox.md, docs/handover.md) */
  url: string;
  key: string;
  /** `whsec_…` */
  webhookSecret: string;
  /** where it tells us what has become of payments */
  webhookUrl: string;
  /** of one request */
  timeoutMs: number;
}

/** What the provider shows of a payment, of what we read. */
interface HostedPayment {
  paymentId: string;
  pageUrl: string;
  status: string;
  capturedMinor: number;
  currency: string;
  reference: string;
}

interface HostedRefund {
  paymentId: string;
  status: 'pending' | 'succeeded' | 'failed';
  amountMinor: number;
  currency: string;
  reference: string;
}

const FAILED = ['declined', 'expired', 'canceled'];
const PAGE = 500;

/**
 * A provider with a page of its own that speaks the protocol of the sandbox: the sandbox itself, or the
 * legacy checkout that orders are handed over to. Each attempt is one payment there, its reference the
 * idempotency key.
 *
 * @throws Error with a sentence if the secret of webhooks is none
 */
export function openHostedProvider(options: HostedOptions): PaymentProvider {
  const key = keyOfSecret(options.webhookSecret);
  const call = createCaller(options);
  const { method } = options;
  return {
    method,

    async start({ reference, amountMinor, currency, returnUrl, expiresAtMs, outcome = 'ask' }) {
      const packed = packReference(reference);
      const made = await call<HostedPayment>('POST', '/v1/payments', {
        key: packed,
        body: {
          amountMinor, currency, reference: packed, returnUrl, webhookUrl: options.webhookUrl,
          expiresAt: new Date(expiresAtMs).toISOString(), ...method === 'sandbox' && { outcome },
        },
      });
      return { paymentId: made.paymentId, redirectUrl: made.pageUrl } satisfies PaymentStart;
    },

    async cancel(paymentId) {
      try {
        const path = `/v1/payments/${encodeURIComponent(paymentId)}/cancel`;
        await call('POST', path, { key: paymentId, body: {} });
      } catch (error) {
        if (!(error instanceof ProviderRefused)) throw error;
      }
    },

    async refund(ask) {
      const refund = await call<HostedRefund>('POST', '/v1/refunds', {
        key: ask.refundId,
        body: { paymentId: ask.paymentId, amountMinor: ask.amountMinor, reference: packRefund(ask) },
      });
      if (refund.status === 'failed') throw new ProviderRefused('the refund has failed');
      return refund.status === 'succeeded' ? 'completed' : 'pending';
    },

    async readWebhook(headers, body) {
      if (!isWebhookOf([key], headers, body, Date.now())) throw new WebhookRefused('not signed, or too old');
      const { type, data } = JSON.parse(body.toString()) as
        { type: string; data: HostedPayment & HostedRefund };
      const report = type.startsWith('refund.') ? reportOfRefund(data) : reportOfPayment(data);
      return report === undefined ? [] : [report];
    },

    async list(from) {
      const [paid = '', refunded = ''] = 'cursor' in from ? from.cursor.split(' ') : [];
      const since = 'sinceMs' in from ? `&since=${new Date(from.sinceMs).toISOString()}` : '';
      const query = (after: string): string => `limit=${PAGE}${after === '' ? since : `&after=${after}`}`;
      const [{ payments, next: paidNext }, { refunds, next: refundedNext }] = await Promise.all([
        call<{ payments: HostedPayment[]; next: string }>('GET', `/v1/payments?${query(paid)}`),
        call<{ refunds: HostedRefund[]; next: string }>('GET', `/v1/refunds?${query(refunded)}`),
      ]);
      const reports = [...payments.map(reportOfPayment), ...refunds.map(reportOfRefund)];
      return {
        reports: reports.filter((one) => one !== undefined),
        cursor: `${paidNext} ${refundedNext}`,
        hasMore: payments.length === PAGE || refunds.length === PAGE,
      };
    },
  };
}

function reportOfPayment(
  { paymentId, status, capturedMinor, currency, reference }: HostedPayment,
): PaymentReported | undefined {
  const known = readReference(reference);
  if (known === undefined) return undefined;
  const payment = { reference: known, paymentId, currency };
  if (status === 'captured') return { kind: 'captured', amountMinor: capturedMinor, ...payment };
  return FAILED.includes(status) ? { kind: 'failed', amountMinor: 0, reason: status, ...payment } : undefined;
}

function reportOfRefund(
  { paymentId, status, amountMinor, currency, reference }: HostedRefund,
): RefundReported | undefined {
  const known = readRefund(reference);
  if (known === undefined || status === 'pending') return undefined;
  const refund = { ...known, paymentId, amountMinor, currency };
  return status === 'succeeded' ? { kind: 'refunded', ...refund }
    : { kind: 'refund-failed', reason: 'the provider says so', ...refund };
}

/** What it says is a decision; at any other status, or none, nobody knows what was done. */
const DECIDED = [400, 404, 409, 413, 422];

function createCaller({ method: name, url, key: token, timeoutMs }: HostedOptions) {
  return async function call<T>(
    method: string, path: string, { key, body }: { key?: string; body?: unknown } = {},
  ): Promise<T> {
    const response = await fetch(`${url.replace(/\/$/, '')}${path}`, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        authorization: `Bearer ${token}`,
        ...key !== undefined && { 'idempotency-key': key, 'content-type': 'application/json' },
      },
      ...body !== undefined && { body: JSON.stringify(body) },
    });
    if (response.ok) return await response.json() as T;
    const { code = '' } = await response.json().catch(() => ({})) as { code?: string };
    const said = `${name} answered ${response.status} ${code}`.trim();
    throw DECIDED.includes(response.status) ? new ProviderRefused(said) : new Error(said);
  };
}
