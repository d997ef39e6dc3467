import type { Item } from '../../../shared/contracts/events.ts';
import { loadSql } from '../../../shared/platform/pg.ts';
import { defineReadModel, namedStatement } from './read-model.ts';
import { orderChanges } from './order-changes.ts';

interface Sold {
  categoryId: string;
  areaId: string;
  ticketType: string;
  tickets: number;
  revenueMinor: number;
  feesMinor: number;
}

interface Changes {
  currency: string | undefined;
  added: Sold[];
  taken: Sold[];
}

const ADD = namedStatement(import.meta.url, './sql/add-revenue-by-category.sql');
const TAKE = namedStatement(import.meta.url, './sql/take-revenue-by-category.sql');

/** What the tickets of each category have brought in, and within it those of each area and ticket type. */
export const revenueByCategory = defineReadModel<Changes>({
  name: 'revenue_by_category',
  version: 2,
  createSql: loadSql(import.meta.url, './sql/create-revenue-by-category.sql'),
  forgetSql: loadSql(import.meta.url, './sql/forget-revenue-by-category.sql'),
  plan(events) {
    const { confirmed, cancelled } = orderChanges(events);
    return {
      currency: confirmed[0]?.data.currency,
      added: sumUp(confirmed.flatMap(({ data }) => data.items)),
      taken: sumUp(cancelled.flatMap(({ items }) => items)),
    };
  },
  async apply(client, saleId, { currency, added, taken }) {
    if (added.length > 0) await client.query({ ...ADD, values: [saleId, currency, ...columnsOf(added)] });
    if (taken.length > 0) await client.query({ ...TAKE, values: [saleId, ...columnsOf(taken)] });
  },
});

function sumUp(items: readonly Item[]): Sold[] {
  const sold = new Map<string, Sold>();
  for (const { categoryId, areaId, ticketType, quantity, price, fees = [] } of items) {
    const key = JSON.stringify([categoryId, areaId, ticketType]);
    const row = sold.get(key)
      ?? { categoryId, areaId, ticketType, tickets: 0, revenueMinor: 0, feesMinor: 0 };
    row.tickets += quantity;
    row.revenueMinor += quantity * price;
    row.feesMinor += quantity * fees.reduce((sum, { amount }) => sum + amount, 0);
    sold.set(key, row);
  }
  return [...sold.values()];
}

function columnsOf(sold: readonly Sold[]): unknown[][] {
  return (['categoryId', 'areaId', 'ticketType', 'tickets', 'revenueMinor', 'feesMinor'] as const)
    .map((name) => sold.map((row) => row[name]));
}
