/**
 * The page of one show: choose, reserve, say who, buy. It holds the few facts of where the buyer stands and
 * hands them to the parts; the server decides everything. A reload at any moment comes back to the same
 * place: the choice, the hold and an unanswered write are kept (keep.js).
 */
import { createApi } from './api.js';
import { availableTo } from './available-to.js';
import { createChoice } from './choice.js';
import { createChoicePanel } from './choice-panel.js';
import { claimHold } from './claim-hold.js';
import { createConnection } from './connection.js';
import { byId, el } from './dom.js';
import { createHoldDesk } from './hold-desk.js';
import { holdRequest } from './hold-request.js';
import { openKeep } from './keep.js';
import { messageFor } from './messages.js';
import { createNotice } from './notice.js';
import { createPlanView } from './plan-view.js';
import { readSale } from './read-sale.js';
import { refusalDetail } from './refusal-detail.js';
import { createRepeatableWrites } from './repeatable-writes.js';
import { createSaleStrip } from './sale-strip.js';
import { createSaleWatch } from './sale-watch.js';
import { createServerClock } from './server-clock.js';
import { createWishesForm } from './wishes-form.js';
import { limitWords } from './words.js';

const saleId = document.body.dataset['saleId'] ?? '';
const clock = createServerClock();
const keep = openKeep(saleId);
const connection = createConnection(byId('banner'));
const api = createApi({ clock, keep: openKeep() });
const writes = createRepeatableWrites({ api, keep, connection });
const notice = createNotice(byId('notice'));

const answer = await readSale({ api, connection, saleId });
if (answer.kind === 'answer') openShow(answer.body);
else
  notice.show(messageFor(answer.code), {
    actions: [{ label: 'All shows', onClick: () => location.assign('/') }],
  });

/** @param {import('./sale-types.js').Sale} sale */
function openShow(sale) {
  byId('title').textContent = sale.name;
  document.title = `${sale.name} – tickets`;
  // Until the writes of an earlier page are answered, a seat that looks taken may be the buyer's own.
  let reserving = true;

  /** @type {import('./sale-types.js').Availability | undefined} */
  let availability;
  /** @type {import('./sale-types.js').SeatStates | undefined} */
  let seats;

  const choice = createChoice(sale, keep, showChoice);
  const form = createWishesForm({ sale, keep }, showWishes);
  const plan = createPlanView(sale, form.wishes, pickSeat);
  const isForSome = (/** @type {string} */ seatId) => plan?.isForSome(seatId) ?? false;
  const nameOf = (/** @type {string} */ seatId) => plan?.nameOf(seatId);
  const panel = createChoicePanel({
    sale,
    choice,
    wishesElement: form.element,
    nameOf,
    onReserve: (items) => void reserve(holdRequest(items, form.wishes(), isForSome)),
  });
  const strip = createSaleStrip({ sale, clock, place: byId('sale-strip') }, (reason) =>
    panel.setClosed(reason),
  );
  const watch = createSaleWatch(
    { api, connection, saleId, hasSeats: plan !== undefined },
    {
      onAvailability(newest) {
        availability = newest;
        showAvailability();
      },
      onSeats(states) {
        seats = states;
        plan?.setStates(states);
        showAvailability();
        if (!reserving && desk.hold() === undefined) dropTaken();
      },
    },
  );
  const desk = createHoldDesk(
    { sale, api, clock, connection, keep, notice, writes, nameOf },
    {
      onOpen(hold, element) {
        choice.clear();
        showStage('held', element);
        byId('title').scrollIntoView({ block: 'nearest' });
        plan?.setLocked(true);
        plan?.setMine(hold.items.flatMap((item) => item.seatId ?? []));
      },
      onClose(again) {
        showStage('choose', panel.element);
        plan?.setLocked(false);
        showChoice();
        void watch.refresh().then(() => again?.((seatIds) => void chooseAgain(seatIds)));
      },
    },
  );

  function showAvailability() {
    if (availability === undefined) return;
    const wishes = form.wishes();
    // Not sold out as long as somebody who needs an accessible place can have one.
    strip.setAvailability(availableTo(sale, availability, { ...wishes, accessible: true }, seats));
    panel.setAvailability(availableTo(sale, availability, wishes, seats));
  }

  /** Seats that the buyer may not choose any more, since the buyer said so, go without a word. */
  function showWishes() {
    plan?.refresh();
    if (!reserving && desk.hold() === undefined) choice.dropSeats((seatId) => plan?.isFree(seatId) === false);
    showAvailability();
  }

  function showChoice() {
    panel.refresh();
    if (desk.hold() === undefined) plan?.setMine(choice.seatIds());
  }

  /** @param {import('./plan-geometry.js').PlanSeat} seat */
  function pickSeat(seat) {
    if (choice.toggleSeat(seat.seatId) === 'limit') {
      notice.show(
        {
          title: limitWords(sale.buyerLimit, choice.limit),
          advice: 'Remove one first if you would rather have this one.',
        },
        { tone: 'calm' },
      );
    }
  }

  /** Seats of the choice that others have now; the buyer is told which. */
  function dropTaken() {
    const names = choice
      .dropSeats((seatId) => plan?.isFree(seatId) === false)
      .map((seatId) => nameOf(seatId) ?? seatId);
    if (names.length === 0) return;
    notice.show(messageFor('seats_taken'), {
      detail: el('p', { class: 'gone' }, `Gone: ${names.join('; ')}.`),
    });
  }

  /** @param {string[]} seatIds those that are still free are chosen */
  async function chooseAgain(seatIds) {
    // What has just lapsed is given back within a second, not at once.
    for (let attempt = 0; attempt < 4; attempt++) {
      await watch.refresh();
      if (seatIds.every((seatId) => plan?.isFree(seatId))) break;
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    const free = seatIds.filter((seatId) => plan?.isFree(seatId) && !choice.hasSeat(seatId));
    for (const seatId of free) choice.toggleSeat(seatId);
    if (free.length === seatIds.length) notice.clear();
    else if (free.length === 0)
      notice.show({ title: 'These seats are gone.', advice: 'Please choose others.' });
    else {
      notice.show(
        {
          title: `${free.length} of ${seatIds.length} seats are still free.`,
          advice: 'They are chosen again.',
        },
        { tone: 'calm' },
      );
    }
  }

  /** @param {import('./hold-request.js').HoldRequest} request */
  async function reserve(request) {
    // A session that ends before the hold may would lose it: better a new one now.
    if (api.sessionEndsBefore(clock.now() + (sale.holdSecondsMax + 600) * 1000)) api.forgetSession();
    reserving = true;
    panel.setBusy(true);
    notice.clear();
    const outcome = await claimHold({
      send: () => writes.send('hold', 'POST', `/v1/sales/${saleId}/holds`, request),
      opensAt: sale.opensAt,
      now: clock.now,
    });
    if (outcome.kind === 'answer') desk.open(outcome.body);
    else await tellRefused(outcome);
    reserving = false;
    panel.setBusy(false);
  }

  /** @param {import('./api.js').Refused} refused */
  async function tellRefused({ code, problem }) {
    const detail = refusalDetail(code, problem, { nameOf, isForSome });
    notice.show(messageFor(code), { detail: detail !== undefined && el('p', {}, detail) });
    if (code !== 'seats_taken') return;
    await watch.refresh();
    const taken = new Set(Array.isArray(problem['seatIds']) ? problem['seatIds'] : []);
    const gone = choice.dropSeats((seatId) => taken.has(seatId) || plan?.isFree(seatId) === false);
    if (gone.length === 0) return;
    const names = gone.map((seatId) => nameOf(seatId) ?? seatId).join('; ');
    notice.show(messageFor(code), { detail: el('p', { class: 'gone' }, `Gone: ${names}.`) });
  }

  watch.start();
  showStage('choose', panel.element);
  if (plan !== undefined) byId('plan-place').append(plan.element);
  else byId('columns').classList.add('no-plan');
  showChoice();
  showOrders();
  byId('loading').remove();
  byId('columns').hidden = false;
  void resume();

  /** Back to where the buyer was before the page was loaded. */
  async function resume() {
    const resumed = await desk.resume();
    reserving = false;
    if (resumed) return;
    const lost = writes.pending('hold');
    if (lost === undefined) return;
    // Older than a hold lives, it is no longer what the buyer expects to happen.
    if (Date.now() - lost.startedAtMs > sale.holdSeconds * 1000) writes.drop('hold');
    else await reserve(lost.body);
  }

  function showOrders() {
    /** @type {string[]} */
    const orderIds = keep.read('orders') ?? [];
    if (orderIds.length === 0) return;
    byId('orders').replaceChildren(
      'Your orders: ',
      ...orderIds
        .flatMap((orderId, i) => [
          i > 0 && ', ',
          el('a', { href: `/shows/${saleId}/orders/${orderId}` }, `order ${i + 1}`),
        ])
        .filter((child) => child !== false),
    );
    byId('orders').hidden = false;
  }
}

/**
 * @param {'choose' | 'held'} stage
 * @param {HTMLElement} element
 */
function showStage(stage, element) {
  document.body.dataset['stage'] = stage;
  byId('side').replaceChildren(element);
  for (const step of document.querySelectorAll('.steps li')) {
    if (step.getAttribute('data-step') === stage) step.setAttribute('aria-current', 'step');
    else step.removeAttribute('aria-current');
  }
}
