import type { PaymentReport } from '../../shared/payments/provider.ts';

/** Tells selling what has become of money, and says what selling made of it. */
export type ReportPayments = (method: string, report: PaymentReport) => Promise<string>;

const ANSWER_MS_MAX = 15_000;

/** By `POST /admin/v1/payments/reports`; throws when it does not answer 200. */
export function createReporter({ url, token }: { url: string; token: string }): ReportPayments {
  const address = `${url.replace(/\/$/, '')}/admin/v1/payments/reports`;
  return async (method, report) => {
    const response = await fetch(address, {
      method: 'POST',
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ method, reports: [report] }),
    });
    if (!response.ok) throw new Error(`selling answered ${response.status} to a report`);
    const { results: [result = ''] } = await response.json() as { results: string[] };
    return result;
  };
}
