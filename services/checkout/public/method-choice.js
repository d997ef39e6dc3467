/**
 * The ways to pay that a show offers, as a choice; what is said of each is the same wherever it is named.
 *
 * @typedef {{ element: HTMLElement, value(): string }} MethodChoice
 */
import { el } from './dom.js';

/** @type {Record<string, { label: string, hint: string }>} */
const METHODS = {
  free: { label: 'Nothing to pay now', hint: 'No payment is taken online for this show.' },
  sandbox: { label: 'Pay online', hint: 'You are taken to the page of the payment provider and back.' },
  stripe: { label: 'Card, wallet or bank', hint: 'You pay on the next page; Stripe handles the payment.' },
  handover: { label: 'Other ways to pay', hint: 'You are taken to our other checkout and back.' },
  offline: { label: 'At the box office', hint: 'Your tickets are kept for you: pay there in time.' },
};

/** @param {string} method */
export function methodLabel(method) {
  return METHODS[method]?.label ?? method;
}

/**
 * @param {string[]} methods
 * @param {string} [chosen] to begin with; the first one if it is none of them
 * @returns {MethodChoice}
 */
export function createMethodChoice(methods, chosen) {
  const [only = 'free'] = methods;
  if (methods.length < 2) {
    const words = METHODS[only]?.hint ?? `Payment: ${only}`;
    return { element: el('p', { class: 'hint' }, words), value: () => only };
  }
  const first = chosen !== undefined && methods.includes(chosen) ? chosen : only;
  const inputs = methods.map((method) =>
    el('input', { type: 'radio', name: 'payment', value: method, checked: method === first }),
  );
  const rows = inputs.map((input) =>
    el(
      'label',
      { class: 'method' },
      input,
      el(
        'span',
        {},
        el('strong', {}, methodLabel(input.value)),
        el('span', { class: 'hint' }, METHODS[input.value]?.hint ?? ''),
      ),
    ),
  );
  return {
    element: el(
      'fieldset',
      { class: 'methods' },
      el('legend', {}, 'How would you like to pay?'),
      ...rows,
    ),
    value: () => inputs.find((input) => input.checked)?.value ?? first,
  };
}
