/**
 * The strip that says how the sale stands when one cannot buy now: not open yet (with a countdown), paused,
 * over, being restored, sold out. It follows the sale by itself.
 *
 * @typedef {import('./sale-types.js').Sale} Sale
 * @typedef {import('./sale-types.js').Availability} Availability
 * @typedef {{ setAvailability(availability: Availability): void, stateNow(): string }} SaleStrip
 */
import { el } from './dom.js';
import { messageFor } from './messages.js';
import { formatDay, formatLeft, plural } from './words.js';

/** @type {Record<string, string>} */
const CODES = {
  paused: 'sale_paused',
  closed: 'sale_closed',
  recovering: 'recovering',
  waiting: 'sale_not_open',
  draft: 'sale_not_open',
};
/** @type {Record<string, string>} */
const BUTTON_LABELS = {
  paused: 'Paused',
  closed: 'Sale over',
  recovering: 'Being restored',
  waiting: 'Not open yet',
  draft: 'Not open yet',
};

/**
 * @param {{ sale: Sale, clock: import('./server-clock.js').ServerClock, place: HTMLElement }} parts
 * @param {(reason: string | undefined) => void} onChange why nothing can be bought now, in two words
 * @returns {SaleStrip}
 */
export function createSaleStrip({ sale, clock, place }, onChange) {
  /** @type {Availability | undefined} */
  let availability;
  let shown = '';
  const opensIn = el('span', { class: 'opens-in', role: 'timer' });

  function stateNow() {
    const state = availability?.state ?? sale.state;
    const now = clock.now();
    if (state === 'open' && sale.closesAt !== null && Date.parse(sale.closesAt) <= now) return 'closed';
    if (state === 'open' && sale.opensAt !== null && Date.parse(sale.opensAt) > now) return 'waiting';
    return state;
  }

  function refresh() {
    const state = stateNow();
    if (state === 'waiting') opensIn.textContent = formatLeft(Date.parse(sale.opensAt ?? '') - clock.now());
    const free = availability?.areas.reduce((sum, area) => sum + area.free, 0) ?? 1;
    const held = availability?.areas.reduce((sum, area) => sum + area.held, 0) ?? 0;
    const now = state !== 'open' ? state : free > 0 ? '' : `sold out ${held}`;
    if (now === shown) return;
    shown = now;
    onChange(now === '' ? undefined : state === 'open' ? 'Sold out' : (BUTTON_LABELS[state] ?? 'Not open'));
    const { title, advice, tone } = words(state, held);
    place.hidden = now === '';
    place.className = `strip ${tone}`;
    place.replaceChildren(
      ...(state === 'waiting'
        ? [el('strong', {}, `The sale opens on ${formatDay(sale.opensAt ?? '')}.`), opensIn]
        : [el('strong', {}, title)]),
      el('p', {}, advice),
    );
  }

  setInterval(refresh, 250);
  return {
    stateNow,
    setAvailability(newest) {
      // What is sold was not fixed while it was a draft: take the definition anew.
      if (availability?.state === 'draft' && newest.state !== 'draft') location.reload();
      availability = newest;
      refresh();
    },
  };
}

/** @param {string} state @param {number} held */
function words(state, held) {
  if (state !== 'open') {
    const message = messageFor(CODES[state] ?? 'unavailable');
    const advice =
      state === 'waiting'
        ? 'This page opens by itself. You can look at the plan and choose already.'
        : message.advice;
    return { title: message.title, advice, tone: 'calm' };
  }
  const advice =
    held > 0
      ? `${plural(held, 'ticket is', 'tickets are')} reserved by other buyers. What they do not buy ` +
        'comes back within minutes and is shown here by itself.'
      : 'All tickets have been bought. If any come back, they are shown here by itself.';
  return { title: 'Sold out.', advice, tone: 'bad' };
}
