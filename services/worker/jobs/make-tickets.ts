import { loadSql, withTransaction } from '../../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../../shared/platform/pg.ts';
import { drawTickets } from './draw-tickets.ts';
import { readTicketOrder } from './ticket-order.ts';
import type { TicketOrder } from './ticket-order.ts';
import type { TicketKeys } from './ticket-token.ts';

const sql = {
  keepDocument: loadSql(import.meta.url, './sql/keep-document.sql'),
  enqueueMail: loadSql(import.meta.url, './sql/enqueue-mail.sql'),
};

/** What a job is about. */
export interface OrderJob {
  saleId: string;
  orderId: string;
}

/**
 * Makes the document of an order and asks for it to be mailed, in one transaction. Done again it comes to the
 * same document, and to no second mail. Nothing is made of an order that does not hold any more.
 *
 * @throws Error when the order is not there yet; or what PostgreSQL says
 */
export async function makeTickets(
  { pool, keys }: { pool: Pool; keys: TicketKeys }, { saleId, orderId }: OrderJob,
): Promise<void> {
  const order = await readTicketOrder(pool, orderId);
  if (order.status !== 'confirmed') return;
  const pdf = await drawDocument(keys, order);
  await withTransaction(pool, async (client) => {
    await keepDocument(client, order, pdf);
    await client.query(sql.enqueueMail, [saleId, orderId]);
  });
}

/** The document of an order as it is. */
export async function drawDocument(keys: TicketKeys, order: TicketOrder): Promise<Buffer> {
  return drawTickets({ order, tokens: await signTickets(keys, order) });
}

/** Keeps it, unless there is one of the order with fewer tickets. */
export async function keepDocument(
  client: Pick<PoolClient, 'query'>, { orderId, saleId, tickets }: TicketOrder, pdf: Buffer,
): Promise<void> {
  await client.query(sql.keepDocument, [orderId, saleId, pdf, tickets.length]);
}

/** The tokens of the order's tickets, in their order. */
export function signTickets(keys: TicketKeys, order: TicketOrder): Promise<string[]> {
  const iat = Math.floor(order.createdAt.getTime() / 1000);
  return Promise.all(order.tickets.map(({ ticketId, seatId }) => keys.sign({
    ticketId, saleId: order.saleId, orderId: order.orderId, ...seatId !== null && { seatId }, iat,
  })));
}
