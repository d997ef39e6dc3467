/** Buyers without end: holds, releases and orders over HTTP at several sales, and what they were told. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestStack } from '../stack.ts';

export interface Load {
  /** orders answered with 201 */
  confirmed: Set<string>;
  /** orders answered with 202: taken, not yet read back */
  pending: Set<string>;
  /** how often each status was answered; 0 stands for no answer */
  statuses: Map<number, number>;
  /** Resolves when the requests under way are answered. */
  stop(): Promise<void>;
}

const BUYERS_AT_ONCE = 12;
const PAUSE_MS = 25;

/** Defines and opens the sales: a floor nobody sells out, and seats that are gone soon. */
export async function openSales(
  url: string,
  sales: readonly string[],
  { adminToken }: TestStack,
): Promise<void> {
  const seats = Array.from({ length: 200 }, (_, i) =>
    ({ seatId: `s-${i}`, label: `${i + 1}`, x: i, y: 0, categoryId: 'c' }));
  const areas = [
    { areaId: 'floor', name: 'Floor', kind: 'general', capacity: 100_000, categoryId: 'c' },
    { areaId: 'box', name: 'Box', kind: 'seated', rows: [{ rowId: 'A', seats }] },
  ];
  const categories = [{ categoryId: 'c', name: 'C', prices: { adult: 1_000 } }];
  for (const saleId of sales) {
    const definition = { name: saleId, currency: 'EUR', categories, areas };
    for (const [method, path, body] of [['PUT', '', definition], ['POST', '/open', undefined]] as const) {
      const reply = await fetch(`${url}/admin/v1/sales/${saleId}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${adminToken}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (!reply.ok) throw new Error(`${method} ${saleId}${path}: ${reply.status} ${await reply.text()}`);
    }
  }
}

/** Begins at once. */
export function sellUnderLoad(url: string, sales: readonly string[], { checkoutKey }: TestStack): Load {
  let isSelling = true;
  const [confirmed, pending, statuses] = [new Set<string>(), new Set<string>(), new Map<number, number>()];

  async function call(method: string, path: string, body?: object) {
    let answer: { status: number; body: Record<string, string> } = { status: 0, body: {} };
    try {
      const reply = await fetch(`${url}/v1/sales/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${checkoutKey}`, 'idempotency-key': randomBytes(9).toString('base64url'),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await reply.text();
      answer = { status: reply.status, body: text === '' ? {} : JSON.parse(text) as Record<string, string> };
    } catch {
      // No answer promises nothing.
    }
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    return answer;
  }

  async function buy(i: number): Promise<void> {
    const saleId = sales[i % sales.length] ?? '';
    const buyerId = `b-${randomBytes(9).toString('base64url')}`;
    const items = i % 3 === 0
      ? [{ areaId: 'box', bestAvailable: 1 + (i % 2) }]
      : [{ areaId: 'floor', quantity: 1 + (i % 4) }];
    const hold = await call('POST', `${saleId}/holds`, { buyerId, items });
    const holdId = hold.body['holdId'];
    if (hold.status !== 201) return;
    if (i % 4 === 0) {
      await call('DELETE', `${saleId}/holds/${holdId}`);
      return;
    }
    const contact = { name: 'Ann', email: 'ann@example.org' };
    const order = await call('POST', `${saleId}/orders`, {
      buyerId, holdId, contact, payment: { method: 'free' },
    });
    const told = { 201: confirmed, 202: pending }[order.status];
    told?.add(order.body['orderId'] ?? '');
  }

  const buyers = Array.from({ length: BUYERS_AT_ONCE }, async (_, first) => {
    for (let i = first; isSelling; i += BUYERS_AT_ONCE + 1) {
      await buy(i);
      await sleep(PAUSE_MS);
    }
  });
  return {
    confirmed, pending, statuses,
    async stop() {
      isSelling = false;
      await Promise.all(buyers);
    },
  };
}
