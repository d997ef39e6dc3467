import { html } from 'ghtml';
import type { Choice, Payment, PaymentStatus } from './payment.ts';

interface Button {
  choice: Choice;
  label: string;
  hint: string;
}

const BUTTONS: readonly Button[] = [
  { choice: 'decline', label: 'Decline', hint: 'The bank says no.' },
  { choice: 'slow', label: 'Pay slowly', hint: 'You are back before the bank has said yes.' },
  {
    choice: 'never', label: 'Leave without paying',
    hint: 'Nothing is decided; you may come back to this page.',
  },
];

const AWKWARD: readonly Button[] = [
  {
    choice: 'webhook-twice', label: 'Pay, and tell the shop twice',
    hint: 'The same webhook comes two times.',
  },
  {
    choice: 'webhook-before-redirect', label: 'Pay, and tell the shop first',
    hint: 'You are sent back when its webhook has been taken.',
  },
  {
    choice: 'out-of-order', label: 'Pay, and tell it in the wrong order',
    hint: 'Captured first, processing after that.',
  },
  {
    choice: 'wrong-amount', label: 'Pay another amount',
    hint: 'What is captured differs from what was asked.',
  },
];

const SAID: Record<PaymentStatus, string> = {
  requires_action: 'The time for this payment is over.',
  processing: 'The bank has not decided yet.',
  captured: 'This is paid.',
  declined: 'The bank has declined this payment.',
  expired: 'The time for this payment is over.',
  canceled: 'The shop has canceled this payment.',
};

/** The page of a payment that nobody has decided yet. */
export function payPage(payment: Payment, token: string): string {
  const money = moneyOf(payment.amount_minor, payment.currency);
  return page('Pay', html`<h1>Pay ${money}</h1>
<dl>
<dt>For</dt><dd>${payment.reference}</dd>
<dt>To</dt><dd>${new URL(payment.return_url).host}</dd>
<dt>Until</dt><dd>!${timeOf(payment.expires_at)}</dd>
</dl>
<p class="hint">This is a test: no money moves. Say what your bank shall do.</p>
<form method="post">
<input type="hidden" name="token" value="${token}">
<button class="primary" name="choice" value="success">Pay ${money}</button>
<ul>!${BUTTONS.map(buttonItem)}</ul>
<details><summary>More that can go wrong</summary><ul>!${AWKWARD.map(buttonItem)}</ul></details>
</form>`);
}

/** The page of a payment that was decided, with the way back. */
export function decidedPage(payment: Payment, wayBack: string): string {
  return page('Payment', html`<h1>${SAID[payment.status]}</h1>
<p>${moneyOf(payment.amount_minor, payment.currency)} for ${payment.reference}</p>
<p><a class="primary" href="${wayBack}">Back to ${new URL(payment.return_url).host}</a></p>`);
}

/** A page that says one thing. */
export function messagePage(title: string, text: string): string {
  return page(title, html`<h1>${title}</h1>
<p>${text}</p>`);
}

function buttonItem({ choice, label, hint }: Button): string {
  const hintId = `hint-${choice}`;
  return html`<li><button name="choice" value="${choice}" aria-describedby="${hintId}">${label}</button>
<span class="hint" id="${hintId}">${hint}</span></li>`;
}

function moneyOf(amountMinor: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amountMinor / 10 ** digits);
}

function timeOf(at: Date): string {
  const iso = at.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

function page(title: string, main: string): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – sandbox payments</title>
<link rel="stylesheet" href="/pay.css">
</head>
<body>
<header>Sandbox payments</header>
<main>
!${main}
</main>
</body>
</html>
`;
}
