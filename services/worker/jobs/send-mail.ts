import { loadSql, withTransaction } from '../../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../../shared/platform/pg.ts';
import { composeTicketMail, messageIdOf } from './compose-mail.ts';
import type { Mail } from './compose-mail.ts';
import type { MailTransport } from './mail-transport.ts';
import type { OrderJob } from './make-tickets.ts';
import { readTicketOrder } from './ticket-order.ts';

const sql = {
  readDocument: loadSql(import.meta.url, './sql/read-document.sql'),
  noteMail: loadSql(import.meta.url, './sql/note-mail.sql'),
  lockMail: loadSql(import.meta.url, './sql/lock-mail.sql'),
  noteMailSent: loadSql(import.meta.url, './sql/note-mail-sent.sql'),
};

/** How mails leave. */
export interface Post {
  pool: Pool;
  transport: MailTransport;
  from: string;
}

/**
 * Mails an order's tickets once, by the key SALE/ORDER/tickets. Nothing is sent for an order that does not
 * hold any more, or whose buyer was erased.
 *
 * @throws Error when it was not sent, without the buyer's address; or what PostgreSQL says
 */
export async function sendTicketMail(post: Post, { saleId, orderId }: OrderJob): Promise<void> {
  await sendOnce(post, `${saleId}/${orderId}/tickets`, async (client, messageId) => {
    const order = await readTicketOrder(client, orderId);
    if (order.status !== 'confirmed' || order.customerEmail === '') return undefined;
    const { rows: [document] } = await client.query<{ pdf: Buffer }>(sql.readDocument, [orderId]);
    if (document === undefined) throw new Error(`order ${orderId} has no document`);
    return composeTicketMail(order, { pdf: document.pdf, messageId, from: post.from });
  });
}

/**
 * Sends a mail once by its idempotency key: its row is locked while the mail is under way, and what is noted
 * as sent is not sent again. What was sent and could not be noted is sent again under the same Message-ID
 * (MailTransport says where that shows).
 *
 * @param compose undefined if there is nothing to send any more
 * @throws Error when it was not sent, without the buyer's address; or what `compose` or PostgreSQL says
 */
export async function sendOnce(
  { pool, transport, from }: Post,
  key: string,
  compose: (client: PoolClient, messageId: string) => Promise<Mail | undefined>,
): Promise<void> {
  await pool.query(sql.noteMail, [key, messageIdOf(key, from)]);
  await withTransaction(pool, async (client) => {
    type Noted = { messageId: string; sentAt: Date | null };
    const { rows: [noted] } = await client.query<Noted>(sql.lockMail, [key]);
    if (noted === undefined || noted.sentAt !== null) return;
    const mail = await compose(client, noted.messageId);
    if (mail === undefined) return;
    try {
      await transport.send(mail);
    } catch (error) {
      throw withoutAddress(error as Error, mail.to.address);
    }
    await client.query(sql.noteMailSent, [key]);
  });
}

/** A mail server's answer names who should have got the mail; it is kept with the job and logged. */
function withoutAddress({ message }: Error, address: string): Error {
  return new Error(`the mail was not taken: ${message.replaceAll(address, '(the buyer)')}`);
}
