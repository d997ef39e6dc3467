import { html } from 'ghtml';
import { formatMoney } from '../../shared/contracts/format-money.ts';
import { formatTime } from '../../shared/contracts/format-time.ts';
import { pageFrame } from '../cms/page-frame.ts';
import type { Handover, HandoverStatus } from './handover-table.ts';

/** How money is taken here; what is behind each of them is the legacy application's business. */
export const LEGACY_METHODS = ['card', 'cash', 'voucher', 'invoice'] as const;
export type LegacyMethod = (typeof LEGACY_METHODS)[number];

const LABELS: Record<LegacyMethod, string> = {
  card: 'Card', cash: 'Cash at the desk', voucher: 'Voucher', invoice: 'Invoice',
};

const SAID: Record<HandoverStatus, string> = {
  requires_action: 'The time to pay is over.',
  captured: 'This is paid.',
  declined: 'This was not paid.',
  expired: 'The time to pay is over.',
  canceled: 'This order was given up.',
};

/** The checkout's page for an order that was handed over and is not paid yet. */
export function handoverPage(handover: Handover): string {
  const money = formatMoney(handover.amount_minor, handover.currency);
  const choices = LEGACY_METHODS.map((method, i) => html`<p><label><input type="radio" name="method"
value="${method}"!${i === 0 ? ' checked' : ''}> ${LABELS[method]}</label></p>`);
  const body = html`<h1>Pay ${money}</h1>
<p>Order ${handover.reference}, until ${formatTime(handover.expires_at)}.</p>
<form method="post">
!${choices}
<p><button name="decision" value="pay">Pay ${money}</button>
<button name="decision" value="decline">Do not pay</button></p>
</form>`;
  return pageFrame({ title: 'Pay', body });
}

/** The same once it is decided, with the way back. */
export function decidedPage(handover: Handover): string {
  const body = html`<h1>${SAID[handover.status]}</h1>
<p>${formatMoney(handover.amount_minor, handover.currency)}, order ${handover.reference}.</p>
<p><a class="button" href="${handover.return_url}">Back to your order</a></p>`;
  return pageFrame({ title: 'Payment', body });
}

/** There is no such payment. */
export function unknownPage(): string {
  const body = html`<h1>No such payment</h1><p>The address may be mistyped.</p>`;
  return pageFrame({ title: 'No such payment', body });
}
