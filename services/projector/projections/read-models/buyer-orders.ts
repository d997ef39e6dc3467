import { loadSql } from '../../../shared/platform/pg.ts';
import { defineReadModel, namedStatement } from './read-model.ts';
import { orderChanges } from './order-changes.ts';
import type { OrderChanges } from './order-changes.ts';

const INSERT = namedStatement(import.meta.url, './sql/insert-buyer-orders.sql');
const TAKE = namedStatement(import.meta.url, './sql/take-buyer-orders.sql');

/** Who has ordered what, found by buyer over all sales. Names and addresses are not in it. */
export const buyerOrders = defineReadModel<OrderChanges>({
  name: 'buyer_orders',
  version: 2,
  createSql: loadSql(import.meta.url, './sql/create-buyer-orders.sql'),
  forgetSql: loadSql(import.meta.url, './sql/forget-buyer-orders.sql'),
  plan: orderChanges,
  async apply(client, saleId, { confirmed, cancelled, owed }) {
    if (confirmed.length > 0) {
      await client.query({
        ...INSERT,
        values: [
          saleId,
          confirmed.map(({ data }) => data.orderId),
          confirmed.map(({ data }) => data.buyerId),
          confirmed.map(({ tickets }) => tickets),
          confirmed.map(({ data }) => data.total),
          confirmed.map(({ data }) => data.currency),
          confirmed.map(({ time }) => time),
        ],
      });
    }
    const taken = [
      ...cancelled.map(({ orderId, tickets }) => ({ orderId, tickets, amountMinor: 0 })),
      ...owed.map(({ orderId, amountMinor }) => ({ orderId, tickets: 0, amountMinor })),
    ];
    if (taken.length === 0) return;
    await client.query({
      ...TAKE,
      values: [
        saleId,
        taken.map(({ orderId }) => orderId),
        taken.map(({ tickets }) => tickets),
        taken.map(({ amountMinor }) => amountMinor),
      ],
    });
  },
});
