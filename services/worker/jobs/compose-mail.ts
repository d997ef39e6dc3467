import { createHash } from 'node:crypto';
import { html } from 'ghtml';
import { formatMoney } from '../../shared/contracts/format-money.ts';
import { formatTime } from '../../shared/contracts/format-time.ts';
import { placeOf } from './ticket-order.ts';
import type { TicketOrder } from './ticket-order.ts';

/** A mail as the mail library takes it. */
export interface Mail {
  messageId: string;
  from: string;
  to: { name: string; address: string };
  subject: string;
  text: string;
  html: string;
  attachments: { filename: string; content: Buffer; contentType: string }[];
}

/**
 * The Message-ID of the mail with this idempotency key: the same however often it is sent, so that whoever
 * gets it twice can tell.
 *
 * @param from the sender, whose domain it is in
 */
export function messageIdOf(key: string, from: string): string {
  const [, domain = 'localhost'] = /@([^\s>]+)/.exec(from) ?? [];
  return `<${createHash('sha256').update(key).digest('hex').slice(0, 32)}@${domain}>`;
}

/** The mail that brings an order's tickets. */
export function composeTicketMail(
  order: TicketOrder, { pdf, messageId, from }: { pdf: Buffer; messageId: string; from: string },
): Mail {
  const { showName, startsAt, customerName, customerEmail, tickets, orderId, totalMinor, currency } = order;
  const total = formatMoney(totalMinor, currency);
  const when = startsAt === null ? '' : `, ${formatTime(startsAt)}`;
  const places = tickets.map((ticket) =>
    `${placeOf(ticket)} (${ticket.ticketType}, ${formatMoney(ticket.priceMinor, currency)})`);
  const opening = tickets.length === 1 ? 'Your ticket is attached.'
    : `Your ${tickets.length} tickets are attached.`;
  const advice = 'Show the code on your telephone or on paper at the door. It lets one person in, once.';
  return {
    messageId, from, to: { name: customerName, address: customerEmail },
    subject: `Your tickets for ${showName}`,
    text: [
      `Hello ${customerName},`, '', `${opening} ${advice}`, '', `${showName}${when}`,
      ...places.map((place) => `- ${place}`), '', `Total ${total}. Order ${orderId}.`, '',
    ].join('\n'),
    html: html`<!doctype html><html lang="en"><body style="font-family:sans-serif;color:#1b1b2b">
<p>Hello ${customerName},</p><p>${opening} ${advice}</p>
<p><b>${showName}</b>${when}</p><ul>!${places.map((place) => html`<li>${place}</li>`)}</ul>
<p>Total ${total}. Order ${orderId}.</p></body></html>`,
    attachments: [{ filename: 'tickets.pdf', content: pdf, contentType: 'application/pdf' }],
  };
}

/** The mail that tells that tickets do not hold any more, with a document of those that do, if any. */
export function composeCancelMail(
  order: TicketOrder,
  { count, pdf, messageId, from }: { count: number; pdf?: Buffer; messageId: string; from: string },
): Mail {
  const { showName, customerName, customerEmail, tickets, orderId } = order;
  const gone = count === 1 ? 'One ticket' : `${count} tickets`;
  const opening = `${gone} of your order for ${showName} ${count === 1 ? 'was' : 'were'} cancelled and `
    + `${count === 1 ? 'lets' : 'let'} nobody in any more.`;
  const rest = pdf === undefined ? 'The order has no other ticket.'
    : 'The tickets that you still have are attached. Please use this document and no earlier one.';
  const money = 'If money is to be given back, it goes the way it was paid.';
  const places = tickets.map((ticket) => `${placeOf(ticket)} (${ticket.ticketType})`);
  return {
    messageId, from, to: { name: customerName, address: customerEmail },
    subject: `Cancelled: ${count === 1 ? 'a ticket' : `${count} tickets`} for ${showName}`,
    text: [
      `Hello ${customerName},`, '', opening, '', rest, ...places.map((place) => `- ${place}`), '',
      `${money} Order ${orderId}.`, '',
    ].join('\n'),
    html: html`<!doctype html><html lang="en"><body style="font-family:sans-serif;color:#1b1b2b">
<p>Hello ${customerName},</p><p>${opening}</p>
<p>${rest}</p><ul>!${places.map((place) => html`<li>${place}</li>`)}</ul>
<p>${money} Order ${orderId}.</p></body></html>`,
    attachments: pdf === undefined ? []
      : [{ filename: 'tickets.pdf', content: pdf, contentType: 'application/pdf' }],
  };
}
