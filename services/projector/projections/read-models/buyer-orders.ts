import { loadSql } from '../../../shared/platform/pg.ts';
import { confirmedOrders } from './confirmed-orders.ts';
import type { ConfirmedOrder } from './confirmed-orders.ts';
import { defineReadModel, namedStatement } from './read-model.ts';

const INSERT = namedStatement(import.meta.url, './sql/insert-buyer-orders.sql');

/** Who has ordered what, found by buyer over all sales. Names and addresses are not in it. */
export const buyerOrders = defineReadModel<readonly ConfirmedOrder[]>({
  name: 'buyer_orders',
  version: 1,
  createSql: loadSql(import.meta.url, './sql/create-buyer-orders.sql'),
  forgetSql: loadSql(import.meta.url, './sql/forget-buyer-orders.sql'),
  plan: confirmedOrders,
  async apply(client, saleId, orders) {
    if (orders.length === 0) return;
    await client.query({
      ...INSERT,
      values: [
        saleId,
        orders.map(({ data }) => data.orderId),
        orders.map(({ data }) => data.buyerId),
        orders.map(({ tickets }) => tickets),
        orders.map(({ data }) => data.total),
        orders.map(({ data }) => data.currency),
        orders.map(({ time }) => time),
      ],
    });
  },
});
