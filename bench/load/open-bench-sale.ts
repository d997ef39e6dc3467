import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { partitionKeys } from '../../services/shared/contracts/keys.ts';
import type { SaleInput } from '../../services/shared/contracts/sale-input.ts';
import { loadScripts, runScript } from '../../services/shared/platform/scripts.ts';

/** The one area of a bench sale. */
export const BENCH_AREA = 'floor';

/** Limits that an outbox which nobody reads does not reach during a run. */
export const UNREAD_OUTBOX_LIMITS = {
  OUTBOX_ENTRIES_MAX: '10000000', OUTBOX_BYTES_MAX: String(16 * 1024 ** 3), OUTBOX_AGE_MS_MAX: '86400000',
};

/**
 * Lets scripts run in a Redis that no relay has started yet, as the relay does at its first start: the bench
 * measures selling, with nobody reading the outboxes.
 */
export async function startGenerations(redisUrl: string, partitions: number): Promise<void> {
  const redis = new Redis(redisUrl);
  try {
    const script = loadScripts().get('start-generation');
    if (script === undefined) throw new Error('there is no script start-generation');
    for (let p = 0; p < partitions; p++) {
      await runScript(redis, script, [partitionKeys(p).generation], [randomBytes(8).toString('hex')]);
    }
  } finally {
    redis.disconnect();
  }
}

/** Defines a sale of one general area over the admin API and opens it. */
export async function openBenchSale(
  url: string,
  saleId: string,
  { capacity, adminToken, paymentMethods = ['free'] }:
  { capacity: number; adminToken: string; paymentMethods?: NonNullable<SaleInput['paymentMethods']> },
): Promise<void> {
  const sale: SaleInput = {
    name: 'Bench',
    currency: 'EUR',
    buyerLimit: 8,
    paymentMethods,
    categories: [{ categoryId: 'Standing', name: 'Standing', prices: { adult: 4_500 } }],
    areas: [{ areaId: BENCH_AREA, name: 'Floor', kind: 'general', capacity, categoryId: 'Standing' }],
  };
  await openSale(url, saleId, { sale, adminToken });
}

/** Defines a sale over the admin API and opens it. */
export async function openSale(
  url: string, saleId: string, { sale, adminToken }: { sale: SaleInput; adminToken: string },
): Promise<void> {
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  const address = `${url}/admin/v1/sales/${saleId}`;
  const put = await fetch(address, { method: 'PUT', headers, body: JSON.stringify(sale) });
  if (!put.ok) throw new Error(`the bench sale could not be defined: ${await put.text()}`);
  const { authorization } = headers;
  const open = await fetch(`${address}/open`, { method: 'POST', headers: { authorization } });
  if (!open.ok) throw new Error(`the bench sale could not be opened: ${await open.text()}`);
}
