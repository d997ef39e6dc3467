/**
 * The one place where the page says what happened: a title, what to do, and buttons that do it. Said to
 * screen readers as well. A later notice takes the place of the one before.
 *
 * @typedef {{ label: string, onClick: () => void }} NoticeAction
 * @typedef {{ tone?: 'bad' | 'good' | 'calm', actions?: NoticeAction[], detail?: Child | Child[] }}
 *   NoticeOptions
 * @typedef {import('./dom.js').Child} Child
 * @typedef {{ show(message: import('./messages.js').Message, options?: NoticeOptions): void, clear(): void
 *   }} Notice
 */
import { el } from './dom.js';

/**
 * @param {HTMLElement} place an element with role="status"
 * @returns {Notice}
 */
export function createNotice(place) {
  return {
    show({ title, advice }, { tone = 'bad', actions = [], detail = [] } = {}) {
      place.className = `notice ${tone}`;
      place.hidden = false;
      place.replaceChildren(
        el(
          'div',
          { class: 'notice-words' },
          el('strong', {}, title),
          el('p', {}, advice),
          ...[detail].flat(),
        ),
      );
      for (const { label, onClick } of actions) {
        place.append(el('button', { type: 'button', class: 'quiet', onClick }, label));
      }
      // On a phone the notice may be far above the button that caused it.
      place.scrollIntoView({ block: 'nearest' });
    },
    clear() {
      place.hidden = true;
      place.replaceChildren();
    },
  };
}
