import { loadSql } from '../../../shared/platform/pg.ts';
import { confirmedOrders } from './confirmed-orders.ts';
import { defineReadModel, namedStatement } from './read-model.ts';

interface Sold {
  categoryId: string;
  areaId: string;
  ticketType: string;
  tickets: number;
  revenueMinor: number;
  feesMinor: number;
  currency: string;
}

const ADD = namedStatement(import.meta.url, './sql/add-revenue-by-category.sql');

/** What the tickets of each category have brought in, and within it those of each area and ticket type. */
export const revenueByCategory = defineReadModel<Sold[]>({
  name: 'revenue_by_category',
  version: 1,
  createSql: loadSql(import.meta.url, './sql/create-revenue-by-category.sql'),
  forgetSql: loadSql(import.meta.url, './sql/forget-revenue-by-category.sql'),
  plan(events) {
    const sold = new Map<string, Sold>();
    for (const { data: { items, currency } } of confirmedOrders(events)) {
      for (const { categoryId, areaId, ticketType, quantity, price, fees = [] } of items) {
        const key = JSON.stringify([categoryId, areaId, ticketType]);
        const row = sold.get(key)
          ?? { categoryId, areaId, ticketType, tickets: 0, revenueMinor: 0, feesMinor: 0, currency };
        row.tickets += quantity;
        row.revenueMinor += quantity * price;
        row.feesMinor += quantity * fees.reduce((sum, { amount }) => sum + amount, 0);
        sold.set(key, row);
      }
    }
    return [...sold.values()];
  },
  async apply(client, saleId, sold) {
    if (sold.length === 0) return;
    await client.query({
      ...ADD,
      values: [
        saleId, sold[0]?.currency,
        sold.map(({ categoryId }) => categoryId),
        sold.map(({ areaId }) => areaId),
        sold.map(({ ticketType }) => ticketType),
        sold.map(({ tickets }) => tickets),
        sold.map(({ revenueMinor }) => revenueMinor),
        sold.map(({ feesMinor }) => feesMinor),
      ],
    });
  },
});
