/**
 * The panel in which a choice becomes a reservation: counts for areas without seats, "best available", what
 * has been chosen, the sum, and the button.
 *
 * @typedef {import('./sale-types.js').Sale} Sale
 * @typedef {{ element: HTMLElement, refresh(): void, setAvailability(a:
 *   import('./sale-types.js').Availability): void, setClosed(reason: string | undefined): void,
 *   setBusy(busy: boolean): void }} ChoicePanel `setClosed`: why nothing can be reserved now, as the
 *   button's label
 */
import { createBestSeatsForm } from './best-seats-form.js';
import { el } from './dom.js';
import { addedLater } from './price-lines.js';
import { formatMoney, limitWords, plural } from './words.js';

/**
 * @param {{ sale: Sale, choice: import('./choice.js').Choice, wishesElement: HTMLElement, nameOf: (seatId:
 *   string) => string | undefined, onReserve: (items: import('./sale-types.js').RequestItem[]) => void
 *   }} parts
 * @returns {ChoicePanel}
 */
export function createChoicePanel({ sale, choice, wishesElement, nameOf, onReserve }) {
  const general = sale.areas
    .filter((area) => area.kind === 'general')
    .map((area) => generalArea(sale, choice, area));
  const hasSeats = sale.areas.some((area) => area.kind === 'seated');
  const best = hasSeats ? createBestSeatsForm(sale, (item) => onReserve([item])) : undefined;
  const chosen = el('ul', { class: 'chosen' });
  const total = el('output', { class: 'total-sum' });
  const reserve = el('button', {
    type: 'button',
    class: 'primary',
    id: 'reserve',
    onClick: () => onReserve(choice.items()),
  });
  const added = addedLater(sale, (minor) => formatMoney(minor, sale.currency));
  const limit = el('p', { class: 'hint' }, limitWords(sale.buyerLimit, choice.limit));
  let busy = false;
  /** @type {string | undefined} */
  let closedReason;

  function refresh() {
    const count = choice.count();
    chosen.replaceChildren(
      ...choice.seatIds().map((seatId) => chosenSeat(sale, choice, seatId, nameOf(seatId))),
    );
    for (const one of general) one.refresh();
    total.textContent = formatMoney(choice.total(), sale.currency);
    reserve.disabled = busy || closedReason !== undefined || count === 0;
    reserve.textContent = busy
      ? 'Reserving …'
      : (closedReason ??
        (count === 0
          ? hasSeats
            ? 'Choose your seats'
            : 'Choose how many'
          : `Reserve ${plural(count, 'ticket')}`));
    best?.setBlocked(busy || closedReason !== undefined);
    element.classList.toggle('empty', count === 0);
  }

  const element = el(
    'section',
    { class: 'panel choice', 'aria-label': 'Your choice' },
    el('h2', {}, 'Your choice'),
    ...general.map((one) => one.element),
    wishesElement,
    hasSeats &&
      el('p', { class: 'hint when-empty' }, 'Pick seats on the plan, or let us find the best ones.'),
    chosen,
    el(
      'div',
      { class: 'total-bar' },
      el('div', { class: 'total' }, el('span', {}, added === '' ? 'Total' : 'Tickets'), total),
      added !== '' && el('p', { class: 'hint added-later' }, added),
      reserve,
    ),
    limit,
    best?.element,
  );
  refresh();
  return {
    element,
    refresh,
    setAvailability({ areas }) {
      for (const one of general) one.setFree(areas.find((area) => area.areaId === one.areaId)?.free ?? 0);
      best?.setAvailability(areas);
    },
    setClosed(reason) {
      closedReason = reason;
      refresh();
    },
    setBusy(isBusy) {
      busy = isBusy;
      refresh();
    },
  };
}

/**
 * @param {Sale} sale
 * @param {import('./choice.js').Choice} choice
 * @param {string} seatId
 * @param {string | undefined} name
 */
function chosenSeat(sale, choice, seatId, name) {
  const prices = pricesOf(sale, seatId);
  const ticketType = choice.ticketType(seatId);
  const types = Object.keys(prices);
  const select =
    types.length > 1 &&
    el(
      'select',
      {
        'aria-label': `Ticket type for ${name}`,
        onChange: (event) => choice.setTicketType(seatId, event.target.value),
      },
      ...types.map((type) => el('option', { value: type, selected: type === ticketType }, type)),
    );
  return el(
    'li',
    {},
    el('span', { class: 'chosen-name' }, name ?? seatId),
    select || el('span', { class: 'chosen-type' }, ticketType),
    el('span', { class: 'chosen-price' }, formatMoney(prices[ticketType] ?? 0, sale.currency)),
    el(
      'button',
      {
        type: 'button',
        class: 'remove',
        'aria-label': `Remove ${name}`,
        onClick: () => choice.toggleSeat(seatId),
      },
      '×',
    ),
  );
}

/**
 * @param {Sale} sale
 * @param {string} seatId
 * @returns {Record<string, number>}
 */
function pricesOf(sale, seatId) {
  for (const row of sale.areas.flatMap((area) => area.rows ?? [])) {
    const seat = row.seats.find((one) => one.seatId === seatId);
    if (seat) return sale.categories.find((one) => one.categoryId === seat.categoryId)?.prices ?? {};
  }
  return {};
}

/**
 * @param {Sale} sale
 * @param {import('./choice.js').Choice} choice
 * @param {import('./sale-types.js').Area} area
 */
function generalArea(sale, choice, area) {
  const prices = sale.categories.find((category) => category.categoryId === area.categoryId)?.prices ?? {};
  const freeText = el('span', { class: 'hint' });
  let free = 0;
  const steppers = Object.entries(prices).map(([ticketType, price]) => {
    const amount = el('output', { class: 'step-count' });
    const step = (/** @type {number} */ by) => () =>
      choice.setQuantity(area.areaId, ticketType, choice.quantity(area.areaId, ticketType) + by);
    const label = `${ticketType}, ${area.name}`;
    const less = el(
      'button',
      { type: 'button', 'aria-label': `One less: ${label}`, onClick: step(-1) },
      '−',
    );
    const more = el(
      'button',
      { type: 'button', 'aria-label': `One more: ${label}`, onClick: step(1) },
      '+',
    );
    return {
      element: el(
        'div',
        { class: 'step' },
        el('span', { class: 'step-name' }, ticketType),
        el('span', { class: 'step-price' }, formatMoney(price, sale.currency)),
        el('span', { class: 'step-buttons' }, less, amount, more),
      ),
      refresh() {
        const quantity = choice.quantity(area.areaId, ticketType);
        amount.textContent = String(quantity);
        less.disabled = quantity === 0;
        more.disabled = choice.count() >= choice.limit || quantity >= free;
      },
    };
  });
  const refresh = () => {
    for (const stepper of steppers) stepper.refresh();
  };
  return {
    areaId: area.areaId,
    element: el(
      'div',
      { class: 'general' },
      el('div', { class: 'general-head' }, el('strong', {}, area.name), freeText),
      ...steppers.map((stepper) => stepper.element),
    ),
    refresh,
    /** @param {number} freeNow */
    setFree(freeNow) {
      free = freeNow;
      freeText.textContent = free === 0 ? 'none free' : `${free} free`;
      refresh();
    },
  };
}
