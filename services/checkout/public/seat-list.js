/**
 * The same seats as a list of buttons, area by area: for keyboards, screen readers and whoever prefers it.
 * Only the chosen area is built, and only while the list is open.
 *
 * @typedef {import('./plan-geometry.js').PlanGeometry} PlanGeometry
 * @typedef {import('./plan-geometry.js').PlanSeat} PlanSeat
 * @typedef {{ element: HTMLElement, refresh(): void }} SeatList
 */
import { el } from './dom.js';

/**
 * @param {PlanGeometry} geometry
 * @param {{ describe(seat: PlanSeat): string, isOpen(seat: PlanSeat): boolean, isChosen(seat: PlanSeat):
 *   boolean, onPick(seat: PlanSeat): void }} seats
 * @returns {SeatList}
 */
export function createSeatList(geometry, seats) {
  const rows = el('div', { class: 'list-rows' });
  const select = el(
    'select',
    { id: 'list-area', onChange: build },
    ...geometry.areas.map((area, i) => el('option', { value: i }, area.name)),
  );
  const element = el(
    'details',
    { class: 'seat-list', onToggle: build },
    el('summary', {}, 'Choose from a list instead'),
    el('label', { for: 'list-area' }, 'Area '),
    select,
    rows,
  );
  /** @type {{ seat: PlanSeat, button: HTMLButtonElement }[]} */
  let buttons = [];

  function build() {
    buttons = [];
    rows.replaceChildren();
    if (!element.open) return;
    const area = geometry.areas[Number(select.value)];
    for (const row of area?.rows ?? []) {
      const rowButtons = row.seats.map((seat) => {
        const button = el('button', { type: 'button', onClick: () => seats.onPick(seat) }, seat.label);
        buttons.push({ seat, button });
        return button;
      });
      rows.append(
        el(
          'div',
          { class: 'list-row', role: 'group', 'aria-label': `Row ${row.rowId}` },
          el('span', { class: 'list-row-name' }, row.rowId),
          el('div', { class: 'list-seats' }, ...rowButtons),
        ),
      );
    }
    refresh();
  }

  function refresh() {
    for (const { seat, button } of buttons) {
      const chosen = seats.isChosen(seat);
      const open = seats.isOpen(seat);
      button.className = `list-seat category-${seat.categoryIndex % 8}`;
      button.disabled = !open && !chosen;
      button.setAttribute('aria-pressed', String(chosen));
      button.setAttribute('aria-label', seats.describe(seat));
    }
  }

  return { element, refresh };
}
