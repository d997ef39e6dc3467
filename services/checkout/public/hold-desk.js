/**
 * Everything that happens to one reservation between "reserved" and "bought", "given back" or "lapsed": it
 * is kept over reloads, looked up again when its time is over (the server decides, not this clock),
 * extended, released, and made an order. An order under way goes on after a reload with the same key.
 *
 * @typedef {import('./sale-types.js').Hold} Hold
 * @typedef {(seatIds: string[]) => void} ChooseAgain
 * @typedef {{ hold(): Hold | undefined, open(hold: Hold): void, resume(): Promise<boolean> }} HoldDesk
 *   `resume` is true when there is a reservation from before
 */
import { createHoldPanel } from './hold-panel.js';
import { messageFor } from './messages.js';

/** After these the hold is no more. */
const ENDINGS = [
  'hold_expired',
  'hold_released',
  'hold_unknown',
  'hold_ordered',
  'unauthenticated',
  'forbidden',
];

/**
 * @param {{ sale: import('./sale-types.js').Sale, api: import('./api.js').Api, clock:
 *   import('./server-clock.js').ServerClock, connection: import('./connection.js').Connection, keep:
 *   import('./keep.js').Keep, notice: import('./notice.js').Notice, writes:
 *   import('./repeatable-writes.js').RepeatableWrites, nameOf: (seatId: string) => string | undefined }}
 *   parts
 * @param {{ onOpen(hold: Hold, element: HTMLElement): void, onClose(then?: (choose: ChooseAgain) => void):
 *   void }} listener `then` is called when the plan is up to date
 * @returns {HoldDesk}
 */
export function createHoldDesk({ sale, api, clock, connection, keep, notice, writes, nameOf }, listener) {
  const base = `/v1/sales/${sale.saleId}`;
  /** @type {Hold | undefined} */
  let hold;
  /** @type {import('./hold-panel.js').HoldPanel | undefined} */
  let panel;
  let busy = false;

  /** @param {Hold} opened */
  function open(opened) {
    hold = opened;
    keep.write('hold', opened.holdId);
    if (panel === undefined) {
      panel = createHoldPanel(
        { sale, clock, contact: keep.read('contact') ?? { name: '', email: '' }, describe },
        {
          onExtend: () => void extend(),
          onRelease: () => void release(),
          onLapsed: () => void lookAgain(),
          onContact: (contact) => keep.write('contact', contact),
          onConfirm: (contact, method) =>
            void confirm({ holdId: opened.holdId, contact, payment: { method } }),
        },
      );
    }
    panel.setHold(opened);
    listener.onOpen(opened, panel.element);
  }

  /** @param {import('./sale-types.js').HoldItem} item */
  function describe(item) {
    const area = sale.areas.find((one) => one.areaId === item.areaId)?.name ?? item.areaId;
    if (item.seatId === undefined) return area;
    return nameOf(item.seatId) ?? `${area}, ${item.seatLabel ?? item.seatId}`;
  }

  /** @param {string} [code] why, when it was not the buyer's wish */
  function close(code) {
    const seatIds = hold?.items.flatMap((item) => item.seatId ?? []) ?? [];
    panel?.stop();
    panel = undefined;
    hold = undefined;
    keep.forget('hold');
    if (code === undefined) {
      listener.onClose();
      return;
    }
    listener.onClose((choose) => {
      const actions =
        code === 'hold_expired' && seatIds.length > 0
          ? [{ label: 'Choose the same seats', onClick: () => choose(seatIds) }]
          : [];
      notice.show(messageFor(code), { actions });
    });
  }

  async function extend() {
    if (hold === undefined) return;
    const path = `${base}/holds/${hold.holdId}/extend`;
    const outcome = await busyWith('Asking for more time …', () => writes.send('extend', 'POST', path));
    if (outcome.kind === 'refused') tellRefused(outcome.code);
    else if (hold !== undefined) open({ ...hold, ...outcome.body });
  }

  async function release() {
    if (hold === undefined) return;
    const path = `${base}/holds/${hold.holdId}`;
    const outcome = await busyWith('Giving back …', () => writes.send('release', 'DELETE', path));
    if (outcome.kind === 'refused' && !ENDINGS.includes(outcome.code)) tellRefused(outcome.code);
    else close();
  }

  /**
   * @param {{ holdId: string, contact: import('./hold-panel.js').Contact, payment: { method: string } }}
   *   order
   * @returns {Promise<boolean>} true when there is nothing left to do with the hold
   */
  async function confirm(order) {
    const outcome = await busyWith('Buying …', () => writes.send('order', 'POST', `${base}/orders`, order));
    if (outcome.kind === 'answer') {
      keep.write(`order.${outcome.body.orderId}`, outcome.body);
      showOrder(outcome.body.orderId, outcome.body.payment?.redirectUrl);
      return true;
    }
    if (outcome.code === 'hold_ordered' && typeof outcome.problem['orderId'] === 'string') {
      // Another tab was faster: there is an order, and it is this buyer's.
      showOrder(outcome.problem['orderId']);
      return true;
    }
    if (outcome.code === 'request_invalid') panel?.invalid(JSON.stringify(outcome.problem['errors'] ?? ''));
    tellRefused(outcome.code);
    return ENDINGS.includes(outcome.code);
  }

  /**
   * @template T
   * @param {string} what
   * @param {() => Promise<T>} work
   */
  async function busyWith(what, work) {
    busy = true;
    panel?.setBusy(what);
    const result = await work();
    busy = false;
    panel?.setBusy(undefined);
    return result;
  }

  /** @param {string} orderId @param {string} [redirectUrl] the provider's page, which leads back to it */
  function showOrder(orderId, redirectUrl) {
    /** @type {string[]} */
    const orderIds = keep.read('orders') ?? [];
    if (!orderIds.includes(orderId)) keep.write('orders', [...orderIds, orderId]);
    for (const name of ['hold', 'contact', 'choice']) keep.forget(name);
    const page = `/shows/${sale.saleId}/orders/${orderId}`;
    location.assign(redirectUrl !== undefined && /^https?:/.test(redirectUrl) ? redirectUrl : page);
  }

  /** @param {string} code */
  function tellRefused(code) {
    if (ENDINGS.includes(code)) close(code);
    else notice.show(messageFor(code));
  }

  /** What has become of the hold, by the server. */
  async function lookAgain() {
    const holdId = hold?.holdId ?? keep.read('hold');
    if (holdId === undefined) return;
    for (let attempt = 0; ; attempt++) {
      const outcome = await api.request('GET', `${base}/holds/${holdId}`);
      if (outcome.kind === 'trouble') {
        await connection.trouble('hold', attempt, outcome);
        continue;
      }
      connection.well('hold');
      if (outcome.kind === 'refused') close(outcome.code);
      else if ((outcome.body.status ?? 'live') === 'live') open(outcome.body);
      else {
        // Known items make "choose the same seats" possible after a reload as well.
        hold = outcome.body;
        close(`hold_${outcome.body.status}`);
      }
      return;
    }
  }

  async function resume() {
    if (keep.read('hold') === undefined) return false;
    const order = writes.pending('order');
    if (order !== undefined && order.body?.holdId === keep.read('hold')) {
      // The answer to "buy" never came: ask for it with the same key before anything else.
      notice.show(
        { title: 'Finishing your order …', advice: 'The page was left before the answer came.' },
        { tone: 'calm' },
      );
      if (await confirm(order.body)) return true;
    }
    await lookAgain();
    return true;
  }

  // Another tab of the same buyer has reserved, bought or given back.
  window.addEventListener('storage', (event) => {
    if (event.key === `onsale.${sale.saleId}.hold` && event.newValue !== event.oldValue) location.reload();
  });
  // A phone that slept: its timers did not run.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && hold !== undefined && !busy) void lookAgain();
  });

  return { hold: () => hold, open, resume };
}
