import { loadSql } from '../../shared/platform/pg.ts';
import type { Projection } from './projection.ts';

const ENQUEUE = {
  name: 'enqueue-ticket-jobs',
  text: loadSql(import.meta.url, './sql/enqueue-ticket-jobs.sql'),
};

/**
 * The jobs that follow from orders, put into the worker's queue in the transaction of their position: an
 * order has its tickets made once, whatever is killed, and no sooner than its order is there. It has no
 * `forget`: what was mailed cannot be taken back, so nobody can have it replayed, and nothing that is
 * rebuilt enqueues anything.
 */
export const jobsProjection: Projection<string[]> = {
  key: 'jobs',
  plan: (events) => events.flatMap(({ event }) =>
    event.type === 'order.confirmed' ? [event.data.orderId] : []),
  async apply(client, saleId, orderIds) {
    if (orderIds.length > 0) await client.query({ ...ENQUEUE, values: [saleId, orderIds] });
  },
};
