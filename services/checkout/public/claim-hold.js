/**
 * A claim, and the same claim again where a refusal says nothing about what was asked for: the session was
 * unknown, or the sale opens this very moment. The server's time is known to a browser to half a second or so
 * (server-clock.js); a buyer who clicks at once must not pay for being early by that.
 *
 * @typedef {import('./api.js').Answer | import('./api.js').Refused} Decided
 */

/** More than a browser can be early by. */
const EARLY_MS_MAX = 3_000;

/**
 * @param {{ send: () => Promise<Decided>, opensAt: string | null, now: () => number,
 *   sleep?: (ms: number) => Promise<unknown> }} parts `now` by the server's clock, ms
 * @returns {Promise<Decided>}
 */
export async function claimHold({ send, opensAt, now, sleep = forMs }) {
  let outcome = await send();
  // Nothing of value hung on that session: the next request gets a new one.
  if (outcome.kind === 'refused' && outcome.status === 401) outcome = await send();
  const opensAtMs = Date.parse(opensAt ?? '');
  // Each waits its own time: thousands are early by the same. The refusal may have put the clock back behind
  // the opening, which says by how much this was early, and not that the buyer has to click again.
  while (
    outcome.kind === 'refused' &&
    outcome.code === 'sale_not_open' &&
    Math.abs(now() - opensAtMs) < EARLY_MS_MAX
  ) {
    await sleep(150 + 200 * Math.random());
    outcome = await send();
  }
  return outcome;
}

/** @param {number} ms */
function forMs(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
