import type { EventData } from '../../shared/contracts/events.ts';
import { ticketId } from '../../shared/contracts/ticket-code.ts';
import { loadSql } from '../../shared/platform/pg.ts';
import type { Projection } from './projection.ts';

const ENQUEUE_TICKETS = {
  name: 'enqueue-ticket-jobs',
  text: loadSql(import.meta.url, './sql/enqueue-ticket-jobs.sql'),
};
const ENQUEUE_REFUNDS = {
  name: 'enqueue-refund-jobs',
  text: loadSql(import.meta.url, './sql/enqueue-refund-jobs.sql'),
};
const ENQUEUE_CANCELLATIONS = {
  name: 'enqueue-cancellation-jobs',
  text: loadSql(import.meta.url, './sql/enqueue-cancellation-jobs.sql'),
};

/** Orders whose tickets are made, tickets whose end is told, money that is given back. */
interface JobPlan {
  orderIds: string[];
  cancelled: { eventId: string; data: EventData<'order.cancelled'> }[];
  refunds: EventData<'refund.requested'>[];
}

/**
 * The jobs that follow from orders, put into the worker's queue in the transaction of their position: an
 * order has its tickets made once, whoever had cancelled tickets is told, and a refund goes to its provider,
 * whatever is killed, and no sooner than its order is there. It has no `forget`: what was mailed or given
 * back cannot be taken back, so nobody can have it replayed, and nothing that is rebuilt enqueues anything.
 */
export const jobsProjection: Projection<JobPlan> = {
  key: 'jobs',
  plan: (events) => ({
    orderIds: events.flatMap(({ event }) => (event.type === 'order.confirmed' ? [event.data.orderId] : [])),
    cancelled: events.flatMap(({ event: { id: eventId, type, data } }) =>
      (type === 'order.cancelled' && data.from === 'confirmed' ? [{ eventId, data }] : [])),
    refunds: events.flatMap(({ event }) => (event.type === 'refund.requested' ? [event.data] : [])),
  }),
  async apply(client, saleId, { orderIds, cancelled, refunds }) {
    if (orderIds.length > 0) await client.query({ ...ENQUEUE_TICKETS, values: [saleId, orderIds] });
    if (cancelled.length > 0) {
      const columns = [
        cancelled.map(({ data }) => data.orderId),
        cancelled.map(({ eventId }) => eventId),
        cancelled.map(({ data }) => JSON.stringify(data.tickets.map((n) => ticketId(data.orderId, n)))),
      ];
      await client.query({ ...ENQUEUE_CANCELLATIONS, values: [saleId, ...columns] });
    }
    if (refunds.length === 0) return;
    const columns = (['orderId', 'refundId', 'paymentId', 'amount', 'currency'] as const)
      .map((name) => refunds.map((refund) => refund[name]));
    await client.query({ ...ENQUEUE_REFUNDS, values: [saleId, ...columns] });
  },
};
