/**
 * Draws the plan as SVG. Not one element per seat: each area has one path per look (free in a category,
 * held, sold, not on sale, and rings around accessible places and the seats beside them),
 * in which a seat is a line of no length with a round end, so that 20,000 seats are some 200 elements, and a
 * change redraws the paths of its area only. What differs in meaning differs in size and shape as well as in
 * colour.
 *
 * @typedef {import('./plan-geometry.js').PlanGeometry} PlanGeometry
 * @typedef {import('./plan-geometry.js').PlanSeat} PlanSeat
 * @typedef {{ svg: SVGSVGElement, setLooks(areaId: string, looks: string): void, setMarked(seatIds:
 *   Iterable<string>): void, setHover(seat: PlanSeat | undefined): void, labelSeats(box:
 *   import('./plan-geometry.js').Box, pixelsPerUnit: number): void }} SeatPlan
 */
import { svgEl } from './dom.js';

/**
 * Below these sizes nobody could read the names of rows (pixels per seat), the numbers of seats (per dot).
 */
const ROW_NAMES_FROM_PIXELS = 11;
const NUMBERS_FROM_PIXELS = 18;
/** So many areas have room for their names above them; more get them in their middle. */
const AREAS_NAMED_ABOVE = 6;
const LABELS_MAX = 900;

/**
 * @param {PlanGeometry} geometry
 * @param {number} categoryCount
 * @param {string} description said to those who do not see the plan
 * @returns {SeatPlan}
 */
export function createSeatPlan(geometry, categoryCount, description) {
  const areas = geometry.areas.map((area) => drawArea(area, geometry.radius, categoryCount));
  const areaNames = svgEl('g', { class: 'area-names' }, ...areaLabels(geometry));
  const marks = svgEl('g', { class: 'marks' });
  const numbers = svgEl('g', { class: 'seat-numbers' });
  const hover = svgEl('circle', { class: 'hover', r: geometry.radius * 1.25, visibility: 'hidden' });
  const svg = svgEl(
    'svg',
    { class: 'plan', role: 'img', 'aria-label': description, tabindex: 0 },
    svgEl('g', {}, ...areas.map((area) => area.group)),
    rowLabels(geometry),
    numbers,
    marks,
    hover,
    areaNames,
  );
  // What is in view, for the numbers to follow when a seat is taken.
  let view = { box: geometry.box, pixelsPerUnit: 0 };

  /** Numbers stand in free seats only: the dots of others are too small for them. */
  function drawNumbers() {
    const isNear = geometry.radius * 2 * view.pixelsPerUnit >= NUMBERS_FROM_PIXELS;
    const seats = isNear ? geometry.inBox(view.box) : [];
    const shown =
      seats.length > LABELS_MAX ? [] : seats.filter((seat) => areas[seat.areaIndex]?.isFree(seat));
    numbers.replaceChildren(
      ...shown.map(({ x, y, label }) => {
        const place = { x, y: y + geometry.radius * 0.32, 'font-size': geometry.radius * 0.9 };
        return svgEl('text', place, label);
      }),
    );
  }

  const areaIndexById = new Map(geometry.areas.map((area, i) => [area.areaId, i]));
  return {
    svg,
    setLooks(areaId, looks) {
      if (areas[areaIndexById.get(areaId) ?? -1]?.setLooks(looks)) drawNumbers();
    },
    setMarked(seatIds) {
      const shown = [...seatIds]
        .map((seatId) => geometry.seatById.get(seatId))
        .filter((seat) => seat !== undefined);
      marks.replaceChildren(...shown.map((seat) => drawMark(seat, geometry.radius)));
    },
    setHover(seat) {
      hover.setAttribute('visibility', seat === undefined ? 'hidden' : 'visible');
      if (seat === undefined) return;
      hover.setAttribute('cx', String(seat.x));
      hover.setAttribute('cy', String(seat.y));
    },
    labelSeats(box, pixelsPerUnit) {
      svg.classList.toggle('far', geometry.pitch * pixelsPerUnit < ROW_NAMES_FROM_PIXELS);
      svg.classList.toggle('near', geometry.radius * 2 * pixelsPerUnit >= NUMBERS_FROM_PIXELS);
      view = { box, pixelsPerUnit };
      drawNumbers();
    },
  };
}

/**
 * @param {import('./plan-geometry.js').PlanArea} area
 * @param {number} radius
 * @param {number} categoryCount
 */
function drawArea({ seats }, radius, categoryCount) {
  const free = Array.from({ length: categoryCount }, (_, i) =>
    svgEl('path', {
      class: `seat free category-${i % 8}`,
      'stroke-width': radius * 2,
    }),
  );
  const held = svgEl('path', { class: 'seat held', 'stroke-width': radius * 1.5 });
  const sold = svgEl('path', { class: 'seat sold', 'stroke-width': radius });
  const off = svgEl('path', { class: 'seat off', 'stroke-width': radius * 0.5 });
  // As wide as two neighbours leave room for.
  const rings = {
    w: svgEl('path', { class: 'seat ring-w', 'stroke-width': radius * 2.38 }),
    c: svgEl('path', { class: 'seat ring-c', 'stroke-width': radius * 2.38 }),
  };
  let shown = '';
  /**
   * @param {string} looks one character per seat: 0 free, w and c free and marked, h held, s sold, b not to
   *   be had
   * @returns {boolean} whether anything changed
   */
  function setLooks(looks) {
    if (looks === shown) return false;
    shown = looks;
    /** @type {string[][]} */
    const freeDots = free.map(() => []);
    /** @type {Record<string, string[]>} */
    const dots = { h: [], s: [], w: [], c: [], b: [] };
    for (const seat of seats) {
      const look = looks[seat.indexInArea] ?? 'b';
      const dot = `M${seat.x} ${seat.y}h0`;
      if ('0wc'.includes(look)) freeDots[seat.categoryIndex]?.push(dot);
      if (look !== '0') dots[look]?.push(dot);
    }
    free.forEach((path, i) => path.setAttribute('d', freeDots[i]?.join('') ?? ''));
    for (const [look, path] of Object.entries({ h: held, s: sold, b: off, ...rings })) {
      path.setAttribute('d', dots[look]?.join('') ?? '');
    }
    return true;
  }
  return {
    group: svgEl('g', {}, off, sold, held, rings.w, rings.c, ...free),
    setLooks,
    isFree: (/** @type {PlanSeat} */ seat) => '0wc'.includes(shown[seat.indexInArea] ?? 's'),
  };
}

/**
 * @param {PlanSeat} seat
 * @param {number} radius
 */
function drawMark({ x, y }, radius) {
  const [down, up] = [radius * 0.36, -radius * 0.72];
  const tick = `M${x - radius * 0.45} ${y}l${radius * 0.32} ${down}l${radius * 0.6} ${up}`;
  return svgEl(
    'g',
    { class: 'mark' },
    svgEl('circle', { cx: x, cy: y, r: radius * 1.15 }),
    svgEl('path', { d: tick, 'stroke-width': radius * 0.26 }),
  );
}

/** @param {PlanGeometry} geometry */
function rowLabels({ areas, pitch }) {
  const labels = areas
    .flatMap((area) => area.rows)
    .flatMap(({ rowId, seats }) => {
      const [first, second, last] = [seats[0], seats[1], seats.at(-1)];
      if (first === undefined || last === undefined) return [];
      // One step further along the row than its first seat, whichever way the row runs.
      const stepX = second === undefined ? -pitch : first.x - second.x;
      const stepY = second === undefined ? 0 : first.y - second.y;
      return [
        svgEl(
          'text',
          {
            x: first.x + stepX * 1.15,
            y: first.y + stepY * 1.15 + pitch * 0.2,
            'font-size': pitch * 0.6,
          },
          rowId,
        ),
      ];
    });
  return svgEl('g', { class: 'row-names' }, ...labels);
}

/** @param {PlanGeometry} geometry */
function areaLabels({ areas, box, pitch }) {
  const above = areas.length <= AREAS_NAMED_ABOVE;
  const fontUnits = Math.min(box.width, box.height) / (above ? 32 : 42);
  const prefix = above ? 0 : sharedPrefix(areas.map((area) => area.name)).length;
  return areas.map((area) => {
    const top = Math.min(...area.seats.map((seat) => seat.y));
    const topRow = area.seats.filter((seat) => seat.y < top + pitch);
    const middle = topRow.reduce((sum, seat) => sum + seat.x, 0) / Math.max(1, topRow.length);
    return svgEl(
      'text',
      {
        x: above ? middle : area.x,
        y: above ? top - pitch * 1.1 : area.y + fontUnits / 3,
        'font-size': fontUnits,
        'stroke-width': fontUnits / 3,
      },
      area.name.slice(prefix),
    );
  });
}

/**
 * "Block 101", "Block 102" share "Block ", which says nothing where they stand side by side.
 * @param {string[]} names
 */
function sharedPrefix(names) {
  const [first = ''] = names;
  const words = first.split(/(?<= )/);
  while (words.length > 0) {
    words.pop();
    const prefix = words.join('');
    if (names.every((name) => name.startsWith(prefix))) return prefix;
  }
  return '';
}
