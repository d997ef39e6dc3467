import { loadSql } from '../../../shared/platform/pg.ts';
import { orderChanges } from './order-changes.ts';
import { defineReadModel, namedStatement } from './read-model.ts';

interface Minute {
  orders: number;
  tickets: number;
  revenueMinor: number;
  currency: string;
}

const ADD = namedStatement(import.meta.url, './sql/add-sales-per-minute.sql');
/** `2026-12-01T09:00` of an ISO 8601 time in UTC. */
const MINUTE_CHARS = 16;

/** How a sale went: orders, tickets and money of each minute. */
export const salesPerMinute = defineReadModel<Map<string, Minute>>({
  name: 'sales_per_minute',
  version: 1,
  createSql: loadSql(import.meta.url, './sql/create-sales-per-minute.sql'),
  forgetSql: loadSql(import.meta.url, './sql/forget-sales-per-minute.sql'),
  plan(events) {
    const minutes = new Map<string, Minute>();
    for (const { data: { total, currency }, time, tickets } of orderChanges(events).confirmed) {
      const minute = `${new Date(time).toISOString().slice(0, MINUTE_CHARS)}:00Z`;
      const sold = minutes.get(minute) ?? { orders: 0, tickets: 0, revenueMinor: 0, currency };
      sold.orders += 1;
      sold.tickets += tickets;
      sold.revenueMinor += total;
      minutes.set(minute, sold);
    }
    return minutes;
  },
  async apply(client, saleId, minutes) {
    const sold = [...minutes.values()];
    if (sold.length === 0) return;
    await client.query({
      ...ADD,
      values: [
        saleId, sold[0]?.currency, [...minutes.keys()],
        sold.map(({ orders }) => orders),
        sold.map(({ tickets }) => tickets),
        sold.map(({ revenueMinor }) => revenueMinor),
      ],
    });
  },
});
