/**
 * The page of one order: its tickets with their QR codes once the order is safe, until then where it stands
 * and how to pay. It asks until nothing can change any more, shows what this browser has kept when the box
 * office cannot be reached, and can be printed.
 */
import { createApi } from './api.js';
import { createConnection } from './connection.js';
import { byId, el } from './dom.js';
import { openKeep } from './keep.js';
import { messageFor } from './messages.js';
import { createNotice } from './notice.js';
import { createPaymentPanel } from './payment-panel.js';
import { priceParts } from './price-parts.js';
import { readSale } from './read-sale.js';
import { createRepeatableWrites } from './repeatable-writes.js';
import { createServerClock } from './server-clock.js';
import { formatDay, formatMoney, plural } from './words.js';

/** A pending order is asked for again after this time, then ever more slowly. */
const PENDING_MS = 700;
const PENDING_MAX_MS = 4_000;

const { saleId = '', orderId = '' } = document.body.dataset;
const keep = openKeep(saleId);
const connection = createConnection(byId('banner'));
const clock = createServerClock();
const api = createApi({ clock, keep: openKeep() });
const writes = createRepeatableWrites({ api, keep, connection });
const path = `/v1/sales/${saleId}/orders/${orderId}`;
const notice = createNotice(byId('notice'));
/** @type {import('./sale-types.js').Order | undefined} */
const kept = keep.read(`order.${orderId}`);
/** @type {Map<string, string>} */
const seatNames = new Map();
/** @type {Map<string, string>} */
const areaNames = new Map();
/** Names of fees and taxes. @type {Pick<import('./sale-types.js').Sale, 'fees' | 'taxes'>} */
let charges = {};
/** @type {string[]} */
let paymentMethods = [];
/** What is shown now, as a panel that must not be built anew while somebody uses it. */
let shown = { state: '', stop: () => {} };
/** Ends a pause between two questions. */
let askNow = () => {};

if (kept?.status === 'confirmed') showTickets(kept);
void nameSeats();
await follow();

async function follow() {
  for (let attempt = 0, failures = 0; ; attempt++) {
    const outcome = await api.request('GET', path);
    if (outcome.kind === 'trouble') {
      await connection.trouble('order', failures++, outcome);
      continue;
    }
    connection.well('order');
    if (outcome.kind === 'refused') {
      // The session is over, the tickets are not: what was kept is as good.
      if (kept?.status === 'confirmed') return;
      const pending = keep.read(`order.${orderId}`);
      if (outcome.code === 'order_unknown' && pending?.status === 'pending') showLost(pending);
      else showRefused(outcome.code);
      return;
    }
    show(outcome.body);
    if (outcome.body.status === 'confirmed' || outcome.body.status === 'cancelled') return;
    await pause(Math.min(PENDING_MAX_MS, PENDING_MS * 1.3 ** attempt));
  }
}

/** @param {number} ms at most @returns {Promise<void>} */
function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
    askNow = resolve;
  });
}

/** @param {import('./sale-types.js').Order} order as the box office has just said */
function show(order) {
  keep.write(`order.${orderId}`, order);
  const { status, waitingFor, payment } = order;
  const state = `${status} ${waitingFor} ${payment?.attempt} ${payment?.deadline} ${paymentMethods.length}`;
  if (state === shown.state) return;
  shown.stop();
  shown = { state, stop: () => {} };
  if (status === 'confirmed') showTickets(order);
  else if (status === 'cancelled' || status === 'expired') showRefused(`order_${status}`);
  else if (waitingFor === 'log' || payment === undefined) showSecuring(order);
  else showPayment(order);
}

/** @param {import('./sale-types.js').Order} order */
function showPayment(order) {
  byId('title').textContent =
    order.status === 'failed' ? 'Your order is not paid for' : 'Your order waits for its payment';
  const panel = createPaymentPanel(order, {
    methods: paymentMethods.length > 0 ? paymentMethods : [order.payment?.method ?? ''],
    clock,
    cashier: {
      pay: beginPayment,
      giveUp,
      trouble: (advice) => notice.show({ title: 'That did not work.', advice }),
      lookAgain: () => askNow(),
    },
  });
  shown.stop = panel.stop;
  byId('order').replaceChildren(panel.element);
}

/** @param {string} method @param {number} attempt */
async function beginPayment(method, attempt) {
  notice.clear();
  const outcome = await writes.send('pay', 'PUT', `${path}/payments/${attempt}`, { method });
  if (outcome.kind === 'refused') {
    notice.show(messageFor(outcome.code));
    askNow();
    return undefined;
  }
  show(outcome.body);
  return /** @type {import('./sale-types.js').Order} */ (outcome.body).payment;
}

async function giveUp() {
  notice.clear();
  const outcome = await writes.send('give-up', 'POST', `${path}/cancel`);
  if (outcome.kind === 'refused') notice.show(messageFor(outcome.code));
  else show(outcome.body);
  askNow();
}

/** Names of seats and areas, once the sale is read; until then what the order itself says. */
async function nameSeats() {
  const answer = await readSale({ api, connection, saleId });
  if (answer.kind !== 'answer') return;
  /** @type {import('./sale-types.js').Sale} */
  const sale = answer.body;
  byId('show-name').textContent = sale.name;
  charges = sale;
  ({ paymentMethods } = sale);
  for (const area of sale.areas) {
    areaNames.set(area.areaId, area.name);
    for (const row of area.rows ?? []) {
      for (const seat of row.seats) seatNames.set(seat.seatId, `Row ${row.rowId}, seat ${seat.label}`);
    }
  }
  /** @type {import('./sale-types.js').Order | undefined} */
  const order = keep.read(`order.${orderId}`);
  if (order?.status === 'confirmed') showTickets(order);
  else askNow();
}

/** @param {import('./sale-types.js').Order} order */
function showTickets(order) {
  document.title = 'Your tickets';
  byId('title').textContent = order.tickets.length === 1 ? 'Here is your ticket' : 'Here are your tickets';
  notice.clear();
  const count = plural(order.tickets.length, 'ticket');
  const parts = priceParts(order, charges);
  byId('order').replaceChildren(
    el(
      'p',
      { class: 'order-facts' },
      `Order ${order.orderId} · ${count} · ${formatMoney(order.total, order.currency)}`,
      order.confirmedAt && ` · bought ${formatDay(order.confirmedAt)}`,
    ),
    ...(parts.length > 0 ? [el('dl', { class: 'parts order-parts' }, ...parts)] : []),
    el('div', { class: 'tickets' }, ...order.tickets.map((ticket, i) => ticketCard(ticket, i, order))),
    el(
      'div',
      { class: 'pair order-actions' },
      el('button', { type: 'button', class: 'primary', onClick: () => window.print() }, 'Print'),
      el('a', { class: 'button', href: `/shows/${saleId}` }, 'Back to the show'),
    ),
    el(
      'p',
      { class: 'hint' },
      'Each code lets one person in. This page stays in this browser; print it or take a ' +
        'picture of the codes to have them everywhere.',
    ),
  );
}

/**
 * @param {import('./sale-types.js').Ticket} ticket
 * @param {number} index
 * @param {import('./sale-types.js').Order} order
 */
function ticketCard(ticket, index, order) {
  const place =
    ticket.seatId === undefined
      ? 'No fixed seat'
      : (seatNames.get(ticket.seatId) ?? ticket.seatLabel ?? '');
  return el(
    'article',
    { class: 'ticket' },
    el(
      'div',
      { class: 'ticket-words' },
      el('span', { class: 'ticket-count' }, `Ticket ${index + 1} of ${order.tickets.length}`),
      el('strong', { class: 'ticket-place' }, place),
      el('span', {}, areaNames.get(ticket.areaId) ?? ticket.areaId),
      el('span', {}, ticket.ticketType),
      el('code', { class: 'ticket-code' }, ticket.code),
    ),
    el('img', {
      class: 'qr',
      src: `/qr/${encodeURIComponent(ticket.code)}.svg`,
      alt: `QR code of ticket ${index + 1}: ${ticket.code}`,
      width: 168,
      height: 168,
    }),
  );
}

/** @param {import('./sale-types.js').Order} order */
function showSecuring(order) {
  byId('title').textContent = 'Your order is being secured';
  byId('order').replaceChildren(
    el(
      'div',
      { class: 'securing', role: 'status' },
      el('div', { class: 'spinner', 'aria-hidden': 'true' }),
      el(
        'p',
        {},
        `${plural(order.items?.length ?? 0, 'ticket is', 'tickets are')} yours. We are writing the order ` +
          'down in a place from which it cannot get lost. This takes a few seconds; ' +
          'the tickets appear here by themselves.',
      ),
      el(
        'p',
        { class: 'hint' },
        'You may close this page and come back: nothing is lost, and nothing is bought twice.',
      ),
    ),
  );
}

/**
 * The box office knew the order and does not any more: it got lost before it was safe, and was never
 * confirmed. Its reservation has come back with the time it had left.
 *
 * @param {import('./sale-types.js').Order} order
 */
function showLost(order) {
  byId('title').textContent = 'Order';
  byId('order').replaceChildren();
  keep.forget(`order.${orderId}`);
  /** @type {string[]} */
  const orderIds = keep.read('orders') ?? [];
  keep.write('orders', orderIds.filter((id) => id !== orderId));
  keep.write('hold', order.holdId);
  notice.show(messageFor('order_lost'), {
    actions: [{ label: 'To the reservation', onClick: () => location.assign(`/shows/${saleId}`) }],
  });
}

/** @param {string} code */
function showRefused(code) {
  byId('title').textContent = 'Order';
  byId('order').replaceChildren();
  notice.show(messageFor(code === 'unauthenticated' ? 'order_unknown' : code), {
    actions: [{ label: 'To the show', onClick: () => location.assign(`/shows/${saleId}`) }],
  });
}
