import { html } from 'ghtml';
import { ORDERS_COUNTED_MAX } from '../list-orders.ts';
import type { OrderPage, OrderSummary } from '../list-orders.ts';
import { formatCount } from './format-count.ts';
import { formatMoney } from '../../shared/contracts/format-money.ts';
import { formatTime } from '../../shared/contracts/format-time.ts';
import { pageFrame } from './page-frame.ts';

/** What the page was asked for, to say it again in its form and links. */
export interface OrdersQuestion {
  search: string;
  /** slug, or empty for all shows */
  show: string;
  beforeRowId?: number;
}

/** Orders, newest first, with a search form and a link to the older ones. */
export function ordersPage(question: OrdersQuestion, { orders, countUpToMax, more }: OrderPage): string {
  const { search, show, beforeRowId } = question;
  const last = orders.at(-1);
  const older = more && last !== undefined
    ? html`<a rel="next" href="${linkTo(question, last.rowId)}">Older orders →</a>`
    : '';
  const newest = beforeRowId === undefined
    ? ''
    : html`<a rel="prev" href="${linkTo(question)}">← Newest orders</a>`;
  const count = countInWords(orders.length, countUpToMax, beforeRowId);
  const body = html`<h1>Orders</h1>
<form class="search" method="get" action="/cms/orders" role="search">
<label for="q">Search</label>
<input id="q" type="search" name="q" value="${search}" maxlength="200" autocomplete="off"
 placeholder="Order number, e-mail or name">
!${show === '' ? '' : html`<input type="hidden" name="show" value="${show}">`}
<button>Search</button>
</form>
!${show === '' ? '' : showFilter(search, show)}
<p class="muted" data-count="${String(countUpToMax)}">${count}</p>
!${orders.length === 0 ? '' : orderTable(orders)}
<nav class="pages" aria-label="Pages">!${newest}!${older}</nav>`;
  return pageFrame({ title: search === '' ? 'Orders' : `Orders: ${search}`, section: 'orders', body });
}

function linkTo({ search, show }: OrdersQuestion, beforeRowId?: number): string {
  const query = new URLSearchParams();
  if (search !== '') query.set('q', search);
  if (show !== '') query.set('show', show);
  if (beforeRowId !== undefined) query.set('before', String(beforeRowId));
  return query.size === 0 ? '/cms/orders' : `/cms/orders?${query.toString()}`;
}

function showFilter(search: string, show: string): string {
  return html`<p>Only <a href="/cms/shows/${show}">${show}</a> ·
<a href="${linkTo({ search, show: '' })}">all shows</a></p>`;
}

function countInWords(onThisPage: number, countUpToMax: number, beforeRowId: number | undefined): string {
  if (onThisPage === 0) return beforeRowId === undefined ? 'No order found.' : 'No older orders.';
  if (countUpToMax > ORDERS_COUNTED_MAX) return `More than ${formatCount(ORDERS_COUNTED_MAX)} orders`;
  return countUpToMax === 1 ? '1 order' : `${formatCount(countUpToMax)} orders`;
}

function orderTable(orders: OrderSummary[]): string {
  return html`<table class="orders">
<thead><tr><th>Number</th><th>Customer</th><th>Show</th><th class="num">Tickets</th><th class="num">Total</th>
<th>Paid by</th><th>Made</th></tr></thead>
<tbody>
!${orders.map(orderRow)}
</tbody>
</table>`;
}

function orderRow(order: OrderSummary): string {
  const status = order.status === 'confirmed'
    ? ''
    : html` <span class="badge status-${order.status}">${order.status}</span>`;
  return html`<tr data-order="${order.number}">
<th scope="row"><a href="/cms/orders/${encodeURIComponent(order.number)}">${order.number}</a>!${status}</th>
<td data-label="Customer"><span class="value">${order.customerName}<br>
<span class="muted">${order.customerEmail}</span></span></td>
<td data-label="Show"><a href="/cms/shows/${order.showSlug}">${order.showName}</a></td>
<td class="num" data-label="Tickets">${formatCount(order.tickets)}</td>
<td class="num" data-label="Total">${formatMoney(order.totalMinor, order.currency)}</td>
<td data-label="Paid by">${order.paymentMethod}</td>
<td data-label="Made">${formatTime(order.createdAt)}</td>
</tr>
`;
}
