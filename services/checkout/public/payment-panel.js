/**
 * What a buyer sees of an order that is not paid for: until when the tickets are theirs, where to pay, what
 * to do after a payment has failed, and how to give the order up. It decides nothing: the page asks the box
 * office what is true, and makes a new panel when that has changed.
 *
 * @typedef {import('./sale-types.js').Order} Order
 * @typedef {{ pay(method: string, attempt: number): Promise<Payment | undefined>, giveUp(): Promise<void>,
 *   trouble(message: string): void, lookAgain(): void }} Cashier `pay`: how, once the box office has said
 * @typedef {NonNullable<Order['payment']>} Payment
 */
import { el } from './dom.js';
import { createMethodChoice, methodLabel } from './method-choice.js';
import { createStripeForm } from './stripe-form.js';
import { formatDay, formatLeft, formatMoney, plural } from './words.js';

const URGENT_MS = 60_000;

/**
 * @param {Order} order pending or failed, as the box office said
 * @param {{ methods: string[], clock: import('./server-clock.js').ServerClock, cashier: Cashier }} parts
 * @returns {{ element: HTMLElement, stop(): void }}
 */
export function createPaymentPanel(order, { methods, clock, cashier }) {
  const { payment } = order;
  if (payment === undefined) throw new Error('an order without a payment');
  const { deadline, attempt } = payment;
  const isFailed = order.status === 'failed';
  const sum = formatMoney(order.total, order.currency);
  const time = el('span', { class: 'countdown-time', role: 'timer', id: 'pay-countdown' });
  const countdown = el(
    'div',
    { class: 'countdown', hidden: deadline === undefined },
    el('div', { class: 'countdown-head' }, el('span', {}, 'Kept for you for'), time),
    deadline !== undefined && el('p', { class: 'hint' }, `Until ${formatDay(deadline)}.`),
  );
  const place = el('div', { class: 'pay-form' });
  /** @type {HTMLButtonElement[]} */
  const buttons = [];

  /** @param {string} label @param {string} id @param {string} look @param {() => Promise<void>} work */
  function button(label, id, look, work) {
    const onClick = () => void busyWith(work);
    const made = el('button', { type: 'button', id, class: look, onClick }, label);
    buttons.push(made);
    return made;
  }

  /** @param {() => Promise<void>} work */
  async function busyWith(work) {
    for (const one of buttons) one.disabled = true;
    await work();
    for (const one of buttons) one.disabled = false;
  }

  /** @param {string} method @param {number} next */
  async function begin(method, next) {
    const begun = await cashier.pay(method, next);
    if (begun?.redirectUrl !== undefined && isPage(begun.redirectUrl)) location.assign(begun.redirectUrl);
    else if (begun?.clientSecret !== undefined) await showStripeForm(begun.clientSecret);
  }

  /** @param {string} clientSecret */
  async function showStripeForm(clientSecret) {
    const form = await createStripeForm({ clientSecret, returnUrl: location.href }).catch(() => undefined);
    if (form === undefined) {
      cashier.trouble('The form of the payment provider could not be opened. Please try again.');
      return;
    }
    const pay = button(`Pay ${sum}`, 'pay-card', 'primary', async () => {
      const fault = await form.pay();
      if (fault === undefined) cashier.lookAgain();
      else cashier.trouble(fault);
    });
    place.replaceChildren(form.element, pay);
  }

  function goOn() {
    if (payment?.method === 'offline') {
      return [
        el('h2', {}, `Pay ${sum} at the box office`),
        el('p', {}, 'Name this order there: ', el('code', { class: 'order-code' }, order.orderId)),
      ];
    }
    return [
      el('h2', {}, `Pay ${sum}`),
      button('Go to payment', 'pay', 'primary', () => begin(payment?.method ?? '', attempt)),
      el('p', { class: 'hint' }, 'Have you paid already? This page says so as soon as it is known.'),
    ];
  }

  function payAgain() {
    const choice = createMethodChoice(methods, payment?.method);
    return [
      el('h2', {}, 'The payment did not go through'),
      el('p', {}, 'No money was taken. Your tickets are still kept for you: please pay again.'),
      choice.element,
      button(`Pay ${sum}`, 'pay', 'primary', () => begin(choice.value(), attempt + 1)),
    ];
  }

  function tick() {
    if (deadline === undefined) return;
    const leftMs = Date.parse(deadline) - clock.now();
    time.textContent = formatLeft(leftMs);
    countdown.classList.toggle('urgent', leftMs < URGENT_MS);
  }
  const ticking = setInterval(tick, 250);
  tick();

  const items = plural(order.items.length, 'ticket');
  return {
    element: el(
      'section',
      { class: 'panel pay', 'aria-label': 'Payment' },
      countdown,
      el('p', { class: 'order-facts' }, `Order ${order.orderId} · ${items} · ${methodLabel(payment.method)}`),
      ...(isFailed ? payAgain() : goOn()),
      place,
      button('Give up this order', 'give-up', 'quiet', () => cashier.giveUp()),
    ),
    stop: () => clearInterval(ticking),
  };
}

/** Nothing but a page may come from outside into the address bar. @param {string} url */
function isPage(url) {
  return /^https?:\/\//.test(url);
}
