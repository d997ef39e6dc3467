/**
 * Puts two of the seeded shows on sale in a fresh stack, through the admin API like any operator: one with
 * seats, one standing. The third stays with the legacy application, so that the CMS shows both ways. A
 * sale that exists already is left as it is.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SEED_SHOWS } from '../../services/legacy/seed-shows.ts';
import type { SeedShow } from '../../services/legacy/seed-shows.ts';

export const FIRST_SALES = ['hamlet', 'warehouse-night'];

/** Far longer than the way over bus, projector and legacy rows to the gateway takes: a second. */
const ROUTED_MS_MAX = 20_000;

/**
 * Resolves when buyers get them through the gateway. Throws one sentence when selling refuses a sale, or the
 * gateway does not hear of it.
 */
export async function openFirstSales(
  { sellingUrl, gatewayUrl, adminToken }: { sellingUrl: string; gatewayUrl: string; adminToken: string },
  signal: AbortSignal,
): Promise<void> {
  for (const show of SEED_SHOWS.filter(({ slug }) => FIRST_SALES.includes(slug))) {
    const url = `${sellingUrl}/admin/v1/sales/${show.slug}`;
    const headers = { authorization: `Bearer ${adminToken}` };
    const existing = await fetch(url, { headers });
    if (existing.ok) continue;
    const json = { ...headers, 'content-type': 'application/json' };
    await insist(
      await fetch(url, { method: 'PUT', headers: json, body: JSON.stringify(definitionOf(show)) }),
    );
    await insist(await fetch(`${url}/open`, { method: 'POST', headers }));
  }
  const deadlineMs = performance.now() + ROUTED_MS_MAX;
  for (const saleId of FIRST_SALES) {
    while (!(await fetch(`${gatewayUrl}/v1/sales/${saleId}`)).ok) {
      signal.throwIfAborted();
      if (performance.now() > deadlineMs) throw new Error(`The gateway does not find ${saleId}.`);
      await sleep(50);
    }
  }
}

async function insist(response: Response): Promise<void> {
  if (response.ok) return;
  throw new Error(`The first sales could not be opened: ${(await response.text()).slice(0, 300)}`);
}

function definitionOf(show: SeedShow): Record<string, unknown> {
  return {
    name: show.name,
    currency: show.currency,
    categories: Object.entries(show.prices).map(([categoryId, prices]) => ({ categoryId, prices })),
    ...(show.planFile !== undefined && { layout: readPlan(show.planFile) }),
    areas: show.standing.map(({ areaId, name, capacity, category }) => ({
      areaId,
      name,
      kind: 'general',
      capacity,
      categoryId: category,
    })),
  };
}

function readPlan(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../services/legacy/venues/${file}`, import.meta.url), 'utf8'));
}
