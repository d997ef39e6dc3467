/**
 * The seats of a sale as one flat list with places in the plane, and the questions that a drawing asks
 * about them: how big is a dot, what is under the pointer. Made once per layout; 20,000 seats take some 20
 * ms.
 *
 * @typedef {import('./sale-types.js').Sale} Sale
 * @typedef {{ seatId: string, label: string, rowId: string, areaIndex: number, indexInArea: number,
 *   categoryIndex: number, isForSome: boolean, x: number, y: number }} PlanSeat isForSome: an accessible
 *   place or a seat beside one
 * @typedef {{ areaId: string, name: string, seats: PlanSeat[], x: number, y: number, rows: { rowId: string,
 *   seats: PlanSeat[] }[] }} PlanArea x and y: its middle
 * @typedef {{ x: number, y: number, width: number, height: number }} Box
 * @typedef {{ areas: PlanArea[], seatById: Map<string, PlanSeat>, pitch: number, radius: number, box: Box,
 *   nearest(x: number, y: number, within: number): PlanSeat | undefined, inBox(box: Box): PlanSeat[] }}
 *   PlanGeometry pitch: the usual distance of two neighbours, in plan units
 */

/**
 * @param {Sale} sale
 * @returns {PlanGeometry | undefined} undefined when the sale has no seats
 */
export function createPlanGeometry(sale) {
  const areas = readAreas(sale);
  const seats = areas.flatMap((area) => area.seats);
  if (seats.length === 0) return undefined;
  const gaps = distances(areas);
  const pitch = quantile(gaps, 0.5);
  // Rows of an arena bend: dots that fit where seats stand closest fit everywhere.
  const closest = Math.max(quantile(gaps, 0.05), pitch / 2);
  if (areasLieOnEachOther(areas, pitch)) stackAreas(areas, pitch);
  for (const area of areas) {
    area.x = average(area.seats.map((seat) => seat.x));
    area.y = average(area.seats.map((seat) => seat.y));
  }
  const cells = new Map();
  for (const seat of seats) {
    const name = cellName(Math.floor(seat.x / pitch), Math.floor(seat.y / pitch));
    const cell = cells.get(name);
    if (cell === undefined) cells.set(name, [seat]);
    else cell.push(seat);
  }
  return {
    areas,
    seatById: new Map(seats.map((seat) => [seat.seatId, seat])),
    pitch,
    radius: closest * 0.42,
    box: boxAround(seats, pitch * 3),
    nearest: (x, y, within) => nearestSeat(cells, pitch, x, y, within),
    inBox: (box) =>
      seats.filter(
        ({ x, y }) => x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height,
      ),
  };
}

/**
 * @param {Sale} sale
 * @returns {PlanArea[]}
 */
function readAreas(sale) {
  const categoryIndex = new Map(sale.categories.map((category, i) => [category.categoryId, i]));
  return sale.areas
    .filter((area) => area.kind === 'seated')
    .map((area, areaIndex) => {
      let indexInArea = 0;
      const rows = (area.rows ?? []).map(({ rowId, seats }) => ({
        rowId,
        seats: seats.map((seat) => ({
          seatId: seat.seatId,
          label: seat.label,
          rowId,
          areaIndex,
          indexInArea: indexInArea++,
          categoryIndex: categoryIndex.get(seat.categoryId) ?? 0,
          isForSome: (seat.accessible ?? seat.companion) === true,
          x: seat.x,
          y: seat.y,
        })),
      }));
      return {
        areaId: area.areaId,
        name: area.name,
        rows,
        seats: rows.flatMap((row) => row.seats),
        x: 0,
        y: 0,
      };
    });
}

/**
 * The distances of seats that follow each other in a row, smallest first.
 * @param {PlanArea[]} areas
 */
function distances(areas) {
  const gaps = [];
  for (const { seats } of areas.flatMap((area) => area.rows)) {
    for (let i = 1; i < seats.length; i++) {
      const [a, b] = [seats[i - 1], seats[i]];
      if (a && b) gaps.push(Math.hypot(a.x - b.x, a.y - b.y));
    }
  }
  return gaps.filter((gap) => gap > 0).sort((a, b) => a - b);
}

/**
 * @param {number[]} sorted
 * @param {number} share 0.5 is the median
 */
function quantile(sorted, share) {
  return sorted[Math.floor(sorted.length * share)] ?? 1;
}

/**
 * A sale may give no positions; then every area starts at the same corner.
 * @param {PlanArea[]} areas
 * @param {number} pitch
 */
function areasLieOnEachOther(areas, pitch) {
  /** @type {Map<string, number>} */
  const owner = new Map();
  for (const seat of areas.flatMap((area) => area.seats)) {
    const name = cellName(Math.round((seat.x / pitch) * 4), Math.round((seat.y / pitch) * 4));
    const before = owner.get(name);
    if (before !== undefined && before !== seat.areaIndex) return true;
    owner.set(name, seat.areaIndex);
  }
  return false;
}

/**
 * @param {PlanArea[]} areas
 * @param {number} pitch
 */
function stackAreas(areas, pitch) {
  let top = 0;
  for (const { seats } of areas) {
    const box = boxAround(seats, 0);
    for (const seat of seats) {
      seat.x -= box.x + box.width / 2;
      seat.y += top - box.y;
    }
    top += box.height + pitch * 4;
  }
}

/**
 * @param {PlanSeat[]} seats
 * @param {number} margin
 * @returns {Box}
 */
function boxAround(seats, margin) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of seats) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return {
    x: left - margin,
    y: top - margin,
    width: right - left + 2 * margin,
    height: bottom - top + 2 * margin,
  };
}

/**
 * @param {Map<string, PlanSeat[]>} cells
 * @param {number} pitch
 * @param {number} x
 * @param {number} y
 * @param {number} within
 */
function nearestSeat(cells, pitch, x, y, within) {
  const reach = Math.ceil(within / pitch);
  const [column, row] = [Math.floor(x / pitch), Math.floor(y / pitch)];
  /** @type {PlanSeat | undefined} */
  let best;
  let bestDistance = within;
  for (let c = column - reach; c <= column + reach; c++) {
    for (let r = row - reach; r <= row + reach; r++) {
      for (const seat of cells.get(cellName(c, r)) ?? []) {
        const distance = Math.hypot(seat.x - x, seat.y - y);
        if (distance <= bestDistance) [best, bestDistance] = [seat, distance];
      }
    }
  }
  return best;
}

/** @param {number} column @param {number} row */
function cellName(column, row) {
  return `${column}/${row}`;
}

/** @param {number[]} numbers */
function average(numbers) {
  return numbers.reduce((sum, n) => sum + n, 0) / Math.max(1, numbers.length);
}
