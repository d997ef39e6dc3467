import { el } from './dom.js';
import { priceLines } from './price-lines.js';
import { formatMoney } from './words.js';

/**
 * The lines between the tickets and the total: nothing where tickets are all it costs.
 * @param {import('./sale-types.js').Hold | import('./sale-types.js').Order} sold
 * @param {Pick<import('./sale-types.js').Sale, 'fees' | 'taxes'>} names
 */
export function priceParts(sold, names) {
  return priceLines(sold, names).map(({ label, amount, included }) => {
    const money = formatMoney(amount, sold.currency);
    return el(
      'div',
      { class: included ? 'part included' : 'part' },
      el('dt', {}, included ? `incl. ${label}` : label),
      el('dd', {}, included ? `(${money})` : money),
    );
  });
}
