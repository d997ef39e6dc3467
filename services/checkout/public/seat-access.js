/**
 * What the state of a seat means to this buyer. Some free seats are only for some: accessible places and
 * the seats beside them for those who say that they need one, and what is set aside for those who have an
 * access code; whether the code opens that very seat, the box office says.
 *
 * @typedef {{ accessible: boolean, accessCode: string, promotionCode: string }} Wishes codes: empty when
 *   there is none
 */

/** What is set aside for a channel: one letter for each. */
const RESERVED = /^[A-Z]$/;

/**
 * @param {string} state one character of the states of an area
 * @param {Wishes} wishes
 * @returns {boolean} whether this buyer may choose it
 */
export function isOpen(state, { accessible, accessCode }) {
  if (state === '0') return true;
  if (state === 'w' || state === 'c') return accessible;
  return RESERVED.test(state) && accessCode !== '';
}

/**
 * How a seat is drawn: `0` free, `w` and `c` free and marked, `h` held, `s` sold, `b` not to be had.
 * @param {string} state @param {Wishes} wishes
 */
export function lookOf(state, wishes) {
  if (state === 'h' || state === 's') return state;
  if (!isOpen(state, wishes)) return 'b';
  return state === 'w' || state === 'c' ? state : '0';
}

/** @type {Record<string, string>} */
const WORDS = { 0: 'free', h: 'being bought by someone', s: 'sold', b: 'not on sale' };

/**
 * @param {string} state
 * @param {Wishes} wishes
 * @returns {string} for the end of a sentence about the seat
 */
export function stateWords(state, wishes) {
  const open = isOpen(state, wishes);
  if (state === 'w') return open ? 'free, wheelchair place' : 'kept for wheelchair users';
  if (state === 'c') return open ? 'free, beside a wheelchair place' : 'kept beside a wheelchair place';
  if (RESERVED.test(state)) return open ? 'set aside, needs the right access code' : 'set aside for others';
  return WORDS[state] ?? 'not on sale';
}
