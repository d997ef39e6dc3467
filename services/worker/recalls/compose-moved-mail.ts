import { html } from 'ghtml';
import { formatTime } from '../../shared/contracts/format-time.ts';
import type { Mail } from '../jobs/compose-mail.ts';
import type { TicketOrder } from '../jobs/ticket-order.ts';

/** The mail that tells of a show's new date, and asks whether the tickets are kept. */
export function composeMovedMail(
  { showName, customerName, customerEmail, orderId }: TicketOrder,
  { reason, newDate, answerBy }: { reason: string; newDate: Date | null; answerBy: Date | null },
  { link, messageId, from }: { link: string; messageId: string; from: string },
): Mail {
  const when = newDate === null ? '' : formatTime(newDate);
  const until = answerBy === null ? '' : formatTime(answerBy);
  const told = `${showName} has a new date: ${when}. ${reason}`;
  const choice = 'Your tickets are good for the new date. If you would rather have your money back, '
    + `say so until ${until}:`;
  const rest = `Who says nothing keeps the tickets. Order ${orderId}.`;
  return {
    messageId, from, to: { name: customerName, address: customerEmail },
    subject: `New date: ${showName}`,
    text: [`Hello ${customerName},`, '', told, '', choice, link, '', rest, ''].join('\n'),
    html: html`<!doctype html><html lang="en"><body style="font-family:sans-serif;color:#1b1b2b">
<p>Hello ${customerName},</p><p>${told}</p><p>${choice}</p><p><a href="${link}">${link}</a></p>
<p>${rest}</p></body></html>`,
    attachments: [],
  };
}
