import { html } from 'ghtml';
import type { CategorySales, MinuteSales } from '../read-sales.ts';
import type { AreaTotals, PriceEntry, ShowTotals } from '../read-shows.ts';
import { formatCount } from './format-count.ts';
import { formatMoney } from '../../shared/contracts/format-money.ts';
import { formatTime } from '../../shared/contracts/format-time.ts';
import { pageFrame } from './page-frame.ts';
import { salesSection } from './sales-section.ts';
import { showBadges } from './show-badges.ts';
import { soldShare, stockBar } from './stock-bar.ts';

type Show = ShowTotals & { areas: AreaTotals[]; prices: PriceEntry[] };

/**
 * One show: its totals, its areas, its prices, and how its sale goes. The numbers carry `data-…` names for
 * programs that read the page.
 */
export function showPage(
  show: Show, sales: { minutes: MinuteSales[]; categories: CategorySales[] },
): string {
  const start = show.startsAt === null ? 'no date yet' : formatTime(show.startsAt);
  const categoryNames = [...new Set(show.prices.map((price) => price.categoryName))];
  const body = html`<p class="crumbs"><a href="/cms/shows">Shows</a></p>
<h1>${show.name}</h1>
<p class="muted">${show.venueName} · ${start}</p>
<p>!${showBadges(show)}</p>
<dl class="totals">
!${total('capacity', 'Capacity', formatCount(show.capacity))}
!${total('sold', 'Sold', formatCount(show.sold), soldShare(show))}
!${total('held', 'Held', formatCount(show.held), 'claimed for a while')}
!${total('blocked', 'Blocked', formatCount(show.blocked), 'taken off sale')}
!${total('free', 'Free', formatCount(freeOf(show)))}
!${total('revenue', 'Revenue', formatMoney(show.revenueMinor, show.currency), 'confirmed orders')}
!${total('orders', 'Orders', formatCount(show.orders))}
</dl>
!${stockBar(show)}
<p class="key"><span class="dot sold"></span>sold <span class="dot held"></span>held
<span class="dot blocked"></span>blocked <span class="dot free"></span>free</p>
<p><a class="button" href="/cms/orders?show=${show.slug}">Orders of this show</a></p>
<section>
<h2>Areas</h2>
<table class="areas">
<thead><tr><th>Area</th><th>Kind</th><th class="num">Capacity</th><th class="num">Sold</th>
<th class="num">Held</th><th class="num">Blocked</th><th class="num">Free</th>
<th class="num">Ticket revenue</th><th></th></tr></thead>
<tbody>
!${show.areas.map((area) => areaRow(area, show.currency))}
</tbody>
</table>
</section>
!${salesSection({ ...sales, currency: show.currency })}
<section>
<h2>Prices</h2>
<table class="prices">
<thead><tr><th>Category</th><th>Prices</th></tr></thead>
<tbody>
!${categoryNames.map((name) => priceRow(name, show.prices, show.currency))}
</tbody>
</table>
</section>`;
  return pageFrame({ title: show.name, section: 'shows', body });
}

function total(name: string, label: string, value: string, hint = ''): string {
  return html`<div><dt>${label}</dt><dd data-total="${name}">${value}</dd>
<dd class="hint">${hint}</dd></div>`;
}

function freeOf({ capacity, held, sold, blocked }: AreaTotals | Show): number {
  return capacity - held - sold - blocked;
}

function areaRow(area: AreaTotals, currency: string): string {
  const kind = area.kind === 'seated' ? 'seats' : 'standing';
  return html`<tr data-area="${area.areaId}">
<th scope="row">${area.name}</th>
<td data-label="Kind">${kind}</td>
<td class="num" data-label="Capacity">${formatCount(area.capacity)}</td>
<td class="num" data-label="Sold">${formatCount(area.sold)}</td>
<td class="num" data-label="Held">${formatCount(area.held)}</td>
<td class="num" data-label="Blocked">${formatCount(area.blocked)}</td>
<td class="num" data-label="Free">${formatCount(freeOf(area))}</td>
<td class="num" data-label="Ticket revenue">${formatMoney(area.revenueMinor, currency)}</td>
<td class="wide">!${stockBar(area)}</td>
</tr>
`;
}

function priceRow(categoryName: string, prices: PriceEntry[], currency: string): string {
  const amounts = prices
    .filter((price) => price.categoryName === categoryName)
    .map((price) => html`<span>${price.ticketType} ${formatMoney(price.priceMinor, currency)}</span> `);
  return html`<tr>
<th scope="row">${categoryName}</th>
<td data-label="Prices"><span class="amounts">!${amounts}</span></td>
</tr>
`;
}
