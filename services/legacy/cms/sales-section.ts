import { html } from 'ghtml';
import type { CategorySales, MinuteSales } from '../read-sales.ts';
import { formatCount } from './format-count.ts';
import { formatMoney } from '../../shared/contracts/format-money.ts';
import { formatTime } from '../../shared/contracts/format-time.ts';

const BAR_HEIGHT = 40;

/** How a sale over the bus goes: tickets of its last minutes, money by category. Nothing before it sells. */
export function salesSection(
  { minutes, categories, currency }:
  { minutes: MinuteSales[]; categories: CategorySales[]; currency: string },
): string {
  if (minutes.length === 0) return '';
  return html`<section>
<h2>Sales per minute <span class="muted">sold via onsale</span></h2>
!${minuteBars(minutes)}
<table class="categories">
<thead><tr><th>Category</th><th class="num">Tickets</th><th class="num">Ticket revenue</th>
<th class="num">Ticket fees</th></tr></thead>
<tbody>
!${categories.map((category) => categoryRow(category, currency))}
</tbody>
</table>
</section>`;
}

/** The width of each minute is the same, also when nothing was sold in the minutes between. */
function minuteBars(minutes: MinuteSales[]): string {
  const most = Math.max(...minutes.map(({ tickets }) => tickets));
  const [first, last] = [minutes[0], minutes.at(-1)];
  if (first === undefined || last === undefined) return '';
  const bars = minutes.map(({ minute, orders, tickets }, i) => {
    const height = (BAR_HEIGHT * tickets / most).toFixed(2);
    const words = `${formatTime(minute)}: ${formatCount(tickets)} tickets, ${formatCount(orders)} orders`;
    const y = (BAR_HEIGHT - Number(height)).toFixed(2);
    const title = html`<title>${words}</title>`;
    return html`<rect class="sold" x="${String(i)}" y="${y}" width="0.8" height="${height}">!${title}</rect>`;
  });
  const words = `At most ${formatCount(most)} tickets a minute`;
  const box = `0 0 ${minutes.length} ${BAR_HEIGHT}`;
  return html`<svg class="bar minutes" viewBox="${box}"
 preserveAspectRatio="none" role="img" aria-label="${words}">!${bars}</svg>
<p class="key" data-minutes="${String(minutes.length)}">At most <b>${formatCount(most)}</b> tickets a minute;
from ${formatTime(first.minute)} to ${formatTime(last.minute)}</p>`;
}

function categoryRow(category: CategorySales, currency: string): string {
  const { categoryName, tickets, revenueMinor, feesMinor } = category;
  return html`<tr data-category="${categoryName}">
<th scope="row">${categoryName}</th>
<td class="num" data-label="Tickets">${formatCount(tickets)}</td>
<td class="num" data-label="Ticket revenue">${formatMoney(revenueMinor, currency)}</td>
<td class="num" data-label="Ticket fees">${formatMoney(feesMinor, currency)}</td>
</tr>
`;
}
