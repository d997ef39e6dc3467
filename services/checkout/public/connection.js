/**
 * Knows whether the box office can be reached, shows the banner while it cannot, and paces everybody who
 * tries again: back-off doubling from one second with jitter, or what the server's Retry-After asks for.
 * Each source of trouble (watching the seats, a write under way) reports for itself, so that one's success
 * does not hide another's failure.
 *
 * @typedef {{ trouble(source: string, attempt: number, trouble: import('./api.js').Trouble): Promise<void>,
 *   well(source: string): void }} Connection `trouble` resolves when it is time for the next try
 */
import { el } from './dom.js';
import { messageFor } from './messages.js';

const BACK_OFF_MS = 1_000;
const BACK_OFF_MAX_MS = 15_000;

/**
 * @param {HTMLElement} banner
 * @returns {Connection}
 */
export function createConnection(banner) {
  /** @type {Map<string, { untilMs: number, code: string, wake: () => void }>} */
  const troubled = new Map();
  const wakeAll = () => {
    for (const { wake } of troubled.values()) wake();
  };
  const seconds = el('span', { class: 'banner-seconds' });
  const title = el('strong');
  const text = el('span');
  banner.append(
    el('div', { class: 'banner-words' }, title, ' ', text, ' ', seconds),
    el('button', { type: 'button', class: 'quiet', onClick: wakeAll }, 'Try now'),
  );
  window.addEventListener('online', wakeAll);
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let ticking;

  function show() {
    const worst = [...troubled.values()].at(-1);
    banner.hidden = worst === undefined;
    if (worst === undefined) {
      clearInterval(ticking);
      ticking = undefined;
      return;
    }
    const message = messageFor(navigator.onLine ? worst.code : 'no_connection');
    title.textContent = message.title;
    text.textContent = message.advice;
    tick();
    ticking ??= setInterval(tick, 500);
  }

  function tick() {
    const untilMs = Math.min(...[...troubled.values()].map((one) => one.untilMs));
    const leftSeconds = Math.ceil((untilMs - Date.now()) / 1000);
    seconds.textContent = leftSeconds > 0 ? `Next try in ${leftSeconds} s.` : 'Trying …';
  }

  return {
    trouble(source, attempt, { code, retryAfterMs }) {
      const backOffMs = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * 2 ** attempt) * (0.75 + Math.random() / 2);
      const waitMs = Math.max(backOffMs, Math.min(retryAfterMs, 60_000));
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        const wake = () => {
          clearTimeout(timer);
          resolve();
        };
        troubled.set(source, { untilMs: Date.now() + waitMs, code, wake });
        show();
      });
    },
    well(source) {
      if (troubled.delete(source)) show();
    },
  };
}
