/**
 * The plan with everything around it: legend with prices and free counts, zoom buttons, what is under the
 * pointer, and the list. It knows which seats are free; who chooses what is the page's business (`onPick`).
 *
 * @typedef {import('./sale-types.js').Sale} Sale
 * @typedef {import('./plan-geometry.js').PlanSeat} PlanSeat
 * @typedef {{ element: HTMLElement, setStates(states: import('./sale-types.js').SeatStates): void,
 *   setMine(seatIds: string[]): void, setLocked(locked: boolean): void, isFree(seatId: string): boolean,
 *   nameOf(seatId: string): string | undefined, isForSome(seatId: string): boolean, refresh(): void }}
 *   PlanView isFree: for this buyer; isForSome: an accessible place or beside one; refresh: the wishes have
 *   changed
 */
import { el } from './dom.js';
import { createPlanCamera } from './plan-camera.js';
import { createPlanGeometry } from './plan-geometry.js';
import { isOpen, lookOf, stateWords } from './seat-access.js';
import { createSeatList } from './seat-list.js';
import { createSeatPlan } from './seat-plan.js';
import { formatMoney } from './words.js';

/** A finger needs this many pixels per seat; where seats are smaller, the first tap comes nearer. */
const TAP_PIXELS_MIN = 17;
const CLICK_PIXELS_MIN = 7;

/**
 * @param {Sale} sale
 * @param {() => import('./seat-access.js').Wishes} wishes
 * @param {(seat: PlanSeat) => void} onPick a free seat, or one that is mine
 * @returns {PlanView | undefined} undefined when the sale has no seats
 */
export function createPlanView(sale, wishes, onPick) {
  const geometry = createPlanGeometry(sale);
  if (geometry === undefined) return undefined;
  /** @type {Map<string, string>} */
  const statesByArea = new Map();
  /** @type {Set<string>} */
  let mine = new Set();
  let locked = false;

  const stateOf = (/** @type {PlanSeat} */ seat) =>
    statesByArea.get(geometry.areas[seat.areaIndex]?.areaId ?? '')?.[seat.indexInArea] ?? 's';
  const isOpenNow = (/** @type {PlanSeat} */ seat) => isOpen(stateOf(seat), wishes());
  const isMine = (/** @type {PlanSeat} */ seat) => mine.has(seat.seatId);
  const name = (/** @type {PlanSeat} */ seat) =>
    `${geometry.areas[seat.areaIndex]?.name ?? ''}, row ${seat.rowId}, seat ${seat.label}`;

  /** @param {PlanSeat} seat */
  function describe(seat) {
    const category = sale.categories[seat.categoryIndex];
    const priceMinor = Object.values(category?.prices ?? {})[0] ?? 0;
    const state = isMine(seat) ? 'yours' : stateWords(stateOf(seat), wishes());
    return `${name(seat)}, ${category?.name ?? ''}, ${formatMoney(priceMinor, sale.currency)}, ${state}`;
  }

  /** @param {PlanSeat} seat */
  function pick(seat) {
    if (!locked && (isMine(seat) || isOpenNow(seat))) onPick(seat);
  }

  const plan = createSeatPlan(
    geometry,
    sale.categories.length,
    `Seating plan of ${sale.name}. The same seats are in the list below the plan.`,
  );
  const camera = createPlanCamera(plan.svg, geometry.box, geometry.pitch, (box, pixelsPerUnit) =>
    plan.labelSeats(box, pixelsPerUnit),
  );
  const list = createSeatList(geometry, { describe, isOpen: isOpenNow, isChosen: isMine, onPick: pick });
  const legend = createLegend(sale, geometry, (seat) => lookOf(stateOf(seat), wishes()));
  const tip = el(
    'div',
    { class: 'tip', 'aria-hidden': 'true' },
    window.matchMedia('(hover: none)').matches
      ? 'Tap to come nearer, then tap seats to choose them.'
      : 'Point at a seat to see what it is.',
  );
  // As tall as the plan needs at full width; the style sheet has the last word.
  plan.svg.style.setProperty('--shape', String(geometry.box.width / geometry.box.height));

  /** @type {PlanSeat | undefined} */
  let pointed;
  const tellPointed = () => {
    if (pointed !== undefined) tip.textContent = describe(pointed);
  };
  /** @param {PlanSeat} seat */
  function pointAt(seat) {
    pointed = seat;
    tellPointed();
  }

  function refresh() {
    const now = wishes();
    for (const [areaId, states] of statesByArea) {
      plan.setLooks(areaId, [...states].map((state) => lookOf(state, now)).join(''));
    }
    legend.refresh();
    list.refresh();
    tellPointed();
  }

  /** One's own seat, or the one nearest to the middle: an arena has nothing there. */
  function focus() {
    const view = camera.box();
    const middle = { x: view.x + view.width / 2, y: view.y + view.height / 2 };
    const seats =
      mine.size > 0
        ? [...mine].flatMap((seatId) => geometry?.seatById.get(seatId) ?? [])
        : (geometry?.areas.flatMap((area) => area.seats) ?? []);
    const far = (/** @type {{ x: number, y: number }} */ seat) =>
      Math.hypot(seat.x - middle.x, seat.y - middle.y);
    return seats.reduce((best, seat) => (far(seat) < far(best) ? seat : best), seats[0] ?? middle);
  }

  plan.svg.addEventListener('pointermove', (event) => {
    if (event.pointerType !== 'mouse') return;
    const { x, y } = camera.toPlan(event);
    const seat = geometry.nearest(x, y, geometry.pitch * 0.6);
    plan.setHover(seat);
    plan.svg.classList.toggle(
      'pickable',
      seat !== undefined && !locked && (isMine(seat) || isOpenNow(seat)),
    );
    if (seat !== undefined) pointAt(seat);
  });
  plan.svg.addEventListener('pointerleave', () => plan.setHover(undefined));
  plan.svg.addEventListener('click', (event) => {
    if (camera.dragged()) return;
    const { x, y } = camera.toPlan(event);
    const seatPixels = geometry.pitch * camera.pixelsPerUnit();
    const isMouse = event instanceof PointerEvent && event.pointerType === 'mouse';
    if (seatPixels < (isMouse ? CLICK_PIXELS_MIN : TAP_PIXELS_MIN)) {
      camera.zoomBy((isMouse ? 18 : 26) / seatPixels, x, y);
      return;
    }
    const seat = geometry.nearest(x, y, geometry.pitch * 0.7);
    if (seat === undefined) return;
    pointAt(seat);
    pick(seat);
  });

  return {
    element: el(
      'section',
      { class: 'plan-box', 'aria-label': 'Seats' },
      legend.element,
      plan.svg,
      el('div', { class: 'plan-bar' }, tip, zoomButtons(camera, focus)),
      list.element,
    ),
    setStates({ areas }) {
      for (const { areaId, states } of areas) statesByArea.set(areaId, states);
      refresh();
    },
    refresh,
    setMine(seatIds) {
      mine = new Set(seatIds);
      plan.setMarked(seatIds);
      list.refresh();
      tellPointed();
    },
    setLocked(isLocked) {
      locked = isLocked;
      list.element.hidden = isLocked;
    },
    isFree(seatId) {
      const seat = geometry.seatById.get(seatId);
      return seat !== undefined && isOpenNow(seat);
    },
    isForSome: (seatId) => geometry.seatById.get(seatId)?.isForSome ?? false,
    nameOf(seatId) {
      const seat = geometry.seatById.get(seatId);
      return seat === undefined ? undefined : name(seat);
    },
  };
}

/**
 * @param {import('./plan-camera.js').PlanCamera} camera
 * @param {() => { x: number, y: number }} focus what should stay in view
 */
function zoomButtons(camera, focus) {
  const button = (
    /** @type {string} */ sign,
    /** @type {string} */ label,
    /** @type {() => void} */ onClick,
  ) => el('button', { type: 'button', 'aria-label': label, title: label, onClick }, sign);
  const nearer = () => {
    const { x, y } = focus();
    camera.zoomBy(1.6, x, y);
  };
  return el(
    'div',
    { class: 'zoom' },
    button('+', 'Come nearer', nearer),
    button('−', 'Go further away', () => camera.zoomBy(1 / 1.6)),
    button('⤢', 'Show the whole plan', () => camera.showAll()),
  );
}

/**
 * @param {Sale} sale
 * @param {import('./plan-geometry.js').PlanGeometry} geometry
 * @param {(seat: PlanSeat) => string} lookOfSeat
 */
function createLegend(sale, geometry, lookOfSeat) {
  const seats = geometry.areas.flatMap((area) => area.seats);
  const used = new Set(seats.map((seat) => seat.categoryIndex));
  const entries = sale.categories.map((category, i) => ({ category, i })).filter(({ i }) => used.has(i));
  const counts = entries.map(() => el('span', { class: 'legend-free' }));
  const sometimes = Object.entries({ b: 'not available', w: 'wheelchair place', c: 'beside one' }).map(
    ([look, words]) => {
      const dot = el('span', { class: `dot look-${look}` });
      return { look, entry: el('li', { class: 'legend-state', hidden: true }, dot, words) };
    },
  );
  const element = el(
    'ul',
    { class: 'legend', 'aria-label': 'Categories' },
    ...entries.map(({ category, i }, nth) =>
      el(
        'li',
        {},
        el('span', { class: `dot category-${i % 8}` }),
        el('span', { class: 'legend-name' }, category.name),
        el('span', { class: 'legend-price' }, priceRange(category.prices, sale.currency)),
        counts[nth],
      ),
    ),
    el('li', { class: 'legend-state' }, el('span', { class: 'dot held' }), 'being bought'),
    el('li', { class: 'legend-state' }, el('span', { class: 'dot sold' }), 'sold'),
    ...sometimes.map(({ entry }) => entry),
  );
  return {
    element,
    refresh() {
      const free = sale.categories.map(() => 0);
      const looks = new Set();
      for (const seat of seats) {
        const look = lookOfSeat(seat);
        looks.add(look);
        if ('0wc'.includes(look)) free[seat.categoryIndex] = (free[seat.categoryIndex] ?? 0) + 1;
      }
      for (const { look, entry } of sometimes) entry.hidden = !looks.has(look);
      entries.forEach(({ i }, nth) => {
        const count = counts[nth];
        if (count) count.textContent = free[i] === 0 ? 'none free' : `${free[i]} free`;
      });
    },
  };
}

/** @param {Record<string, number>} prices @param {string} currency */
function priceRange(prices, currency) {
  const sorted = Object.values(prices).sort((a, b) => b - a);
  const [highest = 0, lowest = highest] = [sorted[0], sorted.at(-1)];
  return highest === lowest
    ? formatMoney(highest, currency)
    : `${formatMoney(lowest, currency)} – ${formatMoney(highest, currency)}`;
}
