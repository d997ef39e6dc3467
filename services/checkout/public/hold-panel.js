/**
 * The panel of a reservation: how long it lasts by the server's clock, more time, give back, and the form
 * that makes it an order. The form is built once, so that nothing typed is lost when the reservation
 * changes.
 *
 * @typedef {import('./sale-types.js').Hold} Hold
 * @typedef {{ name: string, email: string }} Contact
 * @typedef {{ element: HTMLElement, setHold(hold: Hold): void, setBusy(what: string | undefined): void,
 *   stop(): void, invalid(field: string): void }} HoldPanel `setBusy`: what is being done, as the button's
 *   label
 */
import { el } from './dom.js';
import { createMethodChoice } from './method-choice.js';
import { priceParts } from './price-parts.js';
import { formatLeft, formatMoney, formatTime, plural } from './words.js';

/** From here on the clock is shown as urgent. */
const URGENT_MS = 60_000;

/**
 * @param {{ sale: import('./sale-types.js').Sale, clock: import('./server-clock.js').ServerClock, contact:
 *   Contact, describe: (item: import('./sale-types.js').HoldItem) => string }} parts
 * @param {{ onExtend: () => void, onRelease: () => void, onLapsed: () => void, onContact: (contact:
 *   Contact) => void, onConfirm: (contact: Contact, method: string) => void }} listener
 * @returns {HoldPanel}
 */
export function createHoldPanel({ sale, clock, contact, describe }, listener) {
  /** @type {Hold | undefined} */
  let hold;
  /** @type {string | undefined} */
  let busy;
  let lapseTold = false;
  const time = el('span', { class: 'countdown-time', role: 'timer', id: 'countdown' });
  const bar = el('progress', { class: 'countdown-bar', max: 1, 'aria-hidden': 'true' });
  const until = el('p', { class: 'hint' });
  const countdown = el(
    'div',
    { class: 'countdown' },
    el('div', { class: 'countdown-head' }, el('span', {}, 'Reserved for you for'), time),
    bar,
    until,
  );
  const extend = el('button', { type: 'button', id: 'extend', onClick: listener.onExtend }, 'More time');
  const release = el('button', { type: 'button', id: 'release', onClick: listener.onRelease }, 'Give back');
  const items = el('ul', { class: 'chosen' });
  const together = el('p', { class: 'hint', hidden: true }, 'These seats are not all side by side.');
  const parts = el('dl', { class: 'parts' });
  const total = el('output', { class: 'total-sum' });
  const confirm = el('button', { type: 'submit', class: 'primary', id: 'confirm' });
  const name = field('name', 'Name', { autocomplete: 'name', maxlength: 200 }, contact.name);
  const email = field(
    'email',
    'E-mail',
    { type: 'email', autocomplete: 'email', maxlength: 254, inputmode: 'email' },
    contact.email,
  );
  const methods = createMethodChoice(sale.paymentMethods);
  const readContact = () => ({ name: name.input.value.trim(), email: email.input.value.trim() });
  const form = el(
    'form',
    {
      class: 'contact',
      onInput: () => listener.onContact(readContact()),
      onSubmit: (event) => {
        event.preventDefault();
        if (busy === undefined) listener.onConfirm(readContact(), methods.value());
      },
    },
    el('h3', {}, 'Who are the tickets for?'),
    name.element,
    email.element,
    methods.element,
    confirm,
  );

  function tick() {
    if (hold === undefined) return;
    const leftMs = Date.parse(hold.expiresAt) - clock.now();
    time.textContent = formatLeft(leftMs);
    bar.value = Math.max(0, Math.min(1, leftMs / (sale.holdSeconds * 1000)));
    countdown.classList.toggle('urgent', leftMs < URGENT_MS);
    // A confirmation under way is judged by the server, which may have it in time.
    if (leftMs > 0 || lapseTold || busy !== undefined) return;
    lapseTold = true;
    listener.onLapsed();
  }
  const ticking = setInterval(tick, 250);

  function refresh() {
    if (hold === undefined) return;
    const canExtend = Date.parse(hold.expiresAt) < Date.parse(hold.expiresAtMax);
    const more = canExtend
      ? `You can ask for more time, until ${formatTime(hold.expiresAtMax)}.`
      : 'No more time can be added.';
    until.textContent = `Yours until ${formatTime(hold.expiresAt)}. ${more}`;
    extend.disabled = busy !== undefined || !canExtend;
    release.disabled = busy !== undefined;
    confirm.disabled = busy !== undefined;
    confirm.textContent =
      busy ?? `Buy ${plural(hold.items.length, 'ticket')} for ${formatMoney(hold.total, hold.currency)}`;
    total.textContent = formatMoney(hold.total, hold.currency);
    tick();
  }

  return {
    element: el(
      'section',
      { class: 'panel held', 'aria-label': 'Your reservation' },
      countdown,
      el('div', { class: 'pair' }, extend, release),
      items,
      together,
      parts,
      el('div', { class: 'total' }, el('span', {}, 'Total'), total),
      form,
    ),
    setHold(newHold) {
      hold = newHold;
      lapseTold = false;
      items.replaceChildren(
        ...groupAlike(newHold.items, describe).map(({ words, count, item }) =>
          el(
            'li',
            {},
            el('span', { class: 'chosen-name' }, count > 1 ? `${count} × ${words}` : words),
            el('span', { class: 'chosen-type' }, item.ticketType),
            el('span', { class: 'chosen-price' }, formatMoney(item.price * count, newHold.currency)),
          ),
        ),
      );
      together.hidden = newHold.together !== false;
      parts.replaceChildren(...priceParts(newHold, sale));
      refresh();
    },
    setBusy(what) {
      busy = what;
      refresh();
    },
    stop: () => clearInterval(ticking),
    invalid(fieldName) {
      const { input } = fieldName.includes('email') ? email : name;
      input.focus();
    },
  };
}

/**
 * @param {string} id
 * @param {string} label
 * @param {import('./dom.js').Props} props
 * @param {string} value
 */
function field(id, label, props, value) {
  const input = el('input', { id, name: id, required: true, value, ...props });
  return { input, element: el('div', { class: 'field' }, el('label', { for: id }, label), input) };
}

/**
 * Tickets without seats that are the same, as one line.
 * @param {import('./sale-types.js').HoldItem[]} items
 * @param {(item: import('./sale-types.js').HoldItem) => string} describe
 */
function groupAlike(items, describe) {
  /** @type {Map<string, { words: string, count: number, item: import('./sale-types.js').HoldItem }>} */
  const groups = new Map();
  for (const item of items) {
    const words = describe(item);
    const group = groups.get(`${words}/${item.ticketType}`) ?? { words, count: 0, item };
    group.count += 1;
    groups.set(`${words}/${item.ticketType}`, group);
  }
  return [...groups.values()];
}
