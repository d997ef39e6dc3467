/**
 * Zoom and pan of a plan: the part of the plane that the SVG's viewBox shows. Wheel, pinch, drag, the
 * buttons, and + − 0 and the arrow keys. While the whole plan is in view a finger scrolls the page, as one
 * expects; from there on it moves the plan.
 *
 * @typedef {import('./plan-geometry.js').Box} Box
 * @typedef {{ zoomBy(factor: number, x?: number, y?: number): void, showAll(): void, pixelsPerUnit():
 *   number, toPlan(event: { clientX: number, clientY: number }): { x: number, y: number }, box(): Box,
 *   dragged(): boolean }} PlanCamera `dragged`: the pointer that was just lifted has moved the plan
 */

const DRAG_FROM_PIXELS = 6;
/** Nearest view: this many pixels per seat. */
const SEAT_PIXELS_MAX = 56;

/**
 * @param {SVGSVGElement} svg
 * @param {Box} whole
 * @param {number} pitch
 * @param {(box: Box, pixelsPerUnit: number) => void} onMove called once per frame at most
 * @returns {PlanCamera}
 */
export function createPlanCamera(svg, whole, pitch, onMove) {
  const middle = { x: whole.x + whole.width / 2, y: whole.y + whole.height / 2 };
  let zoom = 1;
  let frame = 0;
  let wasDragged = false;
  /** @type {Map<number, { clientX: number, clientY: number }>} */
  const pointers = new Map();
  let pressed = { clientX: 0, clientY: 0 };

  const fitted = () => Math.min(svg.clientWidth / whole.width, svg.clientHeight / whole.height) || 1;
  const pixelsPerUnit = () => fitted() * zoom;
  const zoomMax = () => Math.max(1, SEAT_PIXELS_MAX / (pitch * fitted()));

  /** @returns {Box} */
  function box() {
    const width = svg.clientWidth / pixelsPerUnit();
    const height = svg.clientHeight / pixelsPerUnit();
    return { x: middle.x - width / 2, y: middle.y - height / 2, width, height };
  }

  function move() {
    zoom = Math.min(Math.max(1, zoom), zoomMax());
    const reachX = Math.max(0, (whole.width - svg.clientWidth / pixelsPerUnit()) / 2);
    const reachY = Math.max(0, (whole.height - svg.clientHeight / pixelsPerUnit()) / 2);
    middle.x = clamp(middle.x, whole.x + whole.width / 2, reachX);
    middle.y = clamp(middle.y, whole.y + whole.height / 2, reachY);
    svg.classList.toggle('zoomed', zoom > 1.01);
    if (frame !== 0) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      const { x, y, width, height } = box();
      if (width === 0 || height === 0) return;
      svg.setAttribute('viewBox', `${x} ${y} ${width} ${height}`);
      onMove({ x, y, width, height }, pixelsPerUnit());
    });
  }

  /** @param {{ clientX: number, clientY: number }} event */
  function toPlan({ clientX, clientY }) {
    const frameBox = svg.getBoundingClientRect();
    const view = box();
    return {
      x: view.x + (clientX - frameBox.left - svg.clientLeft) / pixelsPerUnit(),
      y: view.y + (clientY - frameBox.top - svg.clientTop) / pixelsPerUnit(),
    };
  }

  /** @param {number} factor @param {number} x @param {number} y the point that stays where it is */
  function zoomBy(factor, x = middle.x, y = middle.y) {
    const before = zoom;
    zoom = Math.min(Math.max(1, zoom * factor), zoomMax());
    middle.x = x + (middle.x - x) * (before / zoom);
    middle.y = y + (middle.y - y) * (before / zoom);
    move();
  }

  function showAll() {
    zoom = 1;
    move();
  }

  svg.addEventListener(
    'wheel',
    (event) => {
      const factor = Math.exp(-event.deltaY / 300);
      // Nothing left to zoom out: let the page scroll.
      if (factor < 1 && zoom <= 1) return;
      event.preventDefault();
      const { x, y } = toPlan(event);
      zoomBy(factor, x, y);
    },
    { passive: false },
  );

  svg.addEventListener('pointerdown', (event) => {
    pointers.set(event.pointerId, event);
    pressed = event;
    if (pointers.size === 1) wasDragged = false;
  });
  svg.addEventListener('pointermove', (event) => {
    const before = pointers.get(event.pointerId);
    if (before === undefined) return;
    const far =
      Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) > DRAG_FROM_PIXELS;
    if (!wasDragged && far) {
      wasDragged = true;
      svg.setPointerCapture(event.pointerId);
    }
    if (wasDragged) followPointers(before, event);
    pointers.set(event.pointerId, event);
  });
  for (const type of /** @type {const} */ (['pointerup', 'pointercancel', 'pointerleave'])) {
    svg.addEventListener(type, (event) => pointers.delete(event.pointerId));
  }

  /**
   * One pointer drags; two pinch: the plan grows as their distance does, about the one that stands.
   * @param {{ clientX: number, clientY: number }} before
   * @param {PointerEvent} event
   */
  function followPointers(before, event) {
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) {
      middle.x -= (event.clientX - before.clientX) / pixelsPerUnit();
      middle.y -= (event.clientY - before.clientY) / pixelsPerUnit();
      move();
      return;
    }
    const was = Math.hypot(before.clientX - other.clientX, before.clientY - other.clientY);
    const is = Math.hypot(event.clientX - other.clientX, event.clientY - other.clientY);
    const { x, y } = toPlan(other);
    if (was > 0) zoomBy(is / was, x, y);
  }

  svg.addEventListener('keydown', (event) => {
    const step = svg.clientWidth / pixelsPerUnit() / 6;
    /** @type {Record<string, () => void>} */
    const keys = {
      '+': () => zoomBy(1.5),
      '=': () => zoomBy(1.5),
      '-': () => zoomBy(1 / 1.5),
      0: showAll,
      ArrowLeft: () => {
        middle.x -= step;
        move();
      },
      ArrowRight: () => {
        middle.x += step;
        move();
      },
      ArrowUp: () => {
        middle.y -= step;
        move();
      },
      ArrowDown: () => {
        middle.y += step;
        move();
      },
    };
    const action = keys[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    action();
  });
  new ResizeObserver(move).observe(svg);

  return { zoomBy, showAll, pixelsPerUnit, toPlan, box, dragged: () => wasDragged };
}

/** @param {number} value @param {number} centre @param {number} reach */
function clamp(value, centre, reach) {
  return Math.min(Math.max(value, centre - reach), centre + reach);
}
