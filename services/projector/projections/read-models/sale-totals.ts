import { loadSql } from '../../../shared/platform/pg.ts';
import { defineReadModel, namedStatement } from './read-model.ts';
import { orderChanges } from './order-changes.ts';
import type { OrderChanges } from './order-changes.ts';

const ADD = namedStatement(import.meta.url, './sql/add-sale-totals.sql');
const TAKE = namedStatement(import.meta.url, './sql/take-sale-totals.sql');

/** What a sale has sold so far, in one row: a calendar of fifty shows reads fifty. */
export const saleTotals = defineReadModel<OrderChanges>({
  name: 'sale_totals',
  version: 2,
  createSql: loadSql(import.meta.url, './sql/create-sale-totals.sql'),
  forgetSql: loadSql(import.meta.url, './sql/forget-sale-totals.sql'),
  plan: orderChanges,
  async apply(client, saleId, { confirmed, cancelled, owed }) {
    const [first] = confirmed;
    if (first !== undefined) {
      const times = confirmed.map(({ time }) => new Date(time).toISOString()).toSorted();
      await client.query({
        ...ADD,
        values: [
          saleId, first.data.currency, confirmed.length,
          confirmed.reduce((sum, { tickets }) => sum + tickets, 0),
          confirmed.reduce((sum, { data }) => sum + data.total, 0),
          times[0], times.at(-1),
        ],
      });
    }
    if (cancelled.length + owed.length === 0) return;
    const ticketsGone = cancelled.reduce((sum, { tickets }) => sum + tickets, 0);
    const owedMinor = owed.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
    await client.query({ ...TAKE, values: [saleId, ticketsGone, owedMinor] });
  },
});
