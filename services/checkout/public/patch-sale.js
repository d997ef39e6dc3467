/**
 * Keeps a copy of a sale as the stream tells it: the whole of it first, then what changed.
 *
 * @typedef {{ areaId: string, kind: 'seated' | 'general', capacity: number, free: number, held: number,
 *   sold: number, blocked?: number, reserved?: number, states?: string }} AreaCopy
 * @typedef {{ saleId: string, state: import('./sale-types.js').SaleState, seq: number, areas: AreaCopy[] }}
 *   SaleCopy
 * @typedef {{ areaId: string, free: number, held: number, sold: number, blocked?: number, reserved?: number,
 *   seats?: [at: number, states: string][] }} AreaChange all counts of the area, whatever they are
 * @typedef {{ seq: number, prev: number, state: import('./sale-types.js').SaleState, areas: AreaChange[] }}
 *   SaleChange
 */

/**
 * @param {SaleCopy} copy
 * @param {SaleChange} change
 * @returns {SaleCopy | undefined} the sale after the change; undefined if something before it was missed
 */
export function patchSale(copy, change) {
  if (change.prev !== copy.seq) return undefined;
  const { prev: _prev, areas: changes, ...sale } = change;
  const changed = new Map(changes.map((area) => [area.areaId, area]));
  const areas = copy.areas.map((area) => {
    const one = changed.get(area.areaId);
    if (one === undefined) return area;
    const { seats, ...counts } = one;
    const counted = { ...area, ...counts };
    return area.states === undefined ? counted : { ...counted, states: patchStates(area.states, seats) };
  });
  return { ...copy, ...sale, areas };
}

/**
 * @param {string} states
 * @param {[at: number, states: string][]} [runs] in ascending order
 */
function patchStates(states, runs = []) {
  let patched = '';
  let done = 0;
  for (const [at, now] of runs) {
    patched += states.slice(done, at) + now;
    done = at + now.length;
  }
  return patched + states.slice(done);
}
