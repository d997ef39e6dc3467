/**
 * What a buyer may say before choosing: that an accessible place is needed (asked only where a sale has
 * such places), and codes. Kept over reloads like the choice.
 *
 * @typedef {import('./seat-access.js').Wishes} Wishes
 * @typedef {{ element: HTMLElement, wishes(): Wishes }} WishesForm
 */
import { el } from './dom.js';

const CODE_LENGTH_MAX = 64;

/**
 * @param {{ sale: import('./sale-types.js').Sale, keep: import('./keep.js').Keep }} parts
 * @param {() => void} onChange
 * @returns {WishesForm}
 */
export function createWishesForm({ sale, keep }, onChange) {
  /** @type {Wishes} */
  let wishes = { accessible: false, accessCode: '', promotionCode: '', ...keep.read('wishes') };
  if (!hasAccessiblePlaces(sale)) wishes.accessible = false;

  /** @param {Partial<Wishes>} change */
  function set(change) {
    wishes = { ...wishes, ...change };
    keep.write('wishes', wishes);
    onChange();
  }

  const accessible = el('input', {
    type: 'checkbox',
    id: 'accessible',
    checked: wishes.accessible,
    onChange: () => {
      hint.hidden = !accessible.checked;
      set({ accessible: accessible.checked });
    },
  });
  const hint = el(
    'p',
    { class: 'hint', hidden: !wishes.accessible },
    'Wheelchair places and the seats beside them are marked on the plan. “Best available” now finds ' +
      'one such place and seats beside it.',
  );
  /** @param {'accessCode' | 'promotionCode'} field @param {string} label */
  const codeField = (field, label) => {
    const input = el('input', {
      id: field,
      name: field,
      value: wishes[field],
      maxlength: CODE_LENGTH_MAX,
      autocomplete: 'off',
      spellcheck: 'false',
      onInput: () => set({ [field]: input.value.trim() }),
    });
    return el('div', { class: 'field' }, el('label', { for: field }, label), input);
  };
  const hasCode = wishes.accessCode !== '' || wishes.promotionCode !== '';

  return {
    element: el(
      'div',
      { class: 'wishes' },
      hasAccessiblePlaces(sale) &&
        el('label', { class: 'check' }, accessible, ' I need an accessible place'),
      hint,
      el(
        'details',
        { class: 'codes', open: hasCode },
        el('summary', {}, 'I have a code'),
        el(
          'div',
          { class: 'code-fields' },
          (sale.channels ?? []).length > 0 && codeField('accessCode', 'Access code'),
          codeField('promotionCode', 'Promotion code'),
        ),
      ),
    ),
    wishes: () => wishes,
  };
}

/** @param {import('./sale-types.js').Sale} sale */
function hasAccessiblePlaces(sale) {
  return sale.areas.some((area) =>
    (area.rows ?? []).some((row) => row.seats.some((seat) => seat.accessible || seat.companion)),
  );
}
