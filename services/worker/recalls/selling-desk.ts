/** Selling, as far as recalled shows need it. */
export interface SellingDesk {
  /**
   * Cancels all tickets of an order; why it was refused for good, or undefined. Throws when it is not
   * known.
   */
  cancel(saleId: string, orderId: string, how: { places: string; refund: string; reason: string }):
  Promise<string | undefined>;
  /** How far the sale's log is, and how many places wait for their buyers to pay. */
  standing(saleId: string): Promise<{ seq: number; held: number }>;
}

const ANSWER_MS_MAX = 15_000;

/** Over its admin API; throws when it does not answer. */
export function openSellingDesk({ url, token }: { url: string; token: string }): SellingDesk {
  const base = url.replace(/\/$/, '');
  const call = (path: string, body?: object): Promise<Response> => fetch(`${base}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
    headers: { authorization: `Bearer ${token}`, ...body && { 'content-type': 'application/json' } },
    ...body && { body: JSON.stringify(body) },
  });
  return {
    async cancel(saleId, orderId, how) {
      const reply = await call(`/admin/v1/sales/${saleId}/orders/${orderId}/cancel`, how);
      if (reply.ok) return undefined;
      const { code = '' } = await reply.json().catch(() => ({})) as { code?: string };
      if (reply.status === 404 || reply.status === 409 || reply.status === 422) return code;
      throw new Error(`selling answered ${reply.status} ${code} to a cancellation`);
    },
    async standing(saleId) {
      const reply = await call(`/v1/sales/${saleId}/availability`);
      if (!reply.ok) throw new Error(`selling answered ${reply.status} for the standing of a sale`);
      const { seq, areas } = await reply.json() as { seq: number; areas: { held: number }[] };
      return { seq, held: areas.reduce((sum, { held }) => sum + held, 0) };
    },
  };
}
