import { html } from 'ghtml';
import type { ShowTotals } from '../read-shows.ts';

/** Which way a show sells, and its state where that is not plainly open. */
export function showBadges({ sellsVia, state }: Pick<ShowTotals, 'sellsVia' | 'state'>): string {
  const way = sellsVia === 'onsale' ? 'sells via onsale' : 'sells via legacy';
  const stateBadge = state === 'open' ? '' : html` <span class="badge state-${state}">${state}</span>`;
  return html`<span class="badge via-${sellsVia}">${way}</span>!${stateBadge}`;
}
