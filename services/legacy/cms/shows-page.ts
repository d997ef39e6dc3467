import { html } from 'ghtml';
import type { ShowTotals } from '../read-shows.ts';
import { formatCount } from './format-count.ts';
import { formatMoney } from '../../shared/contracts/format-money.ts';
import { formatTime } from '../../shared/contracts/format-time.ts';
import { pageFrame } from './page-frame.ts';
import { showBadges } from './show-badges.ts';
import { soldShare, stockBar } from './stock-bar.ts';

/** The calendar: one card per show. `page` counts from 1. */
export function showsPage(
  { shows, page, more }: { shows: ShowTotals[]; page: number; more: boolean },
): string {
  const linkTo = (n: number): string => `/cms/shows?page=${n}`;
  const earlier = page > 1 ? html`<a rel="prev" href="${linkTo(page - 1)}">← Earlier shows</a>` : '';
  const later = more ? html`<a rel="next" href="${linkTo(page + 1)}">Later shows →</a>` : '';
  const body = html`<h1>Shows</h1>
!${shows.length === 0 ? '<p class="empty">There is no show here.</p>' : ''}
<ul class="cards">!${shows.map(showCard)}</ul>
<nav class="pages" aria-label="Pages">!${earlier}!${later}</nav>`;
  return pageFrame({ title: 'Shows', section: 'shows', body });
}

function showCard(show: ShowTotals): string {
  const start = show.startsAt === null ? 'no date yet' : formatTime(show.startsAt);
  return html`<li class="card" data-show="${show.slug}">
<h2><a href="/cms/shows/${show.slug}">${show.name}</a></h2>
<p class="muted">${show.venueName} · ${start}</p>
<p class="badges">!${showBadges(show)}</p>
!${stockBar(show)}
<p class="legend">
<span><b>${formatCount(show.sold)}</b> sold</span>
<span><b>${formatCount(show.held)}</b> held</span>
!${show.blocked === 0 ? '' : html`<span><b>${formatCount(show.blocked)}</b> blocked</span>`}
<span class="muted">of ${formatCount(show.capacity)} (${soldShare(show)})</span>
</p>
<p><span class="money">${formatMoney(show.revenueMinor, show.currency)}</span>
<span class="muted">from ${formatCount(show.orders)} ${show.orders === 1 ? 'order' : 'orders'}</span></p>
</li>
`;
}
