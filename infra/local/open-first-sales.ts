/**
 * Puts two of the seeded shows on sale in a fresh stack, through the admin API like any operator: one with
 * seats, one standing. The third stays with the legacy application, so that the CMS shows both ways. A
 * sale that exists already is left as it is.
 */
import { readFileSync } from 'node:fs';
import { SEED_SHOWS } from '../../services/legacy/seed-shows.ts';
import type { SeedShow } from '../../services/legacy/seed-shows.ts';

export const FIRST_SALES = ['hamlet', 'warehouse-night'];

/** Throws one sentence when selling refuses a sale. */
export async function openFirstSales(sellingUrl: string, adminToken: string): Promise<void> {
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
