import { loadSql } from '../../../shared/platform/pg.ts';
import { confirmedOrders } from './confirmed-orders.ts';
import type { ConfirmedOrder } from './confirmed-orders.ts';
import { defineReadModel, namedStatement } from './read-model.ts';

const ADD = namedStatement(import.meta.url, './sql/add-sale-totals.sql');

/** What a sale has sold so far, in one row: a calendar of fifty shows reads fifty. */
export const saleTotals = defineReadModel<readonly ConfirmedOrder[]>({
  name: 'sale_totals',
  version: 1,
  createSql: loadSql(import.meta.url, './sql/create-sale-totals.sql'),
  forgetSql: loadSql(import.meta.url, './sql/forget-sale-totals.sql'),
  plan: confirmedOrders,
  async apply(client, saleId, orders) {
    const [first] = orders;
    if (first === undefined) return;
    const times = orders.map(({ time }) => new Date(time).toISOString()).toSorted();
    await client.query({
      ...ADD,
      values: [
        saleId, first.data.currency, orders.length,
        orders.reduce((sum, { tickets }) => sum + tickets, 0),
        orders.reduce((sum, { data }) => sum + data.total, 0),
        times[0], times.at(-1),
      ],
    });
  },
});
