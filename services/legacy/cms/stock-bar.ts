import { html } from 'ghtml';
import { formatCount } from './format-count.ts';

export interface Stock {
  capacity: number;
  held: number;
  sold: number;
  blocked: number;
}

/** Sold, held, blocked and free as one bar, with the same in words for those who do not see it. */
export function stockBar({ capacity, held, sold, blocked }: Stock): string {
  const percent = (n: number): string => (capacity === 0 ? '0' : (100 * n / capacity).toFixed(2));
  const off = blocked === 0 ? '' : `, ${formatCount(blocked)} blocked`;
  const words = `${formatCount(sold)} sold, ${formatCount(held)} held${off} of ${formatCount(capacity)}`;
  return html`<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" role="img"
 aria-label="${words}">
<rect class="sold" width="${percent(sold)}" height="4"/>
<rect class="held" x="${percent(sold)}" width="${percent(held)}" height="4"/>
<rect class="blocked" x="${percent(capacity - blocked)}" width="${percent(blocked)}" height="4"/>
</svg>`;
}

/** `73 %`; never 100 % while one ticket is left, never 0 % once one is sold. */
export function soldShare({ capacity, sold }: Pick<Stock, 'capacity' | 'sold'>): string {
  if (capacity === 0 || sold === 0) return '0 %';
  if (sold >= capacity) return '100 %';
  return `${Math.min(99, Math.max(1, Math.round(100 * sold / capacity)))} %`;
}
