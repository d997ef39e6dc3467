/**
 * "Find me n seats": the box office chooses the best free ones of an area, of a category or of all, side by
 * side if it can or if it must.
 *
 * @typedef {import('./sale-types.js').Sale} Sale
 * @typedef {{ element: HTMLElement, setAvailability(areas: import('./sale-types.js').AreaAvailability[]):
 *   void, setBlocked(blocked: boolean): void }} BestSeatsForm
 */
import { el } from './dom.js';

const COUNT_MAX = 12;

/**
 * @param {Sale} sale
 * @param {(item: import('./sale-types.js').RequestItem) => void} onFind
 * @returns {BestSeatsForm}
 */
export function createBestSeatsForm(sale, onFind) {
  const seated = sale.areas.filter((area) => area.kind === 'seated');
  const options = seated.map((area) => el('option', { value: `area ${area.areaId}` }, area.name));
  const where = el(
    'select',
    { id: 'best-area' },
    ...anywhere(sale, seated),
    ...options,
    ...categoryOptions(sale, seated),
  );
  const most = Math.min(sale.buyerLimit, sale.holdLimit ?? sale.buyerLimit, COUNT_MAX);
  const count = el(
    'select',
    { id: 'best-count' },
    ...Array.from({ length: most }, (_, i) =>
      el('option', { value: i + 1, selected: i === 1 }, String(i + 1)),
    ),
  );
  const together = el('input', { type: 'checkbox', id: 'best-together', checked: true });
  const button = el('button', { type: 'submit' }, 'Find and reserve');

  /** @param {Event} event */
  function find(event) {
    event.preventDefault();
    onFind({
      ...placeOf(where.value),
      bestAvailable: Number(count.value),
      adjacent: together.checked ? 'required' : 'preferred',
    });
  }

  return {
    element: el(
      'form',
      { class: 'best', onSubmit: find },
      el('h3', {}, 'Best available'),
      el(
        'div',
        { class: 'best-fields' },
        el('label', { for: 'best-count' }, 'Seats'),
        count,
        el('label', { for: 'best-area' }, 'in'),
        where,
      ),
      el('label', { class: 'check' }, together, ' only if side by side'),
      button,
    ),
    setAvailability(areas) {
      seated.forEach(({ areaId, name }, i) => {
        const free = areas.find((one) => one.areaId === areaId)?.free;
        const option = options[i];
        if (option) option.textContent = free === undefined ? name : `${name} (${free} free)`;
      });
    },
    setBlocked(blocked) {
      button.disabled = blocked;
    },
  };
}

/**
 * Whether seats are found anywhere and by category: not by a selling service of the release before, which
 * sends no holdLimit and finds seats in areas only.
 * @param {Sale} sale
 */
function findsWidely(sale) {
  return sale.holdLimit !== undefined;
}

/** @param {Sale} sale @param {import('./sale-types.js').Area[]} seated */
function anywhere(sale, seated) {
  return findsWidely(sale) && seated.length > 1 ? [el('option', { value: 'any' }, 'anywhere')] : [];
}

/** @param {Sale} sale @param {import('./sale-types.js').Area[]} seated */
function categoryOptions(sale, seated) {
  const seats = seated.flatMap((area) => area.rows ?? []).flatMap((row) => row.seats);
  const used = new Set(seats.map((seat) => seat.categoryId));
  const categories = sale.categories.filter(({ categoryId }) => used.has(categoryId));
  if (!findsWidely(sale) || categories.length < 2) return [];
  return categories.map(({ categoryId, name }) =>
    el('option', { value: `category ${categoryId}` }, `category ${name}`),
  );
}

/**
 * @param {string} value of an option
 * @returns {{ areaId?: string, categoryId?: string }}
 */
function placeOf(value) {
  const at = value.indexOf(' ');
  const id = value.slice(at + 1);
  if (at === -1) return {};
  return value.startsWith('area ') ? { areaId: id } : { categoryId: id };
}
