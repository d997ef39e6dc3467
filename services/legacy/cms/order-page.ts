import { html } from 'ghtml';
import { toString as qrCode } from 'qrcode';
import type { BuyerOrder } from '../read-sales.ts';
import type { Order, OrderCharge, OrderLine, Payment, Ticket } from '../read-order.ts';
import { formatCount } from './format-count.ts';
import { formatMoney } from '../../shared/contracts/format-money.ts';
import { formatTime } from '../../shared/contracts/format-time.ts';
import { pageFrame } from './page-frame.ts';

/** QR codes drawn at most: a group's order of hundreds keeps its list, and the page stays quick. */
const QR_CODES_MAX = 40;

/** One order: who, what, the tickets with their QR codes, the payments, and what else its buyer ordered. */
export async function orderPage(order: Order, others: BuyerOrder[]): Promise<string> {
  const tickets = await Promise.all(order.tickets.map((ticket, i) => ticketCard(ticket, i < QR_CODES_MAX)));
  const start = order.startsAt === null ? 'no date yet' : formatTime(order.startsAt);
  const body = html`<p class="crumbs"><a href="/cms/orders">Orders</a></p>
<h1 class="number">${order.number}</h1>
<p><span class="badge status-${order.status}">${order.status}</span>
<span class="muted">made ${formatTime(order.createdAt)}</span></p>
<dl class="facts">
<div><dt>Customer</dt><dd>${order.customerName}<br>
<span class="muted">${order.customerEmail}</span></dd></div>
<div><dt>Show</dt><dd><a href="/cms/shows/${order.showSlug}">${order.showName}</a><br>
<span class="muted">${order.venueName} · ${start}</span></dd></div>
<div><dt>Total</dt><dd data-total="total">${formatMoney(order.totalMinor, order.currency)}</dd></div>
<div><dt>Payment method</dt><dd data-total="method">${order.paymentMethod}</dd></div>
</dl>
<section>
<h2>Lines</h2>
<table class="lines">
<thead><tr><th>Place</th><th>Ticket</th><th class="num">Quantity</th><th class="num">Price</th>
<th class="num">Sum</th></tr></thead>
<tbody>
!${order.lines.map((line) => lineRow(line, order.currency))}
</tbody>
</table>
</section>
!${order.charges.length === 0 ? '' : chargesSection(order)}
<section>
<h2>Tickets <span class="muted">${formatCount(order.tickets.length)}</span></h2>
<ul class="tickets">
!${tickets}
</ul>
</section>
<section>
<h2>Payments</h2>
!${paymentTable(order.payments)}
</section>
!${othersSection(others)}`;
  return pageFrame({ title: `Order ${order.number}`, section: 'orders', body });
}

function othersSection(others: BuyerOrder[]): string {
  if (others.length === 0) return '';
  return html`<section>
<h2>Other orders of this buyer</h2>
<table class="others">
<thead><tr><th>Order</th><th>Show</th><th>Made</th><th class="num">Tickets</th>
<th class="num">Total</th></tr></thead>
<tbody>
!${others.map(otherRow)}
</tbody>
</table>
</section>`;
}

function otherRow(order: BuyerOrder): string {
  return html`<tr>
<th scope="row"><a class="number" href="/cms/orders/${order.number}">${order.number}</a></th>
<td data-label="Show"><a href="/cms/shows/${order.showSlug}">${order.showName}</a></td>
<td data-label="Made">${formatTime(order.confirmedAt)}</td>
<td class="num" data-label="Tickets">${formatCount(order.tickets)}</td>
<td class="num" data-label="Total">${formatMoney(order.totalMinor, order.currency)}</td>
</tr>
`;
}

function placeInWords({ areaName, rowLabel, seatLabel }: OrderLine | Ticket): string {
  return seatLabel === null ? areaName : `${areaName}, row ${rowLabel ?? '?'}, seat ${seatLabel}`;
}

function lineRow(line: OrderLine, currency: string): string {
  return html`<tr data-line>
<th scope="row">${placeInWords(line)}</th>
<td data-label="Ticket">${line.ticketType}</td>
<td class="num" data-label="Quantity">${formatCount(line.quantity)}</td>
<td class="num" data-label="Price">${formatMoney(line.priceMinor, currency)}</td>
<td class="num" data-label="Sum">${formatMoney(line.quantity * line.priceMinor, currency)}</td>
</tr>
`;
}

function chargesSection({ lines, charges, totalMinor, currency }: Order): string {
  const ticketsMinor = lines.reduce((sum, { quantity, priceMinor }) => sum + quantity * priceMinor, 0);
  return html`<section>
<h2>What the total is made of</h2>
<table class="charges">
<thead><tr><th>Part</th><th>Kind</th><th class="num">Amount</th></tr></thead>
<tbody>
<tr><th scope="row">tickets</th><td data-label="Kind">prices</td>
<td class="num" data-label="Amount">${formatMoney(ticketsMinor, currency)}</td></tr>
!${charges.map((charge) => chargeRow(charge, currency))}
<tr><th scope="row">total</th><td data-label="Kind"></td>
<td class="num" data-label="Amount"><b>${formatMoney(totalMinor, currency)}</b></td></tr>
</tbody>
</table>
</section>`;
}

function chargeRow({ kind, code, amountMinor, included }: OrderCharge, currency: string): string {
  const amount = formatMoney(amountMinor, currency);
  return html`<tr data-charge="${code}">
<th scope="row">${code}</th>
<td data-label="Kind">${kind}${included ? ', included' : ''}</td>
<td class="num" data-label="Amount">!${included ? html`<span class="muted">(${amount})</span>` : amount}</td>
</tr>
`;
}

async function ticketCard(ticket: Ticket, withQr: boolean): Promise<string> {
  const qr = withQr ? await qrCode(ticket.code, { type: 'svg', margin: 0, errorCorrectionLevel: 'M' }) : '';
  return html`<li class="ticket" data-ticket="${ticket.ticketId}" data-seat="${ticket.seatId ?? ''}">
<div class="qr" aria-hidden="true">!${qr}</div>
<div>
<p class="place">${placeInWords(ticket)}</p>
<p>${ticket.ticketType}!${ticket.holder === null ? '' : html` · ${ticket.holder}`}</p>
<p class="code">${ticket.code}</p>
<p class="muted code">${ticket.ticketId}</p>
</div>
</li>
`;
}

function paymentTable(payments: Payment[]): string {
  if (payments.length === 0) return '<p class="empty">No payment is recorded.</p>';
  return html`<table class="payments">
<thead><tr><th>Method</th><th>Status</th><th class="num">Amount</th><th>When</th></tr></thead>
<tbody>
!${payments.map((payment) => html`<tr>
<th scope="row">${payment.method}</th>
<td data-label="Status"><span class="badge payment-${payment.status}">${payment.status}</span></td>
<td class="num" data-label="Amount">${formatMoney(payment.amountMinor, payment.currency)}</td>
<td data-label="When">${formatTime(new Date(payment.createdAt))}</td>
</tr>
`)}
</tbody>
</table>`;
}
