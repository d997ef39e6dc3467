import { composeCancelMail } from './compose-mail.ts';
import { drawDocument, keepDocument } from './make-tickets.ts';
import type { OrderJob } from './make-tickets.ts';
import { sendOnce } from './send-mail.ts';
import type { Post } from './send-mail.ts';
import { readTicketOrder } from './ticket-order.ts';
import type { TicketKeys } from './ticket-token.ts';

/** Tickets of a confirmed order that were cancelled, by which event of the log. */
export interface CancelJob extends OrderJob {
  eventId: string;
  ticketIds: string[];
}

/**
 * Mails a buyer once for each cancellation which tickets let nobody in any more, with a new document of those
 * that are left.
 *
 * @throws Error while the rows still have the tickets, or when the mail was not sent; or what PostgreSQL says
 */
export async function tellCancelled(
  post: Post, keys: TicketKeys, { saleId, orderId, eventId, ticketIds }: CancelJob,
): Promise<void> {
  await sendOnce(post, `${saleId}/${orderId}/cancelled/${eventId}`, async (client, messageId) => {
    const order = await readTicketOrder(client, orderId);
    if (order.tickets.some(({ ticketId }) => ticketIds.includes(ticketId))) {
      throw new Error(`order ${orderId} still has tickets that were cancelled`);
    }
    // Their buyer was erased.
    if (order.customerEmail === '') return undefined;
    const parts = { count: ticketIds.length, messageId, from: post.from };
    if (order.status !== 'confirmed') return composeCancelMail(order, parts);
    const pdf = await drawDocument(keys, order);
    await keepDocument(client, order, pdf);
    return composeCancelMail(order, { ...parts, pdf });
  });
}
