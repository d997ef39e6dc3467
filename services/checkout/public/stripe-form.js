/**
 * Stripe's own form in our page. What is typed into it is seen by Stripe alone: it lives in frames of theirs,
 * and our page gets to know only whether it was sent. Whether it was paid, the box office says.
 */
import { el } from './dom.js';

/**
 * The part of Stripe.js (docs.stripe.com/js) that is used here.
 *
 * @typedef {{ mount(place: HTMLElement): void }} StripeElement
 * @typedef {{ create(type: 'payment'): StripeElement }} StripeElements
 * @typedef {{ elements(options: { clientSecret: string, appearance?: object }): StripeElements,
 *   confirmPayment(options: { elements: StripeElements, confirmParams: { return_url: string }, redirect:
 *   'if_required' }): Promise<{ error?: { message?: string } }> }} StripeJs
 */

/** @type {Promise<StripeJs> | undefined} */
let loading;

/**
 * @param {{ clientSecret: string, returnUrl: string }} payment
 * @returns {Promise<{ element: HTMLElement, pay(): Promise<string | undefined> }>} `pay` returns what Stripe
 *   says when it was not sent
 * @throws when Stripe cannot be reached, or this shop has not been told who it is there
 */
export async function createStripeForm({ clientSecret, returnUrl }) {
  const stripe = await loadStripe();
  const elements = stripe.elements({ clientSecret });
  const element = el('div', { class: 'stripe-form' });
  elements.create('payment').mount(element);
  return {
    element,
    async pay() {
      const { error } = await stripe.confirmPayment({
        elements,
        confirmParams: { return_url: returnUrl },
        redirect: 'if_required',
      });
      return error === undefined ? undefined : (error.message ?? 'The payment could not be sent.');
    },
  };
}

/** Its script, once per page, from the address that the shell names: Stripe forbids to keep a copy of it. */
function loadStripe() {
  const { stripeKey, stripeJs } = document.body.dataset;
  if (stripeKey === undefined || stripeJs === undefined) throw new Error('no key of Stripe is configured');
  loading ??= new Promise((resolve, reject) => {
    const script = el('script', {
      src: stripeJs,
      onLoad: () => resolve(/** @type {any} */ (window).Stripe(stripeKey)),
      onError: () => {
        loading = undefined;
        script.remove();
        reject(new Error('Stripe cannot be reached'));
      },
    });
    document.head.append(script);
  });
  return loading;
}
